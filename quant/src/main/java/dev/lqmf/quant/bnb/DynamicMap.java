package dev.lqmf.quant.bnb;

import java.util.Arrays;

/**
 * The signed dynamic 8-bit type (Dettmers, 8-Bit Approximations for Parallelism in Deep Learning,
 * <a href="https://arxiv.org/abs/1511.04561">arXiv 1511.04561</a>; {@code create_dynamic_map} of
 * bitsandbytes): 256 levels in [-1, 1], the more of them per decade the larger the value.
 *
 * <pre>
 *   decade i = 0 … 6:  ±10^(i-6) · the 2^i midpoints of 2^i + 1 steps from 0.1 to 1
 *   and 0, and 1;      sorted: code 127 is 0, code 255 is 1
 * </pre>
 *
 * <p>The library's CPU backend ({@code quantize_cpu_impl} in {@code csrc/cpu_ops.cpp}) does not
 * search the nearest level of a value, but looks up the nearest level of the nearest of 65,536
 * evenly spaced values; so close to a midpoint the code may be the one beside the nearest. The CUDA
 * kernels search. Encoding here gives the CPU backend's bytes.
 */
final class DynamicMap {
  static final int LEVELS = 256;

  private static final int DECADES = 7;
  private static final int GRID = 65536;
  private static final float[] VALUES = levels();
  private static final byte[] NEAREST = nearest();

  private DynamicMap() {}

  /** The levels, in the order of the codes ({@code nested_quant_map}). */
  static float[] values() {
    return VALUES.clone();
  }

  static float value(byte code) {
    return VALUES[code & 0xff];
  }

  /** The code of a value; beyond ±1 that of the end. */
  static byte code(float value) {
    float clamped = Math.clamp(value, -1f, 1f);
    // The library is compiled with fused multiply-add.
    return NEAREST[(int) Math.fma((clamped + 1) * 0.5f, GRID - 1, 0.5f)];
  }

  private static float[] levels() {
    float[] levels = new float[LEVELS];
    int n = 0;
    for (int decade = 0; decade < DECADES; decade++) {
      int steps = 1 << decade;
      double power = Math.pow(10, decade - (DECADES - 1));
      for (int i = 0; i < steps; i++) {
        float mean = (boundary(i, steps) + boundary(i + 1, steps)) / 2;
        levels[n++] = (float) power * mean;
        levels[n++] = (float) -power * mean;
      }
    }
    levels[n++] = 0;
    levels[n] = 1;
    Arrays.sort(levels);
    return levels;
  }

  /** As {@code torch.linspace(0.1, 1, steps + 1)}: from both ends towards the middle. */
  private static float boundary(int i, int steps) {
    float step = (1f - 0.1f) / steps;
    return i < (steps + 1) / 2 ? Math.fma(step, i, 0.1f) : Math.fma(-step, steps - i, 1f);
  }

  private static byte[] nearest() {
    byte[] codes = new byte[GRID];
    int code = 0;
    for (int i = 0; i < GRID; i++) {
      float value = -1 + 2f * i / (GRID - 1);
      while (code < LEVELS - 1 && 0.5f * (VALUES[code] + VALUES[code + 1]) < value) {
        code++;
      }
      codes[i] = (byte) code;
    }
    return codes;
  }
}
