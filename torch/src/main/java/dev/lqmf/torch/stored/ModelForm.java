package dev.lqmf.torch.stored;

import java.io.IOException;
import java.nio.file.Path;

/** A way in which a model is stored, such that it can be run as a checkpoint of Transformers. */
interface ModelForm {

  /** Whether a path looks like a model of this form, damaged or not. */
  boolean holds(Path path) throws IOException;

  /**
   * Opens a model without reading its weights.
   *
   * @param path which {@link #holds} said yes to
   * @param name of the model if the path has none to show, such as a directory of the hub's cache
   * @throws dev.lqmf.tensor.InputException if the model is damaged or not supported
   */
  StoredModel open(Path path, String name) throws IOException;
}
