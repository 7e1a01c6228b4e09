package dev.lqmf.factory.eval;

import java.util.Arrays;

/**
 * Sequences of one length, and the tokens that are predicted from some position on.
 *
 * @param ids the sequences, at least one
 * @param targets of each sequence, the tokens that come after the positions from {@code first} on
 * @param first position whose prediction counts first
 */
record Windows(int[][] ids, int[][] targets, int first) {

  /** Number of sequences. */
  int count() {
    return ids.length;
  }

  /** Tokens of a sequence. */
  int length() {
    return ids[0].length;
  }

  /** Predictions of a sequence. */
  int predictions() {
    return targets[0].length;
  }

  /** Predictions in all. */
  int total() {
    return Math.multiplyExact(count(), predictions());
  }

  /** The tokens that are to be predicted in a sequence, some of them. */
  int[] targets(int sequence, int from, int count) {
    return Arrays.copyOfRange(targets[sequence], from, from + count);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Windows w
        && first == w.first
        && Arrays.deepEquals(ids, w.ids)
        && Arrays.deepEquals(targets, w.targets);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.deepHashCode(ids) + Arrays.deepHashCode(targets)) + first;
  }

  @Override
  public String toString() {
    return "%d windows of %d tokens".formatted(count(), length());
  }
}
