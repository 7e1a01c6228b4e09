package dev.lqmf.factory.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of lines, each one JSON object with the time, the event and its fields. All processes
 * append to the same file, each line in one write, which java.util.logging cannot do: it gives
 * every process a file of its own. A full file is renamed, and the oldest one goes.
 */
public final class JsonLog {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String NAME = "lqmf.jsonl";

  private final Path directory;
  private final long fileBytes;
  private final int oldFiles;
  private final InstantSource clock;

  /**
   * @param directory made when the first line comes
   * @param fileBytes a file of this size is full
   * @param oldFiles how many full files are kept
   */
  public JsonLog(Path directory, long fileBytes, int oldFiles, InstantSource clock) {
    this.directory = directory;
    this.fileBytes = fileBytes;
    this.oldFiles = oldFiles;
    this.clock = clock;
  }

  /** A log of five files of two megabytes. */
  public static JsonLog in(Path directory) {
    return new JsonLog(directory, 2_000_000, 4, InstantSource.system());
  }

  /** Where lines go now. */
  public Path file() {
    return directory.resolve(NAME);
  }

  /**
   * Adds a line.
   *
   * @param event what happened, in one word
   * @param fields numbers and texts; no secrets
   */
  public synchronized void write(String event, Map<String, ?> fields) throws IOException {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", clock.instant().toString());
    line.put("event", event);
    line.put("pid", ProcessHandle.current().pid());
    line.putAll(fields);
    Files.createDirectories(directory);
    rotate();
    ByteBuffer bytes =
        ByteBuffer.wrap((MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
    try (FileChannel channel =
        FileChannel.open(file(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      channel.write(bytes);
    }
  }

  /**
   * Renames full files: {@code lqmf.jsonl} to {@code lqmf.1.jsonl}, that to {@code lqmf.2.jsonl}.
   * Two processes that do it at once do it twice at worst, which costs the oldest file.
   */
  private void rotate() throws IOException {
    try {
      if (Files.size(file()) < fileBytes) {
        return;
      }
      for (int i = oldFiles; i >= 1; i--) {
        Path from = i == 1 ? file() : old(i - 1);
        if (Files.exists(from)) {
          Files.move(from, old(i), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (NoSuchFileException absent) {
      // Nothing has been written yet, or another process is renaming.
    }
  }

  private Path old(int number) {
    return directory.resolve("lqmf." + number + ".jsonl");
  }
}
