package dev.lqmf.tokenizer;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tokenizer.jinja.Template;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a model wants a conversation written as one text: a Jinja2 template, rendered as
 * Transformers' {@code apply_chat_template} does. Immutable.
 */
public final class ChatTemplate {
  private static final String KEY = "chat_template";

  /** Names of special tokens in templates and in files of checkpoints. */
  private static final List<String> TOKENS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  /** Of these, those that a GGUF knows, by the key of their id. */
  private static final Map<String, String> GGUF_TOKENS =
      Map.of(
          "bos_token", "tokenizer.ggml.bos_token_id",
          "eos_token", "tokenizer.ggml.eos_token_id",
          "unk_token", "tokenizer.ggml.unknown_token_id",
          "pad_token", "tokenizer.ggml.padding_token_id");

  private final Template template;
  private final Map<String, String> specialTokens;

  private ChatTemplate(Template template, Map<String, String> specialTokens) {
    this.template = template;
    this.specialTokens = Map.copyOf(specialTokens);
  }

  /**
   * A template that knows no special tokens.
   *
   * @param origin for messages
   * @throws InputException if it is no valid template
   */
  public static ChatTemplate parse(String origin, String source) {
    return new ChatTemplate(Template.parse(origin, source), Map.of());
  }

  /**
   * The template of a model directory, if it has one: {@code chat_template.jinja}, else that of
   * {@code tokenizer_config.json} or {@code chat_template.json}. Of several, the one named {@code
   * default}.
   *
   * @throws InputException if it is no valid template
   */
  public static Optional<ChatTemplate> ofCheckpoint(Path directory) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    Map<String, String> tokens = new HashMap<>();
    for (String name : List.of("special_tokens_map.json", "tokenizer_config.json")) {
      tokens.putAll(specialTokens(files.object(name).orElseGet(JsonFiles::empty)));
    }
    Optional<String> source = files.text("chat_template.jinja");
    if (source.isPresent()) {
      Path file = files.path("chat_template.jinja");
      return Optional.of(new ChatTemplate(Template.parse(file.toString(), source.get()), tokens));
    }
    for (String name : List.of("tokenizer_config.json", "chat_template.json")) {
      Optional<String> given = files.object(name).flatMap(ChatTemplate::source);
      if (given.isPresent()) {
        String origin = "the chat template of " + files.path(name);
        return Optional.of(new ChatTemplate(Template.parse(origin, given.get()), tokens));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> source(ObjectNode config) {
    JsonNode given = config.path(KEY);
    for (JsonNode named : given) {
      if (named.path("name").asString("").equals("default")) {
        given = named.path("template");
      }
    }
    return given.isString() ? Optional.of(given.stringValue()) : Optional.empty();
  }

  private static Map<String, String> specialTokens(ObjectNode config) {
    Map<String, String> tokens = new HashMap<>();
    for (String name : TOKENS) {
      JsonNode given = config.path(name);
      JsonNode content = given.isObject() ? given.path("content") : given;
      if (content.isString()) {
        tokens.put(name, content.stringValue());
      }
    }
    return tokens;
  }

  /**
   * The template of a GGUF, if it has one.
   *
   * @param origin for messages
   * @throws InputException if it is no valid template
   */
  public static Optional<ChatTemplate> ofGguf(String origin, GgufMetadata metadata) {
    Optional<String> source = metadata.string("tokenizer." + KEY);
    if (source.isEmpty()) {
      return Optional.empty();
    }
    List<String> vocabulary = metadata.strings("tokenizer.ggml.tokens").orElse(List.of());
    Map<String, String> tokens = new HashMap<>();
    GGUF_TOKENS.forEach(
        (name, key) -> {
          OptionalLong id = metadata.integer(key);
          if (id.isPresent() && id.getAsLong() >= 0 && id.getAsLong() < vocabulary.size()) {
            tokens.put(name, vocabulary.get((int) id.getAsLong()));
          }
        });
    Template template = Template.parse("the chat template of " + origin, source.get());
    return Optional.of(new ChatTemplate(template, tokens));
  }

  /** The model's special tokens by their names in templates, such as {@code bos_token}. */
  public Map<String, String> specialTokens() {
    return specialTokens;
  }

  /** As {@link #render(List, boolean, Map)}, with {@link #specialTokens()}. */
  public String render(List<ChatMessage> messages, boolean addGenerationPrompt) {
    return render(messages, addGenerationPrompt, specialTokens);
  }

  /**
   * The text of a conversation; it holds the special tokens itself.
   *
   * @param addGenerationPrompt whether it ends where an answer begins
   * @param specialTokens by their names in templates
   * @throws InputException if the template refuses the conversation or fails
   */
  public String render(
      List<ChatMessage> messages, boolean addGenerationPrompt, Map<String, String> specialTokens) {
    Map<String, @Nullable Object> variables = new HashMap<>(specialTokens);
    variables.put("messages", messages.stream().map(ChatTemplate::variables).toList());
    variables.put("add_generation_prompt", addGenerationPrompt);
    variables.put("tools", null);
    variables.put("documents", null);
    return template.render(variables, Clock.systemDefaultZone());
  }

  private static Map<String, String> variables(ChatMessage message) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("role", message.role());
    variables.put("content", message.content());
    return variables;
  }
}
