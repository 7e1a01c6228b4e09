package dev.lqmf.app.output;

import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where the program writes, and what it may assume about the reader.
 *
 * @param out standard output: results
 * @param err standard error: progress, notes and errors
 * @param outIsTerminal whether a person reads {@code out}
 * @param errIsTerminal whether a person reads {@code err}
 * @param styled whether escape sequences for colour and weight are welcome
 * @param animated whether the cursor can be moved, so that a line can be rewritten
 * @param columns width, at least 20
 */
public record Terminal(
    PrintStream out,
    PrintStream err,
    boolean outIsTerminal,
    boolean errIsTerminal,
    boolean styled,
    boolean animated,
    int columns) {

  private static final int DEFAULT_COLUMNS = 80;
  private static final int MIN_COLUMNS = 20;

  /**
   * The terminal of this process. The launcher asks the system which streams are terminals and how
   * wide they are ({@code lqmf.tty}, {@code lqmf.columns}), which is quicker than asking from Java.
   */
  public static Terminal ofProcess() {
    Properties properties = System.getProperties();
    Map<String, String> environment = System.getenv();
    String tty = properties.getProperty("lqmf.tty");
    if (tty == null) {
      Console console = System.console();
      tty = console != null && console.isTerminal() ? "12" : "";
    }
    boolean dumb = "dumb".equals(environment.get("TERM"));
    String noColor = environment.get("NO_COLOR");
    return new Terminal(
        stream(new FileOutputStream(FileDescriptor.out), System.out),
        stream(errorStream(properties.getProperty("lqmf.err")), System.err),
        tty.contains("1"),
        tty.contains("2"),
        !dumb && (noColor == null || noColor.isEmpty()),
        !dumb,
        columns(properties.getProperty("lqmf.columns", "")));
  }

  /** A terminal that is none: plain text into two streams. */
  public static Terminal plain(PrintStream out, PrintStream err) {
    return new Terminal(out, err, false, false, false, false, DEFAULT_COLUMNS);
  }

  /**
   * Where errors go: the launcher filters the standard error of the JVM, but not ours. Only the
   * descriptor itself will do: a file that is opened once more has another position.
   */
  private static FileOutputStream errorStream(@Nullable String descriptor) {
    if (descriptor != null) {
      try {
        Constructor<FileDescriptor> numbered =
            FileDescriptor.class.getDeclaredConstructor(int.class);
        numbered.setAccessible(true); // the jar's manifest opens the package
        return new FileOutputStream(numbered.newInstance(Integer.parseInt(descriptor)));
      } catch (ReflectiveOperationException | RuntimeException e) {
        // The filtered stream serves as well.
      }
    }
    return new FileOutputStream(FileDescriptor.err);
  }

  /**
   * UTF-8 whatever the locale says: model output and our own tables need it, and terminals outside
   * Windows speak it even where the locale is C.
   */
  private static PrintStream stream(FileOutputStream stream, PrintStream standard) {
    if (System.getProperty("os.name").startsWith("Windows")) {
      return standard;
    }
    return new PrintStream(new BufferedOutputStream(stream), false, StandardCharsets.UTF_8);
  }

  private static int columns(String text) {
    try {
      return Math.max(MIN_COLUMNS, Integer.parseInt(text.strip()));
    } catch (NumberFormatException e) {
      return DEFAULT_COLUMNS;
    }
  }

  /** The same, of another width. */
  public Terminal withColumns(int width) {
    return new Terminal(
        out,
        err,
        outIsTerminal,
        errIsTerminal,
        styled,
        animated,
        width > 0 ? Math.max(MIN_COLUMNS, width) : columns);
  }

  /** Prints a table to standard output. */
  public void print(Table table) {
    table.lines(outStyle(), outIsTerminal ? columns : Integer.MAX_VALUE).forEach(out::println);
  }

  /** Prints a table without its head. */
  public void printBody(Table table) {
    table.body(outIsTerminal ? columns : Integer.MAX_VALUE).forEach(out::println);
  }

  /** Prints a sentence to standard output, on as many lines as it takes. */
  public void say(String text) {
    lines(text, outIsTerminal, 0).forEach(out::println);
  }

  /** Says something on standard error that a person may want to know. */
  public void note(String text) {
    complain("note: ", text);
  }

  /**
   * Says something on standard error.
   *
   * @param label what kind of thing, with the space behind it; further lines begin below the text
   */
  public void complain(String label, String text) {
    out.flush();
    lines(label + text, errIsTerminal, Wrap.width(label)).forEach(err::println);
    err.flush();
  }

  /** Programs get a sentence in one piece. */
  private List<String> lines(String text, boolean person, int indent) {
    return person ? Wrap.lines(text, columns, indent) : List.of(text);
  }

  /** How to style what goes to standard output. */
  public Style outStyle() {
    return new Style(styled && outIsTerminal);
  }

  /** How to style what goes to standard error. */
  public Style errStyle() {
    return new Style(styled && errIsTerminal);
  }
}
