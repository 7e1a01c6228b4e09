package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {
  private static final String EXAMPLE = Program.EXAMPLE.toString();

  @TempDir Path directory;
  private Path results;

  @BeforeEach
  void quantize() {
    results = directory.resolve("quantized-models");
    Program made =
        run("quantize", EXAMPLE, "--type", "Q8_0,Q2_K", "--no-test", "-o", results.toString());
    assertThat(made.status()).isZero();
  }

  private Program run(String... args) {
    return Program.run(
        Program.place(
            Map.of("QUANTIZED_MODELS_DIR", directory.resolve("quantized-models").toString()),
            directory,
            "",
            SecretPrompt.NOBODY),
        args);
  }

  private Program bench(String... more) {
    return run(
        Stream.concat(
                Stream.of(
                    "bench",
                    "docs-llama-4m",
                    "--all",
                    "--baseline",
                    EXAMPLE,
                    "--max-tokens",
                    "2048",
                    "--measure",
                    "predictions"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  @Test
  void variantsAreComparedOnceAndDescribed() throws Exception {
    Program first = bench("--fit", "1G");
    assertThat(first.err()).contains("3 measurements, 0 of them stored earlier");
    assertThat(first.status()).isZero();
    assertThat(first.out())
        .contains("docs-llama-4m_gguf_Q2_K *")
        .contains("for 1.00 GB: docs-llama-4m_gguf_Q8_0");
    String svg = Files.readString(directory.resolve("benchmarks/pareto_docs-llama-4m.svg"));
    assertThat(
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)))
                .getElementsByTagName("circle")
                .getLength())
        .isEqualTo(2);

    Program again = bench("--json");
    assertThat(again.err()).contains("3 measurements, 3 of them stored earlier");
    JsonNode models = JsonMapper.shared().readTree(again.out()).get("models");
    assertThat(models.get(0).get("perplexity").asDouble()).isBetween(20.0, 100.0);
    assertThat(models.get(1).get("kl_divergence").asDouble())
        .isGreaterThan(100 * models.get(2).get("kl_divergence").asDouble());

    JsonMapper.shared()
        .readTree(run("experiments", "list", "--json").out())
        .get("experiments")
        .forEach(
            e ->
                assertThat(e.get("metrics").get("kld_mean").asDouble())
                    .as(e.get("type").asString())
                    .isIn(
                        models.get(1).get("kl_divergence").asDouble(),
                        models.get(2).get("kl_divergence").asDouble()));

    Path card = results.resolve("docs-llama-4m_gguf_Q8_0/README.md");
    assertThat(Files.readString(card)).contains("recipe").doesNotContain("perplexity");
    assertThat(run("docs", "docs-llama-4m_gguf_Q8_0", "--base-model", "lqmf/docs").status())
        .isZero();
    assertThat(Files.readString(card))
        .startsWith("---\nbase_model: lqmf/docs\n")
        .contains("| perplexity | ")
        .contains("| KL divergence from the baseline, nats | ");
    assertThat(results.resolve("docs-llama-4m_gguf_Q8_0/Modelfile"))
        .hasContent("FROM ./docs-llama-4m-Q8_0.gguf\n");
    // The card is no part of the result.
    assertThat(run("quantize", EXAMPLE, "--type", "Q8_0", "-o", results.toString()).out())
        .contains("(was complete)");
  }

  @Test
  void whatGotWorseEndsWithOne() throws IOException {
    assertThat(bench().status()).isZero();
    assertThat(bench("--regress").status()).isZero();

    try (Stream<Path> stored = Files.walk(directory.resolve("benchmarks/cache"))) {
      for (Path file : stored.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file);
        Files.writeString(
            file, text.replaceFirst("(\"perplexity\" : \\{\\s*\"value\" : )[0-9.]+", "$11.5"));
      }
    }
    Program worse = bench("--regress");
    assertThat(worse.status()).isEqualTo(1);
    assertThat(worse.out()).containsPattern("docs-llama-4m_gguf_Q2_K +perplexity +1.5.* worse");
    // Trying again must not make it good.
    assertThat(bench("--regress").status()).isEqualTo(1);
    assertThat(bench("--regress", "--threshold", "10000%").status()).isZero();
  }

  @Test
  void whatCannotBeStoredIsShownAllTheSame() throws IOException {
    Path benchmarks = Files.createDirectories(directory.resolve("benchmarks"));
    // Nothing is there to be read, and nothing can be made there.
    Files.createSymbolicLink(benchmarks.resolve("cache"), directory.resolve("nowhere"));

    Program run = bench();

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).containsOnlyOnce("not stored for later: cannot write " + benchmarks);
    assertThat(run.out()).containsPattern("docs-llama-4m_gguf_Q8_0 +Q8_0 +3.97 MB +8.51");
  }

  @Test
  void whatIsNoShareOrNoResultIsRefused() {
    assertThat(bench("--threshold", "much").status()).isEqualTo(2);
    Program docs = run("docs", EXAMPLE);
    assertThat(docs.status()).isEqualTo(1);
    assertThat(docs.err()).contains("is no result of LQMF");
    assertThat(run("bench", "nothing", "--all").err()).contains("has no result of nothing");
  }
}
