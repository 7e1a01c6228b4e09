package dev.lqmf.quant.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width, fixed when the JVM starts. The species must be static constants for the
 * compiler to turn vector operations into instructions; so another width means another JVM, and the
 * tests start one for each.
 *
 * <p>Lanes change their type by {@code convertShape} with a constant conversion. {@code castShape}
 * has the conversion looked up by a method that the compiler inlines only where it believes the
 * call frequent; where not, the vector is boxed for good.
 *
 * <p>{@code -Dlqmf.vector.bits=128|256|512} forces a width; otherwise it is the widest the machine
 * prefers. A width the machine lacks works, slowly.
 */
public final class Lanes {
  /** The shape of every vector. */
  public static final VectorShape SHAPE = shape();

  public static final VectorSpecies<Float> FLOAT = VectorSpecies.of(float.class, SHAPE);
  public static final VectorSpecies<Integer> INT = VectorSpecies.of(int.class, SHAPE);
  public static final VectorSpecies<Short> SHORT = VectorSpecies.of(short.class, SHAPE);
  public static final VectorSpecies<Byte> BYTE = VectorSpecies.of(byte.class, SHAPE);

  /** Number of float lanes: 4, 8 or 16. */
  public static final int COUNT = FLOAT.length();

  private static final VectorShuffle<Float> EIGHT = FLOAT.iotaShuffle(8, 1, true);
  private static final VectorShuffle<Float> FOUR = FLOAT.iotaShuffle(4, 1, true);
  private static final VectorShuffle<Float> TWO = FLOAT.iotaShuffle(2, 1, true);
  private static final VectorShuffle<Float> ONE = FLOAT.iotaShuffle(1, 1, true);

  private Lanes() {}

  /**
   * Adds all lanes up in the order of {@link dev.lqmf.quant.RowSum}. {@code reduceLanes} has an
   * order of its own, and another one before the JVM has compiled it.
   */
  static float sum(FloatVector lanes) {
    FloatVector sum = lanes;
    if (COUNT > 8) {
      sum = sum.add(sum.rearrange(EIGHT));
    }
    if (COUNT > 4) {
      sum = sum.add(sum.rearrange(FOUR));
    }
    sum = sum.add(sum.rearrange(TWO));
    return sum.add(sum.rearrange(ONE)).lane(0);
  }

  private static VectorShape shape() {
    String bits = System.getProperty("lqmf.vector.bits");
    if (bits == null) {
      int preferred = FloatVector.SPECIES_PREFERRED.vectorBitSize();
      return VectorShape.forBitSize(Math.clamp(preferred, 128, 512));
    }
    return switch (bits) {
      case "128", "256", "512" -> VectorShape.forBitSize(Integer.parseInt(bits));
      default ->
          throw new IllegalArgumentException(
              "lqmf.vector.bits is " + bits + ", not 128, 256 or 512");
    };
  }
}
