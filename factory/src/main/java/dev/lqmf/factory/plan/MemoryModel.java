package dev.lqmf.factory.plan;

import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.machine.MemoryOptimizer;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.torch.stored.StoredModel;
import java.util.Set;

/**
 * How much memory a model takes at a context. For GGUF it is what llama.cpp allocates:
 *
 * <ul>
 *   <li>Keys and values, {@code src/llama-kv-cache.cpp}: for every layer the elements of its keys
 *       and values in the cache's type, for a number of cells that is the context, rounded up to
 *       256.
 *   <li>Layers with a window, {@code src/llama-kv-cache-iswa.cpp}: {@code min(cells, window +
 *       n_ubatch)} cells, rounded up to 256, in F16 whatever the type of the others. llama.cpp has
 *       windows for Gemma 2 and 3; those of Mistral and Phi-3 it ignores.
 *   <li>Compute buffer, the largest of what a graph of {@code n_ubatch} = 512 tokens holds at a
 *       time: scores of all heads over all cells, with their mask and four hidden states; or scores
 *       of the vocabulary with a hidden state; or the MLP. A quantized cache needs flash attention,
 *       which never holds all scores.
 * </ul>
 *
 * <p>The figures of llama.cpp's log are met exactly where it prints them (the tests have examples).
 * For checkpoints that Transformers runs, windows count, the cache is in 16 bits, and activations
 * are those of a prompt that fills the context.
 */
public final class MemoryModel {
  private static final int CELL_PADDING = 256;
  private static final int UBATCH = 512;
  private static final int FLOAT = Float.BYTES;
  private static final int HALF = 2;
  private static final Set<String> WINDOWED = Set.of("gemma2", "gemma3");

  private final ModelShape shape;
  private final boolean gguf;
  private final boolean windowed;

  private MemoryModel(ModelShape shape, boolean gguf, boolean windowed) {
    this.shape = shape;
    this.gguf = gguf;
    this.windowed = windowed;
  }

  /**
   * For llama.cpp.
   *
   * @param architecture {@code general.architecture}, as in {@code llama}
   */
  public static MemoryModel ofGguf(ModelShape shape, String architecture) {
    return new MemoryModel(shape, true, WINDOWED.contains(architecture));
  }

  /** For a checkpoint that Transformers runs. */
  public static MemoryModel ofCheckpoint(ModelShape shape) {
    return new MemoryModel(shape, false, true);
  }

  /** For whatever runs a model of that form. */
  public static MemoryModel of(StoredModel model) {
    ModelShape shape = ModelShape.of(model.network());
    return model.source() instanceof GgufFile gguf
        ? ofGguf(shape, gguf.metadata().string("general.architecture").orElse(""))
        : ofCheckpoint(shape);
  }

  /**
   * The memory at a context.
   *
   * @param weights bytes of all tensors
   * @param context tokens, at least 1
   * @throws InputException if the context is not positive
   */
  public MemoryUse use(long weights, int context, CacheType cache, Device device) {
    if (context < 1) {
      throw new InputException(
          "a context of " + context + " tokens holds nothing", "use at least 1");
    }
    return new MemoryUse(
        weights,
        cacheBytes(context, cache),
        gguf ? graphBytes(context, cache) : promptBytes(context),
        device == Device.GPU ? MemoryOptimizer.GPU_RESERVE : MemoryOptimizer.CPU_RESERVE);
  }

  /** Bytes of keys and values. */
  public long cacheBytes(int context, CacheType cache) {
    long cells = gguf ? padded(context) : context;
    long bytes = 0;
    for (ModelShape.Layer layer : shape.layers()) {
      if (windowed && layer.window().isPresent()) {
        long seen = layer.window().getAsInt();
        long held = gguf ? padded(Math.min(cells, seen + UBATCH)) : Math.min(cells, seen);
        bytes += held * (layer.keys() + (long) layer.values()) * HALF;
      } else {
        TensorType type = gguf ? cache.type() : TensorType.F16;
        bytes += cells * (bytes(type, layer.keys()) + bytes(type, layer.values()));
      }
    }
    return bytes;
  }

  /** A row that does not fill whole blocks is kept in 16 bits: llama.cpp refuses it otherwise. */
  private static long bytes(TensorType type, int elements) {
    return elements % type.blockElements() == 0 ? type.byteSize(elements) : (long) HALF * elements;
  }

  /** Bytes of llama.cpp's compute buffer. */
  private long graphBytes(int context, CacheType cache) {
    long cells = shape.layers().isEmpty() ? UBATCH : padded(context);
    long tokens = Math.min(UBATCH, cells);
    boolean flash = cache != CacheType.F16;
    long attention = (flash ? 0 : shape.heads() * cells) + cells + 4L * shape.width();
    long output = (long) shape.vocabulary() + shape.width();
    long mlp = 2L * shape.feedForward() + 2L * shape.width();
    return tokens * FLOAT * Math.max(attention, Math.max(output, mlp));
  }

  /** Bytes of activations while Transformers reads a whole prompt, in 16 bits. */
  private long promptBytes(int context) {
    long perToken = 4L * shape.width() + 3L * shape.feedForward();
    return HALF * perToken * context + (long) FLOAT * shape.vocabulary();
  }

  private static long padded(long cells) {
    return Math.ceilDiv(cells, (long) CELL_PADDING) * CELL_PADDING;
  }

  /** Bytes of activations for each token of a batch, for {@link MemoryOptimizer}. */
  public long computePerToken(int context) {
    return graphBytes(context, CacheType.F16) / UBATCH;
  }
}
