package dev.lqmf.factory.bench;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which variants are worth their size. */
public final class Pareto {
  private Pareto() {}

  /**
   * The variants that no other beats: nothing as small or smaller is nearer to the baseline.
   *
   * @return indices of rows that have a distance from the baseline
   */
  public static Set<Integer> front(List<BenchReport.Row> rows) {
    Set<Integer> front = new TreeSet<>();
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).distance().isPresent() && !isBeaten(rows.get(i), rows)) {
        front.add(i);
      }
    }
    return front;
  }

  private static boolean isBeaten(BenchReport.Row row, List<BenchReport.Row> rows) {
    double own = divergence(row);
    return rows.stream()
        .filter(r -> r != row && r.distance().isPresent())
        .anyMatch(
            r ->
                r.fileBytes() <= row.fileBytes()
                    && divergence(r) <= own
                    && (r.fileBytes() < row.fileBytes() || divergence(r) < own));
  }

  private static double divergence(BenchReport.Row row) {
    return row.distance().orElseThrow().divergence().value();
  }
}
