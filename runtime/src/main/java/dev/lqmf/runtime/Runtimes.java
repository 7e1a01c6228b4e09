package dev.lqmf.runtime;

import dev.lqmf.runtime.server.LlamaServerRuntime;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The runtimes there are, and which of them runs a model. */
public final class Runtimes {
  private static final LlamaCppRuntime LLAMA_CPP = new LlamaCppRuntime();
  private static final TorchRuntime TORCH = new TorchRuntime();

  private Runtimes() {}

  /** Those that work on this machine, the preferred one first. */
  public static List<Runtime> all() {
    return Stream.concat(Stream.of(LLAMA_CPP, TORCH), LlamaServerRuntime.find().stream()).toList();
  }

  /**
   * The runtime of that name.
   *
   * @throws InputException if there is none; the message lists those there are
   */
  public static Runtime named(String name) {
    return all().stream()
        .filter(r -> r.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    name.equals(LlamaServerRuntime.NAME)
                        ? "llama-server is not on the PATH"
                        : "there is no runtime " + InputException.quote(name),
                    (name.equals(LlamaServerRuntime.NAME)
                            ? "install llama.cpp, set %s to the program, or use one of "
                                .formatted(LlamaServerRuntime.VARIABLE)
                            : "use one of ")
                        + all().stream().map(Runtime::name).collect(Collectors.joining(", "))));
  }

  /**
   * Loads a model with the runtime that suits it: llama.cpp for GGUF files, torch for checkpoints,
   * for what this llama.cpp does not load, and for other devices than the CPU.
   *
   * @param model a file or a checkpoint directory
   * @param notice told why the usual runtime was not used
   * @throws InputException if no runtime can run the model
   * @throws IOException if a file cannot be read
   */
  public static Session open(Path model, SessionOptions options, Consumer<String> notice)
      throws IOException {
    if (Files.isDirectory(model) || options.device() != ComputeDevice.CPU) {
      return TORCH.open(model, options);
    }
    try {
      return LLAMA_CPP.open(model, options);
    } catch (InputException refused) {
      Session session;
      try {
        session = TORCH.open(model, options);
      } catch (InputException | IOException e) {
        refused.addSuppressed(e);
        throw refused;
      }
      notice.accept(takenOver(refused));
      return session;
    }
  }

  /** Says that torch runs what llama.cpp refused, and why. */
  public static String takenOver(InputException refused) {
    return refused.getMessage() + "; LQMF runs it itself, by torch";
  }
}
