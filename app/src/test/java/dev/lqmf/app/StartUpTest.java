package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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
    int status =
        main(List.of("-Xlog:class+load:file=" + log.getFileName()), List.of(command.split(" ")));

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

  /** As on Windows. */
  @ParameterizedTest
  @ValueSource(strings = {"--type Q4_0", "--method bnb"})
  void writesTheSameFilesWhereLinesEndInAnotherWay(String options) throws Exception {
    Path here = quantized(options, "\n");
    Path there = quantized(options, "\r\n");

    List<Path> files;
    try (Stream<Path> made = Files.walk(here)) {
      files = made.filter(Files::isRegularFile).toList();
    }
    assertThat(files).hasSizeGreaterThan(3);
    for (Path file : files) {
      Path other = there.resolve(here.relativize(file));
      if (file.endsWith("summary.json")) { // it says how long it took
        assertThat(Files.readString(other)).doesNotContain("\r");
      } else {
        assertThat(other).hasSameBinaryContentAs(file);
      }
    }
  }

  /** As on Linux with ARM. */
  @Test
  void checksModelsWithoutLibTorch() throws Exception {
    Path result = quantized("--type Q4_0", "\n");
    String others =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(jar -> !jar.matches(".*(pytorch|openblas)-[^/]*-(linux|macosx|windows)-.*"))
            .collect(Collectors.joining(File.pathSeparator));

    assertThat(main(List.of("-cp", others), List.of("verify", result.toString()))).isZero();
    assertThat(Files.readString(directory.resolve("out")))
        .contains("no pass was run: libtorch cannot be loaded on this system");

    List<String> eval = List.of("eval", result.toString());
    assertThat(main(List.of("-cp", others), eval)).isEqualTo(1);
    assertThat(Files.readString(directory.resolve("err")))
        .contains("error: libtorch cannot be loaded on this system")
        .contains("macOS on ARM");
  }

  private Path quantized(String options, String separator) throws Exception {
    String model = Path.of("..", "examples", "models", "docs-gpt2-4m").toRealPath().toString();
    Path output = directory.resolve("lines" + separator.length());
    List<String> arguments = new ArrayList<>(List.of("quantize", model));
    arguments.addAll(List.of(options.split(" ")));
    arguments.addAll(List.of("--no-test", "--no-record", "-o", output.toString()));
    assertThat(main(List.of("-Dline.separator=" + separator), arguments)).isZero();
    try (Stream<Path> made = Files.list(output)) {
      return made.filter(Files::isDirectory).findFirst().orElseThrow();
    }
  }

  /** Runs the program in a JVM of its own. */
  private int main(List<String> options, List<String> arguments) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    line.addAll(List.of("-cp", System.getProperty("java.class.path")));
    line.addAll(options);
    line.add("dev.lqmf.app.Main");
    line.addAll(arguments);
    return new ProcessBuilder(line)
        .directory(directory.toFile())
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(directory.resolve("err").toFile())
        .start()
        .waitFor();
  }
}
