package dev.lqmf.factory.memory;

import dev.lqmf.factory.memory.Experiment.Status;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What all experiments say together.
 *
 * @param total number of experiments
 * @param byStatus how many there are of each status
 * @param bytesSaved by all successful ones, against their inputs; each recipe counts once
 * @param methods compared, by method and type
 * @param times how well they were predicted
 * @param divergences how well they were predicted
 */
public record Statistics(
    int total,
    Map<Status, Integer> byStatus,
    long bytesSaved,
    List<Group> methods,
    Accuracy times,
    Accuracy divergences) {

  /**
   * How well something was predicted.
   *
   * @param runs how many predictions came to be tested
   * @param factor by which they were off, as a geometric mean: 1 is perfect; empty if there are
   *     none
   */
  public record Accuracy(int runs, OptionalDouble factor) {
    private static Accuracy of(
        List<Experiment> experiments, String name, Function<Experiment, OptionalDouble> actual) {
      List<Double> logs = new ArrayList<>();
      for (Experiment e : experiments) {
        Double predicted = e.predicted().get(name);
        if (predicted != null) {
          actual.apply(e).ifPresent(came -> logs.add(Math.abs(Math.log(predicted / came))));
        }
      }
      OptionalDouble mean = logs.stream().mapToDouble(Double::doubleValue).average();
      return new Accuracy(
          logs.size(), mean.isPresent() ? OptionalDouble.of(Math.exp(mean.getAsDouble())) : mean);
    }
  }

  /**
   * The experiments of one method and type.
   *
   * @param runs those that have ended
   * @param successes of these
   * @param meanSeconds of the successful ones that made nothing else in the same run
   * @param meanBitsPerWeight of the successful ones
   * @param meanRatio how many times smaller than its input a result is: total of inputs by total of
   *     results
   */
  public record Group(
      String method,
      String type,
      int runs,
      int successes,
      OptionalDouble meanSeconds,
      OptionalDouble meanBitsPerWeight,
      OptionalDouble meanRatio) {}

  /** The statistics of some experiments. */
  public static Statistics of(List<Experiment> experiments) {
    Map<Status, Integer> byStatus = new EnumMap<>(Status.class);
    Map<String, Long> saved = new TreeMap<>();
    Map<String, List<Experiment>> groups = new TreeMap<>();
    for (Experiment e : experiments) {
      byStatus.merge(e.status(), 1, Integer::sum);
      if (e.status() == Status.SUCCESS) {
        saved.put(
            e.task().recipeHash().orElse(e.id()), e.sizes().inputBytes() - e.sizes().outputBytes());
      }
      // Before there is a plan, the type is only what was asked for.
      if (e.status() != Status.RUNNING && e.task().recipeHash().isPresent()) {
        groups
            .computeIfAbsent(e.task().method() + "\n" + e.task().type(), _ -> new ArrayList<>())
            .add(e);
      }
    }
    return new Statistics(
        experiments.size(),
        byStatus,
        saved.values().stream().mapToLong(Long::longValue).sum(),
        groups.values().stream().map(Statistics::group).toList(),
        Accuracy.of(
            experiments.stream().filter(ExperiencePredictor::tellsTime).toList(),
            Experiment.TOTAL,
            Experiment::totalSeconds),
        Accuracy.of(experiments, ExperiencePredictor.DIVERGENCE, ExperiencePredictor::measured));
  }

  private static Group group(List<Experiment> experiments) {
    List<Experiment> successes =
        experiments.stream().filter(e -> e.status() == Status.SUCCESS).toList();
    long in = successes.stream().mapToLong(e -> e.sizes().inputBytes()).sum();
    long out = successes.stream().mapToLong(e -> e.sizes().outputBytes()).sum();
    Experiment any = experiments.getFirst();
    return new Group(
        any.task().method(),
        any.task().type(),
        experiments.size(),
        successes.size(),
        successes.stream()
            .filter(e -> e.task().together() == 1)
            .flatMapToDouble(e -> e.totalSeconds().stream())
            .average(),
        successes.stream().flatMapToDouble(e -> e.sizes().bitsPerWeight().stream()).average(),
        out == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) in / out));
  }

  /** How many experiments have a status. */
  public int count(Status status) {
    return byStatus.getOrDefault(status, 0);
  }

  /** The share of runs with a status among those that have ended. */
  public OptionalDouble rate(Status status) {
    int ended = total - count(Status.RUNNING);
    return ended == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) count(status) / ended);
  }
}
