package dev.lqmf.factory.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Draws size against divergence from the baseline as an SVG file; the divergence in logarithms. */
public final class ParetoChart {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 500;
  private static final int LEFT = 80;
  private static final int RIGHT = 120;
  private static final int TOP = 50;
  private static final int BOTTOM = 60;
  private static final int TICKS = 5;

  /** Room for a type's name. */
  private static final int LABEL_WIDTH = 70;

  private static final int LABEL_HEIGHT = 13;

  /** Where a name is. */
  private record Label(double x, double y) {}

  /** What is nearer cannot be told from the baseline, and has no logarithm in the end. */
  private static final double LEAST = 1e-9;

  private final List<BenchReport.Row> rows;
  private final Set<Integer> front;
  private final List<Label> labels = new ArrayList<>();
  private final double maxBytes;
  private final double low;
  private final double high;

  private ParetoChart(BenchReport report) {
    rows = report.rows();
    front = Pareto.front(rows);
    List<Double> logs = new ArrayList<>();
    double largest = 1;
    for (BenchReport.Row row : rows) {
      if (row.distance().isPresent()) {
        logs.add(log(row));
        largest = Math.max(largest, row.fileBytes());
      }
    }
    low = Math.floor(logs.stream().min(Double::compare).orElse(-1.0));
    double top = Math.ceil(logs.stream().max(Double::compare).orElse(0.0));
    high = top == low ? low + 1 : top;
    maxBytes = largest * 1.05;
  }

  /** The chart as an SVG document. */
  public static String svg(BenchReport report) {
    return new ParetoChart(report).draw();
  }

  private static double log(BenchReport.Row row) {
    return Math.log10(Math.max(LEAST, row.distance().orElseThrow().divergence().value()));
  }

  private String draw() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
        <rect width="%d" height="%d" fill="white"/>
        <text x="%d" y="28" font-size="16">Size and distance from the original</text>
        """
            .formatted(WIDTH, HEIGHT, WIDTH, HEIGHT, LEFT));
    axes(svg);
    line(svg);
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).distance().isPresent()) {
        point(svg, i);
      }
    }
    return svg.append("</svg>\n").toString();
  }

  private void axes(StringBuilder svg) {
    for (int exponent = (int) low; exponent <= high; exponent++) {
      double y = y(exponent);
      svg.append(line(LEFT, y, WIDTH - RIGHT, y, "#ddd"));
      svg.append(text(LEFT - 8, y + 4, "end", "1e" + exponent));
    }
    for (int i = 0; i <= TICKS; i++) {
      double bytes = maxBytes * i / TICKS;
      double x = x(bytes);
      svg.append(line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, "#444"));
      svg.append(text(x, HEIGHT - BOTTOM + 20, "middle", megabytes(bytes)));
    }
    svg.append(line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "#444"));
    svg.append(line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "#444"));
    svg.append(text((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 18, "middle", "size of the files, MB"));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text transform=\"translate(24 %d) rotate(-90)\" text-anchor=\"middle\">"
                + "mean KL divergence, nats</text>%n",
            (TOP + HEIGHT - BOTTOM) / 2));
  }

  private void line(StringBuilder svg) {
    StringBuilder points = new StringBuilder();
    front.stream()
        .sorted(Comparator.comparingLong(i -> rows.get(i).fileBytes()))
        .forEach(
            i ->
                points.append(
                    String.format(
                        Locale.ROOT,
                        "%.1f,%.1f ",
                        x(rows.get(i).fileBytes()),
                        y(log(rows.get(i))))));
    svg.append("<polyline fill=\"none\" stroke=\"#1a6fb5\" stroke-dasharray=\"4 3\" points=\"")
        .append(points.toString().strip())
        .append("\"/>\n");
  }

  private void point(StringBuilder svg, int index) {
    BenchReport.Row row = rows.get(index);
    double x = x(row.fileBytes());
    double y = y(log(row));
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\"><title>%s: %s MB, %.3g</title>"
                + "</circle>%n",
            x,
            y,
            front.contains(index) ? "#1a6fb5" : "#aaa",
            escape(row.name()),
            megabytes(row.fileBytes()),
            row.distance().orElseThrow().divergence().value()));
    Label label = label(x + 8, y - 6);
    svg.append(text(label.x, label.y, "start", row.format()));
  }

  /** Beside the point, or as far above as it takes to lie on no other label. */
  private Label label(double x, double y) {
    double place = y;
    while (hidden(x, place)) {
      place -= 1;
    }
    Label label = new Label(x, place);
    labels.add(label);
    return label;
  }

  private boolean hidden(double x, double y) {
    return labels.stream()
        .anyMatch(l -> Math.abs(l.x - x) < LABEL_WIDTH && Math.abs(l.y - y) < LABEL_HEIGHT);
  }

  private double x(double bytes) {
    return LEFT + (WIDTH - LEFT - RIGHT) * bytes / maxBytes;
  }

  private double y(double log) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (log - low) / (high - low);
  }

  private static String megabytes(double bytes) {
    return String.format(Locale.ROOT, bytes < 1e8 ? "%.1f" : "%.0f", bytes / 1e6);
  }

  private static String line(double x1, double y1, double x2, double y2, String colour) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>%n",
        x1,
        y1,
        x2,
        y2,
        colour);
  }

  private static String text(double x, double y, String anchor, String text) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        escape(text));
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
