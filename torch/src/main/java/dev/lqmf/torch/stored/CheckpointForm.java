package dev.lqmf.torch.stored;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.quant.bnb.BnbCheckpoint;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tokenizer.ChatTemplate;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.gptq.GptqCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A directory as the Hugging Face Hub has it, quantized by others or not. */
final class CheckpointForm implements ModelForm {

  @Override
  public boolean holds(Path path) {
    return Files.isRegularFile(path.resolve("config.json"));
  }

  @Override
  public StoredModel open(Path path, String name) throws IOException {
    ModelFiles files = new ModelFiles(path);
    HfConfig config = HfConfig.read(files);
    Network network = Families.network(config);
    TensorSource source = Checkpoints.open(path);
    try {
      Contents contents = contents(files, config, network, source);
      long bytes = source.tensors().stream().mapToLong(TensorInfo::byteSize).sum();
      return new StoredModel(
          name,
          contents.format(),
          bytes,
          contents.elements(),
          network,
          contents.weights(),
          source,
          stopTokens(files, config),
          contents.warnings(),
          () -> TextTokenizer.ofCheckpoint(path),
          () -> ChatTemplate.ofCheckpoint(path));
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** Weights as numbers, and what people call the way they are stored. */
  private record Contents(
      ModuleWeights weights, long elements, String format, List<String> warnings) {}

  private static Contents contents(
      ModelFiles files, HfConfig config, Network network, TensorSource source) throws IOException {
    Optional<HfConfig> gptq = GptqCheckpoint.quantization(files, config);
    if (gptq.isPresent()) {
      GptqCheckpoint checkpoint = GptqCheckpoint.of(gptq.get(), network, source);
      String format = "GPTQ %d-bit".formatted(gptq.get().count("bits"));
      return new Contents(
          checkpoint, gptqElements(checkpoint, source), format, checkpoint.warnings());
    }
    if (isBnb(config)) {
      BnbCheckpoint checkpoint = BnbCheckpoint.of(source);
      BnbWeights weights = BnbWeights.of(network, checkpoint);
      String format =
          checkpoint.tensors().stream()
              .filter(checkpoint::isQuantized)
              .map(checkpoint::format)
              .distinct()
              .collect(Collectors.joining(" and "));
      return new Contents(weights, GgufForm.elements(checkpoint.tensors()), format, List.of());
    }
    return new Contents(
        CheckpointWeights.of(config, network, source),
        GgufForm.elements(source.tensors()),
        format(source.tensors()),
        List.of());
  }

  /** A layer's codes stand for its weights; zero points, scales and order are none. */
  private static long gptqElements(GptqCheckpoint checkpoint, TensorSource source)
      throws IOException {
    long sum = 0;
    for (TensorInfo tensor : source.tensors()) {
      int dot = tensor.name().lastIndexOf('.') + 1;
      sum +=
          switch (tensor.name().substring(dot)) {
            case "qweight" ->
                checkpoint
                    .find(tensor.name().substring(0, dot) + "weight")
                    .map(w -> w.shape().elements())
                    .orElse(0L);
            case "qzeros", "scales", "g_idx" -> 0;
            default -> tensor.shape().elements();
          };
    }
    return sum;
  }

  /** What {@code generate} of Transformers would stop at. */
  private static Set<Integer> stopTokens(ModelFiles files, HfConfig config) throws IOException {
    String key = "eos_token_id";
    Optional<ObjectNode> generation = files.object("generation_config.json");
    JsonNode given =
        generation
            .map(g -> g.path(key))
            .filter(g -> g.isArray() || g.canConvertToInt())
            .orElse(config.node(key));
    Set<Integer> tokens = new HashSet<>();
    for (JsonNode token : given.isArray() ? given : List.of(given)) {
      if (token.canConvertToInt()) {
        tokens.add(token.asInt());
      }
    }
    return tokens;
  }

  /** Configurations that early versions of Transformers wrote name no method. */
  private static boolean isBnb(HfConfig config) {
    Optional<HfConfig> quantization = config.object("quantization_config");
    Optional<String> method = quantization.flatMap(q -> q.string("quant_method"));
    return method.isPresent()
        ? method.get().equals("bitsandbytes")
        : quantization.flatMap(q -> q.bool("load_in_4bit")).orElse(false)
            || quantization.flatMap(q -> q.bool("load_in_8bit")).orElse(false);
  }

  /** The type of most of the bytes. */
  private static String format(List<TensorInfo> tensors) {
    Map<TensorType, Long> bytes = new EnumMap<>(TensorType.class);
    tensors.forEach(t -> bytes.merge(t.type(), t.byteSize(), Long::sum));
    return bytes.entrySet().stream()
        .max(Comparator.comparingLong(Map.Entry::getValue))
        .map(e -> e.getKey().name())
        .orElse("");
  }
}
