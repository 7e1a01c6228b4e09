package dev.lqmf.quant.vector;

/** The mean square of every row, summed from its first element to its last. */
final class MeanSquares {
  private MeanSquares() {}

  static float[] of(float[] x, int from, int rows, int rowLength) {
    float[] means = new float[rows];
    int row = 0;
    // One sum has to wait for each of its additions; four go side by side.
    for (; row <= rows - 4; row += 4) {
      four(x, from + row * rowLength, rowLength, means, row);
    }
    for (; row < rows; row++) {
      float sum = 0;
      for (int i = from + row * rowLength; i < from + (row + 1) * rowLength; i++) {
        sum += x[i] * x[i];
      }
      means[row] = sum / rowLength;
    }
    return means;
  }

  private static void four(float[] x, int from, int rowLength, float[] means, int row) {
    float sum0 = 0;
    float sum1 = 0;
    float sum2 = 0;
    float sum3 = 0;
    for (int i = from; i < from + rowLength; i++) {
      float x0 = x[i];
      float x1 = x[i + rowLength];
      float x2 = x[i + 2 * rowLength];
      float x3 = x[i + 3 * rowLength];
      sum0 += x0 * x0;
      sum1 += x1 * x1;
      sum2 += x2 * x2;
      sum3 += x3 * x3;
    }
    means[row] = sum0 / rowLength;
    means[row + 1] = sum1 / rowLength;
    means[row + 2] = sum2 / rowLength;
    means[row + 3] = sum3 / rowLength;
  }
}
