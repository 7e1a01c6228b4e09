package dev.lqmf.tensor.file;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/** JSON that comes from strangers: no name twice in an object, no deep nesting, no long numbers. */
public final class Json {
  /** Longer than any tensor name or metadata value seen; checkpoints embed whole documents. */
  private static final int MAX_STRING = 16 << 20;

  private static final int MAX_NAME = 64 << 10;
  private static final int MAX_NUMBER = 64;

  private static final String MARKER = " \\(start marker at .*\\)$";

  private Json() {}

  /** A parser that throws {@link JacksonException} for what is not allowed. */
  public static JsonParser parser(InputStream input, int maxNesting) {
    return JsonFactory.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .streamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(maxNesting)
                .maxStringLength(MAX_STRING)
                .maxNameLength(MAX_NAME)
                .maxNumberLength(MAX_NUMBER)
                .build())
        .build()
        .createParser(ObjectReadContext.empty(), input);
  }

  /**
   * What the parser complains about, on one line and with the place.
   *
   * @throws IOException if it is that the input could not be read
   */
  public static String problem(JacksonException e) throws IOException {
    if (e instanceof JacksonIOException io) {
      throw io.getCause();
    }
    String message = e.getOriginalMessage();
    int end = message.indexOf('\n');
    // Where a structure begins is told with words about the parser's source, which says nothing
    // here.
    String line = (end < 0 ? message : message.substring(0, end)).replaceAll(MARKER, "");
    return e.getLocation() == null
        ? line
        : String.format(
            Locale.ROOT,
            "%s (line %d, column %d)",
            line,
            e.getLocation().getLineNr(),
            e.getLocation().getColumnNr());
  }
}
