package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.tokenizer.HfTokenizer.AddedToken;
import dev.lqmf.model.tokenizer.SentencePieceModel.Piece;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** SentencePiece vocabularies as llama.cpp's converter lists them. */
final class SentencePieceVocabulary {
  /** Score of a token that is matched whole and so never merged. */
  private static final float ADDED_SCORE = -1000;

  private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

  private SentencePieceVocabulary() {}

  /**
   * The tokens of {@code tokenizer.model}, with those that {@code added_tokens.json} and {@code
   * tokenizer_config.json} put in their place, filled up to {@code vocab_size} ({@code
   * _create_vocab_sentencepiece}).
   */
  static TokenList fromModel(ModelContext context) throws IOException {
    ModelFiles files = context.files();
    TokenList tokens = pieces(context, files.path("tokenizer.model"));
    addedTokens(files, tokens);
    files
        .object("tokenizer_config.json")
        .map(config -> config.get("added_tokens_decoder"))
        .filter(ObjectNode.class::isInstance)
        .ifPresent(
            decoder ->
                HfTokenizer.decoder(files, (ObjectNode) decoder)
                    .forEach((id, token) -> put(id, token, tokens)));
    return tokens;
  }

  /**
   * The tokens of a model file as Phi-3's converter lists them: {@code tokenizer_config.json} and
   * {@code tokenizer.json} put added tokens in their place, even those that the model has, by what
   * they say alone.
   */
  static TokenList fromModelAsPhi3(ModelContext context) throws IOException {
    ModelFiles files = context.files();
    TokenList tokens = pieces(context, files.path("tokenizer.model"));
    addedTokens(files, tokens);
    Map<Integer, AddedToken> added = new LinkedHashMap<>();
    files
        .object("tokenizer_config.json")
        .map(config -> config.get("added_tokens_decoder"))
        .filter(ObjectNode.class::isInstance)
        .ifPresent(decoder -> added.putAll(HfTokenizer.decoder(files, (ObjectNode) decoder)));
    files
        .object("tokenizer.json")
        .ifPresent(
            json ->
                json.path("added_tokens")
                    .forEach(token -> added.put(token.path("id").asInt(-1), AddedToken.of(token))));
    added.forEach(
        (id, token) -> {
          if (id >= 0 && id < tokens.size()) {
            TokenType type = token.special() ? TokenType.CONTROL : TokenType.USER_DEFINED;
            tokens.set(id, token.content(), ADDED_SCORE, type);
          }
        });
    return tokens;
  }

  /** The tokens of a model file, with those of {@code added_tokens.json}: a Unigram model's. */
  static TokenList fromUnigram(ModelContext context, Path model) throws IOException {
    TokenList tokens = pieces(context, model);
    addedTokens(context.files(), tokens);
    return tokens;
  }

  private static TokenList pieces(ModelContext context, Path model) throws IOException {
    List<Piece> pieces = SentencePieceModel.read(model).pieces();
    TokenList tokens = new TokenList(size(context, pieces.size()));
    for (int id = 0; id < Math.min(pieces.size(), tokens.size()); id++) {
      Piece piece = pieces.get(id);
      TokenType type = piece.type() == TokenType.USER_DEFINED ? TokenType.NORMAL : piece.type();
      tokens.set(id, piece.text(), piece.score(), type);
    }
    return tokens;
  }

  private static void addedTokens(ModelFiles files, TokenList tokens) throws IOException {
    files
        .object("added_tokens.json")
        .ifPresent(
            added ->
                added
                    .properties()
                    .forEach(
                        e -> {
                          int id = id(files, e.getKey(), e.getValue());
                          if (id < tokens.size()) {
                            tokens.set(id, e.getKey(), ADDED_SCORE, TokenType.USER_DEFINED);
                          }
                        }));
  }

  private static void put(int id, AddedToken added, TokenList tokens) {
    if (id < tokens.size()) {
      boolean control = added.special() || SpecialLooks.of(added.content());
      tokens.set(
          id,
          control ? added.content() : SpecialLooks.withSpaces(added.content()),
          ADDED_SCORE,
          control ? TokenType.CONTROL : TokenType.USER_DEFINED);
    }
  }

  /**
   * The tokens of a {@code tokenizer.json} that holds a SentencePiece BPE ({@code LlamaHfVocab}).
   * The file has merges and no scores; the converter gives every token the same one.
   */
  static TokenList fromJson(ModelContext context, HfTokenizer tokenizer) {
    Map<String, Integer> learned = tokenizer.vocabulary();
    int last = tokenizer.tokens().getLast().getKey();
    TokenList tokens = new TokenList(size(context, last + 1));
    learned.forEach(
        (text, id) -> {
          if (id < tokens.size()) {
            tokens.set(id, text, ADDED_SCORE, type(text, tokenizer));
          }
        });
    tokenizer
        .added()
        .forEach(
            (id, token) -> {
              if (id >= learned.size() && id < tokens.size()) {
                boolean special = tokenizer.specials().contains(token.content());
                tokens.set(
                    id,
                    token.content(),
                    ADDED_SCORE,
                    special ? TokenType.CONTROL : TokenType.USER_DEFINED);
              }
            });
    return tokens;
  }

  private static TokenType type(String text, HfTokenizer tokenizer) {
    if (BYTE.matcher(text).matches()) {
      return TokenType.BYTE;
    }
    return tokenizer.specials().contains(text) ? TokenType.CONTROL : TokenType.NORMAL;
  }

  private static int size(ModelContext context, int tokens) {
    long size = context.config().integer("vocab_size").orElse(tokens);
    if (size < tokens) {
      context.note(
          "the tokenizer has %d tokens, the model %d: the last %d are left out"
              .formatted(tokens, size, tokens - size));
    }
    return Math.toIntExact(size);
  }

  private static int id(ModelFiles files, String token, JsonNode id) {
    if (!id.canConvertToInt() || id.intValue() < 0) {
      throw new InputException(
          "%s gives the token %s the id %s"
              .formatted(files.path("added_tokens.json"), InputException.quote(token), id),
          "correct the file, or download it again");
    }
    return id.intValue();
  }
}
