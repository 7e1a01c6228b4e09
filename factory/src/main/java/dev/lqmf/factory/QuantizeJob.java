package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** Turns a model into quantized GGUF files, as a {@link QuantizeRequest} says. */
public final class QuantizeJob {
  private final QuantizeRequest request;
  private final Kernels kernels;

  public QuantizeJob(QuantizeRequest request, Kernels kernels) {
    this.request = request;
    this.kernels = kernels;
  }

  /**
   * Does the work. Outputs appear under their names only when complete; whatever goes wrong,
   * nothing half-written remains.
   *
   * @param listener told what happens; an exception it throws ends the job
   * @return what was done; of a dry run, no outputs
   * @throws InputException if the model or an option cannot be used
   * @throws IOException if reading or writing failed; the message names the file
   * @throws CancellationException after {@link #cancel()}
   */
  public QuantizeReport run(Consumer<JobEvent> listener) throws IOException {
    throw new UnsupportedOperationException(request.input() + " with " + kernels.name());
  }

  /** Asks a running job to stop; may be called from any thread. The job cleans up and throws. */
  public void cancel() {}
}
