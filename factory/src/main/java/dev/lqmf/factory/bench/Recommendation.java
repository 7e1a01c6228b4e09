package dev.lqmf.factory.bench;

import dev.lqmf.factory.eval.Estimate;
import dev.lqmf.factory.plan.CacheType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The variant for a budget of memory.
 *
 * @param row index of the row; absent: none fits
 * @param context tokens that were reckoned with
 * @param needed bytes of its weights and of keys and values, in 16 bits, of the context; of the
 *     smallest variant if none fits
 * @param equals indices of rows that fit too and cannot be told from it, but are larger
 */
public record Recommendation(OptionalInt row, int context, long needed, List<Integer> equals) {
  private static final int CONTEXT = 4096;
  private static final double ERRORS = 2;

  /** Copies the list. */
  public Recommendation {
    equals = List.copyOf(equals);
  }

  /**
   * Recommends, of what fits and was compared with the baseline, the nearest to it; among those
   * whose divergences differ by no more than noise and twice their standard errors, the smallest.
   *
   * @param budget bytes of memory
   */
  public static Recommendation of(BenchReport report, long budget) {
    List<BenchReport.Row> rows = report.rows();
    List<Integer> compared =
        java.util.stream.IntStream.range(0, rows.size())
            .filter(i -> rows.get(i).distance().isPresent())
            .boxed()
            .toList();
    List<Integer> fitting = compared.stream().filter(i -> needed(rows.get(i)) <= budget).toList();
    Optional<Integer> nearest =
        fitting.stream()
            .min(Comparator.comparingDouble(i -> distance(rows, i).divergence().value()));
    if (nearest.isEmpty()) {
      long least = compared.stream().mapToLong(i -> needed(rows.get(i))).min().orElse(0);
      return new Recommendation(OptionalInt.empty(), CONTEXT, least, List.of());
    }
    List<Integer> alike =
        fitting.stream()
            .filter(i -> isAlike(distance(rows, nearest.get()), distance(rows, i)))
            .sorted(Comparator.comparingLong(i -> rows.get(i).bytes()))
            .toList();
    int chosen = alike.getFirst();
    return new Recommendation(
        OptionalInt.of(chosen),
        context(rows.get(chosen)),
        needed(rows.get(chosen)),
        alike.subList(1, alike.size()));
  }

  private static Measured.Distance distance(List<BenchReport.Row> rows, int index) {
    return rows.get(index).distance().orElseThrow();
  }

  private static boolean isAlike(Measured.Distance a, Measured.Distance b) {
    Estimate x = a.divergence();
    Estimate y = b.divergence();
    double margin =
        Math.max(
            Math.max(a.noiseFloor(), b.noiseFloor()), ERRORS * Math.hypot(x.error(), y.error()));
    return Math.abs(x.value() - y.value()) <= margin;
  }

  private static int context(BenchReport.Row row) {
    return Math.min(CONTEXT, row.trainedLength().orElse(CONTEXT));
  }

  private static long needed(BenchReport.Row row) {
    return row.bytes() + row.memory().cacheBytes(context(row), CacheType.F16);
  }
}
