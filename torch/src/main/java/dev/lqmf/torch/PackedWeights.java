package dev.lqmf.torch;

import dev.lqmf.model.view.TransposedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A quantized matrix: plain numbers as other weights are, and packed as it is stored. */
public final class PackedWeights implements Weights {
  private final Weights plain;
  private final long packedBytes;
  private final Source source;

  /** Reads a matrix packed. */
  @FunctionalInterface
  public interface Source {
    /**
     * The matrix {@code [out, in]}, cut along its outputs or whole.
     *
     * @param arena owns its memory
     */
    List<PackedMatrix> read(Arena arena) throws IOException;
  }

  /**
   * Both views of a matrix.
   *
   * @param plain {@code [out, in]}
   * @param packedBytes that it takes in memory, nearly
   */
  public PackedWeights(Weights plain, long packedBytes, Source source) {
    this.plain = plain;
    this.packedBytes = packedBytes;
    this.source = source;
  }

  /** The same layer stored as {@code [in, out]}; what is packed stays. */
  public PackedWeights transposed() {
    return new PackedWeights(new TransposedWeights(plain), packedBytes, source);
  }

  /**
   * Two matrices with the same inputs, one after the other.
   *
   * @param plain both together
   */
  public PackedWeights followedBy(PackedWeights other, Weights plain) {
    return new PackedWeights(
        plain,
        packedBytes + other.packedBytes,
        arena -> {
          List<PackedMatrix> both = new ArrayList<>(source.read(arena));
          both.addAll(other.source.read(arena));
          return both;
        });
  }

  /** Bytes that it takes in memory, nearly. */
  public long packedBytes() {
    return packedBytes;
  }

  /**
   * Reads it packed: {@code [out, in]}, cut along its outputs or whole.
   *
   * @param arena owns its memory
   */
  public List<PackedMatrix> packed(Arena arena) throws IOException {
    return source.read(arena);
  }

  @Override
  public TensorType type() {
    return plain.type();
  }

  @Override
  public Shape shape() {
    return plain.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    plain.read(byteOffset, target);
  }
}
