package dev.lqmf.factory.bench;

import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.TorchOptions;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What to compare.
 *
 * @param models checkpoint directories, GGUF files, results or hub ids, at least one
 * @param baseline the model that the others should be equal to
 * @param text predicted by all; absent: WikiText-2 test
 * @param maxTokens tokens of it that are used
 * @param tasks multiple-choice questions; absent: those that LQMF brings along
 * @param prompts what is asked; absent: those that LQMF brings along
 * @param stem whether ROUGE compares words by their English stems
 * @param measurements what to measure, at least one
 * @param fresh measure again, and store nothing in place of what is stored
 * @param torch how to run the models
 */
public record BenchRequest(
    List<String> models,
    Optional<String> baseline,
    Optional<Path> text,
    int maxTokens,
    Optional<Path> tasks,
    Optional<Path> prompts,
    boolean stem,
    Set<Measurement> measurements,
    boolean fresh,
    TorchOptions torch) {
  /** Divergences need less text than perplexity. */
  public static final int DEFAULT_TOKENS = 50_000;

  /**
   * Checks the parts.
   *
   * @throws InputException if there is no model, or nothing to measure
   */
  public BenchRequest {
    models = List.copyOf(models);
    if (models.isEmpty()) {
      throw new InputException("no model is named", "name at least one");
    }
    if (measurements.isEmpty()) {
      throw new InputException("nothing is to be measured", "name a measurement");
    }
    measurements = EnumSet.copyOf(measurements);
  }
}
