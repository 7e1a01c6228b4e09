package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, in a tree of its own with a JDK and a Maven that only pretend. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a shell script; Windows has lqmf.cmd")
class LauncherTest {
  @TempDir Path directory;
  private Path root;
  private Path jdk;
  private Path mavenCalls;

  @BeforeEach
  void makeTree() throws IOException {
    root = Files.createDirectories(directory.resolve("a tree with spaces"));
    Files.copy(Path.of("..", "lqmf"), root.resolve("lqmf"));
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.createDirectories(root.resolve("app/src/main"));
    Files.writeString(root.resolve("app/src/main/Main.java"), "class Main {}");
    jdk = directory.resolve("a jdk");
    Files.createDirectories(jdk.resolve("bin"));
    Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"None\"\nJAVA_VERSION=\"25.0.1\"\n");
    try (DirectoryStream<Path> options =
        Files.newDirectoryStream(Path.of("src/main/launcher"), "*.options")) {
      Path launcher = Files.createDirectories(root.resolve("app/src/main/launcher"));
      for (Path file : options) {
        Files.copy(file, launcher.resolve(file.getFileName()));
      }
    }
    // As java does, it takes the words of a file @FILE for its arguments.
    script(
        jdk.resolve("bin/java"),
        """
        for a; do
          case $a in
            @*) sed -e '/^#/d' -e 's/ /\\n/g' "${a#@}" | sed 's/.*/<&>/' || exit 1 ;;
            *) echo "<$a>" ;;
          esac
        done
        exit ${STATUS:-0}
        """);
    script(jdk.resolve("bin/javac"), "exit 0");
    mavenCalls = directory.resolve("maven-calls");
    maven("sleep 0.1; mkdir -p app/target/dist; touch app/target/dist/lqmf.jar");
  }

  @Test
  void buildsOnFirstUseOnly() throws Exception {
    Run first = run("inspect", "two words", "*");
    Run second = run("inspect", "two words", "*");

    assertThat(first.status()).isZero();
    assertThat(first.err()).isEqualTo("building LQMF (first use) …\n");
    assertThat(first.out())
        .contains("<-jar>\n<" + root.toRealPath().resolve("app/target/dist/lqmf.jar") + ">\n")
        .endsWith("<inspect>\n<two words>\n<*>\n");
    assertThat(second.err()).isEmpty();
    assertThat(second.out()).isEqualTo(first.out());
    assertThat(mavenCalls).hasContent("maven with " + jdk);
  }

  @Test
  void buildsAgainWhenASourceIsNewer() throws Exception {
    run();
    Files.setLastModifiedTime(
        root.resolve("app/src/main/Main.java"),
        FileTime.from(Instant.now().plus(Duration.ofMinutes(1))));

    assertThat(run().err()).isEqualTo("building LQMF (sources changed) …\n");
    assertThat(Files.readAllLines(mavenCalls)).hasSize(2);
  }

  @Test
  void buildsAgainWhenASourceIsGone() throws Exception {
    run();
    Files.delete(root.resolve("app/src/main/Main.java"));

    assertThat(run().err()).isEqualTo("building LQMF (sources changed) …\n");
  }

  @Test
  void worksThroughLinksFromAnywhere() throws Exception {
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Files.createSymbolicLink(bin.resolve("relative"), Path.of("..", "a tree with spaces", "lqmf"));
    Files.createSymbolicLink(bin.resolve("lqmf"), Path.of("relative"));

    Run run = start(Map.of(), bin.resolve("lqmf"), "types").get();

    assertThat(run.status()).isZero();
    assertThat(run.out()).contains(root.toRealPath() + "/app/target/dist/lqmf.jar");
  }

  @Test
  void passesTheExitStatus() throws Exception {
    assertThat(run(Map.of("STATUS", "7"), "types").status()).isEqualTo(7);
  }

  @Test
  void givesTheVectorApiToQuantizeOnly() throws Exception {
    assertThat(run("--debug", "quantize", "x").out()).contains("<jdk.incubator.vector>");
    assertThat(run("inspect", "quantize").out())
        .doesNotContain("jdk.incubator.vector")
        .contains("<-XX:AOTCache=" + root.toRealPath() + "/app/target/dist/lqmf.aot>");
  }

  @Test
  void givesMoreMemoryToWhatIsCalibrated() throws Exception {
    assertThat(run("quantize", "x", "--method", "gptq").out()).contains("<-Xmx3g>");
    assertThat(run("quantize", "x", "--calibrate=y").out()).contains("<-Xmx3g>");
    assertThat(run("quantize", "x").out()).contains("<-Xmx512m>").doesNotContain("<-Xmx3g>");
  }

  @Test
  void givesThePromptWhatAllCommandsNeed() throws Exception {
    assertThat(run("prompt").out())
        .contains("<jdk.incubator.vector>", "<-Xmx2g>")
        .contains("<-XX:SharedArchiveFile=" + root.toRealPath() + "/app/target/dist/quantize.jsa>");
  }

  /** Into a file, as scripts have it; the program itself writes where the launcher's errors go. */
  @Test
  void leavesTheIncubatorWarningOutAndNoOther() throws Exception {
    script(
        jdk.resolve("bin/java"),
        """
        for a; do case $a in -Dlqmf.err=*) fd=${a#*=} ;; esac; done
        echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
        echo 'WARNING: another' >&2
        [ -z "$fd" ] || echo 'error: its own' >&"$fd"
        exit 3""");
    run("types"); // builds

    Process process = builder(Map.of(), root.resolve("lqmf"), "quantize", "x").start();
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(err.lines()).containsExactlyInAnyOrder("WARNING: another", "error: its own");
    assertThat(process.waitFor()).isEqualTo(3);
  }

  @Test
  void aloneOffATerminalItIsNoPrompt() throws Exception {
    assertThat(run().out()).endsWith("/app/target/dist/lqmf.jar>\n");
  }

  @Test
  void showsWhyABuildFailed() throws Exception {
    maven("echo '[INFO] fine so far'; echo '[ERROR] Main.java: broken'; exit 1");

    Run run = run("types");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("[ERROR] Main.java: broken", "error: the build failed", "  → see ", "build.log")
        .doesNotContain("fine so far");
    maven("mkdir -p app/target/dist");
    assertThat(run("types").status()).isZero();
  }

  @Test
  void severalFirstUsesBuildOnce() throws Exception {
    List<Started> started = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      started.add(start(Map.of(), root.resolve("lqmf"), "types"));
    }

    for (Started process : started) {
      Run run = process.get();
      assertThat(run.err()).isIn("", "building LQMF (first use) …\n");
      assertThat(run.status()).isZero();
    }
    assertThat(Files.readAllLines(mavenCalls)).hasSize(1);
  }

  @Test
  void takesOverTheLockOfADeadProcess() throws Exception {
    Path lock = Files.createDirectories(root.resolve("app/target/build.lock"));
    Files.writeString(lock.resolve("pid"), "999999999\n");

    assertThat(run("types").status()).isZero();
    assertThat(lock).doesNotExist();
  }

  @Test
  void refusesAnOldJdk() throws Exception {
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"21.0.4\"\n");

    Run run = run("types");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("error: LQMF_JAVA_HOME is " + jdk + ", which is no JDK 25 or newer\n  → ");
  }

  @Test
  void tellsHowToGetAJdk() throws Exception {
    String launcher = Files.readString(root.resolve("lqmf"));
    // Whatever JDK this machine has, it is not that new.
    Files.writeString(root.resolve("lqmf"), launcher.replace("java_wanted=25", "java_wanted=9999"));

    Run run = run(Map.of("LQMF_JAVA_HOME", "", "JAVA_HOME", jdk.toString()), "types");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("error: LQMF needs a JDK 9999 or newer, and none was found\n  → install one");
  }

  @Test
  void findsTheJdkThatJavaHomeNames() throws Exception {
    run(Map.of("LQMF_JAVA_HOME", "", "JAVA_HOME", jdk.toString()), "types");

    assertThat(root.resolve("app/target/dist/jdk")).hasContent(jdk.toString());
  }

  /**
   * What a finished process left.
   *
   * @param status exit status
   * @param out standard output
   * @param err standard error
   */
  private record Run(int status, String out, String err) {}

  /** A process, and the files that it writes to. */
  private record Started(Process process, Path out, Path err) {
    Run get() throws Exception {
      int status = process.waitFor();
      return new Run(status, Files.readString(out), Files.readString(err));
    }
  }

  private Run run(String... arguments) throws Exception {
    return run(Map.of(), arguments);
  }

  private Run run(Map<String, String> environment, String... arguments) throws Exception {
    return start(environment, root.resolve("lqmf"), arguments).get();
  }

  private Started start(Map<String, String> environment, Path launcher, String... arguments)
      throws IOException {
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    Process process =
        builder(environment, launcher, arguments)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    return new Started(process, out, err);
  }

  private ProcessBuilder builder(
      Map<String, String> environment, Path launcher, String... arguments) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", directory.resolve("tools") + ":/usr/bin:/bin");
    builder.environment().put("HOME", directory.toString());
    builder.environment().put("LQMF_JAVA_HOME", jdk.toString());
    builder.environment().putAll(environment);
    return builder;
  }

  /** Puts a Maven on the PATH that writes down its calls. */
  private void maven(String body) throws IOException {
    Path tools = Files.createDirectories(directory.resolve("tools"));
    script(tools.resolve("mvn"), "echo \"maven with $JAVA_HOME\" >>'" + mavenCalls + "'\n" + body);
  }

  private static void script(Path file, String body) throws IOException {
    Files.write(file, ("#!/bin/sh\n" + body + "\n").getBytes(StandardCharsets.UTF_8));
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  /** Windows looks for a label from where it is: of two, one is not what was meant. */
  @Test
  void labelsOfTheWindowsLauncherAreThereOnce() throws IOException {
    String script = Files.readString(Path.of("..", "lqmf.cmd"));
    List<String> labels =
        Pattern.compile("(?m)^:(\\w+)").matcher(script).results().map(m -> m.group(1)).toList();
    List<String> targets =
        Pattern.compile("(?:call :|goto )(\\w+)")
            .matcher(script)
            .results()
            .map(m -> m.group(1))
            .toList();

    assertThat(labels).doesNotHaveDuplicates().containsAll(targets);
    assertThat(targets).contains("find", "fresh", "build", "try", "accept", "run");
  }
}
