package dev.lqmf.torch.stored;

import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/** Float32 weights rounded to a shorter type while they are read, halves to even. */
final class RoundedWeights implements Weights {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Elements rounded at a time. */
  private static final int PIECE = 1 << 16;

  private final Weights source;
  private final TensorType type;

  /**
   * A view.
   *
   * @param source of type F32
   * @param type F16 or BF16
   * @throws IllegalArgumentException if a type is another
   */
  RoundedWeights(Weights source, TensorType type) {
    if (source.type() != TensorType.F32 || (type != TensorType.F16 && type != TensorType.BF16)) {
      throw new IllegalArgumentException("cannot round %s to %s".formatted(source.type(), type));
    }
    this.source = source;
    this.type = type;
  }

  @Override
  public TensorType type() {
    return type;
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    long first = byteOffset / Short.BYTES;
    long count = target.byteSize() / Short.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(Math.min(PIECE, count) * Float.BYTES, Float.BYTES);
      for (long done = 0; done < count; done += PIECE) {
        long n = Math.min(PIECE, count - done);
        source.read((first + done) * Float.BYTES, piece.asSlice(0, n * Float.BYTES));
        for (long i = 0; i < n; i++) {
          float value = piece.get(FLOAT, i * Float.BYTES);
          short rounded = type == TensorType.F16 ? Float.floatToFloat16(value) : bfloat16(value);
          target.set(SHORT, (done + i) * Short.BYTES, rounded);
        }
      }
    }
  }

  private static short bfloat16(float value) {
    int bits = Float.floatToIntBits(value);
    // NaN's payload must not carry into the sign.
    return (short)
        ((Float.isNaN(value) ? bits : bits + 0x7FFF + (bits >>> Short.SIZE & 1)) >>> Short.SIZE);
  }
}
