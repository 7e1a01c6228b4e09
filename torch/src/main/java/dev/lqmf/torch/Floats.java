package dev.lqmf.torch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Numbers between Java and tensors. All tensors made here belong to the enclosing scope. */
public final class Floats {
  private Floats() {}

  /** All elements in order. */
  public static float[] vector(Tensor tensor) {
    Tensor plain = tensor.to(new Device(DeviceType.CPU), ScalarType.Float).contiguous();
    float[] values = new float[Math.toIntExact(plain.numel())];
    MemorySegment.copy(memory(plain), ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
    return values;
  }

  /** All elements in order. */
  public static int[] integers(Tensor tensor) {
    Tensor plain = tensor.to(new Device(DeviceType.CPU), ScalarType.Int).contiguous();
    int[] values = new int[Math.toIntExact(plain.numel())];
    MemorySegment.copy(memory(plain), ValueLayout.JAVA_INT, 0, values, 0, values.length);
    return values;
  }

  /** All elements in order, each from 0 to 255. */
  public static byte[] unsignedBytes(Tensor tensor) {
    Tensor plain = tensor.to(new Device(DeviceType.CPU), ScalarType.Byte).contiguous();
    byte[] values = new byte[Math.toIntExact(plain.numel())];
    MemorySegment.copy(memory(plain), ValueLayout.JAVA_BYTE, 0, values, 0, values.length);
    return values;
  }

  /** A matrix, row by row. */
  static float[][] matrix(Tensor tensor) {
    float[] all = vector(tensor);
    int columns = Math.toIntExact(tensor.size(1));
    float[][] rows = new float[Math.toIntExact(tensor.size(0))][];
    for (int r = 0; r < rows.length; r++) {
      rows[r] = java.util.Arrays.copyOfRange(all, r * columns, (r + 1) * columns);
    }
    return rows;
  }

  /** A tensor of 64-bit integers. */
  static Tensor longs(Device device, long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    MemorySegment.copy(values, 0, memory(tensor), ValueLayout.JAVA_LONG, 0, values.length);
    return tensor.to(device, ScalarType.Long);
  }

  /** A tensor of floats. */
  public static Tensor floats(Device device, ScalarType type, float[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
    MemorySegment.copy(values, 0, memory(tensor), ValueLayout.JAVA_FLOAT, 0, values.length);
    return tensor.to(device, type);
  }

  /** Where a contiguous tensor of the CPU has its elements; valid as long as it lives. */
  static MemorySegment memory(Tensor tensor) {
    long bytes = tensor.nbytes();
    return bytes == 0
        ? MemorySegment.NULL
        : MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(bytes);
  }
}
