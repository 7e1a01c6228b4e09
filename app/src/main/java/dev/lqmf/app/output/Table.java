package dev.lqmf.app.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Text in aligned columns, two spaces apart. */
public final class Table {
  private static final String GAP = "  ";

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

  /** The lines of the table, head first, without spaces at the end. */
  public List<String> lines(Style style) {
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
    lines.add(style.dim(line(columns.stream().map(Column::title).toArray(String[]::new), widths)));
    rows.forEach(cells -> lines.add(line(cells, widths)));
    return lines;
  }

  private String line(String[] cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < cells.length; c++) {
      String padding = " ".repeat(widths[c] - width(cells[c]));
      line.append(c == 0 ? "" : GAP);
      line.append(columns.get(c).right ? padding + cells[c] : cells[c] + padding);
    }
    return line.toString().stripTrailing();
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
