package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.config.SettingsTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConfigCommandTest {
  @TempDir Path directory;

  private Program run(Map<String, String> environment, String... args) {
    return Program.run(Program.place(environment, directory, "", SecretPrompt.NOBODY), args);
  }

  @Test
  void showsEveryValueWithItsSourceAndNoSecret() throws Exception {
    Files.writeString(directory.resolve(".env"), "OPENAI_API_KEY=sk-0123456789abcdefghij\n");
    Files.writeString(directory.resolve("config.json"), "{\"max_retries\": 5, \"typo\": 1}");

    Program run = run(Map.of("API_PORT", "9000"), "config", "--set", "STORAGE_BACKEND=json");

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .containsPattern("OPENAI_API_KEY +••••ghij +\\.env ")
        .containsPattern("MAX_RETRIES +5 +config\\.json ")
        .containsPattern("API_PORT +9000 +environment ")
        .containsPattern("STORAGE_BACKEND +json +--set ")
        .containsPattern("API_HOST +127\\.0\\.0\\.1 +default ")
        .contains("keys that are no settings: typo")
        .doesNotContain("sk-0123");
    assertThat(SettingsTable.all()).allSatisfy(s -> assertThat(run.out()).contains(s.name()));
  }

  @Test
  void printsOneJsonObject() throws Exception {
    Files.writeString(directory.resolve(".env"), "OPENAI_API_KEY=sk-0123456789abcdefghij\n");

    Program run = run(Map.of("GPU_MEMORY_LIMIT", "8"), "config", "--json");
    JsonNode json = JsonMapper.shared().readTree(run.out());

    assertThat(json.size()).isEqualTo(SettingsTable.all().size());
    assertThat(json.get("GPU_MEMORY_LIMIT").get("value").asLong()).isEqualTo(8_000_000_000L);
    assertThat(json.get("CPU_FALLBACK").get("value").asBoolean()).isTrue();
    assertThat(json.get("OPENAI_API_KEY").get("source").asString()).isEqualTo(".env");
    assertThat(run.out()).doesNotContain("sk-0123");
  }

  @Test
  void aWrongValueIsAnErrorThatNamesIt() {
    Program run = run(Map.of("API_PORT", "http"), "config");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            """
            error: API_PORT (environment) is 'http'
              → set it to a whole number from 0 to 65535
            """);
  }

  @Test
  void resultsGoWhereTheSettingSays() {
    Program run =
        run(
            Map.of("QUANTIZED_MODELS_DIR", "elsewhere", "MODELS_DIR", modelsDirectory()),
            "quantize",
            "docs-llama-4m",
            "--type",
            "Q8_0",
            "--no-record",
            "--no-test");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(directory.resolve("elsewhere/docs-llama-4m_gguf_Q8_0")).isDirectory();
    assertThat(
            run(Map.of("QUANTIZED_MODELS_DIR", "elsewhere"), "inspect", "docs-llama-4m_gguf_Q8_0")
                .out())
        .contains("GGUF version 3");
  }

  @Test
  void everyKeyOfTheFileHasItsEffect() throws Exception {
    Files.writeString(
        directory.resolve("config.json"),
        """
        {"storage_backend": "json", "models_dir": "%s", "configs_dir": "my/plans",
         "logs_dir": "my/logs", "experiments_dir": "my/runs", "auto_save_plans": true,
         "quantized_models_dir": "my/results"}
        """
            .formatted(modelsDirectory().replace("\\", "\\\\")));

    Program run = run(Map.of(), "quantize", "docs-llama-4m", "--fit", "8GB", "--no-test");

    assertThat(run.status()).as(run.err()).isZero();
    Path plan = directory.resolve("my/plans/docs-llama-4m_gguf_Q8_0.yaml");
    assertThat(plan).content().contains("method: gguf", "type: Q8_0");
    assertThat(run.err()).contains("note: the plan is saved in " + plan);
    assertThat(directory.resolve("my/results/docs-llama-4m_gguf_Q8_0")).isDirectory();
    assertThat(directory.resolve("my/logs/lqmf.jsonl")).content().contains("\"finished\"");
    assertThat(run(Map.of(), "experiments", "list").out()).contains("docs-llama-4m");
    assertThat(directory.resolve("my/runs")).isDirectoryNotContaining("glob:**.db");
    assertThat(directory).isDirectoryNotContaining("glob:**/{logs,experiments,configs}");
  }

  @Test
  void plansAreNotSavedWhenTheSettingIsOff() {
    Program run =
        run(
            Map.of("MODELS_DIR", modelsDirectory(), "AUTO_SAVE_PLANS", "no"),
            "quantize",
            "docs-llama-4m",
            "--fit",
            "8GB",
            "--no-test");

    assertThat(run.status()).as(run.err()).isZero();
    assertThat(directory.resolve("configs")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void downloadsAreTriedAgainAsOftenAsTheSettingSays(int retries) {
    Program run =
        run(
            Map.of("HF_ENDPOINT", "http://127.0.0.1:1", "MAX_RETRIES", Integer.toString(retries)),
            "quantize",
            "org/model",
            "--type",
            "Q8_0");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err().split("trying again in", -1)).hasSize(1 + retries);
  }

  @Test
  void theProcessorTakesOverOnlyIfTheSettingSaysSo() {
    String[] gptq = {
      "quantize",
      modelsDirectory() + "/docs-llama-4m",
      "--method",
      "gptq",
      "--device",
      "cuda",
      "--samples",
      "1",
      "--seqlen",
      "32",
      "--no-test"
    };

    Program refused = run(Map.of("CPU_FALLBACK", "false"), gptq);
    Program done = run(Map.of(), gptq);

    assertThat(refused.status()).isEqualTo(1);
    assertThat(refused.err()).contains("error: the GPU cannot be used: there is no GPU");
    assertThat(done.err()).contains("going on with the processor");
    assertThat(done.status()).isZero();
    assertThat(directory.resolve("quantized-models/docs-llama-4m_gptq_4bit")).isDirectory();
  }

  @Test
  void saysWhatHasNoEffectYet() {
    assertThat(run(Map.of(), "config").out())
        .containsPattern("API_PORT .*no effect")
        .doesNotContainPattern("MAX_RETRIES .*no effect");
  }

  private static String modelsDirectory() {
    return Program.EXAMPLE.resolve("..").toAbsolutePath().normalize().toString();
  }

  @Test
  void printsTheExampleFile() {
    assertThat(run(Map.of(), "config", "--env-example").out())
        .isEqualTo(SettingsTable.envExample());
  }
}
