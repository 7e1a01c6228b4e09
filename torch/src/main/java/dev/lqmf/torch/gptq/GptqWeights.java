package dev.lqmf.torch.gptq;

import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/** A quantized layer as {@code [out, in]} float32, decoded some outputs at a time. */
final class GptqWeights implements Weights {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Weights decoded at a time. */
  private static final int PIECE = 1 << 22;

  /** Outputs whose zero points fill whole words. */
  private static final int UNIT = 32;

  private final PackedLayer layer;

  GptqWeights(PackedLayer layer) {
    this.layer = layer;
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return Shape.of(layer.out(), layer.in());
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    long in = layer.in();
    long first = byteOffset / Float.BYTES;
    long end = first + target.byteSize() / Float.BYTES;
    int rowsAtOnce = (int) Math.max(1, PIECE / in / UNIT) * UNIT;
    for (long at = first; at < end; ) {
      int row = (int) (at / in) / UNIT * UNIT;
      int lastRow = Math.ceilDiv((int) Math.ceilDiv(end, in), UNIT) * UNIT;
      int rows = Math.min(lastRow - row, rowsAtOnce);
      float[] decoded = layer.read(row, rows).dequantized();
      int skip = (int) (at - row * in);
      int count = (int) Math.min(decoded.length - skip, end - at);
      MemorySegment.copy(decoded, skip, target, FLOAT, (at - first) * Float.BYTES, count);
      at += count;
    }
  }
}
