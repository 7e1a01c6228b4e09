package dev.lqmf.testkit;

import dev.lqmf.tensor.TensorType;
import dev.lqmf.testkit.SeededRows.Distribution;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One input of an encoder.
 *
 * @param seed decides values and importance
 * @param rowLength a multiple of the type's block
 * @param weighted whether the encoder gets importance weights
 */
public record EncoderCase(
    Distribution distribution, long seed, int rows, int rowLength, boolean weighted) {

  /** Plain types have no block: their rows are multiples of a length that fills no vector. */
  private static final int PLAIN_UNIT = 23;

  /**
   * Rows × blocks: single blocks, counts that fill a vector tile, fall short of one, overrun it.
   */
  private static final int[][] SHAPES = {{1, 1}, {1, 5}, {3, 7}, {1, 17}};

  private static final int[][] MORE_SHAPES = {
    {1, 2}, {1, 3}, {3, 1}, {5, 7}, {1, 16}, {1, 33}, {4, 16}
  };

  /** The cases that an encoder of this type has to pass, seeded from {@code seed} on. */
  public static List<EncoderCase> plan(TensorType type, long seed) {
    int unit = type.blockElements() == 1 ? PLAIN_UNIT : type.blockElements();
    List<EncoderCase> cases = new ArrayList<>();
    long next = seed;
    for (Distribution distribution : Distribution.values()) {
      for (int[] shape : SHAPES) {
        cases.add(new EncoderCase(distribution, next++, shape[0], shape[1] * unit, false));
        cases.add(new EncoderCase(distribution, next++, shape[0], shape[1] * unit, true));
      }
    }
    for (Distribution distribution : List.of(Distribution.NORMAL, Distribution.PATCHWORK)) {
      for (int[] shape : MORE_SHAPES) {
        cases.add(new EncoderCase(distribution, next++, shape[0], shape[1] * unit, false));
        cases.add(new EncoderCase(distribution, next++, shape[0], shape[1] * unit, true));
      }
    }
    return cases;
  }

  /** Number of weights. */
  public int elements() {
    return rows * rowLength;
  }

  public float[] values() {
    return SeededRows.values(distribution, seed, rows, rowLength);
  }

  /** The columns' weights, or null if the encoder gets none. */
  public float @Nullable [] importance() {
    return weighted ? SeededRows.importance(seed, rowLength) : null;
  }
}
