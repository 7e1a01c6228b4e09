package dev.lqmf.quant.bnb;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.NibbleEncoder;
import dev.lqmf.quant.format.SixteenLevels;
import dev.lqmf.tensor.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A 4-bit type of bitsandbytes: blocks of consecutive weights, whatever rows they belong to, share
 * the largest magnitude as their scale.
 *
 * <pre>
 *   byte i    7      4 3      0
 *            ┌────────┬────────┐    w[2i]   = level[hi] · absmax[2i / block]
 *            │ hi     │ lo     │    w[2i+1] = level[lo] · absmax[(2i+1) / block]
 *            └────────┴────────┘    absmax: float32, or double quantized
 * </pre>
 *
 * <p>The last block may be short; of an odd number of weights the last low half is the code of 0.
 *
 * <p>Encoding: a weight over its block's absmax gets the code of the nearest level, the lower level
 * if two are equally near. As in {@code quantize_4bit} of the library's CPU backend ({@code
 * backends/default/ops.py}), whole blocks multiply by a rounded reciprocal and the short last block
 * divides; an absmax below 1e-38 counts as that, and is stored as that for the short block only.
 * The CUDA kernels of checkpoints in the wild differ in what decodes to the same value or to an
 * equally near one: weights of a block of zeros get {@code 0000} there and the code of 0 here, FP4
 * values that round to zero keep their sign there, and ties may fall to the other side.
 */
public enum FourBitFormat {
  /**
   * Quantiles of the normal distribution (Dettmers et al., QLoRA, <a
   * href="https://arxiv.org/abs/2305.14314">arXiv 2305.14314</a>); codes in the order of the
   * levels.
   */
  NF4(
      -1.0f,
      -0.6961928009986877f,
      -0.5250730514526367f,
      -0.39491748809814453f,
      -0.28444138169288635f,
      -0.18477343022823334f,
      -0.09105003625154495f,
      0.0f,
      0.07958029955625534f,
      0.16093020141124725f,
      0.24611230194568634f,
      0.33791524171829224f,
      0.44070982933044434f,
      0.5626170039176941f,
      0.7229568362236023f,
      1.0f),

  /**
   * A float of one sign, two exponent bits and one mantissa bit: codes are those bits. Both zeros
   * decode to +0; encoding gives {@code 1000} to positive values that round to zero, since the
   * library's order of the two equal levels has it there.
   */
  FP4(
      0.0f,
      0.0625f / 12,
      8.0f / 12,
      12.0f / 12,
      4.0f / 12,
      6.0f / 12,
      2.0f / 12,
      3.0f / 12,
      0.0f,
      -0.0625f / 12,
      -8.0f / 12,
      -12.0f / 12,
      -4.0f / 12,
      -6.0f / 12,
      -2.0f / 12,
      -3.0f / 12);

  /** The library's lower limit of what it divides by. */
  private static final float SMALLEST_SCALE = 1e-38f;

  private final float[] levels;

  /** Of +0 and -0 the lower is +0 here, as in the library, which stores -0 as code 0, too. */
  private final SixteenLevels nearest;

  FourBitFormat(float... levels) {
    this.levels = levels;
    this.nearest = new SixteenLevels(levels);
  }

  /** As configurations and file names have it: {@code nf4}, {@code fp4}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The format of that label.
   *
   * @throws InputException if there is none; the message lists those there are
   */
  public static FourBitFormat parse(String label) {
    return Arrays.stream(values())
        .filter(f -> f.label().equals(label.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no 4-bit type " + InputException.quote(label),
                    "use one of "
                        + Arrays.stream(values())
                            .map(FourBitFormat::label)
                            .collect(Collectors.joining(", "))));
  }

  /** The 16 values of the codes, in the order of the codes ({@code quant_map}). */
  public float[] levels() {
    return levels.clone();
  }

  /** Bytes of so many weights. */
  public static long packedBytes(long weights) {
    return Math.ceilDiv(weights, 2L);
  }

  /**
   * Encodes whole blocks, and the short last block of a tensor.
   *
   * @param kernels what to compute with
   * @param values finite weights
   * @param offset of the first
   * @param count number of weights; a multiple of {@code blockSize} unless they end the tensor
   * @param blockSize even
   * @param absmax receives one scale for each block
   * @param firstBlock where in {@code absmax} to begin
   * @param packed receives {@link #packedBytes} of {@code count}, from 0 on
   */
  public void encode(
      Kernels kernels,
      float[] values,
      int offset,
      int count,
      int blockSize,
      float[] absmax,
      int firstBlock,
      byte[] packed) {
    NibbleEncoder encoder = kernels.nearest(nearest);
    for (int done = 0, block = firstBlock; done < count; done += blockSize, block++) {
      int length = Math.min(blockSize, count - done);
      int from = offset + done;
      float scale = kernels.peak(values, from, length);
      float divisor = Math.max(scale, SMALLEST_SCALE);
      if (length == blockSize) {
        encoder.encode(values, from, length, 1 / divisor, packed, done / 2);
        absmax[block] = scale;
      } else {
        for (int i = 0; i < length; i += 2) {
          int high = nearest.code(values[from + i] / divisor);
          int low = nearest.code(i + 1 < length ? values[from + i + 1] / divisor : 0);
          packed[done + i >> 1] = (byte) (high << 4 | low);
        }
        absmax[block] = divisor;
      }
    }
  }

  /**
   * Decodes weights.
   *
   * @param packed two codes in each byte
   * @param packedOffset the byte that holds the first weight
   * @param first index of the first weight in its tensor, even
   * @param blockSize weights that share a scale
   * @param absmax the tensor's scales
   * @param target receives {@code count} weights
   */
  public void decode(
      byte[] packed,
      int packedOffset,
      long first,
      int blockSize,
      float[] absmax,
      float[] target,
      int targetOffset,
      int count) {
    decode(levels, packed, packedOffset, first, blockSize, absmax, target, targetOffset, count);
  }

  /** As the other, with levels that a file states. */
  static void decode(
      float[] levels,
      byte[] packed,
      int packedOffset,
      long first,
      int blockSize,
      float[] absmax,
      float[] target,
      int targetOffset,
      int count) {
    for (int i = 0; i < count; i++) {
      int both = packed[packedOffset + (i >> 1)];
      int code = (i & 1) == 0 ? both >> 4 & 0xf : both & 0xf;
      target[targetOffset + i] = levels[code] * absmax[(int) ((first + i) / blockSize)];
    }
  }
}
