package dev.lqmf.model.tokenizer;

import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.tensor.gguf.GgufValue;
import java.util.Arrays;
import java.util.function.BiFunction;

/** The tokens of a vocabulary by id: text, kind, and for SentencePiece a score. */
final class TokenList {
  private static final float PADDING_SCORE = -10_000;

  private final String[] texts;
  private final float[] scores;
  private final TokenType[] types;

  /** Tokens without a meaning yet: {@code [PAD0]}, {@code [PAD1]}, … unused. */
  TokenList(int size) {
    texts = new String[size];
    Arrays.setAll(texts, i -> "[PAD" + i + "]");
    scores = new float[size];
    Arrays.fill(scores, PADDING_SCORE);
    types = new TokenType[size];
    Arrays.fill(types, TokenType.UNUSED);
  }

  int size() {
    return texts.length;
  }

  void set(int id, String text, float score, TokenType type) {
    texts[id] = text;
    scores[id] = score;
    types[id] = type;
  }

  /** The same tokens with other texts. */
  void rewrite(BiFunction<String, TokenType, String> text) {
    Arrays.setAll(texts, i -> text.apply(texts[i], types[i]));
  }

  /** Writes the lists that llama.cpp's byte-level BPE needs: texts and kinds. */
  void write(MetadataCollector out) {
    out.put("tokenizer.ggml.tokens", GgufValue.array(Arrays.asList(texts)));
    writeTypes(out);
  }

  /** Writes the lists that llama.cpp's SentencePiece needs: texts, scores and kinds. */
  void writeWithScores(MetadataCollector out) {
    out.put("tokenizer.ggml.tokens", GgufValue.array(Arrays.asList(texts)));
    out.put("tokenizer.ggml.scores", GgufValue.array(scores));
    writeTypes(out);
  }

  private void writeTypes(MetadataCollector out) {
    int[] ids = Arrays.stream(types).mapToInt(TokenType::id).toArray();
    out.put("tokenizer.ggml.token_type", GgufValue.array(ids));
  }
}
