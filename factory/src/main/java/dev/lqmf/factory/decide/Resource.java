package dev.lqmf.factory.decide;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** A list that the program ships: lines of fields with tabs between; {@code #} begins a comment. */
final class Resource {
  private Resource() {}

  static List<List<String>> rows(String name) {
    try (InputStream stream =
        Objects.requireNonNull(Resource.class.getResourceAsStream(name), name)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> List.of(line.split("\t")))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
