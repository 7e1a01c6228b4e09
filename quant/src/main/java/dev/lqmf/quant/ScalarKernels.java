package dev.lqmf.quant;

import dev.lqmf.quant.format.BF16;
import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.F32;
import dev.lqmf.quant.format.F64;
import dev.lqmf.quant.format.F8_E4M3;
import dev.lqmf.quant.format.F8_E5M2;
import dev.lqmf.quant.format.IQ4NL;
import dev.lqmf.quant.format.IQ4XS;
import dev.lqmf.quant.format.MXFP4;
import dev.lqmf.quant.format.Q2K;
import dev.lqmf.quant.format.Q3K;
import dev.lqmf.quant.format.Q4K;
import dev.lqmf.quant.format.Q4_0;
import dev.lqmf.quant.format.Q4_1;
import dev.lqmf.quant.format.Q5K;
import dev.lqmf.quant.format.Q5_0;
import dev.lqmf.quant.format.Q5_1;
import dev.lqmf.quant.format.Q6K;
import dev.lqmf.quant.format.Q8_0;
import dev.lqmf.quant.format.SixteenLevels;
import dev.lqmf.quant.format.TQ1_0;
import dev.lqmf.quant.format.TQ2_0;
import dev.lqmf.tensor.TensorType;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every format in plain sequential code that follows ggml's operation by operation: the oracle the
 * vector kernels are tested against, and what runs where the Vector API is missing.
 */
public final class ScalarKernels implements Kernels {
  private final Map<TensorType, BlockFormat> formats = new EnumMap<>(TensorType.class);

  /** Creates the kernels. */
  public ScalarKernels() {
    add(new F64());
    add(new F32());
    add(new F16());
    add(new BF16());
    add(new F8_E4M3());
    add(new F8_E5M2());
    add(new Q8_0());
    add(new Q4_0());
    add(new Q4_1());
    add(new Q5_0());
    add(new Q5_1());
    add(new Q2K());
    add(new Q3K());
    add(new Q4K());
    add(new Q5K());
    add(new TQ1_0());
    add(new TQ2_0());
    add(new MXFP4());
    add(new Q6K());
    add(new IQ4NL());
    add(new IQ4XS());
  }

  private void add(BlockFormat format) {
    if (formats.put(format.type(), format) != null) {
      throw new IllegalStateException("two formats for " + format.type());
    }
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public Set<TensorType> types() {
    return Collections.unmodifiableSet(formats.keySet());
  }

  @Override
  public Optional<BlockFormat> find(TensorType type) {
    return Optional.ofNullable(formats.get(type));
  }

  @Override
  public float peak(float[] values, int offset, int length) {
    // Without the sign, floats are in the order of their bits, with infinity and NaN on top.
    int peak = 0;
    for (int i = offset; i < offset + length; i++) {
      peak = Math.max(peak, Float.floatToRawIntBits(values[i]) & Integer.MAX_VALUE);
    }
    return Float.intBitsToFloat(peak);
  }

  @Override
  public NibbleEncoder nearest(SixteenLevels levels) {
    return levels;
  }
}
