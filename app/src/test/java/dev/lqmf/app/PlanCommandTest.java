package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PlanCommandTest {
  private static final String MODEL = Program.EXAMPLE.toString();

  @TempDir Path directory;

  private Program run(String... args) {
    return Program.run(
        Program.place(
            Map.of("HF_ENDPOINT", "http://127.0.0.1:1"), directory, "", SecretPrompt.NOBODY),
        args);
  }

  private static JsonNode json(Program run) {
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return JsonMapper.shared().readTree(run.out());
  }

  @Test
  void showsTheRecommendedPlanFirstAndTheOthersBelow() {
    Program run = run("plan", MODEL, "--fit", "8GB", "--quality", "balanced");

    assertThat(run.status()).isZero();
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .startsWith("docs-llama-4m, within 8.00 GB of GPU memory (as asked for), 1,024 tokens")
        .containsPattern("recommended +smaller +better")
        .containsPattern("type +Q5_K_M +Q4_K_M +Q")
        .containsPattern("fits +yes")
        .containsPattern("quality +excellent")
        .endsWith("Make it: lqmf quantize " + MODEL + " --method gguf --type Q5_K_M\n");
  }

  @Test
  void aProvidersAdviceIsLabelledAndChangesNothing() throws IOException {
    Program without = run("plan", MODEL, "--fit", "8GB", "--quality", "balanced", "--no-save");

    Program advised =
        advised("{\\\"choice\\\":\\\"better\\\",\\\"reason\\\":\\\"It is small anyway.\\\"}");
    Program invented = advised("{\\\"choice\\\":\\\"F32\\\",\\\"reason\\\":\\\"All of it.\\\"}");

    assertThat(advised.status()).isZero();
    assertThat(advised.out())
        .contains("Advice of a language model (openai, gpt-5-mini), not checked: Q")
        .contains(" It is small anyway.");
    assertThat(without(advised.out(), "Advice of")).isEqualTo(without.out());
    assertThat(invented.out()).isEqualTo(without.out());
  }

  @Test
  void aProviderThatIsDownCostsALine() throws IOException {
    Program run = planWith("http://127.0.0.1:1/v1");

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Make it: lqmf quantize").doesNotContain("Advice");
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("note: no connection to openai").endsWith("without it\n");
  }

  /** A prompt has one place for all of its commands. */
  @Test
  void aKeyThatIsMissingIsSaidOnce() {
    Workplace place =
        Program.place(Map.of("LLM_PROVIDER", "claude"), directory, "", SecretPrompt.NOBODY);

    assertThat(Program.run(place, "plan", MODEL, "--fit", "8GB").err())
        .startsWith("note: there is no key for claude");
    Program again = Program.run(place, "plan", MODEL, "--fit", "8GB");
    assertThat(again.err()).isEmpty();
    assertThat(again.out()).contains("Make it: ");
  }

  private static String without(String text, String beginning) {
    return text.lines()
        .filter(line -> !line.startsWith(beginning))
        .map(line -> line + "\n")
        .collect(Collectors.joining());
  }

  /** A plan for which a provider gives an answer. */
  private Program advised(String answer) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          byte[] body =
              """
              {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
              "message":{"role":"assistant","content":"%s"},"finish_reason":"stop"}],\
              "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"""
                  .formatted(answer)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getRequestBody().readAllBytes();
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      return planWith("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    } finally {
      server.stop(0);
    }
  }

  private Program planWith(String address) {
    return Program.run(
        Program.place(
            Map.of("OPENAI_API_KEY", "sk-Secret_0123456789", "OPENAI_BASE_URL", address),
            directory,
            "",
            SecretPrompt.NOBODY),
        "plan",
        MODEL,
        "--fit",
        "8GB",
        "--quality",
        "balanced",
        "--no-save");
  }

  @Test
  void printsOneJsonObject() {
    JsonNode json = json(run("plan", MODEL, "--fit", "8GB", "--ctx", "512", "--json"));

    assertThat(json.get("context").asInt()).isEqualTo(512);
    assertThat(json.get("budget").get("bytes").asLong()).isEqualTo(8_000_000_000L);
    JsonNode plan = json.get("recommended");
    assertThat(plan.get("type").asString()).isEqualTo("Q8_0");
    assertThat(plan.get("exact").asBoolean()).isTrue();
    // 512 cells × 4 layers × 2 × 128 elements × 2 bytes
    assertThat(plan.get("cache_bytes").asLong()).isEqualTo(1_048_576);
    assertThat(plan.get("memory_bytes").asLong())
        .isEqualTo(
            plan.get("weights_bytes").asLong()
                + plan.get("cache_bytes").asLong()
                + plan.get("compute_bytes").asLong()
                + plan.get("reserve_bytes").asLong());
    assertThat(json.get("smaller").get("file_bytes").asLong())
        .isLessThan(plan.get("file_bytes").asLong());
    assertThat(json.get("better").get("type").asString()).isEqualTo("BF16");
  }

  @Test
  void understandsAWishInWords() {
    JsonNode json =
        json(
            run(
                "plan",
                "quantize " + MODEL + " to 4 bit for an 8GB GPU",
                "--ctx",
                "256",
                "--json"));

    assertThat(json.get("recommended").get("type").asString()).isEqualTo("Q4_K_M");
    assertThat(json.get("budget").get("bytes").asLong()).isEqualTo(8_000_000_000L);
    assertThat(json.get("context").asInt()).isEqualTo(256);
  }

  @Test
  void takesTheLimitFromTheSettings() {
    JsonNode json = json(run("plan", MODEL, "--json", "--set", "GPU_MEMORY_LIMIT=6GB"));

    assertThat(json.get("budget").get("bytes").asLong()).isEqualTo(6_000_000_000L);
    assertThat(json.get("budget").get("source").asString()).isEqualTo("GPU_MEMORY_LIMIT");
  }

  @Test
  void plansOtherMethods() {
    JsonNode bnb =
        json(run("plan", MODEL, "--fit", "8", "--method", "bnb", "--bits", "4", "--json"));
    JsonNode gptq = json(run("plan", MODEL, "--fit", "8", "--method", "gptq", "--json"));

    assertThat(bnb.get("command").toString())
        .endsWith("\"--bits\",\"4\",\"--quant-type\",\"nf4\"]");
    assertThat(gptq.get("recommended").get("type").asString()).isEqualTo("8bit");
    assertThat(gptq.get("recommended").get("exact").asBoolean()).isFalse();
    assertThat(gptq.get("command").toString()).endsWith("\"gptq\",\"--bits\",\"8\"]");
  }

  @Test
  void aSavedPlanIsCarriedOutAsItWas() throws IOException {
    JsonNode json = json(run("plan", MODEL, "--fit", "8GB", "--type", "Q4_0", "--save", "--json"));
    String saved = json.get("saved").asString();

    Program made =
        Program.run(
            Program.place(Map.of(), directory, "", SecretPrompt.NOBODY),
            "quantize",
            saved,
            "--no-record",
            "--no-test",
            "-o",
            directory.resolve("made").toString());

    assertThat(made.err()).doesNotContain("error");
    assertThat(made.status()).isZero();
    Path file = directory.resolve("made/docs-llama-4m_gguf_Q4_0/docs-llama-4m-Q4_0.gguf");
    assertThat(Files.size(file)).isEqualTo(json.get("recommended").get("file_bytes").asLong());
    assertThat(run("quantize", "--plan", saved, "--dry-run").out()).contains("_gguf_Q4_0");
    assertThat(run("quantize", MODEL, "--plan", saved).err())
        .contains("--plan names the model already");
    assertThat(run("quantize", "--type", "Q8_0").status()).isEqualTo(2);
    assertThat(run("quantize", saved, "--type", "Q8_0"))
        .satisfies(
            refused -> {
              assertThat(refused.status()).isEqualTo(2);
              assertThat(refused.err()).contains("--type does not apply to a plan");
            });
  }

  @Test
  void savesPlansThatFitUnlessToldNotTo() {
    String[] plan = {"plan", MODEL, "--fit", "8GB", "--type", "Q4_0"};
    Path saved = directory.resolve("configs/docs-llama-4m_gguf_Q4_0.yaml");

    Program not = run("plan", MODEL, "--fit", "8GB", "--type", "Q4_0", "--no-save");
    Program tight = run("plan", MODEL, "--fit", "1MB");

    assertThat(not.status() + tight.status()).isZero();
    assertThat(saved.getParent()).doesNotExist();

    assertThat(run(plan).out()).contains("Saved in " + saved);
    assertThat(saved).isRegularFile();
  }

  @Test
  void expectsWhatPastRunsTook() throws IOException {
    String[] plan = {"plan", MODEL, "--fit", "8GB", "--type", "Q4_0"};
    String results = directory.resolve("made").toString();
    Program first = run("plan", MODEL, "--fit", "8GB", "--type", "Q4_0", "--save");
    Path saved = directory.resolve("configs/docs-llama-4m_gguf_Q4_0.yaml");
    // As if the plan had been made on a slow machine.
    Files.writeString(
        saved, Files.readString(saved).replaceFirst("seconds: [0-9.]+", "seconds: 1000.5"));

    run("quantize", saved.toString(), "-o", results, "--no-test");

    assertThat(first.out())
        .contains("Expected time: shipped estimate, no past runs; quality: shipp");
    assertThat(run(plan).out())
        .contains("Expected time: from 1 past run; quality: shipped estimate, no past results.");
    JsonNode run = json(run("experiments", "list", "--json")).get("experiments").get(0);
    assertThat(run.get("predicted").get("total").asDouble()).isEqualTo(1000.5);
    JsonNode statistics = json(run("stats", "--json"));
    assertThat(statistics.get("predicted_runs").asInt()).isEqualTo(1);
    assertThat(statistics.get("prediction_error_factor").asDouble()).isGreaterThan(10);
  }

  @Test
  void quantizeTakesTheRecommendedPlan() {
    Program fits = run("quantize", MODEL, "--fit", "8GB", "--dry-run", "--json");
    Program none = run("quantize", MODEL, "--fit", "1MB", "--dry-run");

    assertThat(fits.status()).isZero();
    assertThat(fits.err()).contains("Q8_0: more bits would gain nothing");
    assertThat(fits.out()).contains("docs-llama-4m_gguf_Q8_0");
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).contains("nothing that was asked for fits 1.0 MB");
    assertThat(run("quantize", MODEL, "--fit", "8GB", "--quality", "balanced", "--dry-run").out())
        .contains("_gguf_Q5_K_M");
    assertThat(
            run("quantize", MODEL, "--fit", "8GB", "--bits", "4", "--quality", "best", "--dry-run")
                .out())
        .contains("_gguf_Q4_K_M");
    assertThat(run("quantize", MODEL, "--type", "Q4_0", "--quality", "best").err())
        .contains("--quality applies to --fit only");
    assertThat(run("quantize", MODEL, "--fit", "8GB", "--type", "Q4_0").err())
        .contains("--type does not apply to --fit");
    assertThat(run("quantize", MODEL, "--type", "Q4_0", "--ctx", "9").err())
        .contains("--ctx applies to --fit only");
  }

  @Test
  void saysWhatIsWrong() {
    assertThat(run("plan", MODEL, "--fit", "much").err()).contains("'much' is not an amount of");
    assertThat(run("plan", MODEL, "--fit", "8GB", "--ctx", "0").status()).isEqualTo(2);
    assertThat(run("plan", MODEL, "--fit", "8GB", "--type", "Q4_K_Z").err()).contains("Q4_K_Z");
    assertThat(run("plan", "colourless green ideas").status()).isNotZero();
    assertThat(run("plan", "no/such/path", "--fit", "8GB").status()).isNotZero();
  }

  @Test
  void showsTheMachine() {
    Program table = run("system");
    JsonNode json = json(run("system", "--json"));

    assertThat(table.status()).isZero();
    assertThat(table.out()).contains("processor", "memory", "GPU", "disk", "Java", "Hub token");
    assertThat(json.get("cores").asInt()).isPositive();
    assertThat(json.get("free_memory_bytes").asLong())
        .isBetween(1L, json.get("memory_bytes").asLong());
    assertThat(json.get("gpus").isArray()).isTrue();
  }
}
