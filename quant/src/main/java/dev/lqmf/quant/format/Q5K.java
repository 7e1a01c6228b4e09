package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;

/**
 * Q5_K: super-blocks of 256 in 176 bytes, eight sub-blocks of 32 with a 6-bit scale and a 6-bit
 * minimum each, quants of 5 bits.
 *
 * <pre>
 * byte 0         2         4                   16                  48                      176
 *      ┌─────────┬─────────┬───────────────────┬───────────────────┬───────────────────────┐
 *      │ d       │ dmin    │ s0 … s7, m0 … m7  │ qh                │ ql                    │
 *      │ float16 │ float16 │ {@link SixBitScales}      │ 32 bytes          │ 4 × 32 bytes          │
 *      └─────────┴─────────┴───────────────────┴───────────────────┴───────────────────────┘
 *
 * qh[i]          bit j: bit 4 of q of x[32 j + i]
 * ql[32 k + i]   bits 7 … 4: bits 3 … 0 of q of x[64 k + 32 + i]
 *                bits 3 … 0: bits 3 … 0 of q of x[64 k + i]
 *
 * x[32 j + i] = d · s(j) · q − dmin · m(j)
 * </pre>
 *
 * <p>Source: {@code block_q5_K} of {@code ggml-common.h}, {@code quantize_row_q5_K_ref}, {@code
 * quantize_row_q5_K_impl} and {@code dequantize_row_q5_K} of {@code ggml-quants.c}.
 */
public final class Q5K extends SixBitScaleFormat {
  /** Sizes and candidates. */
  public static final ScaleMinLayout LAYOUT =
      new ScaleMinLayout(
          8, 31, 63, false, 2, new StepGrid(-0.5f, 0.1f, 16), new StepGrid(-0.9f, 0.05f, 37));

  private static final int HIGH_BITS = QUANTS;
  private static final int LOW_BITS = QUANTS + 32;

  /** Creates the format. */
  public Q5K() {
    super(LAYOUT, true);
  }

  @Override
  public TensorType type() {
    return TensorType.Q5_K;
  }

  @Override
  void packQuants(int[] quants, byte[] block) {
    for (int i = 0; i < 32; i++) {
      int high = 0;
      for (int j = 0; j < 8; j++) {
        high |= quants[32 * j + i] >> 4 << j;
      }
      block[HIGH_BITS + i] = (byte) high;
      for (int k = 0; k < 4; k++) {
        int pair = quants[64 * k + i] & 15 | (quants[64 * k + 32 + i] & 15) << 4;
        block[LOW_BITS + 32 * k + i] = (byte) pair;
      }
    }
  }

  @Override
  void unpackQuants(byte[] block, int[] quants) {
    for (int i = 0; i < 32; i++) {
      int high = block[HIGH_BITS + i];
      for (int k = 0; k < 4; k++) {
        int pair = block[LOW_BITS + 32 * k + i] & 0xff;
        quants[64 * k + i] = pair & 15 | (high >> 2 * k & 1) << 4;
        quants[64 * k + 32 + i] = pair >> 4 | (high >> 2 * k + 1 & 1) << 4;
      }
    }
  }
}
