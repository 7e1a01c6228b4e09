package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.ModelContext;
import java.util.Map;

/** Factors that GGUF stores for rotary frequencies that are scaled one by one. */
final class RopeFactors {
  private RopeFactors() {}

  /**
   * The factors of Llama 3.1's scaling: short wavelengths as they are, long ones divided by the
   * factor, a smooth step between (llama.cpp, {@code LlamaModel.generate_extra_tensors}; computed
   * in float32 as PyTorch does there).
   *
   * @return {@code rope_freqs.weight} with head size / 2 elements, if the model scales so
   */
  static Map<String, float[]> llama3(ModelContext context) {
    if (!context.rope().type().orElse("").equalsIgnoreCase("llama3")) {
      return Map.of();
    }
    HfConfig rope = context.rope().values();
    float base = (float) context.rope().theta().orElse(10000);
    int dimensions = Math.toIntExact(Parameters.headSize(context.config()));
    double factor = rope.real("factor").orElse(8);
    double low = rope.real("low_freq_factor").orElse(1);
    double high = rope.real("high_freq_factor").orElse(4);
    double trained = rope.real("original_max_position_embeddings").orElse(8192);
    return Map.of("rope_freqs.weight", llama3(dimensions, base, factor, low, high, trained));
  }

  /**
   * @param dimensions elements of a head
   * @param base of the frequencies
   * @param factor by which the context is stretched
   * @param low wavelengths longer than {@code trained / low} are stretched by all of it
   * @param high wavelengths shorter than {@code trained / high} are not stretched
   * @param trained context length in training
   */
  static float[] llama3(
      int dimensions, float base, double factor, double low, double high, double trained) {
    float longest = (float) (trained / low);
    float shortest = (float) (trained / high);
    float[] factors = new float[(dimensions + 1) / 2];
    for (int i = 0; i < factors.length; i++) {
      float frequency = 1 / TorchPow.pow(base, 2f * i / dimensions);
      float wavelength = (1 / frequency) * (float) (2 * Math.PI);
      if (wavelength < shortest) {
        factors[i] = 1;
      } else if (wavelength > longest) {
        factors[i] = (float) factor;
      } else {
        float smooth = ((1 / wavelength) * (float) trained - (float) low) / (float) (high - low);
        factors[i] = 1 / ((1 - smooth) / (float) factor + smooth);
      }
    }
    return factors;
  }
}
