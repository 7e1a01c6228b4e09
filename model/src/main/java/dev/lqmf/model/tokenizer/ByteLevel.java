package dev.lqmf.model.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** GPT-2's way of writing bytes as visible characters ({@code bytes_to_unicode}). */
final class ByteLevel {
  private static final Map<Integer, Byte> BYTE_OF = new HashMap<>();

  static {
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean visible = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      BYTE_OF.put(visible ? b : next++, (byte) b);
    }
  }

  private ByteLevel() {}

  /**
   * The text that a token stands for; itself if one of its characters does not stand for a byte, as
   * the tokenizers library does. What is not UTF-8 becomes U+FFFD.
   */
  static String decode(String token) {
    int[] points = token.codePoints().toArray();
    byte[] bytes = new byte[points.length];
    for (int i = 0; i < points.length; i++) {
      Byte b = BYTE_OF.get(points[i]);
      if (b == null) {
        return token;
      }
      bytes[i] = b;
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
