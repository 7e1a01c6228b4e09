package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Light commands start quickly because they load nothing that they do not need. */
class StartUpTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"types", "llm status", "help prompt"})
  void loadsNoLibraryThatOnlyOthersNeed(String command) throws Exception {
    Path log = directory.resolve("classes");
    List<String> line =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:file=" + log.getFileName(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.lqmf.app.Main"));
    line.addAll(List.of(command.split(" ")));

    int status =
        new ProcessBuilder(line)
            .directory(directory.toFile())
            .redirectOutput(directory.resolve("out").toFile())
            .redirectError(directory.resolve("err").toFile())
            .start()
            .waitFor();

    assertThat(Files.readString(directory.resolve("err"))).isEmpty();
    assertThat(status).isZero();
    assertThat(Files.readString(log))
        .contains("dev.lqmf.app.Main")
        .doesNotContain(
            " dev.langchain4j.",
            " org.jline.",
            " io.github.resilience4j.",
            " org.flywaydb.",
            " org.bytedeco.",
            " com.fasterxml.jackson.databind.");
  }
}
