package dev.lqmf.factory.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.JobEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JsonLogTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir Path directory;

  private JsonLog log(long fileBytes, int oldFiles) {
    return new JsonLog(directory.resolve("logs"), fileBytes, oldFiles, () -> NOW);
  }

  @Test
  void everyLineIsAnObject() throws Exception {
    JsonLog log = log(1_000_000, 1);
    log.write("began", Map.of("model", "two\nlines and \"quotes\""));
    log.write("ended", Map.of("bytes", 12));

    List<String> lines = Files.readAllLines(log.file());
    JsonNode first = JsonMapper.shared().readTree(lines.getFirst());
    assertThat(lines).hasSize(2);
    assertThat(first.get("time").asString()).isEqualTo("2026-03-01T12:00:00Z");
    assertThat(first.get("event").asString()).isEqualTo("began");
    assertThat(first.get("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
    assertThat(first.get("model").asString()).isEqualTo("two\nlines and \"quotes\"");
    assertThat(JsonMapper.shared().readTree(lines.get(1)).get("bytes").asInt()).isEqualTo(12);
  }

  @Test
  void fullFilesAreRenamedAndTheOldestGoes() throws Exception {
    JsonLog log = log(500, 2);
    for (int i = 0; i < 40; i++) {
      log.write("line", Map.of("number", i));
    }

    List<Path> files = files();
    assertThat(files)
        .extracting(f -> f.getFileName().toString())
        .containsExactly("lqmf.1.jsonl", "lqmf.2.jsonl", "lqmf.jsonl");
    for (Path file : files) {
      assertThat(Files.size(file)).isLessThan(700);
    }
    assertThat(Files.readString(log.file())).contains("\"number\":39");
    assertThat(Files.readString(files.get(1))).doesNotContain("\"number\":0}");
  }

  @Test
  void aJobsProgressIsNotLogged() throws Exception {
    JsonLog log = log(1_000_000, 1);
    JobLog job = new JobLog(log, "job-1");
    job.accept(new JobEvent.Downloading("file", 1, 2));
    job.accept(new JobEvent.Quantizing("tensor", 1, 2));
    assertThat(log.file()).doesNotExist();

    job.accept(new JobEvent.Notice("trying again"));
    job.accept(new JobEvent.Failed(new IOException("disk full")));

    assertThat(Files.readAllLines(log.file()))
        .satisfiesExactly(
            line -> assertThat(line).contains("\"event\":\"notice\"", "\"text\":\"trying again\""),
            line ->
                assertThat(line)
                    .contains("\"event\":\"failed\"", "\"job\":\"job-1\"", "\"disk full\""));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(directory.resolve("logs"))) {
      return files.sorted().toList();
    }
  }
}
