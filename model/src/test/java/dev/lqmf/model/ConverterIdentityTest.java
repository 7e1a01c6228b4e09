package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Metadata and tensors of a checkpoint are, value by value and byte by byte, those that llama.cpp's
 * converter writes. References: {@code src/test/resources/dev/lqmf/model/README.md}.
 */
class ConverterIdentityTest {
  /**
   * Where the converter is wrong and GGUF can hold what is right: metadata lines that differ from
   * its own on purpose, by checkpoint.
   */
  private static final Map<String, List<String>> DELIBERATE_DIFFERENCES =
      Map.ofEntries(
          // The converter always writes 2048, whatever max_position_embeddings says.
          Map.entry("FalconForCausalLM", List.of("falcon.context_length UINT32 128")),
          Map.entry("FalconForCausalLM-newdecoder", List.of("falcon.context_length UINT32 128")),
          // It takes the width for the length of the context, and overlooks rms_norm_eps.
          Map.entry(
              "GlmForCausalLM",
              List.of(
                  "chatglm.context_length UINT32 128",
                  "chatglm.attention.layer_norm_rms_epsilon FLOAT32 1.5625E-7")),
          // It forgets the file type, which llama.cpp only shows.
          Map.entry("GPTNeoXForCausalLM", List.of("general.file_type UINT32 0")),
          Map.entry("gptneox-sequential", List.of("general.file_type UINT32 0")),
          // It leaves out how positions rotate, for which llama.cpp then takes the usual.
          Map.entry(
              "gptneox-stretched",
              List.of(
                  "gptneox.rope.scaling.type STRING linear",
                  "gptneox.rope.scaling.factor FLOAT32 2.0",
                  "gptneox.rope.freq_base FLOAT32 500000.0",
                  "general.file_type UINT32 0")),
          // It overlooks intermediate_size, num_key_value_heads and rope_theta.
          Map.entry(
              "phi-grouped",
              List.of(
                  "phi2.feed_forward_length UINT32 48",
                  "phi2.attention.head_count_kv UINT32 2",
                  "phi2.rope.freq_base FLOAT32 25000.0")),
          // It overlooks n_inner and multi_query.
          Map.entry(
              "bigcode-multi-head",
              List.of(
                  "starcoder.feed_forward_length UINT32 80",
                  "starcoder.attention.head_count_kv UINT32 4")),
          // It overlooks head_dim.
          Map.entry(
              "granite-wide-heads",
              List.of(
                  "granite.attention.key_length UINT32 12",
                  "granite.attention.value_length UINT32 12")),
          Map.entry(
              "phi3-wide-heads",
              List.of(
                  "phi3.rope.dimension_count UINT32 12",
                  "phi3.attention.key_length UINT32 12",
                  "phi3.attention.value_length UINT32 12")),
          Map.entry(
              "phi-wide-heads",
              List.of(
                  "phi2.feed_forward_length UINT32 48",
                  "phi2.attention.head_count_kv UINT32 2",
                  "phi2.rope.dimension_count UINT32 6",
                  "phi2.attention.key_length UINT32 12",
                  "phi2.attention.value_length UINT32 12")),
          // It overlooks rope_scaling, rms_norm_eps, and the length of the context.
          Map.entry(
              "glm-stretched",
              List.of(
                  "chatglm.context_length UINT32 64",
                  "chatglm.attention.layer_norm_rms_epsilon FLOAT32 1.5625E-7",
                  "chatglm.rope.scaling.type STRING linear",
                  "chatglm.rope.scaling.factor FLOAT32 4.0")),
          // It overlooks layer_types.
          Map.entry(
              "gemma3-other-layers",
              List.of("gemma3.attention.sliding_window_pattern ARRAY,BOOL [true, false, false]")),
          // It does not know the class, so it was given the same weights as another one elsewhere.
          Map.entry("RobertaForMaskedLM", List.of("general.name STRING RobertaForMaskedLM")));

  /** Tensors whose rows the converter leaves in an order that llama.cpp misreads. */
  private static final Map<String, String> DELIBERATELY_REARRANGED =
      Map.of("bigcode-multi-head", ".attn_qkv.");

  @TempDir private Path temporary;

  static Stream<Path> checkpoints() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String group : List.of("golden", "variants")) {
      try (Stream<Path> found = Files.list(Listing.resource(group))) {
        found
            .filter(directory -> Files.exists(directory.resolve("expected.json")))
            .sorted()
            .forEach(all::add);
      }
    }
    assertThat(all).hasSizeGreaterThan(60);
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void writesWhatTheConverterWrites(Path directory) throws IOException {
    JsonNode expected = JsonFiles.object(directory.resolve("expected.json")).orElseThrow();
    check(directory, TensorType.F32, expected.path("metadata"), expected.path("tensors"));
  }

  static Stream<Path> checkpointsOfTwoSpellings() throws IOException {
    List<Path> all =
        checkpoints()
            .filter(directory -> Files.exists(directory.resolve("config.v4.json")))
            .toList();
    assertThat(all).hasSizeGreaterThan(15);
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("checkpointsOfTwoSpellings")
  void readsTheConfigurationsOfOldCheckpoints(Path directory) throws IOException {
    Path copy = Files.createDirectory(temporary.resolve(directory.getFileName()));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (!name.startsWith("config")) {
          Files.copy(file, copy.resolve(name));
        }
      }
    }
    Files.copy(directory.resolve("config.v4.json"), copy.resolve("config.json"));
    JsonNode expected = JsonFiles.object(directory.resolve("expected.json")).orElseThrow();
    check(copy, TensorType.F32, expected.path("metadata"), expected.path("tensors"));
  }

  @ParameterizedTest
  @CsvSource({"F16", "BF16"})
  void writesHalfPrecision(TensorType type) throws IOException {
    JsonNode expected =
        JsonFiles.object(
                Listing.resource(
                    "golden/LlamaForCausalLM." + type.name().toLowerCase(Locale.ROOT) + ".json"))
            .orElseThrow();
    check(
        Listing.resource("golden/LlamaForCausalLM"),
        type,
        expected.path("metadata"),
        expected.path("tensors"));
  }

  @ParameterizedTest
  @CsvSource({
    "docs-llama-4m, F32",
    "docs-llama-4m, F16",
    "docs-llama-4m, BF16",
    "docs-gpt2-4m, F32",
    "docs-gpt2-4m, F16",
    "docs-gpt2-4m, BF16"
  })
  void convertsTheExampleModels(String model, TensorType type) throws IOException {
    JsonNode expected =
        JsonFiles.object(Listing.resource("golden/" + model + ".json")).orElseThrow();
    String file = model + "." + type.name().toLowerCase(Locale.ROOT) + ".gguf";
    check(
        Path.of("../examples/models").resolve(model),
        type,
        expected.path("metadata"),
        expected.path("files").path(file).path("tensors"));
  }

  private static void check(
      Path directory, TensorType type, JsonNode expectedMetadata, JsonNode expectedTensors)
      throws IOException {
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      int fileType =
          switch (type) {
            case F16 -> 1;
            case BF16 -> 32;
            default -> 0;
          };
      assertThat(Listing.metadata(model.metadata(fileType)))
          .containsExactlyElementsOf(
              corrected(directory, Listing.metadata(expectedMetadata)).stream()
                  .map(
                      line ->
                          line.startsWith("general.file_type ")
                              ? "general.file_type UINT32 " + fileType
                              : line)
                  .toList());
      String rearranged =
          DELIBERATELY_REARRANGED.getOrDefault(directory.getFileName().toString(), "none");
      assertThat(without(rearranged, Listing.tensors(model.tensors(), type)))
          .containsExactlyElementsOf(without(rearranged, Listing.tensors(expectedTensors)));
    }
  }

  private static List<String> without(String part, List<String> lines) {
    return lines.stream().filter(line -> !line.contains(part)).toList();
  }

  /** The converter's lines, with those that differ on purpose in place of its own, or last. */
  private static List<String> corrected(Path directory, List<String> lines) {
    List<String> result = new ArrayList<>(lines);
    for (String line :
        DELIBERATE_DIFFERENCES.getOrDefault(directory.getFileName().toString(), List.of())) {
      String key = line.substring(0, line.indexOf(' ') + 1);
      int index = 0;
      while (index < result.size() && !result.get(index).startsWith(key)) {
        index++;
      }
      if (index == result.size()) {
        // A new one of the architecture comes last of these, the file type last of all.
        int end = result.indexOf("general.quantization_version UINT32 2");
        result.add(line.startsWith("general.") ? result.size() : end, line);
      } else {
        assertThat(result.set(index, line)).as("the converter's own").isNotEqualTo(line);
      }
    }
    return result;
  }
}
