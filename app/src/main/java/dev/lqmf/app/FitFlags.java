package dev.lqmf.app;

import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.decide.ModelReference;
import dev.lqmf.factory.decide.Quality;
import dev.lqmf.factory.decide.Wishes;
import dev.lqmf.factory.plan.Budget;
import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code quantize} that leave the choice to the planner. */
final class FitFlags {
  @Option(
      names = "--fit",
      paramLabel = "SIZE",
      description = "Make what 'lqmf plan' recommends for this much memory, as in 8GB.")
  @Nullable String size;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description = "Tokens of context that the memory must do for.")
  @Nullable Integer context;

  @Option(names = "--target", paramLabel = "DEVICE", description = "Where it will run, gpu or cpu.")
  @Nullable Device target;

  @Option(
      names = "--quality",
      paramLabel = "WISH",
      description = "What matters most: ${COMPLETION-CANDIDATES}.")
  @Nullable Quality quality;

  /**
   * Whether the choice is left to the planner.
   *
   * @throws InputException if it is not, and one of these options is given
   */
  boolean given() {
    if (size == null) {
      refuse("--ctx", context);
      refuse("--target", target);
      refuse("--quality", quality);
    }
    return size != null;
  }

  /**
   * What they ask for.
   *
   * @throws InputException if the size cannot be understood
   */
  Wishes wishes(String model, String method, @Nullable Integer bits) {
    return new Wishes(
        List.of(ModelReference.typed(model)),
        Optional.of(method),
        List.of(),
        bits == null ? OptionalInt.empty() : OptionalInt.of(bits),
        Optional.ofNullable(target),
        size == null ? OptionalLong.empty() : OptionalLong.of(Budget.parse(size)),
        context == null ? OptionalInt.empty() : OptionalInt.of(context),
        Optional.ofNullable(quality),
        Optional.empty());
  }

  private static void refuse(String option, @Nullable Object value) {
    if (value != null) {
      throw new InputException(option + " applies to --fit only", "leave it out, or give --fit");
    }
  }
}
