package dev.lqmf.model.convert;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.model.view.ReshapedWeights;
import dev.lqmf.model.view.SlicedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Applies an architecture's tensor rules backwards: a GGUF's tensors as a checkpoint names them.
 */
public final class TensorReversal {
  private static final Pattern LAYER = Pattern.compile("\\.([0-9]{1,9})\\.");

  private static final List<String> SUFFIXES = List.of(".weight", ".bias");

  /** Factors of rotary frequencies, which a checkpoint has in its configuration. */
  private static final String ROPE = "rope_f";

  private final ModelContext context;
  private final Map<String, Weights> tensors;
  private final Map<String, List<Origin>> origins = new HashMap<>();
  private final Map<String, Weights> result = new LinkedHashMap<>();

  /** A line of the table that makes some GGUF tensor. */
  private record Origin(TensorRule rule, TensorRule.Part part) {
    /** What must be beside the GGUF tensor for it to come from this line; empty for nothing. */
    String beside() {
      return rule instanceof TensorRule.Rename rename ? rename.beside() : "";
    }
  }

  private TensorReversal(ModelContext context, Map<String, Weights> tensors) {
    this.context = context;
    this.tensors = tensors;
    context.architecture().tensors().values().stream().distinct().forEach(this::index);
  }

  /**
   * The tensors of the checkpoint, by name, in the order of the GGUF.
   *
   * @param tensors of the GGUF, by name
   * @throws InputException if one of them is unknown to the architecture
   */
  public static Map<String, Weights> of(ModelContext context, Map<String, Weights> tensors) {
    var reversal = new TensorReversal(context, tensors);
    tensors.forEach(reversal::apply);
    return reversal.result;
  }

  private void index(TensorRule rule) {
    switch (rule) {
      case TensorRule.Rename rename -> index(rename.to(), new Origin(rule, NO_PART));
      case TensorRule.Once once -> index(once.to(), new Origin(rule, NO_PART));
      case TensorRule.Drop _, TensorRule.Refuse _ -> {}
      case TensorRule.Stack stack ->
          stack.parts().forEach(part -> index(part.to(), new Origin(rule, part)));
    }
  }

  private static final TensorRule.Part NO_PART = new TensorRule.Part("", "");

  private void index(String to, Origin origin) {
    origins.computeIfAbsent(to, _ -> new ArrayList<>()).add(origin);
  }

  private void apply(String name, Weights weights) {
    if (name.startsWith(ROPE)) {
      return;
    }
    String suffix = SUFFIXES.stream().filter(name::endsWith).findFirst().orElse("");
    String base = name.substring(0, name.length() - suffix.length());
    // A layer's name ends with the part that follows the number.
    Matcher number = LAYER.matcher(base);
    String layer = number.find() ? number.group(1) : "";
    String pattern = layer.isEmpty() ? base : number.replaceFirst(".{bid}.");
    Origin origin = origin(name, pattern, layer);
    switch (origin.rule()) {
      case TensorRule.Rename rename ->
          put(
              rename.from().replace("{bid}", layer) + suffix,
              rename.transform().invert(weights, context));
      case TensorRule.Once once -> put(once.from() + suffix, weights);
      case TensorRule.Stack stack -> {
        String from =
            stack.from().replace("{part}", origin.part().name()).replace("{bid}", layer) + suffix;
        long[] dims = weights.shape().toArray();
        Shape each = Shape.of(Arrays.copyOfRange(dims, 1, dims.length));
        for (long x = 0; x < dims[0]; x++) {
          put(
              from.replace("{xid}", Long.toString(x)),
              new ReshapedWeights(new SlicedWeights(weights, x, 1), each));
        }
      }
      case TensorRule.Drop _, TensorRule.Refuse _ -> throw new IllegalStateException(name);
    }
  }

  private Origin origin(String name, String pattern, String layer) {
    List<Origin> known = origins.getOrDefault(pattern, List.of());
    for (Origin origin : known) {
      if (!origin.beside().isEmpty()
          && tensors.containsKey(origin.beside().replace("{bid}", layer))) {
        return origin;
      }
    }
    return known.stream()
        .filter(origin -> origin.beside().isEmpty())
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "%s has the tensor %s, which %s does not have"
                        .formatted(
                            context.config().file(), quote(name), context.architecture().name()),
                    "use a file that llama.cpp's converter or LQMF wrote"));
  }

  private void put(String name, Weights weights) {
    if (result.put(name, weights) != null) {
      throw new InputException(
          context.config().file() + " has two tensors that would both be " + quote(name),
          "use another file");
    }
  }
}
