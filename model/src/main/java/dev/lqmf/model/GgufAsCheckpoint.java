package dev.lqmf.model;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.arch.Family;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorReversal;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A GGUF as a Hugging Face checkpoint: a configuration made from its metadata, and its tensors with
 * the names, shapes and order of elements that the model class of Transformers has. What a GGUF
 * cannot say is as llama.cpp takes it to be: no window for Mistral, queries of Gemma scaled by the
 * size of a head, no head for masked words.
 *
 * @param context the configuration, completed with the defaults of the model class
 * @param tensors by name, in the order of the GGUF
 */
public record GgufAsCheckpoint(ModelContext context, Map<String, Weights> tensors) {

  /**
   * A GGUF with tensors of plain element types.
   *
   * @throws InputException if the architecture is unknown, or the file is not one that llama.cpp's
   *     converter could have written
   */
  public static GgufAsCheckpoint of(GgufModel model) throws IOException {
    Map<String, Weights> tensors = new LinkedHashMap<>();
    for (TensorInfo tensor : model.tensors().tensors()) {
      tensors.put(tensor.name(), new StoredWeights(model.tensors(), tensor));
    }
    return of(Path.of(model.tensors().origin()), model.metadata(), tensors);
  }

  /**
   * As {@link #of(GgufModel)}, with tensors from elsewhere, such as decoded blocks.
   *
   * @param origin for messages
   * @param tensors all of the GGUF, by its names, as plain elements
   */
  public static GgufAsCheckpoint of(
      Path origin, GgufMetadata metadata, Map<String, Weights> tensors) throws IOException {
    GgufReading gguf = new GgufReading(metadata, tensors);
    Family family = Families.ofGguf(gguf);
    Path directory = origin.toAbsolutePath().getParent();
    HfConfig config = HfConfig.of(origin, family.configuration(gguf));
    ModelContext context =
        family.context(new ModelFiles(directory == null ? origin : directory), config);
    return new GgufAsCheckpoint(context, TensorReversal.of(context, tensors));
  }

  /** The configuration, completed with the defaults of the model class. */
  public HfConfig config() {
    return context.config();
  }
}
