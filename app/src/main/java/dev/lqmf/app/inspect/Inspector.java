package dev.lqmf.app.inspect;

import dev.lqmf.app.inspect.Inspection.Fact;
import dev.lqmf.quant.bnb.BnbCheckpoint;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufType;
import dev.lqmf.tensor.gguf.GgufValue;
import dev.lqmf.tensor.pytorch.PytorchFile;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Opens what people have lying around, and reads no more than the headers. */
public final class Inspector {
  private static final byte[] GGUF_MAGIC = {'G', 'G', 'U', 'F'};

  /** Files of a checkpoint that hold tensors. */
  private static final String WEIGHTS = "glob:**.{safetensors,bin}";

  private Inspector() {}

  /**
   * Looks at a file or at a checkpoint directory.
   *
   * @throws InputException if it is neither, or damaged
   */
  public static Inspection inspect(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      return checkpoint(path);
    }
    if (startsWith(path, GGUF_MAGIC)) {
      return gguf(path);
    }
    String name = path.toString();
    if (name.endsWith(".safetensors")) {
      return safetensors(path);
    }
    if (name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")) {
      return pytorch(path);
    }
    throw new InputException(
        path + " is neither GGUF, nor safetensors, nor a PyTorch file",
        "name a .gguf, .safetensors or .bin file, or a directory that holds one");
  }

  private static boolean startsWith(Path path, byte[] magic) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(magic.length), magic);
    }
  }

  private static Inspection gguf(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      Map<String, Fact> metadata = new LinkedHashMap<>();
      file.metadata().values().forEach((key, value) -> metadata.put(key, fact(value)));
      String format = "GGUF version " + file.version();
      return of(path, format, file.paths(), metadata, stored(file));
    }
  }

  private static Inspection safetensors(Path path) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      Map<String, Fact> metadata = new LinkedHashMap<>();
      file.fileMetadata().forEach((key, value) -> metadata.put(key, new Fact("", value)));
      return of(path, "safetensors", List.of(path), metadata, stored(file));
    }
  }

  private static Inspection pytorch(Path path) throws IOException {
    try (PytorchFile file = PytorchFile.open(path)) {
      return of(path, "PyTorch", List.of(path), Map.of(), stored(file));
    }
  }

  private static Inspection checkpoint(Path directory) throws IOException {
    // The tensors that belong to a quantized matrix are shown as one, with its effective size.
    try (BnbCheckpoint source = BnbCheckpoint.open(directory)) {
      Path config = directory.resolve("config.json");
      Map<String, Fact> metadata = Files.exists(config) ? ConfigFile.read(config) : Map.of();
      Optional<GptqModules> gptq = GptqModules.of(directory);
      if (gptq.isPresent()) {
        List<Inspection.Tensor> modules = gptq.get().joined(source.tensors());
        return of(directory, gptq.get().format(), weights(directory), metadata, modules);
      }
      List<Inspection.Tensor> tensors =
          source.tensors().stream()
              .map(
                  t ->
                      new Inspection.Tensor(
                          t.name(), source.format(t), t.shape(), source.storedBytes(t)))
              .toList();
      String format = source.matrices() > 0 ? "bitsandbytes checkpoint" : "checkpoint";
      return of(directory, format, weights(directory), metadata, tensors);
    }
  }

  private static List<Path> weights(Path directory) throws IOException {
    var matcher = directory.getFileSystem().getPathMatcher(WEIGHTS);
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(matcher::matches).sorted().toList();
    }
  }

  private static List<Inspection.Tensor> stored(TensorSource source) {
    return source.tensors().stream().map(Inspection.Tensor::new).toList();
  }

  private static Inspection of(
      Path path,
      String format,
      List<Path> files,
      Map<String, Fact> metadata,
      List<Inspection.Tensor> tensors)
      throws IOException {
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    return new Inspection(path, format, files, bytes, metadata, tensors);
  }

  private static Fact fact(GgufValue value) {
    String type =
        value instanceof GgufArray array
            ? array.elementType().label() + "[]"
            : value.type().label();
    return new Fact(type, plain(value));
  }

  private static Object plain(GgufValue value) {
    return switch (value) {
      case GgufValue.Int i when i.type() == GgufType.UINT64 && i.value() < 0 -> i.toString();
      case GgufValue.Int i -> i.value();
      case GgufValue.Float32 f -> f.value();
      case GgufValue.Float64 f -> f.value();
      case GgufValue.Bool b -> b.value();
      case GgufArray array -> new Elements(array);
      default -> value.toString();
    };
  }

  /** An array's elements, made when they are asked for: a vocabulary has many. */
  private static final class Elements extends AbstractList<Object> {
    private final GgufArray array;

    Elements(GgufArray array) {
      this.array = array;
    }

    @Override
    public Object get(int i) {
      return plain(array.get(i));
    }

    @Override
    public int size() {
      return array.size();
    }
  }
}
