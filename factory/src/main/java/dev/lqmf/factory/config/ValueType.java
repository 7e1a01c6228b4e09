package dev.lqmf.factory.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What the values of a setting are.
 *
 * @param allowed which texts are values, for people
 * @param parser the value of a text; empty if it is none
 */
record ValueType<T>(String allowed, Function<String, Optional<T>> parser) {
  private static final Pattern SIZE =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,3})?)\\s*(M|G|T)?(I)?B?", Pattern.CASE_INSENSITIVE);
  private static final String UNITS = "MGT";

  static final ValueType<String> TEXT = new ValueType<>("any text", Optional::of);

  static final ValueType<Secret> SECRET =
      new ValueType<>(
          "a key without blanks",
          text ->
              text.matches("[\\x21-\\x7e]+") ? Optional.of(new Secret(text)) : Optional.empty());

  static final ValueType<Path> DIRECTORY = new ValueType<>("a directory", ValueType::path);

  static final ValueType<Boolean> FLAG =
      new ValueType<>(
          "true or false",
          text ->
              switch (text.toLowerCase(Locale.ROOT)) {
                case "true", "yes", "on", "1" -> Optional.of(true);
                case "false", "no", "off", "0" -> Optional.of(false);
                default -> Optional.empty();
              });

  /** Bytes; a bare number counts gigabytes. */
  static final ValueType<Long> MEMORY =
      new ValueType<>("a size such as 8GB, 7.5GB or 8GiB", ValueType::bytes);

  /** A whole number in a range, ends included. */
  static ValueType<Integer> integer(int least, int most) {
    return new ValueType<>(
        "a whole number from " + least + " to " + most,
        text ->
            Optional.of(text)
                .filter(t -> t.matches("\\d{1,9}"))
                .map(Integer::valueOf)
                .filter(n -> n >= least && n <= most));
  }

  /** One of an enum's constants, in lower case. */
  static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
    E[] constants = type.getEnumConstants();
    return new ValueType<>(
        Arrays.stream(constants)
            .map(c -> c.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ")),
        text -> Arrays.stream(constants).filter(c -> c.name().equalsIgnoreCase(text)).findFirst());
  }

  private static Optional<Path> path(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException malformed) {
      return Optional.empty();
    }
  }

  private static Optional<Long> bytes(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String unit = matcher.group(2) == null ? "G" : matcher.group(2).toUpperCase(Locale.ROOT);
    double step = matcher.group(3) == null ? 1000 : 1024;
    double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(step, UNITS.indexOf(unit) + 2);
    return bytes >= 1 && bytes < 1e18 ? Optional.of(Math.round(bytes)) : Optional.empty();
  }
}
