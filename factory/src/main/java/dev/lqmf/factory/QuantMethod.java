package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A way to quantize, with its options: GGUF files, bitsandbytes checkpoints. A method opens a model
 * and decides what its outputs hold; it then encodes their tensors. Everything else is the job's:
 * finding the model, result directories, recipes, progress, recognizing what is done.
 */
public interface QuantMethod {

  /** As {@code --method} takes it. */
  String name();

  /**
   * What a method may need to prepare a model.
   *
   * @param threads to work with
   * @param planOnly whether nothing will be made, so that what takes long can be left out
   * @param listener told about what takes long; an exception it throws ends the work
   */
  record Context(
      Path outputRoot,
      boolean force,
      Kernels kernels,
      int threads,
      boolean planOnly,
      Consumer<JobEvent> listener) {}

  /**
   * Opens a model and decides about its outputs. Reads no weights but samples, and writes nothing,
   * but for an importance matrix that has to be measured first.
   *
   * @throws dev.lqmf.tensor.InputException if the model cannot become what is asked for
   */
  PreparedModel prepare(ModelLocation model, Context context) throws IOException;

  /**
   * How many bits the outputs spend on a weight at least, all of them together; 0 if that depends
   * on the model. Unlike the plan, it is known before the model is there.
   */
  default double leastBitsPerWeight() {
    return 0;
  }

  /** The same on the processor; empty if this one does not compute on a GPU. */
  default Optional<QuantMethod> onCpu() {
    return Optional.empty();
  }

  /** Has the kernels compiled for what is likely, while the model is being opened. */
  default void warmUp(Kernels kernels) {}
}
