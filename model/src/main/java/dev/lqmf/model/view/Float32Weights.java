package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Weights of any plain type as float32. */
public final class Float32Weights implements Weights {
  /** Elements converted at a time. */
  private static final int PIECE = 1 << 17;

  private final Weights source;

  private Float32Weights(Weights source) {
    this.source = source;
  }

  /**
   * The weights as float32; themselves if that is what they are.
   *
   * @throws IllegalArgumentException if their type is not a plain one
   */
  public static Weights of(Weights source) {
    if (source.type() == TensorType.F32) {
      return source;
    }
    if (!Floats.readable(source.type())) {
      throw new IllegalArgumentException(source.type() + " cannot be read as float32");
    }
    return new Float32Weights(source);
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    long first = byteOffset / Float.BYTES;
    long count = target.byteSize() / Float.BYTES;
    TensorType type = source.type();
    int width = type.blockBytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(Math.min(PIECE, count) * width, Long.BYTES);
      for (long done = 0; done < count; done += PIECE) {
        int n = (int) Math.min(PIECE, count - done);
        source.read((first + done) * width, piece.asSlice(0, (long) n * width));
        Floats.toFloat32(type, piece, target, done * Float.BYTES, n);
      }
    }
  }
}
