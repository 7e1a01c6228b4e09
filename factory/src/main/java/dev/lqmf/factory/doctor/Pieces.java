package dev.lqmf.factory.doctor;

import dev.lqmf.model.view.Weights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;

/** Reads float32 weights piece by piece. */
final class Pieces {
  private static final int ELEMENTS = 1 << 16;

  private Pieces() {}

  /** The first element that is infinite or no number. */
  static OptionalLong firstNotFinite(Weights weights) throws IOException {
    long count = weights.shape().elements();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate((long) ELEMENTS * Float.BYTES, Float.BYTES);
      for (long from = 0; from < count; from += ELEMENTS) {
        int n = (int) Math.min(ELEMENTS, count - from);
        weights.read(from * Float.BYTES, piece.asSlice(0, (long) n * Float.BYTES));
        for (int i = 0; i < n; i++) {
          if (!Float.isFinite(piece.getAtIndex(ValueLayout.JAVA_FLOAT, i))) {
            return OptionalLong.of(from + i);
          }
        }
      }
    }
    return OptionalLong.empty();
  }

  /**
   * How far weights are from others: ‖w − o‖ / ‖o‖, by Euclid's norm; 0 if both are zero.
   *
   * @param original of the same number of elements
   */
  static double relativeError(Weights weights, Weights original) throws IOException {
    long count = original.shape().elements();
    double difference = 0;
    double size = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mine = arena.allocate((long) ELEMENTS * Float.BYTES, Float.BYTES);
      MemorySegment theirs = arena.allocate((long) ELEMENTS * Float.BYTES, Float.BYTES);
      for (long from = 0; from < count; from += ELEMENTS) {
        int n = (int) Math.min(ELEMENTS, count - from);
        weights.read(from * Float.BYTES, mine.asSlice(0, (long) n * Float.BYTES));
        original.read(from * Float.BYTES, theirs.asSlice(0, (long) n * Float.BYTES));
        for (int i = 0; i < n; i++) {
          double o = theirs.getAtIndex(ValueLayout.JAVA_FLOAT, i);
          double d = mine.getAtIndex(ValueLayout.JAVA_FLOAT, i) - o;
          difference += d * d;
          size += o * o;
        }
      }
    }
    return difference == 0 ? 0 : Math.sqrt(difference / size);
  }
}
