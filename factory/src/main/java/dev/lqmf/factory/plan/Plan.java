package dev.lqmf.factory.plan;

import dev.lqmf.factory.QuantMethod;
import java.time.Duration;

/**
 * One way to make a model fit.
 *
 * @param input the model as {@link dev.lqmf.factory.QuantizeRequest#input} takes it
 * @param model its name
 * @param method as in {@code gguf}
 * @param type as in {@code Q4_K_M}, {@code NF4}
 * @param fileBytes of all files
 * @param exact whether the files will have exactly this size; else at most
 * @param bitsPerWeight stored
 * @param memory at the context
 * @param context tokens
 * @param cache type of keys and values
 * @param budget what the memory must fit into
 * @param quality expected
 * @param time expected
 * @param evidence what quality and time are expected from
 * @param reason why it is this one, a sentence without a full stop
 */
public record Plan(
    String input,
    String model,
    String method,
    String type,
    long fileBytes,
    boolean exact,
    double bitsPerWeight,
    MemoryUse memory,
    int context,
    CacheType cache,
    Budget budget,
    QualityClass quality,
    Duration time,
    Predictor.Evidence evidence,
    String reason) {

  /** Whether it needs no more than the budget. */
  public boolean fits() {
    return memory.total() <= budget.bytes();
  }

  /** What makes it. */
  public QuantMethod quantMethod() {
    return Candidate.of(method, type).method();
  }

  Plan because(String why) {
    return new Plan(
        input,
        model,
        method,
        type,
        fileBytes,
        exact,
        bitsPerWeight,
        memory,
        context,
        cache,
        budget,
        quality,
        time,
        evidence,
        why);
  }
}
