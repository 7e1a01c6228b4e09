package dev.lqmf.quant.bnb;

import java.util.Arrays;

/**
 * Sums float32 values in the order of PyTorch's CPU kernel ({@code cascade_sum} in {@code
 * aten/src/ATen/native/cpu/SumKernel.cpp}) on x86-64 run by one thread: the last bit of a sum shows
 * the order. PyTorch takes another order for more than 32,768 values if it has several threads; the
 * result here depends on nothing but the values.
 */
final class TorchSum {
  /** Floats in a vector; fewer values than that are added one by one. */
  private static final int VECTOR = 8;

  /** Vectors that are added in independent chains. */
  private static final int CHAINS = 4;

  /** Accumulators of which each takes over the sum of the one before, so that errors stay small. */
  private static final int LEVELS = 4;

  private TorchSum() {}

  /** The mean as {@code Tensor.mean()} gives it: the sum over the number. */
  static float mean(float[] values) {
    return sum(values) / values.length;
  }

  static float sum(float[] values) {
    float[] lanes = sumVectors(values, values.length < VECTOR ? 1 : VECTOR);
    float sum = 0;
    for (int i = values.length / lanes.length * lanes.length; i < values.length; i++) {
      sum += values[i];
    }
    for (float lane : lanes) {
      sum += lane;
    }
    return sum;
  }

  /** One sum for each lane. */
  private static float[] sumVectors(float[] values, int lanes) {
    int vectors = values.length / lanes;
    int width = CHAINS * lanes;
    int rows = vectors / CHAINS;
    float[] chains = cascade(values, rows, width);
    for (int i = rows * width; i < vectors * lanes; i++) {
      chains[i % lanes] += values[i];
    }
    float[] sums = new float[lanes];
    for (int lane = 0; lane < lanes; lane++) {
      float sum = chains[lane];
      for (int chain = 1; chain < CHAINS; chain++) {
        sum += chains[chain * lanes + lane];
      }
      sums[lane] = sum;
    }
    return sums;
  }

  /** Sums rows of one vector for each chain. */
  private static float[] cascade(float[] values, int rows, int width) {
    int ceilLog2 = rows <= 1 ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1);
    int power = Math.max(4, ceilLog2 / LEVELS);
    int step = 1 << power;
    float[][] sums = new float[LEVELS][width];
    int row = 0;
    while (row + step <= rows) {
      for (int end = row + step; row < end; row++) {
        add(sums[0], values, row * width);
      }
      for (int level = 1; level < LEVELS; level++) {
        add(sums[level], sums[level - 1], 0);
        Arrays.fill(sums[level - 1], 0);
        if ((row & (step - 1) << level * power) != 0) {
          break;
        }
      }
    }
    for (; row < rows; row++) {
      add(sums[0], values, row * width);
    }
    for (int level = 1; level < LEVELS; level++) {
      add(sums[0], sums[level], 0);
    }
    return sums[0];
  }

  private static void add(float[] sums, float[] values, int from) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values[from + i];
    }
  }
}
