package dev.lqmf.factory.feedback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.feedback.Prompts.Prompt;
import dev.lqmf.factory.feedback.TestReport.Answer;
import dev.lqmf.factory.feedback.TestReport.Outcome;
import dev.lqmf.factory.machine.GpuUse;
import dev.lqmf.factory.machine.NvidiaSmi;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class FeedbackAgentTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");

  private static final List<Prompt> SOME =
      List.of(new Prompt("general", "The kernel module"), new Prompt("general", "The file"));

  /** As quick asks, in fewer words: the tests share the machine. */
  private static final TestPlan BRIEF =
      new TestPlan("brief", TestPlan.quick(Prompts.shipped()).prompts(), 4, 0, 0, Optional.empty());

  @TempDir static Path results;

  @BeforeAll
  static void makeModels() throws IOException {
    for (GgufFileType type : List.of(GgufFileType.Q8_0, GgufFileType.Q4_K_M)) {
      new QuantizeJob(
              QuantizeRequest.of(EXAMPLE.toString(), List.of(type)).outputRoot(results).build(),
              new ScalarKernels())
          .run(_ -> {});
    }
    Path broken = Files.createDirectory(results.resolve("broken_gguf_Q8_0"));
    byte[] bytes =
        Files.readAllBytes(results.resolve("docs-llama-4m_gguf_Q8_0/docs-llama-4m-Q8_0.gguf"));
    Files.write(broken.resolve("broken.gguf"), Arrays.copyOf(bytes, bytes.length / 2));
    Path mute = Files.createDirectory(results.resolve("mute"));
    try (Stream<Path> files = Files.list(EXAMPLE)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().startsWith("tokenizer")) {
          Files.copy(file, mute.resolve(file.getFileName()));
        }
      }
    }
    new QuantizeJob(
            QuantizeRequest.of(EXAMPLE.toString(), new BnbMethod(BnbOptions.DEFAULT))
                .outputRoot(results)
                .build(),
            new ScalarKernels())
        .run(_ -> {});
    Files.createDirectory(results.resolve("empty"));
    Files.createDirectory(results.resolve(".partial_gguf_Q8_0"));
  }

  @Test
  void findsWhatIsThere() throws IOException {
    List<FoundModel> found = Discovery.scan(results);

    assertThat(found)
        .extracting(FoundModel::name)
        .containsExactly(
            "broken_gguf_Q8_0",
            "docs-llama-4m_bnb_4bit",
            "docs-llama-4m_gguf_Q4_K_M",
            "docs-llama-4m_gguf_Q8_0",
            "mute");
    assertThat(found)
        .extracting(FoundModel::method)
        .containsExactly("gguf", "bitsandbytes", "gguf", "gguf", "none");
    assertThat(found.get(0).problem()).isPresent();
    FoundModel eight = found.get(3);
    assertThat(eight.bitsPerWeight().orElseThrow()).isCloseTo(8.5147, within(1e-3));
    assertThat(eight.fileBytes())
        .isEqualTo(Files.size(eight.path().resolve("docs-llama-4m-Q8_0.gguf")));
    FoundModel four = found.get(1);
    assertThat(four.fileBytes()).isEqualTo(Files.size(four.path().resolve("model.safetensors")));
    for (FoundModel each : List.of(eight, four)) {
      JsonNode summary =
          JsonMapper.shared().readTree(Files.readString(each.path().resolve("summary.json")));
      assertThat(each.elements()).isEqualTo(summary.get("elements").asLong());
    }
    assertThat(found.get(2).format()).isEqualTo("Q4_K_M");
    assertThat(found.get(2).architecture()).isEqualTo("LlamaForCausalLM");
    assertThat(Discovery.scan(results.resolve("nowhere"))).isEmpty();
  }

  @Test
  void namesMayBeParts() throws IOException {
    List<FoundModel> found = Discovery.scan(results);

    assertThat(Discovery.named("q4_k_m", found).name()).isEqualTo("docs-llama-4m_gguf_Q4_K_M");
    assertThatThrownBy(() -> Discovery.named("docs", found))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("one of 3 models");
    assertThatThrownBy(() -> Discovery.named("mistral", found))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no model 'mistral'");
  }

  @Test
  void aSoundModelPasses() throws IOException {
    TestReport report = test("docs-llama-4m_gguf_Q8_0");

    assertThat(report.reason()).isEmpty();
    assertThat(report.passed()).isTrue();
    assertThat(report.runtime()).isEqualTo("llama.cpp");
    assertThat(report.answers()).hasSize(6);
    assertThat(report.answers()).allMatch(a -> a.tokens() > 0 && a.firstTextSeconds() > 0);
    assertThat(report.score()).isBetween(0.05, 1.0);
  }

  @Test
  void whatIsWrongIsAReport() throws IOException {
    TestReport broken = test("broken_gguf_Q8_0");
    assertThat(broken.passed()).isFalse();
    assertThat(broken.reason().orElseThrow()).contains("broken.gguf");
    assertThat(broken.score()).isZero();

    TestReport mute = test("mute");
    assertThat(mute.passed()).isFalse();
    assertThat(mute.reason().orElseThrow()).contains("tokenizer");
  }

  @Test
  void speedPredictionsAndMemoryAreMeasured() throws IOException {
    TestPlan plan = new TestPlan("own", SOME, 4, 2, 2, Optional.of(EXAMPLE.toString()));

    TestReport report = test(new FeedbackAgent(plan), "docs-llama-4m_gguf_Q4_K_M");

    assertThat(report.notes()).isEmpty();
    Speed speed = report.speed().orElseThrow();
    assertThat(speed.runs()).isEqualTo(2);
    assertThat(speed.decode().min()).isPositive().isLessThanOrEqualTo(speed.decode().median());
    assertThat(speed.decode().median()).isLessThanOrEqualTo(speed.decode().max());
    assertThat(report.tokensPerSecond()).isEqualTo(speed.decode().median());
    assertThat(report.rouge().orElseThrow()).isBetween(0.05, 1.0);
    HeldOut heldOut = report.heldOut().orElseThrow();
    assertThat(heldOut.predictions()).isEqualTo(2 * 127);
    assertThat(heldOut.vocabulary()).isEqualTo(2048);
    assertThat(heldOut.perplexity()).isBetween(1.0, 2048.0);
    assertThat(heldOut.prediction()).isBetween(0.05, 0.95);
    HeldOut.Closeness close = heldOut.closeness().orElseThrow();
    assertThat(close.sameTop()).isBetween(0.6, 0.9999);
    // Its words are likely ones to the original, but some are not what that would have said.
    assertThat(close.selfPerplexity().orElseThrow()).isBetween(1.1, heldOut.perplexity());
    assertThat(problems(TestJson.of(report, Instant.EPOCH))).isEmpty();
    assertThat(report.resources().processorUse().orElseThrow()).isBetween(0.01, 1.0);
    if (Files.isReadable(Path.of("/proc/self/status"))) {
      assertThat(report.resources().peakBytes().orElseThrow())
          .isGreaterThanOrEqualTo(report.resources().meanBytes().orElseThrow());
    }
  }

  @Test
  void aBaselineThatDoesNotOpenIsANoteAndTakesNothingElse() throws IOException {
    TestPlan plan =
        new TestPlan("own", SOME, 4, 0, 1, Optional.of(results.resolve("mute").toString()));

    TestReport report = test(new FeedbackAgent(plan), "docs-llama-4m_gguf_Q8_0");

    assertThat(report.passed()).isTrue();
    assertThat(report.notes())
        .hasSize(2)
        .allSatisfy(note -> assertThat(note).contains("compared", "tokenizer"));
    assertThat(report.heldOut().orElseThrow().closeness()).isEmpty();
    assertThat(report.heldOut().orElseThrow().perplexity()).isBetween(1.0, 2048.0);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // the driver's program is played by a shell script
  void graphicsCardsAreWatched(@TempDir Path directory) throws IOException {
    Path program = directory.resolve("nvidia-smi");
    Files.writeString(program, "#!/bin/sh\necho '0, 2048, 75'\nexec sleep 600\n");
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    TestPlan plan = new TestPlan("own", SOME, 4, 0, 0, Optional.empty());

    TestReport report =
        test(
            new FeedbackAgent(plan, new NvidiaSmi(directory.toString())),
            "docs-llama-4m_gguf_Q8_0");

    GpuUse use = report.resources().gpu().orElseThrow();
    assertThat(use.peakBytes()).hasValue(2048L << 20);
    assertThat(use.busiest()).hasValue(0.75);
    assertThat(problems(TestJson.of(report, Instant.EPOCH))).isEmpty();
    assertThat(HtmlReport.of(List.of(report), Instant.EPOCH))
        .contains("gpu peak", "2147 MB", "75 %");
    TestReport without =
        test(new FeedbackAgent(plan, new NvidiaSmi("")), "docs-llama-4m_gguf_Q8_0");
    assertThat(without.resources().gpu()).isEmpty();
    assertThat(HtmlReport.of(List.of(without), Instant.EPOCH)).doesNotContain("gpu");
  }

  @Test
  void damagedWeightsFailThoughTheyGiveWords(@TempDir Path directory) throws IOException {
    byte[] bytes =
        Files.readAllBytes(results.resolve("docs-llama-4m_gguf_Q8_0/docs-llama-4m-Q8_0.gguf"));
    byte[] noise = new byte[bytes.length / 2];
    new Random(1).nextBytes(noise);
    System.arraycopy(noise, 0, bytes, bytes.length - noise.length, noise.length);
    Path file = Files.write(directory.resolve("noise.gguf"), bytes);

    TestReport report =
        new FeedbackAgent(new TestPlan("own", SOME, 4, 0, 1, Optional.empty()))
            .test(Discovery.at(file), _ -> {});

    assertThat(report.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(report.reason().orElseThrow()).contains("perplexity");
    assertThat(report.answers()).hasSize(2);
    assertThat(problems(TestJson.of(report, Instant.EPOCH))).isEmpty();
  }

  @Test
  void answersRepeat() throws IOException {
    TestPlan plan = new TestPlan("own", SOME, 8, 0, 0, Optional.empty());
    FoundModel model = found("docs-llama-4m_gguf_Q8_0");

    TestReport first = new FeedbackAgent(plan).test(model, _ -> {});
    TestReport second = new FeedbackAgent(plan).test(model, _ -> {});

    assertThat(first.answers()).extracting(Answer::text).doesNotContain("");
    assertThat(second.answers())
        .extracting(Answer::text)
        .isEqualTo(first.answers().stream().map(Answer::text).toList());
  }

  @Test
  void aTestCanBeCancelled() throws IOException {
    Set<ProcessHandle> others = ProcessHandle.current().children().collect(Collectors.toSet());
    FeedbackAgent agent = new FeedbackAgent(BRIEF);
    FoundModel model = found("docs-llama-4m_gguf_Q8_0");

    assertThatThrownBy(() -> agent.test(model, _ -> agent.cancel()))
        .isInstanceOf(CancellationException.class);

    assertThat(Thread.interrupted()).isFalse();
    assertThat(ProcessHandle.current().children().filter(p -> !others.contains(p))).isEmpty();
    assertThatThrownBy(() -> agent.test(model, _ -> {})).isInstanceOf(CancellationException.class);
  }

  @Test
  void aKilledWorkerIsAReport() throws IOException {
    Set<ProcessHandle> others = ProcessHandle.current().children().collect(Collectors.toSet());

    TestReport report =
        new FeedbackAgent(BRIEF)
            .test(
                found("docs-llama-4m_gguf_Q8_0"),
                _ ->
                    ProcessHandle.current()
                        .children()
                        .filter(p -> !others.contains(p))
                        .forEach(ProcessHandle::destroyForcibly));

    assertThat(report.outcome()).isEqualTo(Outcome.FAILED);
    assertThat(report.reason().orElseThrow()).contains("it was killed");
    assertThat(report.answers()).hasSize(1);
    assertThat(report.score()).isZero();
  }

  @Test
  void aPromptThatIsTooLongIsAnAnswerThatFailed() throws IOException {
    List<Prompt> prompts =
        List.of(new Prompt("long context", "word ".repeat(5000)), new Prompt("general", "The"));

    TestReport report =
        test(
            new FeedbackAgent(new TestPlan("own", prompts, 8, 0, 0, Optional.empty())),
            "docs-llama-4m_gguf_Q8_0");

    assertThat(report.passed()).isTrue();
    assertThat(report.answers().get(0).failure()).isPresent();
    assertThat(report.answers().get(1).failure()).isEmpty();
  }

  @Test
  void reportsAreKeptAndFound(@TempDir Path directory) throws IOException {
    InstantSource noon = InstantSource.fixed(Instant.parse("2026-01-02T12:00:00Z"));
    TestStore store = new TestStore(directory.resolve("benchmarks"), noon);
    FoundModel model = found("mute");
    assertThat(store.last(model)).isEmpty();

    Path file = store.keep(test("mute"));

    assertThat(file.getFileName().toString()).matches("benchmark_\\d{8}-\\d{6}_mute\\.json");
    TestStore.Last last = store.last(model).orElseThrow();
    assertThat(last.testedAt()).isEqualTo(noon.instant());
    assertThat(last.outcome()).isEqualTo("failed");
    assertThat(last.score()).isEmpty();
    assertThat(store.last(found("docs-llama-4m_gguf_Q8_0"))).isEmpty();
    Path other = Files.createDirectories(directory.resolve("elsewhere/mute"));
    Files.writeString(other.resolve("config.json"), "{}");
    assertThat(store.last(Discovery.at(other))).as("of the same name").isEmpty();
  }

  @Test
  void whatCannotBeKeptIsAnErrorThatNamesTheFile(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("benchmarks"), "a file, and no directory");
    TestStore store = new TestStore(file, InstantSource.system());

    assertThatThrownBy(() -> store.keep(test("mute")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("cannot write " + file);
  }

  @Test
  void aWriteThatFailsLeavesNoHalfReport(@TempDir Path directory) throws IOException {
    Path target = Files.createDirectory(directory.resolve("report.json"));
    Files.writeString(target.resolve("inside"), "so that it cannot be replaced");

    assertThatThrownBy(() -> TestStore.write(target, "text")).isInstanceOf(IOException.class);

    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactly(target);
    }
  }

  @Test
  void aPageNeedsNothingElse() throws IOException {
    List<TestReport> reports = List.of(test("docs-llama-4m_gguf_Q8_0"), test("mute"));

    String page = HtmlReport.of(reports, Instant.EPOCH);

    assertThat(page)
        .startsWith("<!DOCTYPE html>")
        .contains("<svg", "docs-llama-4m_gguf_Q8_0", "tokenizer", ">prediction</th>")
        .doesNotContain(">ROUGE-L</th>", ">fidelity</th>") // there is no baseline
        .doesNotContain("<script", "href=", "src=", "url(", "@import");
  }

  @Test
  void promptsAreManyAndOfAllKinds() {
    List<Prompt> prompts = Prompts.shipped();

    assertThat(prompts).hasSizeGreaterThanOrEqualTo(30);
    assertThat(Prompts.oneEach(prompts))
        .extracting(Prompt::category)
        .containsExactly("general", "reasoning", "code", "dialogue", "instruction", "long context");
  }

  @Test
  void aLineWithoutCategoryIsNamed(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("own.txt"), "# mine\ngeneral: Hi\nwhat\n");

    assertThatThrownBy(() -> Prompts.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 3");
  }

  @Test
  void aPageShowsAnswersAsTheyAre() throws IOException {
    TestReport sound = test("docs-llama-4m_gguf_Q8_0");
    Answer hostile =
        new Answer(
            new Prompt("general", "<b>\"bold\" & 'brave'</b>"),
            "</pre><script>alert(1)</script>",
            1,
            1,
            1,
            1,
            sound.answers().getFirst().measures(),
            Optional.empty());
    TestReport report =
        new TestReport(
            sound.model(),
            sound.mode(),
            sound.outcome(),
            sound.reason(),
            sound.runtime(),
            sound.loadSeconds(),
            sound.speed(),
            sound.resources(),
            sound.rouge(),
            sound.heldOut(),
            sound.notes(),
            List.of(hostile));

    assertThat(HtmlReport.of(List.of(report), Instant.EPOCH))
        .contains("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;")
        .contains("&lt;b&gt;&quot;bold&quot; &amp; &#39;brave&#39;&lt;/b&gt;")
        .doesNotContain("<script", "<b>");
  }

  @Test
  void largeModelsPredictLess() {
    TestPlan quick = TestPlan.quick(Prompts.shipped());

    assertThat(quick.windowsFor(26_000_000)).isEqualTo(quick.windows());
    assertThat(quick.windowsFor(2_000_000_000)).isEqualTo(quick.windows() / 2);
    assertThat(quick.windowsFor(70_000_000_000L)).isEqualTo(1);
  }

  @Test
  void aReportThatIsNotAsPublishedIsTold() throws IOException {
    Map<String, Object> report = TestJson.of(test("mute"), Instant.EPOCH);
    report.remove("reason");
    report.put("surprise", 1);

    assertThat(problems(report)).hasSize(2);
  }

  private static TestReport test(String name) throws IOException {
    return test(new FeedbackAgent(BRIEF), name);
  }

  /** A test whose report is as published, whatever came of it. */
  private static TestReport test(FeedbackAgent agent, String name) throws IOException {
    TestReport report = agent.test(found(name), _ -> {});
    assertThat(problems(TestJson.of(report, Instant.EPOCH))).isEmpty();
    return report;
  }

  private static List<String> problems(Map<String, Object> report) throws IOException {
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(Files.readString(Path.of("../docs/benchmark.schema.json")));
    String json = JsonMapper.shared().writeValueAsString(report);
    return schema.validate(json, InputFormat.JSON).stream().map(Object::toString).toList();
  }

  private static FoundModel found(String name) throws IOException {
    return Discovery.named(name, Discovery.scan(results));
  }
}
