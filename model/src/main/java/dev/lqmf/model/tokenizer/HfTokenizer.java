package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A checkpoint's BPE tokenizer with all its tokens, as Transformers' {@code AutoTokenizer} puts it
 * together from {@code tokenizer.json} (or {@code vocab.json}), {@code tokenizer_config.json},
 * {@code special_tokens_map.json} and {@code added_tokens.json}.
 */
final class HfTokenizer {
  private static final List<String> NAMED =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  /** Special tokens that a tokenizer class has unless it is told otherwise. */
  private static final Map<String, String> GPT2 =
      Map.of(
          "bos_token", "<|endoftext|>",
          "eos_token", "<|endoftext|>",
          "unk_token", "<|endoftext|>");

  private static final Map<String, Map<String, String>> CLASS_DEFAULTS =
      Map.of(
          "GPT2Tokenizer",
          GPT2,
          "CodeGenTokenizer",
          GPT2,
          "GPTNeoXTokenizer",
          GPT2,
          "RobertaTokenizer",
          Map.of(
              "bos_token", "<s>",
              "eos_token", "</s>",
              "unk_token", "<unk>",
              "sep_token", "</s>",
              "pad_token", "<pad>",
              "cls_token", "<s>",
              "mask_token", "<mask>"),
          "BertTokenizer",
          Map.of(
              "unk_token", "[UNK]",
              "sep_token", "[SEP]",
              "pad_token", "[PAD]",
              "cls_token", "[CLS]",
              "mask_token", "[MASK]"),
          "Qwen2Tokenizer",
          Map.of(
              "eos_token", "<|endoftext|>",
              "unk_token", "<|endoftext|>",
              "pad_token", "<|endoftext|>"),
          "LlamaTokenizer",
          Map.of("bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>"));

  /**
   * A token that is matched before anything is split.
   *
   * @param normalized whether it is sought in normalized text
   */
  record AddedToken(String content, boolean special, boolean normalized) {
    static AddedToken of(JsonNode json) {
      boolean special = json.path("special").asBoolean(false);
      return new AddedToken(
          json.path("content").asString(""), special, json.path("normalized").asBoolean(!special));
    }
  }

  private final ModelFiles files;
  private final String tokenizerClass;
  private final Optional<ObjectNode> json;
  private final Map<String, Integer> vocabulary;
  private final Map<Integer, AddedToken> added = new TreeMap<>();
  private final Map<String, Integer> addedIds = new HashMap<>();
  private final Set<String> specials = new LinkedHashSet<>();
  private int next;

  private HfTokenizer(
      ModelFiles files,
      String tokenizerClass,
      Optional<ObjectNode> json,
      Map<String, Integer> vocabulary) {
    this.files = files;
    this.tokenizerClass = tokenizerClass;
    this.json = json;
    this.vocabulary = vocabulary;
    this.next = vocabulary.size();
  }

  /**
   * Reads the tokenizer of a model directory.
   *
   * @param defaultClass the tokenizer class if {@code tokenizer_config.json} names none
   * @throws InputException if there is no {@code tokenizer.json} and no {@code vocab.json}, or one
   *     without a BPE vocabulary
   */
  static HfTokenizer read(ModelFiles files, String defaultClass) throws IOException {
    Optional<ObjectNode> json = files.object("tokenizer.json");
    ObjectNode vocabulary;
    if (json.isPresent()) {
      JsonNode model = json.get().path("model");
      vocabulary =
          model.path("merges").isArray() && model.get("vocab") instanceof ObjectNode v
              ? v
              : noBpe(files.path("tokenizer.json"), model);
    } else {
      vocabulary =
          files
              .object("vocab.json")
              .orElseThrow(
                  () ->
                      new InputException(
                          files.directory()
                              + " has no tokenizer: looked for tokenizer.model, tokenizer.json"
                              + " and vocab.json",
                          "download the model again, with all its files"));
    }
    return complete(files, defaultClass, json, ids(files, vocabulary));
  }

  /**
   * Reads a WordPiece tokenizer, of {@code tokenizer.json} or of {@code vocab.txt} with a token in
   * each line.
   *
   * @throws InputException if there is neither, or one of another kind
   */
  static HfTokenizer readWordPiece(ModelFiles files) throws IOException {
    Optional<ObjectNode> json = files.object("tokenizer.json");
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    if (json.isPresent()) {
      JsonNode model = json.get().path("model");
      if (!model.path("type").asString("WordPiece").equals("WordPiece")
          || !(model.get("vocab") instanceof ObjectNode pieces)) {
        throw wrongKind(files.path("tokenizer.json"), model, "WordPiece");
      }
      vocabulary.putAll(ids(files, pieces));
    } else {
      String text =
          files
              .text("vocab.txt")
              .orElseThrow(
                  () ->
                      new InputException(
                          files.directory()
                              + " has no tokenizer: looked for tokenizer.json and vocab.txt",
                          "download the model again, with all its files"));
      text.lines().forEach(line -> vocabulary.putIfAbsent(line, vocabulary.size()));
    }
    return complete(files, "BertTokenizer", json, vocabulary);
  }

  private static HfTokenizer complete(
      ModelFiles files,
      String defaultClass,
      Optional<ObjectNode> json,
      Map<String, Integer> vocabulary)
      throws IOException {
    ObjectNode config =
        files.object("tokenizer_config.json").map(ObjectNode::deepCopy).orElseGet(JsonFiles::empty);
    String name = config.path("tokenizer_class").asString(defaultClass).replaceFirst("Fast$", "");
    var tokenizer = new HfTokenizer(files, name, json, vocabulary);
    tokenizer.addTokens(config);
    return tokenizer;
  }

  /**
   * The {@code added_tokens_decoder} of a {@code tokenizer_config.json}.
   *
   * @throws InputException if a key is no id
   */
  static Map<Integer, AddedToken> decoder(ModelFiles files, ObjectNode decoder) {
    Map<Integer, AddedToken> tokens = new TreeMap<>();
    decoder
        .properties()
        .forEach(
            e -> {
              if (!e.getKey().matches("\\d{1,9}")) {
                throw new InputException(
                    "%s: added_tokens_decoder has %s where an id belongs"
                        .formatted(
                            files.path("tokenizer_config.json"), InputException.quote(e.getKey())),
                    "correct the file, or download it again");
              }
              tokens.put(Integer.valueOf(e.getKey()), AddedToken.of(e.getValue()));
            });
    return tokens;
  }

  private static ObjectNode noBpe(Path file, JsonNode model) {
    throw wrongKind(file, model, "BPE");
  }

  private static InputException wrongKind(Path file, JsonNode model, String wanted) {
    return new InputException(
        "%s holds a tokenizer of type %s, where %s is expected"
            .formatted(file, model.path("type").asString("unknown"), wanted),
        "use a model of this architecture with a %s tokenizer".formatted(wanted));
  }

  private static Map<String, Integer> ids(ModelFiles files, ObjectNode vocabulary) {
    Map<String, Integer> ids = LinkedHashMap.newLinkedHashMap(vocabulary.size());
    vocabulary
        .properties()
        .forEach(
            e -> {
              JsonNode id = e.getValue();
              if (!id.canConvertToInt() || id.intValue() < 0) {
                throw new InputException(
                    "%s: the tokenizer gives the token %s the id %s"
                        .formatted(files.directory(), InputException.quote(e.getKey()), id),
                    "download the model again");
              }
              ids.put(e.getKey(), id.intValue());
            });
    return ids;
  }

  private void addTokens(ObjectNode config) throws IOException {
    json.ifPresent(
        j ->
            j.path("added_tokens")
                .forEach(token -> put(token.path("id").asInt(-1), AddedToken.of(token))));
    Map<Integer, AddedToken> overlay = new TreeMap<>();
    if (config.get("added_tokens_decoder") instanceof ObjectNode decoder) {
      overlay.putAll(decoder(files, decoder));
    } else {
      files.object("special_tokens_map.json").ifPresent(config::setAll);
    }
    Set<String> named = named(config);
    Set<String> extra = extra(config);
    specials.addAll(named);
    specials.addAll(extra);
    if (overlay.isEmpty()) {
      files
          .object("added_tokens.json")
          .ifPresent(
              tokens ->
                  tokens
                      .properties()
                      .forEach(
                          e -> {
                            boolean special = specials.contains(e.getKey());
                            overlay.put(
                                e.getValue().asInt(-1),
                                new AddedToken(e.getKey(), special, !special));
                          }));
    }
    overlay.forEach(
        (_, token) -> {
          // tokenizer_config.json changes what tokenizer.json says, but knows tokens by content.
          boolean special = token.special() || named.contains(token.content());
          add(new AddedToken(token.content(), special, token.normalized()));
        });
    for (String token : specials) {
      if (!addedIds.containsKey(token)) {
        add(new AddedToken(token, true, false));
      }
    }
  }

  private Set<String> named(ObjectNode config) {
    Map<String, String> defaults = CLASS_DEFAULTS.getOrDefault(tokenizerClass, Map.of());
    Set<String> named = new LinkedHashSet<>();
    for (String key : NAMED) {
      if (config.has(key)) {
        content(config.path(key)).ifPresent(named::add);
      } else {
        Optional.ofNullable(defaults.get(key)).ifPresent(named::add);
      }
    }
    config.properties().stream()
        .filter(e -> e.getKey().endsWith("_token") && e.getValue().isString())
        .filter(e -> !NAMED.contains(e.getKey()))
        .forEach(e -> named.add(e.getValue().stringValue()));
    named.remove("");
    return named;
  }

  private static Set<String> extra(ObjectNode config) {
    JsonNode list = config.path("extra_special_tokens");
    if (list.isEmpty()) {
      list = config.path("additional_special_tokens");
    }
    Set<String> extra = new LinkedHashSet<>();
    list.forEach(token -> content(token).ifPresent(extra::add));
    extra.remove("");
    return extra;
  }

  private static Optional<String> content(JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isString() ? Optional.of(text.stringValue()) : Optional.empty();
  }

  /** Adds a token under the id that it has, or the next one. */
  private void add(AddedToken token) {
    Integer id = addedIds.get(token.content());
    if (id == null) {
      id = vocabulary.get(token.content());
    }
    put(id != null ? id : next, token);
  }

  private void put(int id, AddedToken token) {
    if (id < 0) {
      throw new InputException(
          "%s: the added token %s has no id"
              .formatted(files.directory(), InputException.quote(token.content())),
          "download the model again");
    }
    added.put(id, token);
    addedIds.put(token.content(), id);
    next = Math.max(next, id + 1);
  }

  /** The tokenizer class without {@code Fast}, as in {@code GPT2Tokenizer}. */
  String tokenizerClass() {
    return tokenizerClass;
  }

  /** {@code tokenizer.json}, if the tokenizer comes from there. */
  Optional<ObjectNode> json() {
    return json;
  }

  /** Ids of the tokens that were learned. */
  Map<String, Integer> vocabulary() {
    return vocabulary;
  }

  /** Added tokens by id, in ascending order; some are learned ones too. */
  Map<Integer, AddedToken> added() {
    return added;
  }

  /** The id of a token, learned or added, if there is such a one. */
  OptionalInt id(String token) {
    Integer id = addedIds.getOrDefault(token, vocabulary.get(token));
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** Contents of the tokens with a name or declared special. */
  Set<String> specials() {
    return specials;
  }

  /** All tokens by id: learned and added, an added one where both have it. */
  List<Map.Entry<Integer, String>> tokens() {
    Map<Integer, String> all = new TreeMap<>();
    vocabulary.forEach((text, id) -> all.put(id, text));
    added.forEach((id, token) -> all.put(id, token.content()));
    return new ArrayList<>(all.entrySet());
  }
}
