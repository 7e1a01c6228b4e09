package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;

/** An open model whose outputs are decided. */
public abstract class PreparedModel implements AutoCloseable {
  private final String name;
  private final String architecture;
  private final TensorSource source;
  private final List<String> notes;
  private final List<PlannedOutput> outputs;

  /**
   * A model.
   *
   * @param name what results are called after
   * @param architecture what family it is of, for people
   * @param source the tensors that are read, as the method sees them; closed with this
   * @param notes sentences about the model for people
   * @param outputs one for each output of the request, in its order
   */
  PreparedModel(
      String name,
      String architecture,
      TensorSource source,
      List<String> notes,
      List<PlannedOutput> outputs) {
    this.name = name;
    this.architecture = architecture;
    this.source = source;
    this.notes = List.copyOf(notes);
    this.outputs = List.copyOf(outputs);
  }

  final String name() {
    return name;
  }

  final String architecture() {
    return architecture;
  }

  final TensorSource source() {
    return source;
  }

  final List<String> notes() {
    return notes;
  }

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

  final List<PlannedOutput> outputs() {
    return outputs;
  }

  final long inputBytes() {
    return source.tensors().stream().mapToLong(TensorInfo::byteSize).sum();
  }

  final long elements() {
    return source.tensors().stream().mapToLong(t -> t.shape().elements()).sum();
  }

  /** Bytes of main memory that encoding takes at least, beside the program; 0 if it streams. */
  long workingBytes() {
    return 0;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
