package dev.lqmf.factory.bench;

import dev.lqmf.factory.IndentedJson;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What has been measured, a JSON file for each model and measurement, so that a run that was killed
 * goes on after what it had finished.
 */
public final class BenchStore {
  private static final JsonMapper MAPPER = IndentedJson.mapper().build();

  /** Raised whenever a measurement begins to give other numbers. */
  private static final int VERSION = 1;

  private final Path directory;
  private final InstantSource clock;

  /**
   * A store.
   *
   * @param directory made when something is saved
   */
  public BenchStore(Path directory, InstantSource clock) {
    this.directory = directory;
    this.clock = clock;
  }

  /**
   * A stored result.
   *
   * @param model its name when it was measured
   * @param measuredAt when, to the second
   */
  public record Entry(BenchKey key, String model, Instant measuredAt, Measured result) {}

  /** The result of that key; empty if there is none that can be read. */
  public Optional<Entry> find(BenchKey key) throws IOException {
    return read(directory.resolve(key.file())).filter(e -> e.key().equals(key));
  }

  /** All results of a model, the newest last. */
  public List<Entry> of(String identity) throws IOException {
    BenchKey any = new BenchKey(identity, Measurement.PREDICTIONS, new TreeMap<>());
    Path folder = Objects.requireNonNull(directory.resolve(any.file()).getParent());
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Entry> entries = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        read(file).filter(e -> e.key().identity().equals(identity)).ifPresent(entries::add);
      }
    }
    entries.sort((a, b) -> a.measuredAt().compareTo(b.measuredAt()));
    return entries;
  }

  private static Optional<Entry> read(Path file) throws IOException {
    try {
      JsonNode stored = MAPPER.readTree(Files.readString(file));
      if (stored.path("version").asInt() != VERSION) {
        return Optional.empty();
      }
      Measurement measurement = Measurement.valueOf(stored.required("measurement").asString());
      TreeMap<String, String> settings = new TreeMap<>();
      stored
          .required("settings")
          .properties()
          .forEach(p -> settings.put(p.getKey(), p.getValue().asString()));
      return Optional.of(
          new Entry(
              new BenchKey(stored.required("identity").asString(), measurement, settings),
              stored.required("model").asString(),
              Instant.parse(stored.required("measured_at").asString()),
              MAPPER.treeToValue(stored.required("result"), measurement.type())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JacksonException | IllegalArgumentException | java.time.DateTimeException e) {
      return Optional.empty(); // measured again, and replaced
    }
  }

  /**
   * Stores a result in place of an older one.
   *
   * @throws IOException if it cannot be written, and then the older one is there; the message names
   *     the file
   */
  public void save(BenchKey key, String model, Measured result) throws IOException {
    Map<String, Object> stored = new java.util.LinkedHashMap<>();
    stored.put("version", VERSION);
    stored.put("model", model);
    stored.put("identity", key.identity());
    stored.put("measurement", key.measurement().name());
    stored.put("settings", key.settings());
    stored.put("measured_at", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    stored.put("result", result);
    Path file = directory.resolve(key.file());
    Path folder = Objects.requireNonNull(file.getParent());
    try {
      Files.createDirectories(folder);
      Path partial = Files.createTempFile(folder, ".", ".partial");
      try {
        Files.writeString(partial, MAPPER.writeValueAsString(stored) + "\n");
        Files.move(
            partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      String reason = e instanceof FileSystemException refused ? refused.getReason() : null;
      throw new IOException(
          "cannot write %s: %s".formatted(file, reason == null ? e.getMessage() : reason), e);
    }
  }
}
