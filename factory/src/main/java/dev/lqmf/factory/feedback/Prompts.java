package dev.lqmf.factory.feedback;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What models are asked. A line is {@code category: text}; blank lines and {@code #} are skipped.
 */
public final class Prompts {
  private static final String SHIPPED = "prompts.txt";

  private Prompts() {}

  /**
   * A prompt.
   *
   * @param category as in {@code reasoning}
   */
  public record Prompt(String category, String text) {}

  /** Those that LQMF brings along. */
  public static List<Prompt> shipped() {
    try (InputStream in = Prompts.class.getResourceAsStream(SHIPPED)) {
      if (in == null) {
        throw new IllegalStateException(SHIPPED + " is missing");
      }
      return parse(SHIPPED, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A user's own.
   *
   * @throws InputException if a line has no category, or there are none
   */
  public static List<Prompt> read(Path file) throws IOException {
    return parse(file.toString(), Files.readString(file));
  }

  /** The first of each category. */
  static List<Prompt> oneEach(List<Prompt> prompts) {
    Map<String, Prompt> first = new LinkedHashMap<>();
    prompts.forEach(p -> first.putIfAbsent(p.category(), p));
    return List.copyOf(first.values());
  }

  private static List<Prompt> parse(String origin, String text) {
    List<Prompt> prompts = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      number++;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      int colon = line.indexOf(": ");
      if (colon < 1 || line.substring(colon + 2).isBlank()) {
        throw new InputException(
            "%s, line %d is no prompt: %s".formatted(origin, number, InputException.quote(line)),
            "write category: text");
      }
      prompts.add(new Prompt(line.substring(0, colon).strip(), line.substring(colon + 2).strip()));
    }
    if (prompts.isEmpty()) {
      throw new InputException(origin + " has no prompts", "write category: text on a line");
    }
    return List.copyOf(prompts);
  }
}
