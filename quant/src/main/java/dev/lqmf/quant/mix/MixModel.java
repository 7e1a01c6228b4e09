package dev.lqmf.quant.mix;

/**
 * The facts about a model that decide the types of its tensors.
 *
 * @param architecture {@code general.architecture}
 * @param layers {@code block_count}, additional prediction layers included
 * @param predictionLayers {@code nextn_predict_layers}: how many of the layers predict further
 *     tokens; 0 for most models
 * @param experts {@code expert_count}; 0 for a dense model
 * @param heads attention heads of the first layer
 * @param keyValueHeads key and value heads of the first layer; 0 if it has no attention
 */
public record MixModel(
    String architecture,
    int layers,
    int predictionLayers,
    int experts,
    int heads,
    int keyValueHeads) {

  boolean isFalcon() {
    return architecture.equals("falcon");
  }

  /** Query heads that share one key and value head; 0 if there are none. */
  int groupedQueries() {
    return keyValueHeads == 0 ? 0 : heads / keyValueHeads;
  }

  /**
   * Whether llama.cpp takes this for a model of 70 billion weights, of whichever kind: it tells
   * that from the number of layers ({@code load_arch_hparams} of each architecture).
   */
  boolean is70B() {
    int n = layers - predictionLayers;
    return switch (architecture) {
      case "llama", "llama-embed" -> n == 80 && experts != 8 && heads != keyValueHeads;
      case "qwen2", "deci", "olmo" -> n == 80;
      case "jais2" -> n == 68;
      default -> false;
    };
  }
}
