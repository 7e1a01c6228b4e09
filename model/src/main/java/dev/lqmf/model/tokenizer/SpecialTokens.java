package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Ids of the tokens with a role, whether they are added to every text, and the chat template, as
 * gguf-py's {@code SpecialVocab} takes them from {@code tokenizer.json}, {@code
 * tokenizer_config.json} and {@code config.json}.
 */
final class SpecialTokens {
  private static final List<String> ROLES =
      List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask");

  /** GGUF's names of roles; a role without one is not written. */
  private static final Map<String, String> KEYS =
      Map.of(
          "bos", "bos",
          "eos", "eos",
          "unk", "unknown",
          "sep", "seperator",
          "pad", "padding",
          "mask", "mask",
          "eot", "eot",
          "eom", "eom");

  private static final List<String> ADDABLE = List.of("bos", "eos", "sep");

  private final ModelFiles files;
  private final OptionalInt size;
  private final List<String> roles = new ArrayList<>(ROLES);
  private final Map<String, Long> ids = new LinkedHashMap<>();
  private final Map<String, Boolean> add = new LinkedHashMap<>();
  private final Map<String, Boolean> normalizer = new TreeMap<>();
  private final ObjectNode config;

  private SpecialTokens(ModelFiles files, OptionalInt size, ObjectNode config) {
    this.files = files;
    this.size = size;
    this.config = config;
  }

  /**
   * Reads and writes the special tokens of a model directory.
   *
   * @param size the number of tokens, beyond which an id does not count; empty for any
   */
  static void write(ModelFiles files, OptionalInt size, MetadataCollector out) throws IOException {
    write(files, size, Map.of(), out);
  }

  /**
   * As {@link #write(ModelFiles, OptionalInt, MetadataCollector)}.
   *
   * @param others ids by role, for roles that the files say nothing about
   */
  static void write(
      ModelFiles files, OptionalInt size, Map<String, Integer> others, MetadataCollector out)
      throws IOException {
    // Roles are worked out in a copy.
    Optional<ObjectNode> config = files.object("tokenizer_config.json").map(ObjectNode::deepCopy);
    var special = new SpecialTokens(files, size, config.orElseGet(JsonFiles::empty));
    Optional<ObjectNode> tokenizer = files.object("tokenizer.json");
    tokenizer.ifPresent(special::readTokenizer);
    if (!special.config.isEmpty()) {
      special.readRoles(tokenizer.map(t -> t.path("added_tokens")));
    }
    special.readModelConfig();
    others.forEach((role, id) -> special.ids.putIfAbsent(role, (long) id));
    special.write(out);
    if (!special.config.isEmpty()) {
      ChatTemplate.write(files, special.config, out);
    }
    special.normalizer.forEach((key, value) -> out.bool("tokenizer.ggml.normalizer." + key, value));
  }

  private void readTokenizer(ObjectNode tokenizer) {
    readNormalizer(tokenizer.path("normalizer"));
    if (!has("bos") && has("cls")) {
      take("bos", "cls");
    }
    if (!has("eos") && has("sep")) {
      take("eos", "sep");
    }
    JsonNode processor = tokenizer.path("post_processor");
    if (processor.has("processors")) {
      processor.get("processors").forEach(this::readProcessor);
    } else {
      readProcessor(processor);
    }
  }

  private void readNormalizer(JsonNode json) {
    switch (json.path("type").asString("")) {
      case "Lowercase" -> normalizer.put("lowercase", true);
      case "StripAccents" -> normalizer.put("strip_accents", true);
      case "BertNormalizer" -> {
        for (String key : List.of("lowercase", "strip_accents")) {
          if (json.path(key).isBoolean()) {
            normalizer.put(key, json.get(key).booleanValue());
          }
        }
      }
      case "Sequence" -> json.path("normalizers").forEach(this::readNormalizer);
      default -> {}
    }
  }

  private void readProcessor(JsonNode processor) {
    switch (processor.path("type").asString("")) {
      case "RobertaProcessing" -> readRoberta(processor);
      case "TemplateProcessing" -> readTemplate(processor);
      default -> {}
    }
  }

  private void readRoberta(JsonNode processor) {
    add.put("bos", true);
    add.put("eos", true);
    add.put("sep", true);
    for (String role : List.of("cls", "sep")) {
      JsonNode pair = processor.path(role);
      if (!has(role) && !config.isEmpty() && pair.isArray() && !pair.isEmpty()) {
        config.set(role + "_token", pair.get(0));
      }
    }
  }

  /** Only simple templates are understood, and the same ones as there. */
  private void readTemplate(JsonNode processor) {
    JsonNode single = processor.path("single");
    String first = "";
    String last = "";
    if (single.size() > 1) {
      first = special(single.get(0));
      if (!first.isEmpty()) {
        readFirst(first);
      }
      last = special(single.get(single.size() - 1));
      if (!last.isEmpty()) {
        readLast(last);
      }
    }
    List<JsonNode> pair = new ArrayList<>();
    processor.path("pair").forEach(pair::add);
    if (!pair.isEmpty() && !first.isEmpty() && special(pair.getFirst()).equals(first)) {
      pair.removeFirst();
    }
    if (!pair.isEmpty() && !last.isEmpty() && special(pair.getLast()).equals(last)) {
      pair.removeLast();
    }
    readPair(pair, last);
  }

  private void readFirst(String first) {
    if (!config.isEmpty() && !is("bos", first) && !is("cls", first)) {
      if (!has("bos")) {
        config.put("bos_token", first);
      }
      if (!has("cls")) {
        config.put("cls_token", first);
      }
    }
    add.put("bos", config.isEmpty() || is("bos", first) || is("cls", first));
  }

  private void readLast(String last) {
    if (!config.isEmpty() && !is("eos", last)) {
      for (String role : List.of("eot", "eom")) {
        if (!roles.contains(role)) {
          roles.add(role);
          take(role, "eos");
          break;
        }
      }
      config.put("eos_token", last);
    }
    add.put("eos", true);
  }

  /** What stands between the two texts of a pair. */
  private void readPair(List<JsonNode> pair, String last) {
    boolean between =
        pair.size() > 2
            && pair.getFirst().path("Sequence").path("id").asString("").equals("A")
            && pair.getLast().path("Sequence").path("id").asString("").equals("B");
    if (!between) {
      return;
    }
    List<JsonNode> middle = pair.subList(1, pair.size() - 1);
    boolean separated = last.isEmpty() && separates(middle.getFirst());
    if (middle.size() == 2 && separates(middle.getLast())) {
      separated = true;
    }
    add.put("sep", separated);
    if (separated && !has("sep") && !config.isEmpty()) {
      take("sep", "eos");
    }
  }

  private boolean separates(JsonNode item) {
    String token = special(item);
    return !token.isEmpty() && (is("sep", token) || is("eos", token));
  }

  private static String special(JsonNode item) {
    return item.path("SpecialToken").path("id").asString("");
  }

  /** Whether {@code tokenizer_config.json} gives a token for a role. */
  private boolean has(String role) {
    JsonNode token = config.path(role + "_token");
    return token.isString() ? !token.stringValue().isEmpty() : !token.isEmpty();
  }

  /** Whether {@code tokenizer_config.json} gives just this text for a role. */
  private boolean is(String role, String token) {
    JsonNode given = config.path(role + "_token");
    return given.isString() && given.stringValue().equals(token);
  }

  /** Gives a role the token of another. */
  private void take(String role, String other) {
    JsonNode token = config.get(other + "_token");
    if (token != null) {
      config.set(role + "_token", token);
    }
  }

  private void readRoles(Optional<JsonNode> addedTokens) {
    for (String role : roles) {
      JsonNode flag = config.path("add_" + role + "_token");
      if (flag.isBoolean()) {
        add.put(role, flag.booleanValue());
      }
      JsonNode token = config.path(role + "_token");
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (text.isString() && addedTokens.isPresent()) {
        for (JsonNode added : addedTokens.get()) {
          if (added.path("content").equals(text)) {
            set(role, added.path("id"));
            break;
          }
        }
      }
    }
  }

  private void readModelConfig() throws IOException {
    ObjectNode model = files.object("config.json").orElseGet(JsonFiles::empty);
    for (String role : roles) {
      JsonNode id = model.path(role + "_token_id");
      set(
          role,
          id.isMissingNode() || id.isNull()
              ? model.path("text_config").path(role + "_token_id")
              : id);
    }
  }

  private void set(String role, JsonNode id) {
    if (!id.isIntegralNumber()) {
      return;
    }
    long value = id.longValue();
    // Old configurations say -1 for none.
    if (value >= 0 && (size.isEmpty() || value < size.getAsInt())) {
      ids.putIfAbsent(role, value);
    }
  }

  private void write(MetadataCollector out) {
    ids.forEach(
        (role, id) -> {
          String key = KEYS.get(role);
          if (key != null) {
            out.u32("tokenizer.ggml." + key + "_token_id", id);
          }
        });
    add.forEach(
        (role, value) -> {
          if (ADDABLE.contains(role)) {
            out.bool("tokenizer.ggml.add_" + role + "_token", value);
          }
        });
  }
}
