package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture.TensorNotes;
import dev.lqmf.model.convert.ModelContext;
import java.util.Arrays;
import java.util.Set;

/**
 * What llama.cpp asks of the tensors of a file ({@code load_arch_tensors} of its architectures).
 * GGUF holds the others as well, and LQMF runs them, but llama.cpp does not open the file.
 */
final class Loading {
  private Loading() {}

  /** Models that share the embedding have no output of their own. */
  static void ownHead(ModelContext context, Set<String> tensors) {
    if (!tensors.contains("output.weight")) {
      note(context, "whose output is the embedding (tie_word_embeddings)");
    }
  }

  /** Heads that share the width of the model. */
  static void headsOfWidth(ModelContext context, Set<String> tensors) {
    long width = context.config().count("hidden_size");
    long heads = context.config().count("num_attention_heads");
    long size = Parameters.headSize(context.config());
    if (heads * size != width) {
      note(context, "with %d heads of %d in a width of %d".formatted(heads, size, width));
    }
  }

  /** Biases that all models of the kind have, such as {@code attn_qkv}'s. */
  static TensorNotes bias(String layer) {
    return (context, tensors) -> {
      if (!tensors.contains(biasOf(layer))) {
        note(context, "without the bias of " + layer);
      }
    };
  }

  /** Layers that have no bias, such as {@code attn_output}. */
  static TensorNotes noBias(String... layers) {
    return (context, tensors) ->
        Arrays.stream(layers)
            .filter(layer -> tensors.contains(biasOf(layer)))
            .findFirst()
            .ifPresent(layer -> note(context, "with a bias of " + layer));
  }

  private static String biasOf(String layer) {
    return "blk.0." + layer + ".bias";
  }

  private static void note(ModelContext context, String what) {
    context.note(
        "llama.cpp's %s does not open a file %s".formatted(context.architecture().name(), what));
  }
}
