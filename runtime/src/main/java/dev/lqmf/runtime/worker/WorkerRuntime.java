package dev.lqmf.runtime.worker;

import dev.lqmf.runtime.Runtime;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
}
