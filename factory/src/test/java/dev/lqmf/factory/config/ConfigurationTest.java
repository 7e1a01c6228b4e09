package dev.lqmf.factory.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
  @TempDir Path directory;

  private Configuration load(Map<String, String> flags, Map<String, String> environment)
      throws IOException {
    return Configuration.load(flags, environment, directory);
  }

  private void dotenv(String text) throws IOException {
    Files.writeString(directory.resolve(".env"), text);
  }

  private void json(String text) throws IOException {
    Files.writeString(directory.resolve("config.json"), text);
  }

  @Test
  void withNothingSetTheDefaultsHold() throws Exception {
    Configuration configuration = load(Map.of(), Map.of());

    assertThat(configuration.get(SettingsTable.STORAGE_BACKEND)).isEqualTo(StorageBackend.SQLITE);
    assertThat(configuration.get(SettingsTable.API_PORT)).isEqualTo(8000);
    assertThat(configuration.get(SettingsTable.QUANTIZED_MODELS_DIR))
        .isEqualTo(Path.of("quantized-models"));
    assertThat(configuration.directory(SettingsTable.LOGS_DIR))
        .isEqualTo(directory.resolve("logs"));
    assertThat(configuration.find(SettingsTable.GPU_MEMORY_LIMIT)).isEmpty();
    assertThat(configuration.find(SettingsTable.HF_TOKEN)).isEmpty();
    assertThat(configuration.values())
        .hasSize(SettingsTable.all().size())
        .allSatisfy(v -> assertThat(v.source()).isEqualTo(Source.DEFAULT));
  }

  @Test
  void theFirstSourceThatHasAValueWins() throws Exception {
    json("{\"max_retries\": 1, \"cpu_fallback\": false, \"llm_provider\": \"claude\"}");
    assertPort(Source.CONFIG_JSON, 1, Map.of(), Map.of());
    dotenv("# comment\nMAX_RETRIES=2\nCPU_FALLBACK=\n");
    assertPort(Source.DOTENV, 2, Map.of(), Map.of());
    assertPort(Source.ENVIRONMENT, 3, Map.of(), Map.of("MAX_RETRIES", "3"));
    assertPort(Source.FLAG, 4, Map.of("MAX_RETRIES", "4"), Map.of("MAX_RETRIES", "3"));
    assertPort(Source.DOTENV, 2, Map.of("MAX_RETRIES", ""), Map.of("MAX_RETRIES", " "));

    Configuration configuration = load(Map.of(), Map.of());
    assertThat(configuration.value(SettingsTable.CPU_FALLBACK).source())
        .as("an empty value counts as none")
        .isEqualTo(Source.CONFIG_JSON);
    assertThat(configuration.get(SettingsTable.CPU_FALLBACK)).isFalse();
    assertThat(configuration.get(SettingsTable.LLM_PROVIDER)).isEqualTo(LlmChoice.CLAUDE);
  }

  private void assertPort(
      Source source, int value, Map<String, String> flags, Map<String, String> environment)
      throws IOException {
    Configuration.Value<Integer> retries =
        load(flags, environment).value(SettingsTable.MAX_RETRIES);
    assertThat(retries.source()).isEqualTo(source);
    assertThat(retries.value()).contains(value);
  }

  @ParameterizedTest
  @CsvSource({
    "STORAGE_BACKEND, redis, 'sqlite, json'",
    "GPU_MEMORY_LIMIT, lots, 'a size such as 8GB, 7.5GB or 8GiB'",
    "CPU_FALLBACK, maybe, true or false",
    "MAX_RETRIES, -1, a whole number from 0 to 20",
    "API_PORT, 70000, a whole number from 0 to 65535",
    "LLM_PROVIDER, eliza, 'auto, gemini, claude, openai, none'"
  })
  void aWrongValueNamesTheKeyTheSourceAndWhatIsAllowed(String name, String value, String allowed)
      throws Exception {
    assertThatThrownBy(() -> load(Map.of(), Map.of(name, value)))
        .isInstanceOf(InputException.class)
        .hasMessage(name + " (environment) is '" + value + "'")
        .extracting(e -> ((InputException) e).mend())
        .isEqualTo("set it to " + allowed);

    String key = name.toLowerCase(Locale.ROOT);
    json("{\"" + key + "\": \"" + value + "\"}");
    assertThatThrownBy(() -> load(Map.of(), Map.of()))
        .hasMessage(key + " (config.json) is '" + value + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "8, 8000000000",
    "8GB, 8000000000",
    "7.5 gb, 7500000000",
    "8GiB, 8589934592",
    "500M, 500000000",
    "1tb, 1000000000000"
  })
  void memoryIsGivenAsPeopleWriteIt(String text, long bytes) throws Exception {
    assertThat(load(Map.of("GPU_MEMORY_LIMIT", text), Map.of()).get(SettingsTable.GPU_MEMORY_LIMIT))
        .isEqualTo(bytes);
  }

  @Test
  void aSecretIsNeverShown() throws Exception {
    String key = "sk-abcdefghijklmnopqrstuvwxyz1234";
    dotenv("OPENAI_API_KEY=" + key + "\nGEMINI_API_KEY=short\n");
    Configuration configuration = load(Map.of(), Map.of());

    assertThat(configuration.get(SettingsTable.OPENAI_API_KEY).reveal()).isEqualTo(key);
    assertThat(configuration.value(SettingsTable.OPENAI_API_KEY).shown()).isEqualTo("••••1234");
    assertThat(configuration.value(SettingsTable.GEMINI_API_KEY).shown()).isEqualTo("••••");
    assertThat(configuration.values().toString()).doesNotContain(key).doesNotContain("short");
    assertThatThrownBy(() -> load(Map.of(), Map.of("OPENAI_API_KEY", "sk with blanks")))
        .hasMessage("OPENAI_API_KEY (environment) is not a key");
  }

  @Test
  void aSecretDoesNotBelongIntoConfigJson() throws Exception {
    json("{\"hf_token\": \"hf_secret\"}");

    assertThatThrownBy(() -> load(Map.of(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("config.json holds hf_token")
        .hasMessageNotContaining("hf_secret")
        .extracting(e -> ((InputException) e).mend())
        .isEqualTo("move it to .env");
  }

  @Test
  void aMalformedFileIsNamedAndNotQuoted() throws Exception {
    json("{\"max_retries\": ");
    assertThatThrownBy(() -> load(Map.of(), Map.of()))
        .hasMessageContaining("config.json is not")
        .hasMessageEndingWith("(line 1, column 17)");
    json("[1]");
    assertThatThrownBy(() -> load(Map.of(), Map.of())).hasMessageContaining("is not a JSON object");
    json("{\"max_retries\": [1]}");
    assertThatThrownBy(() -> load(Map.of(), Map.of()))
        .hasMessage("max_retries (config.json) is a list or an object");
    json("{}");
    dotenv("# first\nMAX_RETRIES=2\na secret without a name\n");
    assertThatThrownBy(() -> load(Map.of(), Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(".env has a line 3 that is not")
        .hasMessageNotContaining("secret");
  }

  @Test
  void theConfigurationOfAModelIsNotOurs() throws Exception {
    json("{\"architectures\": [\"LlamaForCausalLM\"], \"max_retries\": \"many\"}");

    assertThat(load(Map.of(), Map.of()).get(SettingsTable.MAX_RETRIES)).isEqualTo(3);
  }

  @Test
  void unknownKeysAreKeptForShowingAndUnknownFlagsRefused() throws Exception {
    json("{\"max_retry\": 2}");

    assertThat(load(Map.of(), Map.of()).unknown()).containsExactly("max_retry");
    assertThatThrownBy(() -> load(Map.of("MAX_RETRY", "2"), Map.of()))
        .hasMessage("--set: there is no setting 'MAX_RETRY'");
  }

  @Test
  void theHubSeesWhatDotenvAdds() throws Exception {
    dotenv("HF_ENDPOINT=https://mirror.example\nHF_TOKEN=hf_dotenv\n");

    assertThat(load(Map.of(), Map.of("HF_TOKEN", "hf_environment")).environment())
        .containsEntry("HF_ENDPOINT", "https://mirror.example")
        .containsEntry("HF_TOKEN", "hf_environment");
    assertThat(load(Map.of("HF_TOKEN", "hf_flag"), Map.of()).environment())
        .containsEntry("HF_TOKEN", "hf_flag");
  }

  @Test
  void theExampleFileHasEverySettingAndIsTheOneShipped() throws Exception {
    List<String> lines = SettingsTable.envExample().lines().toList();

    Set<String> names = new HashSet<>();
    for (Setting<?> setting : SettingsTable.all()) {
      assertThat(names.add(setting.name())).as("%s is there once", setting).isTrue();
      assertThat(lines).contains("#" + setting.name() + "=" + setting.fallback().orElse(""));
    }
    assertThat(Path.of("../.env.example")).hasContent(SettingsTable.envExample());
  }

  @Test
  void theExampleFileIsUsableOnceUncommented() throws Exception {
    StringBuilder text = new StringBuilder();
    SettingsTable.envExample()
        .lines()
        .forEach(l -> text.append(l.matches("#[A-Z_]+=.*") ? l.substring(1) : l).append('\n'));
    dotenv(text.toString());

    assertThat(load(Map.of(), Map.of()).value(SettingsTable.API_PORT).source())
        .isEqualTo(Source.DOTENV);
  }
}
