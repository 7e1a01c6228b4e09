package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.MXFP4;
import dev.lqmf.tensor.TensorType;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** {@link MXFP4} along the block, because nothing is summed. */
public final class VectorMXFP4 extends ChunkedBlocks {
  private static final int LENGTH = NibbleBytes.LENGTH;
  private static final int BYTES = 1 + LENGTH / 2;

  /**
   * Where the next code takes over: the middles between 0 1 2 3 4 6 8 12. The products with a power
   * of two are exact, and so are ggml's distances near the middle, where they decide.
   */
  private static final float[] MIDDLES = {0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10};

  public VectorMXFP4() {
    super(TensorType.MXFP4);
  }

  @Override
  void encodeBlocks(float[] x, int from, byte[] target, int blocks) {
    byte[] codes = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int begin = from + block * LENGTH;
      int at = block * BYTES;
      int exponent = MXFP4.exponent(BlockLanes.largestMagnitude(x, begin, LENGTH));
      quantize(x, begin, MXFP4.scale(exponent), codes);
      target[at] = (byte) exponent;
      NibbleBytes.pack(codes, target, at + 1);
    }
  }

  private static void quantize(float[] x, int from, float d, byte[] codes) {
    for (int i = 0; i < LENGTH; i += Lanes.COUNT) {
      FloatVector values = FloatVector.fromArray(Lanes.FLOAT, x, from + i);
      FloatVector magnitudes = values.abs();
      IntVector code = IntVector.zero(Lanes.INT);
      for (float middle : MIDDLES) {
        VectorMask<Float> above = magnitudes.compare(VectorOperators.GT, middle * d);
        code = code.add(1, above.cast(Lanes.INT));
      }
      // The sign goes to bit 3, but there is no negative zero.
      VectorMask<Integer> some = code.compare(VectorOperators.NE, 0);
      IntVector sign = values.reinterpretAsInts().lanewise(VectorOperators.LSHR, 28).and(8);
      code = code.lanewise(VectorOperators.OR, sign, some);
      ((ByteVector) code.convertShape(VectorOperators.I2B, ByteLanes.BYTES, 0)).intoArray(codes, i);
    }
  }

  @Override
  void decodeBlocks(byte[] source, float[] y, int to, int blocks) {
    byte[] codes = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int at = block * BYTES;
      float d = MXFP4.scale(Byte.toUnsignedInt(source[at]));
      NibbleBytes.unpack(source, at + 1, codes);
      for (int i = 0; i < LENGTH; i++) {
        codes[i] = MXFP4.value(codes[i]);
      }
      BlockLanes.scale(codes, 0, LENGTH, 0, d, y, to + block * LENGTH);
    }
  }
}
