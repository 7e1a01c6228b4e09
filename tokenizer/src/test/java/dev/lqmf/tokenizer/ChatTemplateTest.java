package dev.lqmf.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Against {@code chats.json}: what Transformers makes of conversations with the chat templates
 * beside it ({@code interop/jinja/fixtures.py}; the versions stand in the file).
 */
class ChatTemplateTest {
  private static final Path RESOURCES = Path.of("src/test/resources/dev/lqmf/tokenizer/jinja");
  private static final ObjectNode FIXTURE = fixture();
  private static final String SHORT = "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}";
  private static final List<ChatMessage> HELLO = List.of(new ChatMessage("user", "Hello"));

  private static ObjectNode fixture() {
    try {
      return JsonFiles.object(RESOURCES.resolve("chats.json")).orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> chats() {
    return StreamSupport.stream(FIXTURE.path("chats").spliterator(), false);
  }

  private static String render(JsonNode chat) throws IOException {
    String file = chat.path("template").asString();
    ChatTemplate template = ChatTemplate.parse(file, Files.readString(RESOURCES.resolve(file)));
    JsonNode turns = FIXTURE.path("conversations").path(chat.path("conversation").asString());
    List<ChatMessage> messages =
        StreamSupport.stream(turns.spliterator(), false)
            .map(t -> new ChatMessage(t.get(0).asString(), t.get(1).asString()))
            .toList();
    JsonNode tokens = FIXTURE.path("special_tokens");
    return template.render(
        messages,
        chat.path("add_generation_prompt").asBoolean(),
        Map.of(
            "bos_token", tokens.path("bos_token").asString(),
            "eos_token", tokens.path("eos_token").asString()));
  }

  @ParameterizedTest
  @MethodSource("chats")
  void writesConversationsAsTransformersDoes(JsonNode chat) throws IOException {
    if (chat.has("output")) {
      assertThat(render(chat)).isEqualTo(chat.path("output").asString());
    } else if (chat.has("refusal")) {
      assertThatThrownBy(() -> render(chat))
          .isInstanceOf(InputException.class)
          .hasMessageEndingWith(" refuses the conversation: " + chat.path("refusal").asString());
    } else {
      assertThatThrownBy(() -> render(chat)).isInstanceOf(InputException.class);
    }
  }

  @Test
  void thereAreAllKindsOfChats() {
    assertThat(chats().map(c -> c.path("template").asString()).distinct()).hasSize(9);
    assertThat(chats().filter(c -> c.has("output")).count()).isGreaterThan(130);
    assertThat(chats().filter(c -> c.has("refusal")).count()).isGreaterThan(10);
  }

  @Test
  void readsTheTemplateAndTheTokensOfACheckpoint(@TempDir Path directory) throws IOException {
    write(
        directory,
        "tokenizer_config.json",
        """
        {"chat_template": "%s", "bos_token": {"content": "<s>"}, "pad_token": null}\
        """
            .formatted(SHORT));
    write(
        directory, "special_tokens_map.json", "{\"bos_token\": \"<x>\", \"eos_token\": \"</s>\"}");

    ChatTemplate template = ChatTemplate.ofCheckpoint(directory).orElseThrow();

    assertThat(template.specialTokens()).isEqualTo(Map.of("bos_token", "<s>", "eos_token", "</s>"));
    assertThat(template.render(HELLO, false)).isEqualTo("<s>Hello</s>");
    assertThat(template.render(HELLO, false, Map.of("bos_token", "["))).isEqualTo("[Hello");
  }

  @Test
  void takesTheDefaultOfSeveralTemplates(@TempDir Path directory) throws IOException {
    write(
        directory,
        "tokenizer_config.json",
        """
        {"chat_template": [{"name": "rag", "template": "a"}, {"name": "default", "template": "b"}]}\
        """);

    assertThat(rendered(directory)).isEqualTo("b");
  }

  /** Transformers reads the file last, so it wins. */
  @Test
  void prefersTheFileOfTheTemplate(@TempDir Path directory) throws IOException {
    write(directory, "chat_template.json", "{\"chat_template\": \"json\"}");
    assertThat(rendered(directory)).isEqualTo("json");

    write(directory, "tokenizer_config.json", "{\"chat_template\": \"config\"}");
    assertThat(rendered(directory)).isEqualTo("config");

    write(directory, "chat_template.jinja", "file\n");
    assertThat(rendered(directory)).isEqualTo("file");
  }

  private static String rendered(Path directory) throws IOException {
    return ChatTemplate.ofCheckpoint(directory).orElseThrow().render(HELLO, true);
  }

  @Test
  void notAllModelsHaveOne(@TempDir Path directory) throws IOException {
    write(directory, "tokenizer_config.json", "{\"bos_token\": \"<s>\"}");

    assertThat(ChatTemplate.ofCheckpoint(directory)).isEmpty();
    assertThat(ChatTemplate.ofGguf("some.gguf", GgufMetadata.builder().build())).isEmpty();
  }

  @Test
  void readsTheTemplateAndTheTokensOfAGguf() {
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putStrings("tokenizer.ggml.tokens", List.of("a", "<s>", "</s>"))
            .putU32("tokenizer.ggml.bos_token_id", 1)
            .putU32("tokenizer.ggml.eos_token_id", 2)
            .putU32("tokenizer.ggml.padding_token_id", 3)
            .putString("tokenizer.chat_template", SHORT)
            .build();

    ChatTemplate template = ChatTemplate.ofGguf("some.gguf", metadata).orElseThrow();

    assertThat(template.render(HELLO, true)).isEqualTo("<s>Hello</s>");
    assertThat(template.specialTokens()).containsOnlyKeys("bos_token", "eos_token");
  }

  @Test
  void saysWhereAMistakeIs(@TempDir Path directory) throws IOException {
    write(directory, "tokenizer_config.json", "{\"chat_template\": \"a\\n{% if %}\"}");

    assertThatThrownBy(() -> ChatTemplate.ofCheckpoint(directory))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the chat template of %s, line 2: unexpected '%%}'"
                .formatted(directory.resolve("tokenizer_config.json")));
  }

  private static void write(Path directory, String name, String text) throws IOException {
    Files.writeString(directory.resolve(name), text);
  }
}
