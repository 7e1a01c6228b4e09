package dev.lqmf.quant;

import dev.lqmf.quant.bnb.FourBitMatrix;
import dev.lqmf.quant.bnb.Int8Matrix;
import dev.lqmf.quant.format.SixteenLevels;
import dev.lqmf.quant.gptq.GptqPanels;
import dev.lqmf.quant.vector.Lanes;
import dev.lqmf.quant.vector.NearestLevels;
import dev.lqmf.quant.vector.Peak;
import dev.lqmf.quant.vector.VectorAffine;
import dev.lqmf.quant.vector.VectorBF16;
import dev.lqmf.quant.vector.VectorF16;
import dev.lqmf.quant.vector.VectorFourBits;
import dev.lqmf.quant.vector.VectorGptq;
import dev.lqmf.quant.vector.VectorIQ4NL;
import dev.lqmf.quant.vector.VectorIQ4XS;
import dev.lqmf.quant.vector.VectorInt8;
import dev.lqmf.quant.vector.VectorMXFP4;
import dev.lqmf.quant.vector.VectorPlain;
import dev.lqmf.quant.vector.VectorQ2K;
import dev.lqmf.quant.vector.VectorQ3K;
import dev.lqmf.quant.vector.VectorQ4K;
import dev.lqmf.quant.vector.VectorQ5K;
import dev.lqmf.quant.vector.VectorQ6K;
import dev.lqmf.quant.vector.VectorQ8_0;
import dev.lqmf.quant.vector.VectorSymmetric;
import dev.lqmf.quant.vector.VectorTQ1_0;
import dev.lqmf.quant.vector.VectorTQ2_0;
import dev.lqmf.tensor.TensorType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Formats whose hot loops use the Vector API, the scalar ones for the rest.
 *
 * <p>ggml sums along a block in order. Adding along it with SIMD would change the order and so the
 * bytes; therefore each lane owns a (sub-)block and performs exactly the sequential operations, and
 * as many blocks as there are lanes advance together.
 */
public final class VectorKernels implements Kernels {
  private final ScalarKernels scalar = new ScalarKernels();
  private final Map<TensorType, BlockFormat> formats = new EnumMap<>(TensorType.class);

  private final long worthWarmingUp;

  private final Set<Use> warm = new HashSet<>();

  /** What has been warmed up: a format, to be read or to be written, with importance or without. */
  private record Use(TensorType type, boolean written, boolean weighted) {}

  /** Creates kernels that are used for any work. */
  public VectorKernels() {
    this(0);
  }

  /**
   * Creates kernels that leave little work to the scalar ones: a JVM needs a second or two until
   * vector code is compiled, and runs it very slowly before.
   *
   * @param worthWarmingUp from how many weights on vector code is worth that
   */
  VectorKernels(long worthWarmingUp) {
    this.worthWarmingUp = worthWarmingUp;
    add(new VectorF16());
    add(new VectorBF16());
    add(new VectorQ8_0());
    add(VectorSymmetric.fourBits());
    add(VectorSymmetric.fiveBits());
    add(VectorAffine.fourBits());
    add(VectorAffine.fiveBits());
    add(new VectorQ2K());
    add(new VectorQ3K());
    add(new VectorQ4K());
    add(new VectorQ5K());
    add(new VectorQ6K());
    add(new VectorIQ4NL());
    add(new VectorIQ4XS());
    add(new VectorTQ1_0());
    add(new VectorTQ2_0());
    add(new VectorMXFP4());
  }

  private void add(BlockFormat format) {
    if (formats.put(format.type(), format) != null) {
      throw new IllegalStateException("two formats for " + format.type());
    }
  }

  @Override
  public String name() {
    return "vector-" + Lanes.SHAPE.vectorBitSize();
  }

  @Override
  public Set<TensorType> types() {
    return Collections.unmodifiableSet(scalar.types());
  }

  @Override
  public Optional<BlockFormat> find(TensorType type) {
    BlockFormat vector = formats.get(type);
    return vector != null ? Optional.of(vector) : scalar.find(type);
  }

  @Override
  public PackedMatrix fastest(PackedMatrix matrix) {
    if (!FusedMultiplyAdd.isFast()) {
      return matrix;
    }
    return switch (matrix) {
      case FourBitMatrix m -> new VectorFourBits(m);
      case Int8Matrix m -> new VectorInt8(m);
      case GptqPanels m -> new VectorGptq(m);
      case PlainMatrix m -> new VectorPlain(m);
      default -> matrix;
    };
  }

  @Override
  public Kernels forWork(long weights) {
    return weights < worthWarmingUp ? scalar : this;
  }

  /** Does nothing twice: who comes second waits for the first, and then for what is missing. */
  @Override
  public void warmUp(Set<TensorType> read, Set<TensorType> written, boolean weighted) {
    synchronized (warm) {
      new WarmUp(this, weighted).run(cold(read, false, false), cold(written, true, weighted));
    }
  }

  private List<BlockFormat> cold(Set<TensorType> types, boolean written, boolean weighted) {
    return types.stream()
        .map(formats::get)
        .filter(Objects::nonNull)
        .filter(format -> warm.add(new Use(format.type(), written, weighted)))
        .toList();
  }

  @Override
  public float peak(float[] values, int offset, int length) {
    return Peak.of(values, offset, length);
  }

  @Override
  public NibbleEncoder nearest(SixteenLevels levels) {
    return new NearestLevels(levels);
  }
}
