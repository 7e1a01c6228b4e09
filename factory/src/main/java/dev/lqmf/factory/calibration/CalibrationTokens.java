package dev.lqmf.factory.calibration;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a model reads while it is calibrated.
 *
 * @param ids sequences of one length, at least one
 */
public record CalibrationTokens(int[][] ids) {

  /** Number of sequences. */
  public int count() {
    return ids.length;
  }

  /** Tokens of a sequence. */
  public int length() {
    return ids[0].length;
  }

  /** SHA-256 of all tokens in their order, as little-endian int32, in hex. */
  public String sha256() {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    for (int[] sequence : ids) {
      ByteBuffer bytes =
          ByteBuffer.allocate(sequence.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asIntBuffer().put(sequence);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CalibrationTokens t && Arrays.deepEquals(ids, t.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(ids);
  }

  @Override
  public String toString() {
    return "%d sequences of %d tokens".formatted(count(), length());
  }
}
