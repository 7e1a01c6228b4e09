package dev.lqmf.factory.eval;

import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tokenizer.TextTokenizer;
import java.io.IOException;

/**
 * A model that is open, but not in memory.
 *
 * @param name what people call it
 * @param format how the weights are stored, as in {@code BF16} or {@code Q4_K_M}
 * @param bytes of all tensors as they are stored
 * @param network what it computes
 * @param weights plain numbers by Transformers' names, read from {@code source}
 * @param source closed with this
 * @param tokenizer opens the model's tokenizer, anew each time
 */
public record StoredModel(
    String name,
    String format,
    long bytes,
    Network network,
    ModuleWeights weights,
    TensorSource source,
    TokenizerOpener tokenizer)
    implements AutoCloseable {

  /** Opens a tokenizer. */
  @FunctionalInterface
  public interface TokenizerOpener {
    /**
     * A tokenizer, closed by the caller.
     *
     * @throws dev.lqmf.tensor.InputException if there is none that can be used
     */
    TextTokenizer open() throws IOException;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
