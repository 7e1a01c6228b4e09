package dev.lqmf.factory.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LlmSettingsTest {
  @TempDir Path directory;

  private static LlmSettings settings(Map<String, String> variables, String... choice) {
    return new LlmSettings(
        name -> Optional.ofNullable(variables.get(name)),
        choice.length == 0 ? Optional.empty() : Optional.of(ModelChoice.parse(choice[0])));
  }

  @Test
  void withoutKeysNobodyIsAsked() throws Exception {
    assertThat(settings(Map.of("GEMINI_API_KEY", " ")).chosen()).isEmpty();
    assertThat(LanguageModels.adviser(settings(Map.of()))).isEmpty();
  }

  @Test
  void withoutAChoiceTheFirstWithAKeyIsAsked() {
    LlmAccount account =
        settings(Map.of("ANTHROPIC_API_KEY", "a", "OPENAI_API_KEY", "o")).chosen().orElseThrow();

    assertThat(account.provider().name()).isEqualTo("claude");
    assertThat(account.model()).isEqualTo(account.provider().model());
  }

  @Test
  void aChoiceCountsAndSaysWhatLacks() {
    LlmAccount account =
        settings(Map.of("OPENAI_API_KEY", "o"), "claude/claude-x").chosen().orElseThrow();

    assertThat(account.model()).isEqualTo("claude-x");
    assertThatThrownBy(() -> LanguageModels.open(account))
        .isInstanceOf(LlmException.class)
        .hasMessage("there is no key for claude");
  }

  @Test
  void aServerOfOnesOwnNeedsNoKey() {
    LlmAccount account =
        settings(Map.of("OPENAI_BASE_URL", "http://localhost:11434/v1/"), "openai/qwen/qwen3:4b")
            .chosen()
            .orElseThrow();

    assertThat(account.usable()).isTrue();
    assertThat(account.address().toString()).isEqualTo("http://localhost:11434/v1");
    assertThat(account.model()).isEqualTo("qwen/qwen3:4b");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost:11434",
        "ftp://host",
        "http://",
        "http://me:hunter2@host/v1",
        "http://a b"
      })
  void anAddressThatIsNoneIsNamedButNotShown(String address) {
    LlmSettings settings = settings(Map.of("OPENAI_BASE_URL", address));

    assertThatThrownBy(settings::accounts)
        .isInstanceOf(InputException.class)
        .hasMessage("OPENAI_BASE_URL is not the address of a server");
  }

  @Test
  void aKeyWithALineBreakInItIsNamedButNotShown() {
    LlmSettings settings = settings(Map.of("OPENAI_API_KEY", "sk-first\nsk-second"));

    assertThatThrownBy(settings::accounts)
        .isInstanceOf(InputException.class)
        .hasMessage("OPENAI_API_KEY holds blanks or characters no key has");
  }

  @Test
  void theChoiceIsKeptBesideOtherKeys() throws IOException {
    Path file = directory.resolve("config.json");
    Files.writeString(file, "{\"max_retries\": 3, \"models_dir\": \"m\"}");
    LlmConfigFile config = new LlmConfigFile(file);

    config.write(ModelChoice.parse("OpenAI/qwen/qwen3:4b"));

    assertThat(Files.readString(file))
        .contains("\"max_retries\" : 3", "\"models_dir\" : \"m\"")
        .contains("\"llm_provider\" : \"openai\"", "\"llm_model\" : \"qwen/qwen3:4b\"");
    config.writeNone();
    assertThat(Files.readString(file))
        .contains("\"max_retries\" : 3", "\"llm_provider\" : \"none\"")
        .doesNotContain("llm_model");
    assertThat(directory).isDirectoryNotContaining(p -> p.toString().endsWith(".part"));
  }

  @Test
  void aWrongChoiceNamesWhatIsAllowed() {
    assertThatThrownBy(() -> ModelChoice.parse("gpt"))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> assertThat(e.mend()).isEqualTo("choose one of gemini, claude, openai"))
        .hasMessage("there is no provider 'gpt'");
  }

  @Test
  void whoIsOffIsNotAskedWhateverKeysThereAre() throws Exception {
    LlmSettings off = LlmSettings.off(_ -> Optional.of("key"));

    assertThat(off.isOff()).isTrue();
    assertThat(LanguageModels.adviser(off)).isEmpty();
  }

  @Test
  void theConfigurationOfAModelIsLeftAsItIs() throws IOException {
    Path file = directory.resolve("config.json");
    Files.writeString(file, "{\"model_type\": \"llama\"}");
    LlmConfigFile config = new LlmConfigFile(file);

    assertThatThrownBy(config::writeNone)
        .isInstanceOf(InputException.class)
        .hasMessage(file + " belongs to a model");
    assertThat(file).hasContent("{\"model_type\": \"llama\"}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{", "null"})
  void aFileThatIsNoConfigurationIsLeftAsItIs(String text) throws IOException {
    Path file = directory.resolve("config.json");
    Files.writeString(file, text);
    LlmConfigFile config = new LlmConfigFile(file);

    assertThatThrownBy(() -> config.write(ModelChoice.parse("claude")))
        .isInstanceOf(InputException.class)
        .hasMessage(file + " holds no JSON object");
    assertThat(file).hasContent(text);
  }
}
