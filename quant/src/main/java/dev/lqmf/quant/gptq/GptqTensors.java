package dev.lqmf.quant.gptq;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** The tensors of one quantized module, for a {@code TensorSink}. */
public final class GptqTensors {
  private GptqTensors() {}

  /** Groups that {@code in} inputs make; the last may be short. */
  public static int groups(int in, int groupSize) {
    return groupSize < 0 ? 1 : Math.ceilDiv(in, groupSize);
  }

  /**
   * What a module stores, known before it is quantized: {@code qweight}, {@code qzeros}, {@code
   * scales}, {@code g_idx}.
   *
   * @param groupSize inputs that share a scale; −1: all
   */
  public static List<TensorInfo> infos(String module, int bits, int in, int out, int groupSize) {
    if (!GptqMatrix.supports(bits, in, out)) {
      throw new IllegalArgumentException("%d bits, %d × %d".formatted(bits, out, in));
    }
    int groups = groups(in, groupSize);
    return List.of(
        new TensorInfo(
            module + ".qweight", TensorType.I32, Shape.of(in / BitFields.CODES * (long) bits, out)),
        new TensorInfo(
            module + ".qzeros",
            TensorType.I32,
            Shape.of(groups, out / BitFields.CODES * (long) bits)),
        new TensorInfo(module + ".scales", TensorType.F16, Shape.of(groups, out)),
        new TensorInfo(module + ".g_idx", TensorType.I32, Shape.of(in)));
  }

  /** The bytes of the tensors that {@link #infos} lists, in its order. */
  public static List<MemorySegment> bytes(GptqMatrix matrix, ZeroPoints form) {
    short[] scales = matrix.scales();
    ByteBuffer halves = buffer((long) scales.length * Short.BYTES);
    halves.asShortBuffer().put(scales);
    return List.of(
        words(matrix.qweight()),
        words(matrix.qzeros(form)),
        MemorySegment.ofBuffer(halves),
        words(matrix.groupIndex()));
  }

  private static MemorySegment words(int[] values) {
    ByteBuffer bytes = buffer((long) values.length * Integer.BYTES);
    bytes.asIntBuffer().put(values);
    return MemorySegment.ofBuffer(bytes);
  }

  private static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }
}
