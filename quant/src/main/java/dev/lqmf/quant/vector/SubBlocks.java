package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Super-blocks of sixteen sub-blocks of sixteen elements, along the elements. */
final class SubBlocks {
  private static final int SUB_BLOCK = 16;

  /** The longest vector of bytes that fits the rows of 32 in which super-blocks store quants. */
  static final VectorSpecies<Byte> PACK =
      VectorSpecies.of(
          byte.class, VectorShape.forBitSize(Math.min(256, Lanes.SHAPE.vectorBitSize())));

  private SubBlocks() {}

  /**
   * Sets {@code y[to + i]} to {@code steps[i / 16] · quants[i]}.
   *
   * @param quants followed by {@link ByteLanes#PADDING} bytes
   */
  static void scale(byte[] quants, float[] steps, float[] y, int to) {
    for (int i = 0; i < SUB_BLOCK * steps.length; i += COUNT) {
      FloatVector step = FloatVector.broadcast(FLOAT, steps[i / SUB_BLOCK]);
      ByteVector q = ByteVector.fromArray(ByteLanes.BYTES, quants, i);
      step.mul((FloatVector) q.convertShape(VectorOperators.B2F, FLOAT, 0)).intoArray(y, to + i);
    }
  }
}
