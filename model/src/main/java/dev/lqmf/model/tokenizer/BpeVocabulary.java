package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.tokenizer.HfTokenizer.AddedToken;
import dev.lqmf.tensor.InputException;
import java.util.Map;

/**
 * A vocabulary of learned and added tokens without scores as llama.cpp's converter lists it ({@code
 * get_vocab_base}).
 */
final class BpeVocabulary {
  private BpeVocabulary() {}

  /**
   * All tokens, filled up to the configuration's {@code vocab_size} with unused ones.
   *
   * @throws InputException if a token's id does not lie below {@code vocab_size}
   */
  static TokenList tokens(HfTokenizer tokenizer, HfConfig config) {
    var all = tokenizer.tokens();
    int last = all.isEmpty() ? -1 : all.getLast().getKey();
    long size = config.integer("vocab_size").orElse(all.size());
    if (last >= size) {
      throw new InputException(
          "%s: vocab_size is %d, but the tokenizer has a token with the id %d: %s"
              .formatted(config.file(), size, last, InputException.quote(all.getLast().getValue())),
          "use the tokenizer that belongs to these weights");
    }
    TokenList tokens = new TokenList(Math.toIntExact(size));
    boolean byteLevel =
        tokenizer
            .json()
            .map(j -> j.path("decoder").path("type").asString("").equals("ByteLevel"))
            .orElse(true);
    for (Map.Entry<Integer, String> entry : all) {
      int id = entry.getKey();
      AddedToken added = tokenizer.added().get(id);
      if (added == null) {
        tokens.set(id, entry.getValue(), 0, TokenType.NORMAL);
        continue;
      }
      // llama.cpp takes added tokens to be normalized already.
      String text =
          byteLevel && !added.normalized() ? ByteLevel.decode(added.content()) : added.content();
      if (added.special() || SpecialLooks.of(text)) {
        tokens.set(id, text, 0, TokenType.CONTROL);
      } else {
        tokens.set(id, SpecialLooks.withSpaces(text), 0, TokenType.USER_DEFINED);
      }
    }
    return tokens;
  }
}
