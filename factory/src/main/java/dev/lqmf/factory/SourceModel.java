package dev.lqmf.factory;

import dev.lqmf.model.GgufModel;
import dev.lqmf.model.convert.TensorPlan;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The model that is quantized: a checkpoint seen as GGUF, or a GGUF file. */
final class SourceModel implements AutoCloseable {
  /** What a file's name says besides the model's: its place in a split set, its type. */
  private static final Pattern FILE_SUFFIX =
      Pattern.compile("(-\\d{5}-of-\\d{5})?\\.gguf$", Pattern.CASE_INSENSITIVE);

  private static final Pattern TYPE_SUFFIX =
      Pattern.compile("[-._](f32|f16|bf16|q8_0)$", Pattern.CASE_INSENSITIVE);

  private final String name;
  private final GgufModel model;
  private final boolean checkpoint;

  private SourceModel(String name, GgufModel model, boolean checkpoint) {
    this.name = name;
    this.model = model;
    this.checkpoint = checkpoint;
  }

  /**
   * Opens a checkpoint directory, a GGUF file, or a directory with one GGUF model.
   *
   * @throws InputException if it is something else, or damaged
   */
  static SourceModel open(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return new SourceModel(nameOfFile(path), GgufModel.fromGguf(path), false);
    }
    if (!Files.exists(path.resolve("config.json"))) {
      List<Path> files = ggufFiles(path);
      if (files.size() == 1) {
        return open(files.getFirst());
      }
      if (files.size() > 1) {
        throw new InputException(
            path + " has no config.json but several GGUF files: " + files, "name one of them");
      }
    }
    return new SourceModel(nameOf(path), GgufModel.fromCheckpoint(path), true);
  }

  /** As {@link #open(Path)}, for a checkpoint whose directory has another name than the model. */
  static SourceModel openCheckpoint(Path directory, String name) throws IOException {
    return new SourceModel(name, GgufModel.fromCheckpoint(directory, name), true);
  }

  /** The GGUF files in a directory; of a split set, the first. */
  private static List<Path> ggufFiles(Path directory) throws IOException {
    Pattern later = Pattern.compile("-(?!00001)\\d{5}-of-\\d{5}\\.gguf$");
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(f -> f.toString().endsWith(".gguf") && !later.matcher(f.toString()).find())
          .sorted()
          .toList();
    }
  }

  private static String nameOf(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? "model" : name.toString();
  }

  private static String nameOfFile(Path file) {
    String stem = FILE_SUFFIX.matcher(nameOf(file)).replaceFirst("");
    String bare = TYPE_SUFFIX.matcher(stem).replaceFirst("");
    return bare.isEmpty() ? stem : bare;
  }

  /** What results are called after: the name of a directory, or of a file without its suffixes. */
  String name() {
    return name;
  }

  /** Where the weights come from, for people. */
  String origin() {
    return model.tensors().origin();
  }

  boolean isCheckpoint() {
    return checkpoint;
  }

  GgufMetadata metadata() {
    return model.metadata();
  }

  /** The metadata that llama.cpp's converter writes into a file of that type. */
  GgufMetadata convertedMetadata(GgufFileType type) {
    return model.metadata(type.id());
  }

  /** Whether the converter writes a tensor as float32 whatever the file's type. */
  boolean isAlwaysFloat32(TensorInfo tensor) {
    return TensorPlan.isAlwaysFloat32(tensor.name(), tensor.shape());
  }

  String architecture() {
    return metadata()
        .string("general.architecture")
        .orElseThrow(
            () ->
                new InputException(
                    origin() + " has no general.architecture, so it holds no model",
                    "name a GGUF file with a language model"));
  }

  TensorSource tensors() {
    return model.tensors();
  }

  /** What the user should know about the conversion. */
  List<String> notes() {
    return model.notes();
  }

  @Override
  public void close() throws IOException {
    model.close();
  }
}
