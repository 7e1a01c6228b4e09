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
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Metadata and tensors of a checkpoint are, value by value and byte by byte, those that llama.cpp's
 * converter writes. References: {@code src/test/resources/dev/lqmf/model/README.md}.
 */
class ConverterIdentityTest {
  static Stream<Path> checkpoints() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String group : List.of("golden", "variants")) {
      try (Stream<Path> found = Files.list(Listing.resource(group))) {
        found.filter(Files::isDirectory).sorted().forEach(all::add);
      }
    }
    assertThat(all).hasSizeGreaterThan(30);
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void writesWhatTheConverterWrites(Path directory) throws IOException {
    JsonNode expected = JsonFiles.object(directory.resolve("expected.json")).orElseThrow();
    check(directory, TensorType.F32, expected.path("metadata"), expected.path("tensors"));
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
              Listing.metadata(expectedMetadata).stream()
                  .map(
                      line ->
                          line.startsWith("general.file_type ")
                              ? "general.file_type UINT32 " + fileType
                              : line)
                  .toList());
      assertThat(Listing.tensors(model.tensors(), type))
          .containsExactlyElementsOf(Listing.tensors(expectedTensors));
    }
  }
}
