package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.execute.ExecutorAgent;
import dev.lqmf.factory.execute.FreeResources;
import dev.lqmf.factory.execute.Retries;
import dev.lqmf.factory.execute.RunRecord;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.quant.VectorKernels;
import dev.lqmf.quant.mix.GgufFileType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs commands once, silently, so that the JVM can record which classes they use. The launcher
 * makes its caches for quick starts from that.
 *
 * <p>Without arguments, the light commands. With a model and an empty directory, the quantizing of
 * it: by the command, and once more the encoding of the usual types, by the vector kernels whatever
 * the size of the model.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] args) throws IOException {
    if (args.length == 2) {
      Path directory = Path.of(args[1]);
      quantizeByCommand(args[0], directory.resolve("command"));
      quantize(args[0], directory.resolve("kernels"));
    } else {
      lightCommands();
    }
  }

  private static void lightCommands() throws IOException {
    try (PrintStream nothing = new PrintStream(OutputStream.nullOutputStream())) {
      Terminal silent = Terminal.plain(nothing, nothing);
      Main.run(silent, "--version");
      Main.run(silent, "types");
      Main.run(silent, "help", "quantize");
      Main.run(silent, "config");
      Path memory = Files.createTempDirectory("lqmf-rehearsal");
      try {
        Path empty = Files.writeString(memory.resolve("none.json"), "[]");
        String place = "EXPERIMENTS_DIR=" + memory;
        Main.run(silent, "experiments", "import", empty.toString(), "--set", place);
        Main.run(silent, "experiments", "list", "--set", place);
        Main.run(silent, "stats", "--set", place);
      } finally {
        deleteTree(memory);
      }
    }
  }

  private static void deleteTree(Path root) throws IOException {
    List<Path> paths;
    try (Stream<Path> tree = Files.walk(root)) {
      paths = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }

  /** From the checkpoint, and from a GGUF. */
  private static void quantizeByCommand(String model, Path directory) throws IOException {
    Path results = directory.resolve("results");
    var place =
        new Workplace(
            Map.of(),
            Files.createDirectories(directory),
            directory,
            InputStream.nullInputStream(),
            SecretPrompt.ofProcess());
    try (PrintStream nothing = new PrintStream(OutputStream.nullOutputStream())) {
      Terminal silent = Terminal.plain(nothing, nothing);
      String name = Path.of(model).getFileName().toString();
      String gguf = results.resolve(name + "_gguf_F16/" + name + "-F16.gguf").toString();
      for (String[] job : new String[][] {{model, "F16"}, {model, "Q4_K_M"}, {gguf, "Q4_K_M"}}) {
        String[] words = {
          "quantize",
          job[0],
          "--type",
          job[1],
          "--output",
          results.toString(),
          "--force",
          "--no-test"
        };
        WarmStart.begin(words);
        Main.run(silent, place, words);
      }
    }
  }

  private static void quantize(String model, Path directory) throws IOException {
    List<GgufFileType> types =
        List.of(
            GgufFileType.Q4_K_M,
            GgufFileType.Q5_K_M,
            GgufFileType.Q3_K_M,
            GgufFileType.Q2_K,
            GgufFileType.IQ4_XS,
            GgufFileType.Q8_0);
    QuantizeRequest request = QuantizeRequest.of(model, types).outputRoot(directory).build();
    new ExecutorAgent(
            new VectorKernels(),
            ModelDownload.HUB,
            new RunRecord(Configuration.load(Map.of(), Map.of(), directory), _ -> {}),
            FreeResources.here(),
            true,
            Retries.of(0))
        .execute(
            request,
            Optional.of(
                new ExperimentRecorder.Run(model, GgufMethod.NAME, "", LqmfCommand.version())),
            _ -> {});
  }
}
