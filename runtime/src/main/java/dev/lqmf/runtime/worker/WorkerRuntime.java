package dev.lqmf.runtime.worker;

import dev.lqmf.runtime.LlamaCppRuntime;
import dev.lqmf.runtime.Runtime;
import dev.lqmf.runtime.Runtimes;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.runtime.TorchRuntime;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Another runtime, each model in a process of its own. */
public final class WorkerRuntime implements Runtime {
  private final Runtime inner;

  /**
   * A runtime.
   *
   * @param inner one of {@link dev.lqmf.runtime.Runtimes#all()}
   */
  public WorkerRuntime(Runtime inner) {
    this.inner = inner;
  }

  @Override
  public String name() {
    return inner.name();
  }

  @Override
  public WorkerSession open(Path model, SessionOptions options) throws IOException {
    if (!Files.exists(model)) {
      throw new InputException(model + " does not exist", "check the path");
    }
    return WorkerSession.open(inner.name(), model.toAbsolutePath(), options);
  }

  /** The same for who does not want to know which runtime it is. */
  public static WorkerSession openSuitable(Path model, SessionOptions options) throws IOException {
    return openSuitable(model, options, _ -> {});
  }

  /**
   * Loads a model with the runtime that suits it, as {@link Runtimes#open} does, but in a process
   * of its own.
   *
   * @param model a file, a checkpoint directory or a directory with a GGUF
   * @param notice told why the usual runtime was not used
   * @throws InputException if no runtime can run the model
   * @throws IOException if a file cannot be read, or a worker does not start
   */
  public static WorkerSession openSuitable(
      Path model, SessionOptions options, Consumer<String> notice) throws IOException {
    Path file = StoredModel.fileOf(model);
    if (Files.isDirectory(file) || options.device() != ComputeDevice.CPU) {
      return new WorkerRuntime(new TorchRuntime()).open(file, options);
    }
    try {
      return new WorkerRuntime(new LlamaCppRuntime()).open(file, options);
    } catch (InputException refused) {
      WorkerSession session;
      try {
        session = new WorkerRuntime(new TorchRuntime()).open(file, options);
      } catch (InputException | IOException e) {
        refused.addSuppressed(e);
        throw refused;
      }
      notice.accept(Runtimes.takenOver(refused));
      return session;
    }
  }
}
