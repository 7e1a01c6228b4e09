package dev.lqmf.factory.decide;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Everything a line says beside what to do.
 *
 * @param models those it names, in order
 * @param method {@code gguf}, {@code bnb} or {@code gptq}; a type or a program that goes with one
 *     method only implies it
 * @param types file types, as in {@code Q4_K_M}, {@code NF4}
 * @param bits bits per weight, if no type says more
 * @param device where the model is to run
 * @param budget memory in bytes
 * @param context tokens
 * @param quality what matters most
 * @param argument what an action works on that is no model: a number, a name, a prompt
 */
public record Wishes(
    List<ModelReference> models,
    Optional<String> method,
    List<String> types,
    OptionalInt bits,
    Optional<Device> device,
    OptionalLong budget,
    OptionalInt context,
    Optional<Quality> quality,
    Optional<String> argument) {

  /** A line that only says what to do. */
  public static final Wishes NONE =
      new Wishes(
          List.of(),
          Optional.empty(),
          List.of(),
          OptionalInt.empty(),
          Optional.empty(),
          OptionalLong.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty());

  public Wishes {
    models = List.copyOf(models);
    types = List.copyOf(types);
  }

  /** No wishes but what to work on. */
  public static Wishes argument(String argument) {
    return NONE.withArgument(argument);
  }

  /** The same with something to work on. */
  public Wishes withArgument(String text) {
    return new Wishes(
        models, method, types, bits, device, budget, context, quality, Optional.of(text));
  }

  /** The same about other models. */
  public Wishes withModels(List<ModelReference> others) {
    return new Wishes(others, method, types, bits, device, budget, context, quality, argument);
  }

  /** Whether it says anything about what a result should be like, or where it should fit. */
  public boolean aboutResult() {
    return method.isPresent()
        || !types.isEmpty()
        || bits.isPresent()
        || device.isPresent()
        || budget.isPresent()
        || context.isPresent()
        || quality.isPresent();
  }
}
