package dev.lqmf.factory.feedback;

import dev.lqmf.factory.IndentedJson;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The reports that were kept, a JSON file for each: {@code benchmark_<time>_<model>.json}. A result
 * has its first test beside it, {@value #BESIDE}.
 */
public final class TestStore {
  /** The file in a result's directory. */
  public static final String BESIDE = "test.json";

  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneId.systemDefault());
  private static final JsonMapper MAPPER = IndentedJson.mapper().build();

  private final Path directory;
  private final InstantSource clock;

  /**
   * A store.
   *
   * @param directory made when something is kept
   */
  public TestStore(Path directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /**
   * What a kept report says in short.
   *
   * @param reason why it did not pass
   * @param score absent if the model did not run
   */
  public record Last(
      Instant testedAt, String outcome, Optional<String> reason, OptionalDouble score) {}

  /**
   * Keeps a report.
   *
   * @return its file
   * @throws IOException if it cannot be written, and then no part of it is there
   */
  public Path keep(TestReport report) throws IOException {
    Path file = directory.resolve(name(report.model().name()) + ".json");
    write(file, report);
    return file;
  }

  /** The file of a report in HTML about several models. */
  public Path page() {
    return directory.resolve(name("report") + ".html");
  }

  private String name(String of) {
    return "benchmark_%s_%s".formatted(STAMP.format(clock.instant()), of);
  }

  /** Keeps a report in the model's own directory, in place of an older one. */
  public void keepBeside(TestReport report) throws IOException {
    write(report.model().path().resolve(BESIDE), report);
  }

  private void write(Path file, TestReport report) throws IOException {
    write(file, MAPPER.writeValueAsString(TestJson.of(report, clock.instant())) + "\n");
  }

  /** Writes all of a file or none of it. */
  public static void write(Path file, String text) throws IOException {
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    try {
      Files.createDirectories(folder);
      Path partial = Files.createTempFile(folder, ".", ".partial");
      try {
        Files.writeString(partial, text);
        Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new IOException("cannot write %s: %s".formatted(file, reason(e)), e);
    }
  }

  private static String reason(IOException e) {
    String reason = e instanceof FileSystemException refused ? refused.getReason() : e.getMessage();
    return reason == null ? e.getClass().getSimpleName() : reason;
  }

  /** The newest report about a model. */
  public Optional<Last> last(FoundModel model) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (Stream<Path> kept = Files.list(directory)) {
        String suffix = "_" + model.name() + ".json";
        kept.filter(f -> f.getFileName().toString().startsWith("benchmark_"))
            .filter(f -> f.getFileName().toString().endsWith(suffix))
            .sorted(Comparator.comparing(Path::getFileName).reversed())
            .forEach(files::add);
      }
    }
    Optional<Last> kept =
        files.stream()
            .flatMap(f -> read(f).stream())
            .filter(report -> isAbout(report, model))
            .findFirst()
            .map(TestStore::inShort);
    Optional<Last> beside = read(model.path().resolve(BESIDE)).map(TestStore::inShort);
    return Stream.of(kept, beside)
        .flatMap(Optional::stream)
        .max(Comparator.comparing(Last::testedAt));
  }

  /** Another model may have the same name, or one that ends in it. */
  private static boolean isAbout(JsonNode report, FoundModel model) {
    String path = report.path("model").path("path").asString("");
    return path.equals(model.path().toString())
        || path.equals(model.path().toAbsolutePath().normalize().toString());
  }

  /** A report; none if the file is not there, or is none. */
  private static Optional<JsonNode> read(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      JsonNode report = MAPPER.readTree(Files.readString(file));
      var _ = Instant.parse(report.required("tested_at").asString());
      return report.path("outcome").isString() ? Optional.of(report) : Optional.empty();
    } catch (IOException | JacksonException | DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Last inShort(JsonNode report) {
    JsonNode score = report.path("scores").path("score");
    return new Last(
        Instant.parse(report.path("tested_at").asString()),
        report.path("outcome").asString().replace('_', ' '),
        report.path("reason").asStringOpt(),
        score.isNumber() ? OptionalDouble.of(score.asDouble()) : OptionalDouble.empty());
  }
}
