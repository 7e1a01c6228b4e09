package dev.lqmf.quant;

import dev.lqmf.quant.vector.Lanes;

/**
 * The order in which the products of a row add up. Plain loops keep the one of the vectors, so that
 * it makes no difference to a sum which of them computes it.
 *
 * <pre>
 *   whole runs   part[j] += w[RUN r + j] · x[RUN r + j]   j = 0 … RUN - 1, for r = 0, 1, …
 *   then         part[j] += part[j + d]                   j = 0 … d - 1, for d = HALF, HALF / 2, … 1
 *   the rest     part[0] += w[i] · x[i]                   for i = whole, whole + 1, …
 * </pre>
 *
 * <p>Each product is added with a single rounding ({@link Math#fma}).
 */
public final class RowSum {
  /** Lanes of a vector; where there are none, any number would do. */
  public static final int HALF = KernelsProvider.hasVectors() ? Lanes.COUNT : 16;

  /** Products that go to different partial sums: those of two vectors. */
  public static final int RUN = 2 * HALF;

  private RowSum() {}

  /** Loads the Vector API, which takes a tenth of a second, unless it is loaded. */
  public static void load() {
    // The static initializer does it.
  }

  /** How many numbers of a row are in whole runs. */
  public static int whole(int length) {
    return length - length % RUN;
  }

  /**
   * The sum of a row's products.
   *
   * @param w the row begins at {@code from}
   * @param x as long as the row
   */
  public static float of(float[] w, int from, float[] x) {
    int whole = whole(x.length);
    float[] part = new float[HALF];
    for (int j = 0; j < HALF; j += 2) {
      // Four sums that need not wait for each other.
      float a = 0;
      float b = 0;
      float c = 0;
      float d = 0;
      for (int i = j; i < whole; i += RUN) {
        a = Math.fma(w[from + i], x[i], a);
        b = Math.fma(w[from + i + 1], x[i + 1], b);
        c = Math.fma(w[from + i + HALF], x[i + HALF], c);
        d = Math.fma(w[from + i + HALF + 1], x[i + HALF + 1], d);
      }
      part[j] = a + c;
      part[j + 1] = b + d;
    }
    for (int distance = HALF / 2; distance > 0; distance /= 2) {
      for (int j = 0; j < distance; j++) {
        part[j] += part[j + distance];
      }
    }
    float sum = part[0];
    for (int i = whole; i < x.length; i++) {
      sum = Math.fma(w[from + i], x[i], sum);
    }
    return sum;
  }

  /**
   * Rows with the numbers of even index before those of odd index in each whole run: where a byte
   * or a word holds two neighbours, vectors have them so.
   *
   * @param rows one or more
   * @param length of a row
   */
  public static float[] evenFirst(float[] rows, int length) {
    float[] arranged = rows.clone();
    int whole = whole(length);
    for (int row = 0; row < rows.length; row += length) {
      for (int run = row; run < row + whole; run += RUN) {
        for (int j = 0; j < HALF; j++) {
          arranged[run + j] = rows[run + 2 * j];
          arranged[run + HALF + j] = rows[run + 2 * j + 1];
        }
      }
    }
    return arranged;
  }
}
