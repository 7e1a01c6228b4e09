package dev.lqmf.quant;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One storage format: turns float32 rows into encoded blocks and back.
 *
 * <p>Encoding gives exactly the bytes of ggml's {@code ggml_quantize_chunk}, and decoding exactly
 * the floats of its {@code to_float}, as built for baseline x86-64 (no fused multiply-add,
 * sequential sums). Implementations are stateless or keep scratch space per thread: one instance
 * serves all threads.
 */
public interface BlockFormat {

  /** The format's name and sizes. */
  TensorType type();

  /** Whether this format is only read: {@code encode} then throws an {@code InputException}. */
  default boolean decodeOnly() {
    return false;
  }

  /**
   * Encodes whole rows.
   *
   * @param source finite float32 values
   * @param sourceOffset index of the first row's first element
   * @param rows number of consecutive rows
   * @param rowLength elements per row, a multiple of {@code type().blockElements()}
   * @param importance weight of each column's squared error, {@code rowLength} values ≥ 0 shared by
   *     all rows, or null for the format's own weighting. Formats that ggml does not weight ignore
   *     it
   * @param target receives {@code type().byteSize(rows * rowLength)} bytes
   * @param targetOffset where in {@code target} to begin, in bytes
   */
  void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset);

  /**
   * Decodes consecutive elements.
   *
   * @param source encoded blocks
   * @param sourceOffset byte offset of the first block
   * @param target receives {@code elements} floats
   * @param targetOffset index of the first
   * @param elements a multiple of {@code type().blockElements()}
   */
  void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements);
}
