package dev.lqmf.tensor;

import java.io.IOException;

/** Small damage to a valid file, all of it, in a fixed order. */
public final class Mutations {
  private static final int[] FLIPS = {0x01, 0x80};

  private Mutations() {}

  /**
   * Opens every proper beginning of the file, and the file with every byte changed in some ways.
   */
  public static void openAll(byte[] valid, FuzzedFile.Reader reader) throws IOException {
    FuzzedFile.open(valid, reader);
    for (int length = 0; length < valid.length; length++) {
      byte[] cut = new byte[length];
      System.arraycopy(valid, 0, cut, 0, length);
      FuzzedFile.open(cut, reader);
    }
    for (int at = 0; at < valid.length; at++) {
      for (int flip : FLIPS) {
        byte[] changed = valid.clone();
        changed[at] ^= (byte) flip;
        FuzzedFile.open(changed, reader);
      }
    }
  }
}
