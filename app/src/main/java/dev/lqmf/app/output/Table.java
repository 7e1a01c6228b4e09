package dev.lqmf.app.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Text in aligned columns, two spaces apart. */
public final class Table {
  private static final String GAP = "  ";

  /** A column narrower than this is left to the terminal to break. */
  private static final int MIN_WRAPPED = 24;

  private final List<Column> columns;
  private final List<String[]> rows = new ArrayList<>();

  private record Column(String title, boolean right) {}

  /**
   * An empty table.
   *
   * @param titles column heads; one that begins with {@code >} makes a column aligned to the right
   */
  public Table(String... titles) {
    columns =
        Arrays.stream(titles)
            .map(t -> t.startsWith(">") ? new Column(t.substring(1), true) : new Column(t, false))
            .toList();
  }

  /** Adds a line; one cell for every column. */
  public Table row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(
          cells.length + " cells for " + columns.size() + " columns");
    }
    rows.add(cells);
    return this;
  }

  /** Whether it has no lines but the head. */
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /**
   * The lines of the table, head first, without spaces at the end.
   *
   * @param style how the head looks
   * @param width a longer line continues below its last cell, if that is text; columns that do not
   *     fit come below, beside the first one once more
   */
  public List<String> lines(Style style, int width) {
    int[] widths = new int[columns.size()];
    for (int c = 0; c < widths.length; c++) {
      int column = c;
      widths[c] =
          Stream.concat(Stream.of(columns.get(c).title), rows.stream().map(cells -> cells[column]))
              .mapToInt(Table::width)
              .max()
              .orElse(0);
    }
    List<String> lines = new ArrayList<>();
    for (List<Integer> band : bands(widths, width)) {
      if (!lines.isEmpty()) {
        lines.add("");
      }
      lines.addAll(lines(style, width, widths, band));
    }
    return lines;
  }

  /** The columns in groups that fit; the first column is in each, and another one at least. */
  private List<List<Integer>> bands(int[] widths, int width) {
    int last = widths.length - 1;
    List<List<Integer>> bands = new ArrayList<>();
    List<Integer> band = new ArrayList<>(List.of(0));
    long taken = widths[0];
    for (int c = 1; c <= last; c++) {
      int least =
          c == last && !columns.get(c).right ? Math.min(widths[c], MIN_WRAPPED) : widths[c];
      if (band.size() > 1 && taken + GAP.length() + least > width) {
        bands.add(band);
        band = new ArrayList<>(List.of(0));
        taken = widths[0];
      }
      band.add(c);
      taken += GAP.length() + widths[c];
    }
    bands.add(band);
    return bands;
  }

  private List<String> lines(Style style, int width, int[] widths, List<Integer> band) {
    int last = band.getLast();
    int indent =
        band.stream().mapToInt(c -> c == last ? 0 : widths[c]).sum()
            + (band.size() - 1) * GAP.length();
    boolean wraps =
        last == widths.length - 1 && !columns.get(last).right && width - indent >= MIN_WRAPPED;
    List<String> lines = new ArrayList<>();
    String[] titles = columns.stream().map(Column::title).toArray(String[]::new);
    lines.add(style.dim(line(titles, widths, band)));
    for (String[] cells : rows) {
      String[] head = cells.clone();
      List<String> parts = wraps ? wrap(cells[last], width - indent) : List.of(cells[last]);
      head[last] = parts.getFirst();
      lines.add(line(head, widths, band));
      parts.stream().skip(1).forEach(part -> lines.add(" ".repeat(indent) + part));
    }
    return lines;
  }

  private String line(String[] cells, int[] widths, List<Integer> band) {
    StringBuilder line = new StringBuilder();
    for (int c : band) {
      String padding = " ".repeat(widths[c] - width(cells[c]));
      line.append(c == 0 ? "" : GAP);
      line.append(columns.get(c).right ? padding + cells[c] : cells[c] + padding);
    }
    return line.toString().stripTrailing();
  }

  /** Breaks a text at spaces; a word that is too long stays whole. */
  private static List<String> wrap(String text, int width) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!part.isEmpty() && width(part.toString()) + 1 + width(word) > width) {
        parts.add(part.toString());
        part.setLength(0);
      }
      part.append(part.isEmpty() ? "" : " ").append(word);
    }
    parts.add(part.toString());
    return parts;
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
