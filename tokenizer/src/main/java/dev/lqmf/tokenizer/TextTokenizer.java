package dev.lqmf.tokenizer;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.lqmf.model.GgufModel;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.tokenizer.GgufTokenizer;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Turns text into the tokens of one model, and back. May be used by several threads at once, but
 * not be closed meanwhile.
 */
public final class TextTokenizer implements AutoCloseable {
  private static final String FILE = "tokenizer.json";

  /** Other files that hold one. */
  private static final List<String> VOCABULARIES =
      List.of("tokenizer.model", "spiece.model", "vocab.json", "vocab.txt");

  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final String origin;
  private final String json;
  private final TokenizersLibrary library;
  private final long handle;
  private final OptionalInt bos;
  private final boolean addsBos;
  private boolean closed;

  private TextTokenizer(
      String origin,
      String json,
      Optional<String> bosText,
      OptionalInt bos,
      Optional<Boolean> adds) {
    this.origin = origin;
    this.json = json;
    this.library = NativeTokenizers.library();
    try {
      this.handle = library.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new InputException(
          "%s cannot be used as a tokenizer: %s".formatted(origin, e.getMessage()),
          "download the file again, or save the tokenizer with a recent Transformers",
          e);
    }
    // Files may ask for texts of one length.
    library.disableTruncation(handle);
    library.disablePadding(handle);
    this.bos = bosText.isPresent() ? single(bosText.get()) : bos;
    int[] begun = encode("a", true);
    this.addsBos =
        this.bos.isPresent() && adds.orElse(begun.length > 0 && begun[0] == this.bos.getAsInt());
  }

  /** The token that is all of a text, if there is one. */
  private OptionalInt single(String text) {
    int[] ids = encode(text, false);
    return ids.length == 1 ? OptionalInt.of(ids[0]) : OptionalInt.empty();
  }

  /**
   * The tokenizer of a model directory: {@code tokenizer.json}, else one made of {@code
   * tokenizer.model} or {@code vocab.json} and {@code merges.txt}.
   *
   * @throws InputException if there is none, or one that cannot be used
   */
  public static TextTokenizer ofCheckpoint(Path directory) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    Path file = files.path(FILE);
    if (!Files.isRegularFile(file)) {
      try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
        return ofGguf(directory.toString(), model.metadata());
      } catch (InputException e) {
        // What is wrong with other files matters only if one of them holds a vocabulary.
        boolean other = VOCABULARIES.stream().anyMatch(files::has);
        throw new InputException(
            "%s has no %s, and none can be made of its other files%s"
                .formatted(directory, FILE, other ? ": " + e.getMessage() : ""),
            other
                ? "load the tokenizer with Transformers and save it, which writes " + FILE
                : "copy " + FILE + " from the model that this one was made of",
            e);
      }
    }
    ObjectNode config = files.object("tokenizer_config.json").orElse(null);
    Optional<String> text = Optional.empty();
    OptionalInt id = OptionalInt.empty();
    Optional<Boolean> adds = Optional.empty();
    if (config != null && config.has("bos_token")) {
      JsonNode given = config.get("bos_token");
      JsonNode content = given.isObject() ? given.path("content") : given;
      text = content.isString() ? Optional.of(content.asString()) : text;
    } else if (files.has("config.json")) {
      OptionalLong given = HfConfig.read(files).integer("bos_token_id");
      id = given.isPresent() ? OptionalInt.of(Math.toIntExact(given.getAsLong())) : id;
    }
    if (config != null && config.path("add_bos_token").isBoolean()) {
      adds = Optional.of(config.get("add_bos_token").asBoolean());
    }
    return new TextTokenizer(file.toString(), Files.readString(file), text, id, adds);
  }

  /**
   * The tokenizer that a GGUF describes.
   *
   * @param origin for messages
   * @throws InputException if its vocabulary is of a kind that cannot be rebuilt
   */
  public static TextTokenizer ofGguf(String origin, GgufMetadata metadata) {
    GgufTokenizer gguf = GgufTokenizer.of(origin, metadata);
    return new TextTokenizer(
        origin, gguf.json(), Optional.empty(), gguf.bos(), Optional.of(gguf.addsBos()));
  }

  /**
   * As this one, but special tokens that stand in a text are taken for text, as llama.cpp does
   * unless told otherwise. A tokenizer of its own, to be closed.
   */
  public TextTokenizer withoutSpecialTokensInText() {
    ObjectNode edited = parsed();
    if (edited.get("added_tokens") instanceof ArrayNode added) {
      ArrayNode kept = MAPPER.createArrayNode();
      for (JsonNode token : added) {
        if (!token.path("special").asBoolean(false)) {
          kept.add(token);
        }
      }
      edited.set("added_tokens", kept);
    }
    // Whoever asks for this puts special tokens where they belong.
    edited.putNull("post_processor");
    return new TextTokenizer(
        origin, MAPPER.writeValueAsString(edited), Optional.empty(), bos, Optional.of(addsBos));
  }

  private ObjectNode parsed() {
    try {
      return (ObjectNode) MAPPER.readTree(json);
    } catch (JacksonException e) {
      throw new InputException(origin + " is not valid JSON", "download the file again", e);
    }
  }

  /** The token that begins a text; absent if the model has none. */
  public OptionalInt bos() {
    return bos;
  }

  /** Whether a text begins with {@link #bos} when special tokens are added. */
  public boolean addsBos() {
    return addsBos;
  }

  /**
   * The tokens of a text.
   *
   * @param special whether to add what the model expects around a text
   */
  public int[] encode(String text, boolean special) {
    checkOpen();
    long encoding = library.encode(handle, text, special);
    try {
      return Arrays.stream(library.getTokenIds(encoding)).mapToInt(Math::toIntExact).toArray();
    } finally {
      library.deleteEncoding(encoding);
    }
  }

  /**
   * The text of tokens; half a character at an end becomes U+FFFD.
   *
   * @param skipSpecial whether special tokens are left out
   */
  public String decode(int[] ids, boolean skipSpecial) {
    checkOpen();
    return library.decode(handle, Arrays.stream(ids).asLongStream().toArray(), skipSpecial);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException(origin + " is closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      library.deleteTokenizer(handle);
    }
  }

  @Override
  public String toString() {
    return "tokenizer of "
        + origin
        + " ("
        + json.getBytes(StandardCharsets.UTF_8).length
        + " bytes)";
  }
}
