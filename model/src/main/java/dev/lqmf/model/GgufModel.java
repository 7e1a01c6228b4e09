package dev.lqmf.model;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorPlan;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufType;
import dev.lqmf.tensor.gguf.GgufValue;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model as GGUF has it: metadata and tensors, from a GGUF file or computed from a Hugging Face
 * checkpoint while it is read.
 */
public final class GgufModel implements AutoCloseable {
  private static final String FILE_TYPE = "general.file_type";

  /** {@code GGML_QNT_VERSION}. */
  private static final int QUANTIZATION_VERSION = 2;

  private final GgufMetadata metadata;
  private final TensorSource tensors;
  private final List<String> notes;

  private GgufModel(GgufMetadata metadata, TensorSource tensors, List<String> notes) {
    this.metadata = metadata;
    this.tensors = tensors;
    this.notes = List.copyOf(notes);
  }

  /** A GGUF file as it is; the first of a split set stands for all. */
  public static GgufModel fromGguf(Path file) throws IOException {
    GgufFile gguf = GgufFile.open(file);
    return new GgufModel(gguf.metadata(), gguf, List.of());
  }

  /**
   * A checkpoint directory as llama.cpp's {@code convert_hf_to_gguf.py} would write it: its
   * metadata, and its tensors with their names, shapes, values and order. Element types stay as
   * they are stored, but for tensors that the converter always writes as float32.
   *
   * @throws InputException if the architecture is unknown, the tokenizer is, or the files
   *     contradict each other
   */
  public static GgufModel fromCheckpoint(Path directory) throws IOException {
    return fromCheckpoint(directory, modelName(directory));
  }

  /**
   * As {@link #fromCheckpoint(Path)}, for a directory whose own name says nothing.
   *
   * @param name of the model, {@code organization/name} or just a name, from which {@code
   *     general.name} and others are guessed
   */
  public static GgufModel fromCheckpoint(Path directory, String name) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    HfConfig config = HfConfig.read(files);
    ModelContext context = Families.of(config).context(files, config);
    Architecture architecture = context.architecture();
    TensorSource source = Checkpoints.open(directory);
    try {
      Map<String, Weights> stored = new LinkedHashMap<>();
      for (TensorInfo tensor : source.tensors()) {
        stored.put(tensor.name(), new StoredWeights(source, tensor));
      }
      ViewSource view =
          new ViewSource(
              source,
              TensorPlan.of(
                  context, StackedExperts.apart(QuantizedInput.decoded(context.config(), stored))));
      ConfigCheck.check(context, view.tensors());

      MetadataCollector out = new MetadataCollector(architecture.name());
      architecture.writeFirst(context, out);
      GeneralMetadata.write(files, name, ParameterCount.of(view.tensors()), out);
      architecture.writeParameters(context, out);
      out.u32("general.quantization_version", QUANTIZATION_VERSION);
      architecture.writeVocabulary(context, out);
      out.u32(FILE_TYPE, storedFileType(view.tensors()));
      return new GgufModel(out.build(), view, context.notes());
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** The directory's name; for a snapshot in the hub's cache, the model's. */
  private static String modelName(Path directory) {
    Path path = directory.toAbsolutePath().normalize();
    Path parent = path.getParent();
    Path repository = parent == null ? null : parent.getParent();
    if (parent != null && repository != null && parent.endsWith("snapshots")) {
      String cached = String.valueOf(repository.getFileName());
      if (cached.startsWith("models--")) {
        return cached.substring(cached.lastIndexOf("--") + 2);
      }
    }
    return String.valueOf(path.getFileName());
  }

  /** The file type ({@code llama_ftype}) of a file with the tensors as they are stored. */
  private static int storedFileType(List<TensorInfo> tensors) {
    for (TensorInfo tensor : tensors) {
      if (tensor.type() == TensorType.BF16) {
        return 32;
      }
      if (tensor.type() == TensorType.F16) {
        return 1;
      }
    }
    return 0;
  }

  /** All metadata. Of a checkpoint, {@code general.file_type} says how the tensors are stored. */
  public GgufMetadata metadata() {
    return metadata;
  }

  /**
   * All metadata, with another file type in its place.
   *
   * @param fileType {@code llama_ftype}, such as 15 for Q4_K_M
   */
  public GgufMetadata metadata(int fileType) {
    if (metadata.get(FILE_TYPE).isEmpty()) {
      return metadata.toBuilder().putU32(FILE_TYPE, fileType).build();
    }
    GgufMetadata.Builder changed = GgufMetadata.builder();
    metadata
        .values()
        .forEach(
            (key, value) ->
                changed.put(
                    key, key.equals(FILE_TYPE) ? GgufValue.of(GgufType.UINT32, fileType) : value));
    return changed.build();
  }

  /** The tensors, in the order of the file. Closed with this model. */
  public TensorSource tensors() {
    return tensors;
  }

  /**
   * What the user should know about the conversion: where GGUF or llama.cpp cannot do what the
   * checkpoint says. Sentences without a full stop.
   */
  public List<String> notes() {
    return notes;
  }

  @Override
  public void close() throws IOException {
    tensors.close();
  }
}
