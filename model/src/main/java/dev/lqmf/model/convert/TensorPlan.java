package dev.lqmf.model.convert;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.view.ConstantWeights;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.JoinedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Applies an architecture's tensor rules to the tensors of a checkpoint, in the order of
 * llama.cpp's converter: computed tensors first, then as stored.
 */
public final class TensorPlan {
  /** Buffers that old checkpoints carry and no converter keeps ({@code prepare_tensors}). */
  private static final List<String> BUFFERS =
      List.of(".attention.masked_bias", ".attention.bias", ".rotary_emb.inv_freq");

  private static final List<String> SUFFIXES = List.of(".weight", ".bias");

  /**
   * Tensors that stay float32 although they are matrices, by the part of their name before {@code
   * .weight} and after the layer ({@code prepare_tensors}).
   */
  private static final Set<String> FLOAT32 =
      Set.of("ffn_gate_inp", "ffn_gate_inp_shexp", "position_embd", "token_types");

  /** What the names of a model begin with that has a head, and lack in one without. */
  private static final List<String> BASES = List.of("model.", "transformer.", "gpt_neox.");

  private final ModelContext context;
  private final Map<String, Weights> result = new LinkedHashMap<>();
  private final Map<String, Map<String, Weights>> stacks = new HashMap<>();
  private final Set<String> noted = new HashSet<>();

  private TensorPlan(ModelContext context) {
    this.context = context;
  }

  /**
   * The tensors of the GGUF, by name, in its order.
   *
   * @param stored the tensors of the checkpoint, by name, in its order
   * @throws InputException if a tensor is unknown to the architecture, or one is missing
   */
  public static Map<String, Weights> of(ModelContext context, Map<String, Weights> stored) {
    var plan = new TensorPlan(context);
    context
        .architecture()
        .constants(context)
        .forEach((name, values) -> plan.add(name, ConstantWeights.of(values)));
    stored.forEach(plan::apply);
    plan.checkStacks();
    context.architecture().noteTensors(context, plan.result.keySet());
    return plan.result;
  }

  private void apply(String name, Weights weights) {
    if (BUFFERS.stream().anyMatch(name::endsWith)) {
      return;
    }
    for (Map.Entry<String, String> left : context.architecture().leftOut().entrySet()) {
      if (name.startsWith(left.getKey())) {
        if (noted.add(left.getValue())) {
          context.note(left.getValue());
        }
        return;
      }
    }
    String spelled = spelled(name);
    String suffix = SUFFIXES.stream().filter(spelled::endsWith).findFirst().orElse("");
    String stem = spelled.substring(0, spelled.length() - suffix.length());
    if (isOfActivation(name)) {
      throw noPlace("GGUF has no place for the weights of its activation, " + quote(name));
    }
    NumberedName pattern = pattern(stem);
    TensorRule rule = rule(pattern);
    switch (rule) {
      case null ->
          throw new InputException(
              "%s has the tensor %s, which %s does not have"
                  .formatted(
                      context.files().directory(), quote(name), context.config().architecture()),
              "use a checkpoint of exactly this architecture, without adapters or extra heads");
      case TensorRule.Drop _ -> {}
      case TensorRule.Refuse refuse -> throw noPlace(refuse.reason());
      case TensorRule.Rename rename -> {
        String to = pattern.gguf(rename.to()) + suffix;
        add(to, changed(name, to, () -> rename.transform().apply(weights, context)));
      }
      case TensorRule.Once once -> {
        String to = once.to() + suffix;
        if (!result.containsKey(to)) {
          add(to, weights);
        }
      }
      case TensorRule.Stack stack -> collect(stack, pattern, suffix, weights);
    }
  }

  /** A name as the table has it: perhaps as in a model with a head around it. */
  private NumberedName pattern(String stem) {
    return Stream.concat(Stream.of(""), BASES.stream())
        .map(base -> NumberedName.of(base + stem))
        .filter(pattern -> rule(pattern) != null)
        .findFirst()
        .orElseGet(() -> NumberedName.of(stem));
  }

  private @Nullable TensorRule rule(NumberedName pattern) {
    Map<String, TensorRule> rules = context.architecture().tensors();
    return rules.getOrDefault(pattern.text(), rules.get(pattern.firstOnly()));
  }

  private static boolean isOfActivation(String name) {
    List<String> path = Arrays.asList(name.split("\\.", -1));
    return path.size() > 1 && Activation.MODULES.contains(path.get(path.size() - 2));
  }

  private InputException noPlace(String reason) {
    return new InputException(
        context.files().directory() + ": " + reason, "quantize it with GPTQ or bitsandbytes");
  }

  /** Checkpoints made from TensorFlow call the parameters of a norm gamma and beta. */
  private static String spelled(String name) {
    return name.endsWith(".gamma")
        ? name.substring(0, name.length() - "gamma".length()) + "weight"
        : name.endsWith(".beta")
            ? name.substring(0, name.length() - "beta".length()) + "bias"
            : name;
  }

  private Weights changed(String name, String to, Supplier<Weights> change) {
    try {
      return change.get();
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "%s: tensor %s cannot become %s: %s"
              .formatted(context.files().directory(), quote(name), to, e.getMessage()),
          "check that the configuration belongs to these weights",
          e);
    }
  }

  private void collect(
      TensorRule.Stack stack, NumberedName pattern, String suffix, Weights weights) {
    long experts = context.config().count(stack.count());
    String key = pattern.gguf(stack.from()) + suffix;
    Map<String, Weights> found = stacks.computeIfAbsent(key, _ -> new HashMap<>());
    found.put(pattern.text() + "#" + pattern.second(), weights);
    if (found.size() < experts * stack.parts().size()) {
      return;
    }
    for (TensorRule.Part part : stack.parts()) {
      String member = stack.from().replace("{part}", part.name()) + "#";
      List<Weights> parts =
          LongStream.range(0, experts)
              .mapToObj(
                  x -> {
                    Weights expert = found.get(member + x);
                    if (expert == null) {
                      throw new InputException(
                          "%s has tensors of %d experts in %s, but not of expert %d"
                              .formatted(context.files().directory(), experts, key, x),
                          "check that the configuration belongs to these weights");
                    }
                    return expert;
                  })
              .toList();
      String name = pattern.gguf(part.to()) + suffix;
      add(name, changed(key, name, () -> JoinedWeights.stacked(parts)));
    }
    stacks.remove(key);
  }

  private void checkStacks() {
    stacks.forEach(
        (key, found) -> {
          throw new InputException(
              "%s has only %d tensors of %s"
                  .formatted(context.files().directory(), found.size(), key),
              "download the checkpoint again, with all its files");
        });
  }

  private void add(String name, Weights weights) {
    Weights kept =
        switch (weights.type()) {
          case F32, F16, BF16 ->
              isAlwaysFloat32(name, weights.shape()) ? Float32Weights.of(weights) : weights;
          default -> changed(name, name, () -> Float32Weights.of(weights));
        };
    if (result.put(name, kept) != null) {
      throw new InputException(
          "%s has two tensors that would both be %s"
              .formatted(context.files().directory(), quote(name)),
          "use a checkpoint that stores each tensor once");
    }
  }

  /** Whether the converter writes a tensor as float32 whatever the output type is. */
  public static boolean isAlwaysFloat32(String name, Shape shape) {
    if (shape.rank() <= 1 || name.endsWith("_norm.weight") || !name.endsWith(".weight")) {
      return true;
    }
    String base = name.substring(0, name.length() - ".weight".length());
    return FLOAT32.contains(base.substring(base.lastIndexOf('.') + 1));
  }
}
