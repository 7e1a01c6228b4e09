package dev.lqmf.factory.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Perplexities and divergences of the example models on the beginning of WikiText-2, four windows
 * of 512 tokens, held against Transformers (5.24.0, torch 2.15.0, float32, logarithms in float64)
 * and llama-perplexity (llama.cpp commit de3ff81).
 */
class EvalJobTest {
  private static final Path MODELS = Path.of("..", "examples", "models");
  private static final String LLAMA = MODELS.resolve("docs-llama-4m").toString();
  private static final String GPT2 = MODELS.resolve("docs-gpt2-4m").toString();

  @TempDir Path directory;
  private final List<EvalEvent> events = new ArrayList<>();

  private static EvalRequest request(String... models) {
    return new EvalRequest(
        List.of(models),
        Optional.empty(),
        Optional.empty(),
        Protocol.HALF_WINDOW,
        512,
        OptionalInt.empty(),
        OptionalInt.of(4),
        TorchOptions.DEFAULTS);
  }

  private static EvalRequest with(EvalRequest r, Protocol protocol, String baseline) {
    return new EvalRequest(
        r.models(),
        Optional.of(baseline).filter(b -> !b.isEmpty()),
        r.text(),
        protocol,
        r.window(),
        r.maxTokens(),
        r.maxWindows(),
        r.torch());
  }

  private static EvalRequest with(EvalRequest r, Path text, int window) {
    return new EvalRequest(
        r.models(),
        r.baseline(),
        Optional.of(text),
        r.protocol(),
        window,
        r.maxTokens(),
        r.maxWindows(),
        r.torch());
  }

  private static EvalRequest with(EvalRequest r, TorchOptions torch) {
    return new EvalRequest(
        r.models(),
        r.baseline(),
        r.text(),
        r.protocol(),
        r.window(),
        r.maxTokens(),
        r.maxWindows(),
        torch);
  }

  private EvalReport run(EvalRequest request) throws IOException {
    return new EvalJob(
            request,
            (model, _) -> {
              throw new IOException("no hub here, " + model);
            },
            events::add)
        .run();
  }

  /** Quantizes the example model; results by type. */
  private Map<GgufFileType, String> quantized(GgufFileType... types) throws IOException {
    QuantizeRequest request =
        QuantizeRequest.of(LLAMA, List.of(types)).outputRoot(directory).build();
    new QuantizeJob(request, KernelsProvider.best()).run(_ -> {});
    return Arrays.stream(types)
        .collect(
            Collectors.toMap(t -> t, t -> directory.resolve("docs-llama-4m_gguf_" + t).toString()));
  }

  @ParameterizedTest
  @CsvSource({
    "docs-llama-4m, half-window, 40.013550056589, 3.7085834566050595",
    "docs-llama-4m, llama.cpp, 39.8650635630147, 3.699425754731549",
    "docs-gpt2-4m, half-window, 36.0760664114752, 3.196284200777686"
  })
  void perplexitiesAreThoseOfTransformers(
      String model, String protocol, double perplexity, double error) throws IOException {
    EvalRequest request = request(MODELS.resolve(model).toString());

    EvalReport report = run(with(request, Protocol.named(protocol), ""));

    EvalReport.Result result = report.results().getFirst();
    assertThat(result.perplexity().value()).isCloseTo(perplexity, withinPercentage(1e-3));
    assertThat(result.perplexity().error()).isCloseTo(error, withinPercentage(1e-2));
    assertThat(result.predictions()).isEqualTo(4 * 255);
    assertThat(result.format()).isEqualTo("BF16");
    assertThat(report.baseline()).isEmpty();
    assertThat(report.best()).isEqualTo(EvalReport.Best.NONE);
  }

  @Test
  void divergencesAreThoseOfTransformers() throws IOException {
    QuantizeRequest nf4 =
        QuantizeRequest.of(LLAMA, new BnbMethod(BnbOptions.DEFAULT)).outputRoot(directory).build();
    Path model =
        new QuantizeJob(nf4, KernelsProvider.best()).run(_ -> {}).outputs().getFirst().directory();

    EvalReport report = run(with(request(model.toString()), Protocol.HALF_WINDOW, LLAMA));

    assertThat(report.baseline()).hasValue(0);
    assertThat(report.results().getFirst().divergence()).isEmpty();
    EvalReport.Result result = report.results().get(1);
    assertThat(result.format()).isEqualTo("NF4");
    assertThat(result.perplexity().value()).isCloseTo(41.25533337859337, withinPercentage(1e-2));
    EvalReport.Divergence d = result.divergence().orElseThrow();
    assertThat(d.mean().value()).isCloseTo(0.057213150447188256, withinPercentage(0.1));
    assertThat(d.mean().error()).isCloseTo(0.0017307882846604578, withinPercentage(0.1));
    assertThat(d.median()).isCloseTo(0.041663186709430464, withinPercentage(0.1));
    assertThat(d.percentile99()).isCloseTo(0.2585009385509954, withinPercentage(0.1));
    assertThat(d.max()).isCloseTo(0.5893223478149231, withinPercentage(0.1));
    // Of 1020 predictions, one may be too close to call.
    assertThat(d.sameTop().value()).isCloseTo(0.8411764705882353, within(1.1 / 1020));
    assertThat(d.sameTop().error()).isCloseTo(0.011450221484671912, withinPercentage(0.5));
    assertThat(d.logRatio().value()).isCloseTo(0.03056225028408881, within(1e-5));
    assertThat(d.logRatio().error()).isCloseTo(0.011246812910490834, withinPercentage(0.1));
    assertThat(report.noiseFloor().orElseThrow()).isBetween(1e-9, 1e-5);
  }

  /** llama.cpp rounds activations to 8 bits where weights are quantized. */
  @Test
  void ggufFilesMeasureAsInLlamaCpp() throws IOException {
    Map<GgufFileType, String> files =
        quantized(GgufFileType.F32, GgufFileType.Q4_K_M, GgufFileType.Q2_K);
    String f32 = String.valueOf(files.get(GgufFileType.F32));
    EvalRequest request =
        request(
            f32,
            String.valueOf(files.get(GgufFileType.Q4_K_M)),
            String.valueOf(files.get(GgufFileType.Q2_K)));

    List<EvalReport.Result> results = run(with(request, Protocol.LLAMA_CPP, f32)).results();

    assertThat(results.getFirst().perplexity().value()).isCloseTo(39.8644, withinPercentage(0.01));
    assertThat(results.getFirst().perplexity().error()).isCloseTo(3.69936, withinPercentage(0.01));
    assertThat(results.get(1).perplexity().value()).isCloseTo(42.503213, withinPercentage(0.5));
    EvalReport.Divergence q4 = results.get(1).divergence().orElseThrow();
    assertThat(q4.mean().value()).isCloseTo(0.035242, withinPercentage(5));
    assertThat(q4.median()).isCloseTo(0.024495, withinPercentage(6));
    assertThat(q4.percentile99()).isCloseTo(0.188984, withinPercentage(10));
    assertThat(q4.sameTop().value()).isCloseTo(0.85882, within(0.011));
    assertThat(q4.logRatio().value()).isCloseTo(0.0641, within(0.005));
    assertThat(results.get(2).perplexity().value()).isCloseTo(60.732982, withinPercentage(1));
    EvalReport.Divergence q2 = results.get(2).divergence().orElseThrow();
    assertThat(q2.mean().value()).isCloseTo(0.4585, withinPercentage(1.5));
    assertThat(q2.median()).isCloseTo(0.336689, withinPercentage(2));
    assertThat(q2.sameTop().value()).isCloseTo(0.55784, within(0.011));
  }

  /** Every type decodes: what is coarser is farther away, and exact copies are not away at all. */
  @Test
  void allTypesOfGgufAreRead() throws IOException {
    GgufFileType[] types = {
      GgufFileType.F32, GgufFileType.BF16, GgufFileType.F16, GgufFileType.Q8_0,
      GgufFileType.Q6_K, GgufFileType.Q5_K_M, GgufFileType.Q5_1, GgufFileType.Q5_0,
      GgufFileType.Q4_K_M, GgufFileType.IQ4_XS, GgufFileType.IQ4_NL, GgufFileType.Q4_1,
      GgufFileType.Q4_0, GgufFileType.Q3_K_M, GgufFileType.Q2_K, GgufFileType.TQ1_0
    };
    Map<GgufFileType, String> files = quantized(types);
    String[] inputs = Arrays.stream(types).map(files::get).toArray(String[]::new);
    Path text = text("The kernel module is loaded when the driver needs it. ".repeat(100));

    EvalReport report = run(with(with(request(inputs), Protocol.HALF_WINDOW, LLAMA), text, 128));

    Map<String, Double> means =
        report.results().stream()
            .skip(1)
            .collect(
                Collectors.toMap(
                    EvalReport.Result::format, r -> r.divergence().orElseThrow().mean().value()));
    assertThat(means).hasSize(types.length);
    assertThat(means.get("F32")).isLessThan(report.noiseFloor().orElseThrow());
    assertThat(means.get("BF16")).isLessThan(report.noiseFloor().orElseThrow());
    assertThat(means.get("Q8_0")).isLessThan(2e-3);
    assertThat(means.get("Q6_K")).isLessThan(2e-2).isGreaterThan(means.get("Q8_0"));
    assertThat(means.get("Q5_K_M")).isLessThan(6e-2).isGreaterThan(means.get("Q6_K"));
    assertThat(means.get("Q4_K_M")).isLessThan(0.3).isGreaterThan(means.get("Q5_K_M"));
    assertThat(means.get("Q2_K")).isLessThan(3.0).isGreaterThan(means.get("Q3_K_M"));
    assertThat(means.get("TQ1_0")).isGreaterThan(means.get("Q2_K"));
  }

  @Test
  void readingWeightsForEveryPassGivesTheSame() throws IOException {
    String q4 = String.valueOf(quantized(GgufFileType.Q4_K_M).get(GgufFileType.Q4_K_M));
    EvalRequest request = with(request(q4), Protocol.HALF_WINDOW, LLAMA);

    EvalReport loaded = run(request);
    EvalReport streamed = run(with(request, TorchOptions.DEFAULTS.withMaxMemory(8_000_000)));

    for (int i = 0; i < 2; i++) {
      assertThat(streamed.results().get(i).perplexity().value())
          .isCloseTo(loaded.results().get(i).perplexity().value(), withinPercentage(1e-4));
    }
    assertThat(divergence(streamed)).isCloseTo(divergence(loaded), withinPercentage(1e-2));
    assertThat(events).noneMatch(e -> e instanceof EvalEvent.Finding);
  }

  private static double divergence(EvalReport report) {
    return report.results().get(1).divergence().orElseThrow().mean().value();
  }

  @Test
  void progressIsToldAndAddsUp() throws IOException {
    run(with(request(LLAMA, GPT2), text("A text about nothing. ".repeat(200)), 64));

    assertThat(events.getFirst()).isInstanceOf(EvalEvent.Cut.class);
    List<EvalEvent.Measuring> steps =
        events.stream()
            .filter(e -> e instanceof EvalEvent.Measuring)
            .map(e -> (EvalEvent.Measuring) e)
            .toList();
    assertThat(steps.getLast().tokensDone()).isEqualTo(steps.getLast().tokensTotal());
    assertThat(events.stream().filter(e -> e instanceof EvalEvent.Measured)).hasSize(2);
  }

  @Test
  void modelsWithOtherTokensAreNotRankedByPerplexity() throws IOException {
    EvalReport report =
        run(with(request(LLAMA, GPT2), text("A text about nothing. ".repeat(200)), 64));

    assertThat(report.best().perplexity()).isEmpty();
    assertThat(report.best().size()).containsExactly(0);
  }

  /** In order that a warning reaches the user, whoever wrote the checkpoint. */
  @Test
  void warningsOfTheModelAreTold() throws IOException {
    Path model = mislabelledGptq();

    run(with(request(model.toString()), text("A text about nothing. ".repeat(200)), 64));

    assertThat(events.getFirst())
        .isInstanceOfSatisfying(
            EvalEvent.Finding.class,
            f ->
                assertThat(((JobEvent.Notice) f.event()).text())
                    .contains("says format gptq_v2, but the zero points are those of gptq"));
  }

  private Path mislabelledGptq() throws IOException {
    Path stored =
        Path.of("..", "torch", "src", "test", "resources", "dev", "lqmf", "torch", "gptq")
            .resolve("docs-llama-4m-gptq");
    Path model = Files.createDirectory(directory.resolve("gptq"));
    Files.copy(stored.resolve("model.safetensors"), model.resolve("model.safetensors"));
    Files.writeString(
        model.resolve("config.json"),
        Files.readString(stored.resolve("config.json"))
            .replace("_format\": \"gptq\"", "_format\": \"gptq_v2\""));
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(Path.of(LLAMA).resolve(file), model.resolve(file));
    }
    return model;
  }

  private Path text(String content) throws IOException {
    return Files.writeString(directory.resolve("text.txt"), content);
  }

  private void assertRefused(EvalRequest request, String problem) {
    assertThatThrownBy(() -> run(request))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void textsThatFillNoWindowAreRefused() throws IOException {
    assertRefused(with(request(LLAMA), text(""), 512), "has 0 tokens");
    assertRefused(with(request(LLAMA), text("Too short."), 512), "needs at least 512");
    EvalRequest single = with(request(LLAMA), text("the ".repeat(600)), 512);
    assertRefused(with(single, Protocol.LLAMA_CPP, ""), "needs at least 1,024");
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, 0, 1, 2});
    assertRefused(with(request(LLAMA), binary, 512), "is not UTF-8 text");
    assertRefused(with(request(LLAMA), directory.resolve("absent"), 512), "there is no text");
    assertRefused(with(request(LLAMA), directory, 512), "there is no text");
    Path latin =
        Files.write(directory.resolve("latin"), "Zoë".getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(with(request(LLAMA), latin, 512), "is not UTF-8 text");
  }

  @Test
  void windowsLongerThanTheModelReadsAreRefused() {
    // Learned positions end; rotary ones would go on.
    assertRefused(
        new EvalRequest(
            List.of(GPT2),
            Optional.empty(),
            Optional.empty(),
            Protocol.HALF_WINDOW,
            2048,
            OptionalInt.empty(),
            OptionalInt.empty(),
            TorchOptions.DEFAULTS),
        "reads 1024 tokens at most, not a window of 2048");
  }

  static Stream<String> notDecoders() {
    return Stream.of("BertForMaskedLM", "T5ForConditionalGeneration");
  }

  @ParameterizedTest
  @MethodSource("notDecoders")
  void modelsThatContinueNoTextAreRefused(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);

    assertRefused(request(model.toString()), name + " does not continue a text");
  }

  @Test
  void modelsWithOtherTokensAreNotCompared() throws IOException {
    Path tiny = TinyModels.extract("LlamaForCausalLM", "config.json", directory);
    assertRefused(
        with(request(tiny.toString()), Protocol.HALF_WINDOW, LLAMA), "has a vocabulary of");
    assertRefused(
        with(request(GPT2), Protocol.HALF_WINDOW, LLAMA),
        "the tokens of docs-llama-4m mean something else to docs-gpt2-4m");
  }

  @Test
  void aMissingModelIsNamed() {
    assertRefused(request("./absent"), "./absent does not exist");
  }

  @Test
  void protocolsHaveNames() {
    assertThat(Protocol.named("Half-Window")).isEqualTo(Protocol.HALF_WINDOW);
    assertThatThrownBy(() -> Protocol.named("quarter-window"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'quarter-window' is not known");
  }
}
