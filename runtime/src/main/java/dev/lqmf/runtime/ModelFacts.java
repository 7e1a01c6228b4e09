package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a GGUF says about itself that matters for running it.
 *
 * @param contextLength the context it was trained with, if it says
 * @param chatTemplate whether it has one
 * @param leadingBos the begin-of-sequence token's text if llama.cpp puts that token before every
 *     prompt, else empty
 */
record ModelFacts(OptionalInt contextLength, boolean chatTemplate, String leadingBos) {

  /**
   * Pre-tokenizers for which llama.cpp prepends the token unless the file says otherwise ({@code
   * llama_vocab::impl::load} in {@code llama-vocab.cpp}).
   */
  private static final Set<String> PRE_WITH_BOS =
      Set.of("llama3", "llama-v3", "llama-bpe", "falcon3", "tekken");

  /**
   * Reads the header of a file.
   *
   * @throws InputException if it is damaged
   * @throws IOException if it cannot be read
   */
  static ModelFacts read(Path file) throws IOException {
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufMetadata metadata = gguf.metadata();
      OptionalLong context =
          metadata.integer(metadata.string("general.architecture").orElse("") + ".context_length");
      return new ModelFacts(
          context.isPresent()
              ? OptionalInt.of((int) Math.clamp(context.getAsLong(), 1, Integer.MAX_VALUE))
              : OptionalInt.empty(),
          metadata.string("tokenizer.chat_template").isPresent(),
          leadingBos(metadata));
    }
  }

  private static String leadingBos(GgufMetadata metadata) {
    boolean added =
        metadata
            .bool("tokenizer.ggml.add_bos_token")
            .orElseGet(
                () ->
                    metadata.string("tokenizer.ggml.model").orElse("").equals("llama")
                        || PRE_WITH_BOS.contains(metadata.string("tokenizer.ggml.pre").orElse("")));
    OptionalLong id = metadata.integer("tokenizer.ggml.bos_token_id");
    if (!added || id.isEmpty()) {
      return "";
    }
    return metadata
        .strings("tokenizer.ggml.tokens")
        .filter(tokens -> id.getAsLong() >= 0 && id.getAsLong() < tokens.size())
        .map(tokens -> tokens.get((int) id.getAsLong()))
        .orElse("");
  }
}
