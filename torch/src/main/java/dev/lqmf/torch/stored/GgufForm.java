package dev.lqmf.torch.stored;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.GgufAsCheckpoint;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.SplitName;
import dev.lqmf.tokenizer.ChatTemplate;
import dev.lqmf.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A GGUF file, or a directory with one in it; of a split set the first file stands for all. */
final class GgufForm implements ModelForm {
  private static final Pattern SUFFIX = Pattern.compile("(-\\d{5}-of-\\d{5})?\\.gguf$");

  /** Of a text, of a turn of a conversation, of a message to a tool. */
  private static final List<String> STOP_TOKENS =
      List.of("eos_token_id", "eot_token_id", "eom_token_id");

  @Override
  public boolean holds(Path path) throws IOException {
    return Files.isRegularFile(path) || (Files.isDirectory(path) && !files(path).isEmpty());
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(f -> f.toString().endsWith(".gguf"))
          .filter(f -> !String.valueOf(f.getFileName()).startsWith("."))
          .filter(f -> SplitName.parse(f).map(s -> s.no() == 0).orElse(true))
          .sorted()
          .toList();
    }
  }

  /**
   * The GGUF of a directory, if there is one.
   *
   * @throws InputException if there are several
   */
  static Optional<Path> only(Path directory) throws IOException {
    List<Path> files = files(directory);
    if (files.size() > 1) {
      throw new InputException(
          "%s holds %d models".formatted(directory, files.size()), "name one of " + files);
    }
    return files.stream().findFirst();
  }

  @Override
  public StoredModel open(Path path, String name) throws IOException {
    Path file = Files.isDirectory(path) ? only(path).orElseThrow() : path;
    String origin = file.toString();
    GgufFile gguf = GgufFile.open(file);
    try {
      Kernels kernels = KernelsProvider.best();
      Map<String, Weights> tensors = new LinkedHashMap<>();
      for (TensorInfo tensor : gguf.tensors()) {
        tensors.put(
            tensor.name(),
            tensor.type().isQuantized()
                ? new BlockWeights(gguf, tensor, kernels.format(tensor.type()))
                : new StoredWeights(gguf, tensor));
      }
      GgufMetadata metadata = gguf.metadata();
      GgufAsCheckpoint checkpoint = GgufAsCheckpoint.of(file, metadata, tensors);
      Network network = Families.network(checkpoint.config());
      return new StoredModel(
          SUFFIX.matcher(String.valueOf(file.getFileName())).replaceFirst(""),
          format(metadata),
          gguf.tensors().stream().mapToLong(TensorInfo::byteSize).sum(),
          elements(gguf.tensors()),
          network,
          CheckpointWeights.of(network, origin, checkpoint.tensors()),
          gguf,
          stopTokens(metadata),
          List.of(),
          () -> TextTokenizer.ofGguf(origin, metadata),
          () -> ChatTemplate.ofGguf(origin, metadata));
    } catch (IOException | RuntimeException e) {
      gguf.close();
      throw e;
    }
  }

  static long elements(List<TensorInfo> tensors) {
    return tensors.stream().mapToLong(t -> t.shape().elements()).sum();
  }

  private static Set<Integer> stopTokens(GgufMetadata metadata) {
    return STOP_TOKENS.stream()
        .flatMap(key -> metadata.integer("tokenizer.ggml." + key).stream().boxed())
        .map(Math::toIntExact)
        .collect(Collectors.toSet());
  }

  private static String format(GgufMetadata metadata) {
    OptionalLong id = metadata.integer("general.file_type");
    return Arrays.stream(GgufFileType.values())
        .filter(t -> id.isPresent() && t.id() == id.getAsLong())
        .findFirst()
        .map(Enum::name)
        .orElse("GGUF");
  }
}
