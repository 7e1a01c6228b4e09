package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.TensorType;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the process that quantizes, at random moments. */
class KillTest {
  private static final int KILLS = Integer.getInteger("lqmf.kills", 30);
  private static final List<GgufFileType> TYPES = List.of(GgufFileType.Q8_0, GgufFileType.F16);

  @TempDir Path directory;

  @Test
  void leavesNoUnfinishedFileUnderAFinalNameAndTheNextRunGivesTheSameBytes() throws Exception {
    Path model = TinyModel.write(directory.resolve("tiny.gguf"), TensorType.BF16, 1, 3);
    Path root = directory.resolve("results");
    Map<String, String> expected = finish(model, directory.resolve("expected"));
    long span = Math.min(nanosFromPlanToEnd(model), nanosFromPlanToEnd(model));
    long seed = 20261123;
    Random random = new Random(seed);

    int killedAtWork = 0;
    for (int i = 0; i < KILLS; i++) {
      Process process = start(model, root);
      try (BufferedReader output = process.inputReader()) {
        assertThat(output.readLine()).as("kill %d of seed %d", i, seed).isEqualTo("planned");
        LockSupport.parkNanos(random.nextLong(span));
        process.destroyForcibly();
        if (process.waitFor() != 0) {
          killedAtWork++;
        }
      }
      for (Map.Entry<String, String> file : visible(root).entrySet()) {
        assertThat(file.getValue())
            .as("%s after kill %d of seed %d", file.getKey(), i, seed)
            .isEqualTo(expected.get(file.getKey()));
      }
    }

    assertThat(killedAtWork).as("runs that a kill ended").isGreaterThan(KILLS / 4);
    assertThat(finish(model, root)).isEqualTo(expected);
    try (Stream<Path> left = Files.list(root)) {
      assertThat(left.filter(f -> f.getFileName().toString().startsWith("."))).isEmpty();
    }
  }

  /** How long a run takes that nobody kills. */
  private long nanosFromPlanToEnd(Path model) throws Exception {
    Process process = start(model, directory.resolve("timed"));
    try (BufferedReader output = process.inputReader()) {
      assertThat(output.readLine()).isEqualTo("planned");
      long planned = System.nanoTime();
      assertThat(process.waitFor()).as("exit status").isZero();
      return System.nanoTime() - planned;
    }
  }

  private static Process start(Path model, Path root) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            // Quick to start; the same bytes.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-cp",
            System.getProperty("java.class.path"),
            Victim.class.getName(),
            model.toString(),
            root.toString())
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Makes, in this process, what is not there yet. */
  private static Map<String, String> finish(Path model, Path root) throws IOException {
    new QuantizeJob(request(model, root, false), new ScalarKernels()).run(_ -> {});
    return visible(root);
  }

  private static QuantizeRequest request(Path model, Path root, boolean force) {
    return QuantizeRequest.of(model.toString(), TYPES).outputRoot(root).force(force).build();
  }

  /** Hashes of the model files and recipes under final names. */
  private static Map<String, String> visible(Path root) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    if (!Files.exists(root)) {
      return hashes;
    }
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = root.relativize(file).toString();
        // The summary tells how long it took.
        if (!name.startsWith(".") && !name.endsWith(ResultDirectory.SUMMARY)) {
          hashes.put(name, Hashes.sha256(Files.readAllBytes(file)));
        }
      }
    }
    return hashes;
  }

  /** What is killed. It always works: with results there, it replaces them. */
  static final class Victim {
    private Victim() {}

    public static void main(String[] args) throws IOException {
      new QuantizeJob(request(Path.of(args[0]), Path.of(args[1]), true), new ScalarKernels())
          .run(
              event -> {
                if (event instanceof JobEvent.Planned) {
                  System.out.println("planned");
                }
              });
    }
  }
}
