package dev.lqmf.factory.machine;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Asks NVIDIA's driver for its cards, with {@code nvidia-smi --query-gpu --format=csv}. A machine
 * without the program has no cards; one whose program fails or hangs has none that can be used.
 */
public final class NvidiaSmi {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final long MEBIBYTE = 1 << 20;
  private static final int FIELDS = 5;

  private final String searchPath;

  /**
   * @param searchPath directories to look in, as in the environment variable {@code PATH}
   */
  public NvidiaSmi(String searchPath) {
    this.searchPath = searchPath;
  }

  /** Looks for the program where the shell would. */
  public static NvidiaSmi ofProcess() {
    return new NvidiaSmi(Objects.requireNonNullElse(System.getenv("PATH"), ""));
  }

  /** Begins to look at how busy the cards are; empty if there is no program to ask. */
  public Optional<GpuWatch> watch() {
    return find().flatMap(GpuWatch::start);
  }

  /** All cards that tell how much memory they have; none if the driver cannot be asked. */
  public List<Gpu> gpus() {
    Optional<Path> program = find();
    if (program.isEmpty()) {
      return List.of();
    }
    try {
      Process process =
          new ProcessBuilder(
                  program.get().toString(),
                  "--query-gpu=index,name,memory.total,memory.free,driver_version",
                  "--format=csv,noheader,nounits")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      try {
        return output(process);
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  /** The program writes less than a pipe holds, so it can be waited for before it is read. */
  private static List<Gpu> output(Process process) throws IOException, InterruptedException {
    if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) || process.exitValue() != 0) {
      return List.of();
    }
    return parse(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  /** Lines as in {@code 0, NVIDIA GeForce RTX 3060, 12288, 11900, 550.54}; sizes in MiB. */
  static List<Gpu> parse(String csv) {
    List<Gpu> gpus = new ArrayList<>();
    for (String line : csv.lines().toList()) {
      String[] fields = line.split(",", -1);
      if (fields.length != FIELDS) {
        continue;
      }
      for (int i = 0; i < fields.length; i++) {
        fields[i] = fields[i].strip();
      }
      // [N/A] or [Not Supported] where a card shares the memory of the machine.
      if (fields[0].matches("\\d{1,3}")
          && fields[2].matches("\\d{1,12}")
          && fields[3].matches("\\d{1,12}")) {
        gpus.add(
            new Gpu(
                Integer.parseInt(fields[0]),
                fields[1],
                Long.parseLong(fields[2]) * MEBIBYTE,
                Long.parseLong(fields[3]) * MEBIBYTE,
                fields[4]));
      }
    }
    return gpus;
  }

  private Optional<Path> find() {
    for (String directory : searchPath.split(File.pathSeparator)) {
      for (String name : List.of("nvidia-smi", "nvidia-smi.exe")) {
        try {
          Path program = Path.of(directory, name);
          if (!directory.isEmpty() && Files.isExecutable(program)) {
            return Optional.of(program);
          }
        } catch (InvalidPathException e) {
          // Nothing can be there.
        }
      }
    }
    return Optional.empty();
  }
}
