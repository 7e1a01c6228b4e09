package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class VerifyCommandTest {
  @TempDir Path directory;

  @Test
  void aSoundModelEndsWithZero() {
    Program run =
        Program.run("verify", Program.EXAMPLE.toString(), "--against", Program.EXAMPLE.toString());

    assertThat(run.status()).isZero();
    assertThat(run.out())
        .containsPattern("numbers +ok +3,672,320 numbers, all finite\n")
        .contains("38 tensors, relative error 0.0000 in the median")
        .endsWith("healthy\n");
  }

  @Test
  void aBrokenModelEndsWithFour() throws IOException {
    Path file = Files.writeString(directory.resolve("broken.gguf"), "GGUF, or so it says");

    Program run = Program.run("verify", file.toString(), "--json");

    assertThat(run.status()).isEqualTo(4);
    JsonNode json = JsonMapper.shared().readTree(run.out());
    assertThat(json.path("health").asString()).isEqualTo("broken");
    assertThat(json.path("findings").get(0).path("check").asString()).isEqualTo("structure");
  }

  @Test
  void aMendedCopyIsWrittenBesideAndOnlyOnDemand() throws IOException {
    Path model = Files.createDirectory(directory.resolve("model"));
    try (Stream<Path> files = Files.list(Program.EXAMPLE)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    // The header's only metadata; blanks keep its length.
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    String header = new String(bytes, 0, 200, java.nio.charset.StandardCharsets.ISO_8859_1);
    int at = header.indexOf("\"format\"");
    assertThat(at).isPositive();
    bytes[at + 1] = 'F';
    Files.write(weights, bytes);

    Program only = Program.run("verify", model.toString());
    assertThat(only.status()).isEqualTo(3);
    assertThat(only.out()).endsWith("repairable\n");

    Program mended = Program.run("verify", model.toString(), "--repair");
    assertThat(mended.status()).isZero();
    assertThat(mended.out()).contains("mended copy: ");
    assertThat(Program.run("verify", directory.resolve("model-repaired").toString()).status())
        .isZero();
    assertThat(Files.readAllBytes(weights)).isEqualTo(bytes);
  }
}
