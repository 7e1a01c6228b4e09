package dev.lqmf.factory.eval;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A way in which a model is stored, such that it can be run as a checkpoint of Transformers. */
public interface ModelForm {

  /** The forms there are; the first that {@link #holds} a path reads it. */
  List<ModelForm> ALL = List.of(new CheckpointForm(), new GgufForm());

  /** Whether a path looks like a model of this form, damaged or not. */
  boolean holds(Path path) throws IOException;

  /**
   * Opens a model without reading its weights.
   *
   * @param path which {@link #holds} said yes to
   * @param name of the model if the path has none to show, such as a directory of the hub's cache
   * @throws InputException if the model is damaged or not supported
   */
  StoredModel open(Path path, String name) throws IOException;

  /**
   * Opens a model of any form.
   *
   * @throws InputException if there is none of a known form at the path, or it cannot be run
   */
  static StoredModel openAny(Path path, String name) throws IOException {
    for (ModelForm form : ALL) {
      if (form.holds(path)) {
        return form.open(path, name);
      }
    }
    throw new InputException(
        path + " holds no model: no config.json, and no GGUF",
        "name a checkpoint directory, a GGUF file or a result of LQMF");
  }
}
