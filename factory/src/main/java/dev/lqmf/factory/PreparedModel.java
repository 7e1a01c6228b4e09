package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/** An open model whose outputs are decided. */
public abstract class PreparedModel implements AutoCloseable {
  private final List<PlannedOutput> outputs;

  PreparedModel(List<PlannedOutput> outputs) {
    this.outputs = List.copyOf(outputs);
  }

  /** What results are called after. */
  abstract String name();

  /** What family it is of, for people. */
  abstract String architecture();

  /** The tensors that are read, as the method sees them. */
  abstract TensorSource source();

  /** Sentences about the model for people. */
  abstract List<String> notes();

  /**
   * Encodes all tensors into some of the outputs.
   *
   * @param writers of outputs that are to be made
   */
  abstract void encode(
      List<OutputWriter> writers,
      Kernels kernels,
      int threads,
      ProgressReporter progress,
      BooleanSupplier cancelled)
      throws IOException;

  /** One for each output of the request, in its order. */
  final List<PlannedOutput> outputs() {
    return outputs;
  }

  final long inputBytes() {
    return source().tensors().stream().mapToLong(TensorInfo::byteSize).sum();
  }

  final long elements() {
    return source().tensors().stream().mapToLong(t -> t.shape().elements()).sum();
  }

  @Override
  public void close() throws IOException {
    source().close();
  }
}
