package dev.lqmf.factory.feedback;

import dev.lqmf.factory.feedback.Prompts.Prompt;
import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.Optional;

/**
 * How thoroughly to test.
 *
 * @param mode what people call it
 * @param prompts to be asked, at least one
 * @param tokens the most of an answer
 * @param speedRuns runs that time is taken of; 0: speed is taken from the answers alone
 * @param windows of held-out text that models of up to a billion weights predict; 0: none
 * @param baseline a model that the predictions are compared with
 */
public record TestPlan(
    String mode,
    List<Prompt> prompts,
    int tokens,
    int speedRuns,
    int windows,
    Optional<String> baseline) {

  /** The largest model that predicts all windows. */
  private static final long ALL_WINDOWS = 1_000_000_000;

  /**
   * Copies the list.
   *
   * @throws InputException if there are no prompts
   */
  public TestPlan {
    prompts = List.copyOf(prompts);
    if (prompts.isEmpty()) {
      throw new InputException("there is nothing to ask", "give at least one prompt");
    }
  }

  /** One prompt of each category, short answers. */
  public static TestPlan quick(List<Prompt> prompts) {
    return new TestPlan("quick", Prompts.oneEach(prompts), 32, 3, 4, Optional.empty());
  }

  /** All prompts, longer answers. */
  public static TestPlan comprehensive(List<Prompt> prompts) {
    return new TestPlan("comprehensive", prompts, 128, 7, 40, Optional.empty());
  }

  /**
   * Windows for a model of so many weights, 0 if that is not known: what takes larger models long
   * is done less often.
   */
  public int windowsFor(long weights) {
    return windows == 0
        ? 0
        : (int) Math.clamp(windows * ALL_WINDOWS / Math.max(1, weights), 1, windows);
  }

  /** The same beside a baseline. */
  public TestPlan withBaseline(String model) {
    return new TestPlan(mode, prompts, tokens, speedRuns, windows, Optional.of(model));
  }
}
