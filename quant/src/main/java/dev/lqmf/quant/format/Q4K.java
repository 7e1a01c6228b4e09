package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;

/**
 * Q4_K: super-blocks of 256 in 144 bytes, eight sub-blocks of 32 with a 6-bit scale and a 6-bit
 * minimum each, quants of 4 bits.
 *
 * <pre>
 * byte 0         2         4                        16                                    144
 *      ┌─────────┬─────────┬────────────────────────┬──────────────────────────────────────┐
 *      │ d       │ dmin    │ s0 … s7, m0 … m7       │ qs                                   │
 *      │ float16 │ float16 │ see {@link SixBitScales}        │ 4 × 32 bytes                         │
 *      └─────────┴─────────┴────────────────────────┴──────────────────────────────────────┘
 *
 * qs[32 k + i]   bits 7 … 4: q of x[64 k + 32 + i]   bits 3 … 0: q of x[64 k + i]
 *
 * x[32 j + i] = d · s(j) · q − dmin · m(j)
 * </pre>
 *
 * <p>Source: {@code block_q4_K} of {@code ggml-common.h}, {@code quantize_row_q4_K_ref}, {@code
 * quantize_row_q4_K_impl} and {@code dequantize_row_q4_K} of {@code ggml-quants.c}.
 */
public final class Q4K extends SixBitScaleFormat {
  /** Sizes and candidates. */
  public static final ScaleMinLayout LAYOUT =
      new ScaleMinLayout(
          8, 15, 63, false, 2, new StepGrid(-1f, 0.1f, 21), new StepGrid(-0.9f, 0.05f, 37));

  /** Creates the format. */
  public Q4K() {
    super(LAYOUT, false);
  }

  @Override
  public TensorType type() {
    return TensorType.Q4_K;
  }

  @Override
  void packQuants(int[] quants, byte[] block) {
    for (int k = 0; k < 4; k++) {
      for (int i = 0; i < 32; i++) {
        block[QUANTS + 32 * k + i] = (byte) (quants[64 * k + i] | quants[64 * k + 32 + i] << 4);
      }
    }
  }

  @Override
  void unpackQuants(byte[] block, int[] quants) {
    for (int k = 0; k < 4; k++) {
      for (int i = 0; i < 32; i++) {
        int pair = block[QUANTS + 32 * k + i] & 0xff;
        quants[64 * k + i] = pair & 15;
        quants[64 * k + 32 + i] = pair >> 4;
      }
    }
  }
}
