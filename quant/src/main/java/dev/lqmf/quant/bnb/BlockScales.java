package dev.lqmf.quant.bnb;

import dev.lqmf.quant.format.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The scales of a matrix' 4-bit blocks as a checkpoint stores them: float32, or one byte each
 * ({@link NestedScales}).
 *
 * @param stored one number for each block
 * @param nested null: {@code stored} is float32
 */
record BlockScales(MemorySegment stored, @Nullable Nested nested) {

  /**
   * Double quantization.
   *
   * @param levels of the 256 codes
   * @param scales one for each {@code block} of these
   * @param offset what was taken off the scales
   */
  record Nested(float[] levels, float[] scales, int block, float offset) {}

  long bytes() {
    return stored.byteSize() + (nested == null ? 0 : (long) nested.scales().length * Float.BYTES);
  }

  /** Decodes {@code count} scales from block {@code first} on. */
  void decode(long first, int count, float[] target) {
    if (nested == null) {
      MemorySegment.copy(stored, LittleEndian.FLOAT, first * Float.BYTES, target, 0, count);
      return;
    }
    int block = nested.block();
    int outer = (int) (first / block);
    int left = block - (int) (first % block);
    byte[] codes = new byte[count];
    MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, first, codes, 0, count);
    float[] levels = nested.levels();
    float offset = nested.offset();
    for (int i = 0; i < count; outer++, left = block) {
      float scale = nested.scales()[outer];
      for (int end = Math.min(count, i + left); i < end; i++) {
        target[i] = levels[codes[i] & 0xff] * scale + offset;
      }
    }
  }
}
