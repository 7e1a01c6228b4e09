package dev.lqmf.factory.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.DryRun;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.decide.Quality;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlannerAgentTest {
  private static final Path MODELS = Path.of("../examples/models");
  private static final long PLENTY = 8_000_000_000L;

  private static final PlannerAgent PLANNER =
      new PlannerAgent(
          new DryRun(
              (id, _) -> {
                throw new AssertionError("nothing is to be downloaded: " + id);
              },
              _ -> {}),
          new PriorPredictor());

  @TempDir Path directory;

  private static PlanRequest request(
      String model, Optional<String> method, List<String> types, long bytes, Quality quality) {
    return new PlanRequest(
        MODELS.resolve(model).toString(),
        method,
        types,
        OptionalInt.empty(),
        new Budget(bytes, Device.GPU, "test"),
        OptionalInt.empty(),
        CacheType.F16,
        Optional.of(quality),
        2);
  }

  private static Plan planned(String model, String method, String type) throws IOException {
    return PLANNER
        .propose(request(model, Optional.of(method), List.of(type), PLENTY, Quality.BEST))
        .recommended();
  }

  private long written(Plan plan) throws IOException {
    Path root = directory.resolve("results");
    return new QuantizeJob(
            QuantizeRequest.of(plan.input(), plan.quantMethod()).outputRoot(root).build(),
            new ScalarKernels())
        .run(_ -> {}).outputs().getFirst().files().stream().mapToLong(PlannerAgentTest::size).sum();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "docs-llama-4m, Q4_K_M",
    "docs-llama-4m, Q8_0",
    "docs-gpt2-4m, Q4_K_M",
    "docs-gpt2-4m, Q8_0"
  })
  void theFileIsExactlyAsLargeAsPlanned(String model, String type) throws IOException {
    Plan plan = planned(model, "gguf", type);

    assertThat(plan.exact()).isTrue();
    assertThat(plan.type()).isEqualTo(type);
    assertThat(written(plan)).isEqualTo(plan.fileBytes());
  }

  @Test
  void aBitsAndBytesCheckpointIsAtMostAsLargeAsPlanned() throws IOException {
    Plan plan = planned("docs-llama-4m", "bnb", "nf4");

    assertThat(plan.exact()).isFalse();
    assertThat(written(plan)).isBetween(plan.fileBytes() / 2, plan.fileBytes());
  }

  @Test
  void gptqIsPlannedFromItsSettings() throws IOException {
    Plan four = planned("docs-llama-4m", "gptq", "4bit");
    Plan eight = planned("docs-llama-4m", "gptq", "8bit");

    assertThat(four.exact()).isFalse();
    assertThat(four.fileBytes()).isLessThan(eight.fileBytes());
    assertThat(four.time()).isGreaterThan(planned("docs-llama-4m", "gguf", "Q4_K_M").time());
    assertThatThrownBy(() -> planned("docs-llama-4m", "gptq", "Q4_K_M"))
        .isInstanceOf(InputException.class)
        .hasMessage("GPTQ has no type 'Q4_K_M'");
  }

  @Test
  void memoryIsThatOfTheModelAtItsContext() throws IOException {
    Plan plan = planned("docs-llama-4m", "gguf", "Q8_0");

    // It was trained with 1,024 tokens: 4 layers × 2 × 128 elements × 2 bytes.
    assertThat(plan.context()).isEqualTo(1024);
    assertThat(plan.memory().cache()).isEqualTo(1024 * 4 * 2 * 128 * 2);
    assertThat(plan.memory().weights()).isLessThan(plan.fileBytes());
  }

  @Test
  void theBestIsAsTheOriginalAndStillSmaller() throws IOException {
    Proposal best =
        PLANNER.propose(
            request("docs-llama-4m", Optional.empty(), List.of(), PLENTY, Quality.BEST));
    Proposal balanced =
        PLANNER.propose(
            request("docs-llama-4m", Optional.empty(), List.of(), PLENTY, Quality.BALANCED));

    assertThat(best.recommended().type()).isEqualTo("Q8_0");
    assertThat(best.better().orElseThrow().type()).isEqualTo("BF16");
    assertThat(balanced.recommended().type()).isEqualTo("Q5_K_M");
    assertThat(balanced.better().orElseThrow().type()).isEqualTo("Q6_K");
    assertThat(balanced.smaller().orElseThrow().type()).isEqualTo("Q4_K_M");
  }

  @Test
  void whatFitsIsProposedAndWhatDoesNotIsSaid() throws IOException {
    long room =
        planned("docs-llama-4m", "gguf", "Q6_K").memory().total() + 1; // Q8_0 needs more than that
    Proposal tight =
        PLANNER.propose(request("docs-llama-4m", Optional.empty(), List.of(), room, Quality.BEST));
    Proposal hopeless =
        PLANNER.propose(request("docs-llama-4m", Optional.empty(), List.of(), 1000, Quality.BEST));

    assertThat(tight.recommended().type()).isEqualTo("Q6_K");
    assertThat(tight.recommended().fits()).isTrue();
    assertThat(tight.better().orElseThrow().fits()).isFalse();
    assertThat(hopeless.recommended().fits()).isFalse();
    assertThat(hopeless.recommended().reason()).startsWith("nothing that was asked for fits");
  }

  @Test
  void aPlanIsReadAsItWasSaved() throws IOException {
    Plan plan = planned("docs-llama-4m", "gguf", "Q4_K_M");

    Path file = PlanFile.save(plan, directory.resolve("configs"));

    assertThat(file).hasFileName("docs-llama-4m_gguf_Q4_K_M.yaml");
    PlanFile read = PlanFile.read(file);
    assertThat(read).isEqualTo(PlanFile.of(plan));
    assertThat(read.quantMethod()).isEqualTo(plan.quantMethod());
    assertThat(Files.readString(file)).contains("file_bytes: " + plan.fileBytes());
    assertThat(directory.resolve("configs")).isDirectoryContaining(file::equals);
    assertThat(Files.list(directory.resolve("configs"))).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: [a | is no YAML",
        "- a | holds no plan",
        "{model: m, method: gguf} | does not say its type",
        "{model: m, method: gguf, type: Q4_K_M, bits: 4} | has an unknown key 'bits'",
        "{model: m, method: gguf, type: Q4_K_Z} | Q4_K_Z",
        "{model: m, method: magic, type: Q4_K_M} | magic"
      })
  void aFileThatIsNoPlanIsRefusedByName(String text, String message) throws IOException {
    Path file = Files.writeString(directory.resolve("plan.yaml"), text);

    assertThatThrownBy(() -> PlanFile.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }
}
