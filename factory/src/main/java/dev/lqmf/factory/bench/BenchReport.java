package dev.lqmf.factory.bench;

import dev.lqmf.factory.plan.MemoryModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Variants side by side.
 *
 * @param rows the baseline first, if there is one
 * @param baseline index of its row
 * @param references whether the prompts had answers of their own to compare with
 */
public record BenchReport(List<Row> rows, OptionalInt baseline, boolean references) {
  /** Copies the list. */
  public BenchReport {
    rows = List.copyOf(rows);
  }

  /**
   * One model.
   *
   * @param name of the model
   * @param identity hash of its recipe, or of its files
   * @param format how its weights are stored
   * @param bytes of its tensors
   * @param fileBytes of the files that hold them: the size of the model
   * @param bitsPerWeight bits of all tensors by the number of weights
   * @param memory tells the bytes of keys and values
   * @param trainedLength tokens that it was trained with, if that is known
   * @param rouge mean F1 against the references or the baseline's answers
   * @param failures measurements that could not be made, and why
   */
  public record Row(
      String name,
      String identity,
      String format,
      long bytes,
      long fileBytes,
      double bitsPerWeight,
      MemoryModel memory,
      OptionalInt trainedLength,
      Optional<Measured.Predictions> predictions,
      Optional<Measured.Accuracy> accuracy,
      Optional<RougeMeans> rouge,
      Optional<Measured.Speed> speed,
      Map<Measurement, String> failures,
      List<Change> changes) {
    /** Copies the collections. */
    public Row {
      failures = Map.copyOf(failures);
      changes = List.copyOf(changes);
    }

    /** Distance from the baseline, if that was measured. */
    public Optional<Measured.Distance> distance() {
      return predictions.flatMap(Measured.Predictions::distance);
    }
  }

  /**
   * Means over all prompts, 0 to 1.
   *
   * @param one F1 of words
   * @param two F1 of pairs of words
   * @param longest F1 of the longest common sequence
   */
  public record RougeMeans(double one, double two, double longest) {}

  /**
   * A number then and now.
   *
   * @param figure what it is
   * @param before stored
   * @param now measured again
   * @param worse by which share it got worse; below 0 if better
   */
  public record Change(String figure, double before, double now, double worse) {}
}
