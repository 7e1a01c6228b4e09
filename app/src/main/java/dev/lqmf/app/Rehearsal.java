package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.quant.VectorKernels;
import dev.lqmf.quant.mix.GgufFileType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs commands once, silently, so that the JVM can record which classes they use and how their
 * code behaves. The launcher makes its caches for quick starts from that.
 *
 * <p>Without arguments, the light commands. With a model and an empty directory, the encoding of
 * the usual types, by the vector kernels whatever the size of the model.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] args) throws IOException {
    if (args.length == 2) {
      quantize(args[0], Path.of(args[1]));
    } else {
      lightCommands();
    }
  }

  private static void lightCommands() {
    Terminal silent;
    try (PrintStream nothing = new PrintStream(OutputStream.nullOutputStream())) {
      silent = Terminal.plain(nothing, nothing);
      Main.run(silent, "--version");
      Main.run(silent, "types");
      Main.run(silent, "help", "quantize");
      Main.run(silent, "config");
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
    new QuantizeJob(request, new VectorKernels()).run(_ -> {});
  }
}
