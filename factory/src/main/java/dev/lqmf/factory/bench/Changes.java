package dev.lqmf.factory.bench;

import java.util.ArrayList;
import java.util.List;

/** What became of the figures of a measurement. */
final class Changes {
  private Changes() {}

  /** Compares two results of one kind. */
  static List<BenchReport.Change> between(Measured before, Measured now) {
    List<BenchReport.Change> changes = new ArrayList<>();
    switch (before) {
      case Measured.Predictions b when now instanceof Measured.Predictions n -> {
        changes.add(rise("perplexity", b.perplexity().value(), n.perplexity().value(), 0));
        if (b.distance().isPresent() && n.distance().isPresent()) {
          Measured.Distance d = b.distance().get();
          Measured.Distance e = n.distance().get();
          changes.add(
              rise(
                  "KL divergence",
                  d.divergence().value(),
                  e.divergence().value(),
                  Math.max(d.noiseFloor(), e.noiseFloor())));
          changes.add(fall("same top", d.sameTop().value(), e.sameTop().value()));
        }
      }
      case Measured.Accuracy b when now instanceof Measured.Accuracy n -> {
        changes.add(fall("accuracy", b.plain().value(), n.plain().value()));
        changes.add(fall("accuracy per character", b.normalized().value(), n.normalized().value()));
      }
      case Measured.Speed b when now instanceof Measured.Speed n -> {
        changes.add(fall("decode tokens/s", b.decode(), n.decode()));
        changes.add(fall("prompt tokens/s", b.prompt(), n.prompt()));
        if (b.memory().isPresent() && n.memory().isPresent()) {
          changes.add(rise("memory", b.memory().getAsLong(), n.memory().getAsLong(), 0));
        }
      }
      case Measured.Answers b when now instanceof Measured.Answers n -> {
        double same = 0;
        for (int i = 0; i < b.texts().size(); i++) {
          same += b.texts().get(i).equals(n.texts().get(i)) ? 1 : 0;
        }
        changes.add(fall("same answers", 1, same / b.texts().size()));
      }
      default -> throw new IllegalArgumentException(before + " against " + now);
    }
    return changes;
  }

  /** A figure that should be low; differences up to the noise are none. */
  private static BenchReport.Change rise(String figure, double before, double now, double noise) {
    double difference = Math.abs(now - before) <= noise ? 0 : now - before;
    return new BenchReport.Change(figure, before, now, share(difference, before));
  }

  /** A figure that should be high. */
  private static BenchReport.Change fall(String figure, double before, double now) {
    return new BenchReport.Change(figure, before, now, share(before - now, before));
  }

  private static double share(double difference, double before) {
    if (difference == 0) {
      return 0;
    }
    return before == 0 ? Math.copySign(1, difference) : difference / before;
  }
}
