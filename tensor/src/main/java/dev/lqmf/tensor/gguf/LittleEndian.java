package dev.lqmf.tensor.gguf;

/**
 * Numbers in an array of bytes, low byte first. Written out, since a variable handle is slow until
 * it is compiled, and reading a header is over before that.
 */
final class LittleEndian {
  private LittleEndian() {}

  static short i16(byte[] bytes, int at) {
    return (short) ((bytes[at] & 0xFF) | bytes[at + 1] << 8);
  }

  static int i32(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | bytes[at + 3] << 24;
  }

  static long i64(byte[] bytes, int at) {
    return (i32(bytes, at) & 0xFFFF_FFFFL) | (long) i32(bytes, at + Integer.BYTES) << 32;
  }

  static float f32(byte[] bytes, int at) {
    return Float.intBitsToFloat(i32(bytes, at));
  }

  static double f64(byte[] bytes, int at) {
    return Double.longBitsToDouble(i64(bytes, at));
  }
}
