package dev.lqmf.quant.vector;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Bytes for the lanes of integer vectors, and the numbers between the bytes. */
final class ByteLanes {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * One byte per lane. With four lanes no vector is that short: the upper half of it is zero when
   * stored, and ignored when loaded.
   */
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.max(64, Lanes.SHAPE.vectorBitSize() / 4)));

  /** What an array of {@link #BYTES} must have behind its last element. */
  static final int PADDING = 4;

  private ByteLanes() {}

  static void putShort(byte[] target, int at, short value) {
    SHORT.set(target, at, value);
  }

  static short getShort(byte[] source, int at) {
    return (short) SHORT.get(source, at);
  }

  static void putInt(byte[] target, int at, int value) {
    INT.set(target, at, value);
  }

  static int getInt(byte[] source, int at) {
    return (int) INT.get(source, at);
  }

  static void putLong(byte[] target, int at, long value) {
    LONG.set(target, at, value);
  }

  static long getLong(byte[] source, int at) {
    return (long) LONG.get(source, at);
  }
}
