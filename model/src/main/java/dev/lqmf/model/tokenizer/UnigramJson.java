package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.tokenizer.HfTokenizer.AddedToken;
import dev.lqmf.model.tokenizer.SentencePieceModel.Normalizer;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A SentencePiece Unigram model as a {@code tokenizer.json} holds it, for checkpoints that leave
 * out the model file: pieces with their scores, and steps that do what the model's normalizer does.
 *
 * @param tokens by id
 * @param normalizer what happens to a text first
 */
record UnigramJson(TokenList tokens, Normalizer normalizer) {
  private static final float ADDED_SCORE = -1000;
  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  /** Whether a {@code tokenizer.json} holds such a model. */
  static boolean isIn(ObjectNode json) {
    return json.path("model").path("type").asString("").equals("Unigram");
  }

  /**
   * Reads the tokenizer.
   *
   * @param file for messages
   * @throws InputException if a piece has no score, or the normalization table is no Base64
   */
  static UnigramJson read(Path file, ObjectNode json, HfConfig config) {
    JsonNode model = json.path("model");
    JsonNode vocabulary = model.path("vocab");
    long size = config.integer("vocab_size").orElse(vocabulary.size());
    TokenList tokens = new TokenList(Math.toIntExact(size));
    int unknown = model.path("unk_id").asInt(-1);
    for (int id = 0; id < Math.min(vocabulary.size(), tokens.size()); id++) {
      JsonNode piece = vocabulary.get(id);
      if (!piece.path(0).isString() || !piece.path(1).isNumber()) {
        throw new InputException(
            "%s: piece %d has no text or no score: %s"
                .formatted(file, id, InputException.quote(piece.toString())),
            "download the file again");
      }
      String text = piece.get(0).stringValue();
      TokenType type =
          id == unknown
              ? TokenType.UNKNOWN
              : BYTE.matcher(text).matches() ? TokenType.BYTE : TokenType.NORMAL;
      tokens.set(id, text, (float) piece.get(1).doubleValue(), type);
    }
    for (JsonNode entry : json.path("added_tokens")) {
      int id = entry.path("id").asInt(-1);
      AddedToken added = AddedToken.of(entry);
      if (id >= 0 && id < tokens.size() && id != unknown) {
        float score =
            id < vocabulary.size() ? (float) vocabulary.get(id).path(1).asDouble(0) : ADDED_SCORE;
        TokenType type = added.special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
        tokens.set(id, added.content(), score, type);
      }
    }
    return new UnigramJson(tokens, normalizer(file, json));
  }

  private static Normalizer normalizer(Path file, ObjectNode json) {
    Optional<GgufValue> charsmap = Optional.empty();
    boolean prefix = false;
    boolean collapse = false;
    for (JsonNode step : steps(json)) {
      switch (step.path("type").asString("")) {
        case "Precompiled" -> charsmap = charsmap(file, step);
        case "WhitespaceSplit" -> collapse = true;
        case "Replace" ->
            collapse |= step.path("pattern").path("Regex").asString("").equals(" {2,}");
        case "Metaspace" ->
            prefix =
                !step.path("prepend_scheme").asString("always").equals("never")
                    && step.path("add_prefix_space").asBoolean(true);
        default -> {}
      }
    }
    return new Normalizer(charsmap, prefix, collapse);
  }

  private static List<JsonNode> steps(ObjectNode json) {
    List<JsonNode> steps = new ArrayList<>();
    JsonNode normalizer = json.path("normalizer");
    if (normalizer.has("normalizers")) {
      normalizer.get("normalizers").forEach(steps::add);
    } else {
      steps.add(normalizer);
    }
    JsonNode splits = json.path("pre_tokenizer");
    if (splits.has("pretokenizers")) {
      splits.get("pretokenizers").forEach(steps::add);
    } else {
      steps.add(splits);
    }
    return steps;
  }

  private static Optional<GgufValue> charsmap(Path file, JsonNode step) {
    String text = step.path("precompiled_charsmap").asString("");
    try {
      byte[] bytes = Base64.getDecoder().decode(text);
      return bytes.length == 0 ? Optional.empty() : Optional.of(GgufValue.array(bytes));
    } catch (IllegalArgumentException e) {
      throw new InputException(
          file + ": the normalization table is no Base64", "download the file again", e);
    }
  }
}
