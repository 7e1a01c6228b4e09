package dev.lqmf.app.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Text in aligned columns, two spaces apart. */
public final class Table {
  private static final String GAP = "  ";

  /** Before what stands below a line. */
  private static final String BELOW = "    ";

  /** A text is not squeezed into a column narrower than this. */
  private static final int MIN_WRAPPED = 24;

  private final List<Column> columns;
  private final List<Row> rows = new ArrayList<>();

  private record Column(String title, boolean right) {}

  private record Row(String[] cells, List<String> below) {}

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
    rows.add(new Row(cells, new ArrayList<>()));
    return this;
  }

  /** Whether it has no lines but the head. */
  public boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Adds a text below the last line, as the reason for what that says. */
  public Table below(String text) {
    rows.getLast().below.add(text);
    return this;
  }

  /**
   * The lines of the table, head first, without spaces at the end. Where a line would be longer
   * than wished, its last cell continues below itself if that is text; else the columns that are
   * too many follow in a table of their own, with the first column once more.
   *
   * @param style how the head looks
   * @param width of the longest line, if no cell is longer
   */
  public List<String> lines(Style style, int width) {
    int[] widths = widths();
    List<String> lines = new ArrayList<>();
    int begin = 0;
    while (begin < widths.length) {
      int end = end(begin, widths, width);
      boolean first = begin == 0;
      int[] shown =
          IntStream.concat(first ? IntStream.empty() : IntStream.of(0), IntStream.range(begin, end))
              .toArray();
      if (!first) {
        lines.add("");
      }
      addBlock(lines, shown, widths, style, width, first);
      begin = end;
    }
    return lines;
  }

  /**
   * The lines of the table without the head, of which the last cell continues below itself where
   * the line would be too long.
   */
  public List<String> body(int width) {
    List<String> lines = new ArrayList<>();
    int[] widths = widths();
    addBlock(
        lines, IntStream.range(0, widths.length).toArray(), widths, new Style(false), width, true);
    return lines.subList(1, lines.size());
  }

  private int[] widths() {
    int[] widths = new int[columns.size()];
    for (int c = 0; c < widths.length; c++) {
      int column = c;
      widths[c] =
          Stream.concat(
                  Stream.of(columns.get(c).title), rows.stream().map(row -> row.cells[column]))
              .mapToInt(Wrap::width)
              .max()
              .orElse(0);
    }
    return widths;
  }

  /** Up to which column a block goes that begins at one; a block has at least one of its own. */
  private int end(int begin, int[] widths, int width) {
    int last = widths.length - 1;
    int taken = begin == 0 ? 0 : widths[0] + GAP.length();
    int end = begin;
    while (end <= last) {
      boolean wraps = end == last && !columns.get(last).right;
      int needed = wraps ? Math.min(widths[end], MIN_WRAPPED) : widths[end];
      // A first column alone tells nothing.
      int least = begin == 0 ? 2 : 1;
      if (end - begin >= least && taken + needed > width) {
        break;
      }
      taken += widths[end] + GAP.length();
      end++;
    }
    return end;
  }

  private void addBlock(
      List<String> lines, int[] shown, int[] widths, Style style, int width, boolean withBelow) {
    int last = shown[shown.length - 1];
    int indent = Arrays.stream(shown, 0, shown.length - 1).map(c -> widths[c] + GAP.length()).sum();
    boolean wraps =
        last == widths.length - 1 && !columns.get(last).right && width - indent >= MIN_WRAPPED;
    String[] titles = columns.stream().map(Column::title).toArray(String[]::new);
    lines.add(style.dim(line(titles, shown, widths)));
    for (Row row : rows) {
      String[] head = row.cells.clone();
      List<String> parts = wraps ? Wrap.lines(head[last], width - indent, 0) : List.of(head[last]);
      head[last] = parts.getFirst();
      lines.add(line(head, shown, widths));
      parts.stream().skip(1).forEach(part -> lines.add(" ".repeat(indent) + part));
      if (withBelow) {
        row.below.forEach(text -> lines.addAll(Wrap.lines(BELOW + text, width, BELOW.length())));
      }
    }
  }

  private String line(String[] cells, int[] shown, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c : shown) {
      String padding = " ".repeat(Math.max(0, widths[c] - Wrap.width(cells[c])));
      line.append(c == shown[0] ? "" : GAP);
      line.append(columns.get(c).right ? padding + cells[c] : cells[c] + padding);
    }
    return line.toString().stripTrailing();
  }
}
