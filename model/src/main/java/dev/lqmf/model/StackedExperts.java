package dev.lqmf.model;

import dev.lqmf.model.view.ReshapedWeights;
import dev.lqmf.model.view.SlicedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Experts that are stored together, {@code experts.gate_up_proj} and {@code experts.down_proj}, as
 * Transformers 5 keeps them in memory and saves them with {@code save_original_format=False}.
 */
final class StackedExperts {
  private static final Pattern STACK = Pattern.compile("(.*\\.experts)\\.(gate_up_proj|down_proj)");

  private StackedExperts() {}

  /** The tensors, in their order, those of each expert by names of their own. */
  static Map<String, Weights> apart(Map<String, Weights> tensors) {
    Map<String, Weights> result = new LinkedHashMap<>();
    tensors.forEach(
        (name, weights) -> {
          Matcher stack = STACK.matcher(name);
          if (!stack.matches() || weights.shape().rank() != 3) {
            result.put(name, weights);
            return;
          }
          for (long x = 0; x < weights.shape().dim(0); x++) {
            String expert = stack.group(1) + "." + x + ".";
            Weights matrix =
                new ReshapedWeights(
                    new SlicedWeights(weights, x, 1),
                    Shape.of(weights.shape().dim(1), weights.shape().dim(2)));
            if (stack.group(2).equals("down_proj")) {
              result.put(expert + "down_proj.weight", matrix);
            } else {
              long half = matrix.shape().dim(0) / 2;
              result.put(expert + "gate_proj.weight", new SlicedWeights(matrix, 0, half));
              result.put(expert + "up_proj.weight", new SlicedWeights(matrix, half, half));
            }
          }
        });
    return result;
  }
}
