package dev.lqmf.torch;

import java.io.IOException;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A sequence that grows. Keys and values of its tokens are kept, so that a new token costs no more
 * than itself. For one thread at a time.
 */
public final class DecodingSession implements AutoCloseable {
  private final StackRunner decoder;
  private final HeadModule head;
  private final KeyValueCache cache;
  private final @Nullable Activations encoded;

  DecodingSession(StackRunner decoder, HeadModule head, @Nullable Activations encoded) {
    this.decoder = decoder;
    this.head = head;
    this.encoded = encoded;
    this.cache = new KeyValueCache(decoder.stack().blocks().size());
  }

  /** Tokens so far. */
  public int length() {
    return cache.length();
  }

  /**
   * Adds tokens.
   *
   * @param ids at least one
   * @return the scores of the token that comes after them
   * @throws dev.lqmf.tensor.InputException if a token does not exist, or the model has no positions
   *     for so many
   */
  public float[] append(int[] ids) throws IOException {
    if (ids.length == 0) {
      throw new IllegalArgumentException("no tokens");
    }
    return LibTorch.withinOperations(
        Products.byBlas(decoder.precision(), ids.length),
        decoder.large() && !head.servesFew(ids.length),
        () -> {
          try (InferenceMode _ = new InferenceMode(true);
              PointerScope _ = new PointerScope()) {
            Tensor encoder = encoded == null ? null : encoded.parts().getFirst();
            Tensor hidden = decoder.continued(ids, cache, encoder);
            return Floats.vector(head.apply(hidden.select(1, ids.length - 1L)));
          }
        });
  }

  @Override
  public void close() {
    cache.close();
    if (encoded != null) {
      encoded.close();
    }
  }
}
