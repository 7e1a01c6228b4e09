package dev.lqmf.app;

import dev.lqmf.factory.bench.BenchReport;
import dev.lqmf.factory.bench.Pareto;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/** Draws size against divergence with characters; the divergence in logarithms. */
final class ParetoPlot {
  private static final int WIDTH = 56;
  private static final int HEIGHT = 12;
  private static final double LEAST = 1e-9;

  private final BenchReport report;

  ParetoPlot(BenchReport report) {
    this.report = report;
  }

  /** The lines; variants are on it by letters, which are explained below. */
  List<String> lines() {
    List<BenchReport.Row> rows =
        report.rows().stream().filter(r -> r.distance().isPresent()).toList();
    Set<Integer> front = Pareto.front(rows);
    double[] logs = rows.stream().mapToDouble(ParetoPlot::log).toArray();
    double low = Math.floor(Arrays.stream(logs).min().orElseThrow());
    double high = Math.max(low + 1, Math.ceil(Arrays.stream(logs).max().orElseThrow()));
    long most = rows.stream().mapToLong(BenchReport.Row::fileBytes).max().orElseThrow();
    char[][] field = new char[HEIGHT][WIDTH];
    Arrays.stream(field).forEach(line -> Arrays.fill(line, ' '));
    for (int i = rows.size() - 1; i >= 0; i--) {
      int x = (int) Math.round((WIDTH - 1) * (double) rows.get(i).fileBytes() / most);
      int y = (int) Math.round((HEIGHT - 1) * (high - logs[i]) / (high - low));
      field[y][x] = letter(i, front.contains(i));
    }
    List<String> lines = new ArrayList<>(List.of("KLD"));
    for (int y = 0; y < HEIGHT; y++) {
      double exponent = high - (high - low) * y / (HEIGHT - 1);
      String label = y == 0 || y == HEIGHT - 1 ? "1e" + Math.round(exponent) : "";
      lines.add("%6s │%s".formatted(label, new String(field[y])).stripTrailing());
    }
    lines.add("       └" + "─".repeat(WIDTH));
    lines.add(
        ("%8s0%" + (WIDTH - 1) + "s MB")
            .formatted("", String.format(Locale.ROOT, "%.1f", most / 1e6)));
    IntStream.range(0, rows.size())
        .mapToObj(i -> "       %c  %s".formatted(letter(i, front.contains(i)), rows.get(i).name()))
        .forEach(lines::add);
    return lines;
  }

  /** Capitals are on the front. */
  private static char letter(int index, boolean onFront) {
    return (char) ((onFront ? 'A' : 'a') + index % 26);
  }

  private static double log(BenchReport.Row row) {
    return Math.log10(Math.max(LEAST, row.distance().orElseThrow().divergence().value()));
  }
}
