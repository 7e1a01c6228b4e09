package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.lqmf.quant.format.SixBitScales;
import jdk.incubator.vector.IntVector;

/** {@link SixBitScales} in every lane: its 12 bytes are three words. */
final class LaneSixBitScales {
  private LaneSixBitScales() {}

  /**
   * Packs codes, and replaces each by what a reader will find.
   *
   * @param scales code j of lane l at j · COUNT + l, an unsigned byte
   * @param minima likewise
   * @param words receives three words per lane, the first at {@code first · COUNT + l}
   */
  static void pack(int[] scales, int[] minima, int[] words, int first) {
    IntVector low = IntVector.zero(INT);
    IntVector middle = IntVector.zero(INT);
    IntVector high = IntVector.zero(INT);
    for (int i = 0; i < 4; i++) {
      IntVector s = IntVector.fromArray(INT, scales, i * COUNT);
      IntVector m = IntVector.fromArray(INT, minima, i * COUNT);
      IntVector upperS = IntVector.fromArray(INT, scales, (4 + i) * COUNT);
      IntVector upperM = IntVector.fromArray(INT, minima, (4 + i) * COUNT);
      IntVector lowByte = s.or(upperS.and(0x30).lanewise(LSHL, 2));
      IntVector middleByte = m.or(upperM.and(0x30).lanewise(LSHL, 2));
      IntVector highByte = upperS.and(15).or(upperM.and(15).lanewise(LSHL, 4));
      low = low.or(lowByte.lanewise(LSHL, 8 * i));
      middle = middle.or(middleByte.lanewise(LSHL, 8 * i));
      high = high.or(highByte.lanewise(LSHL, 8 * i));
      lowByte.and(63).intoArray(scales, i * COUNT);
      middleByte.and(63).intoArray(minima, i * COUNT);
      upperS
          .and(15)
          .or(lowByte.lanewise(LSHR, 6).lanewise(LSHL, 4))
          .intoArray(scales, (4 + i) * COUNT);
      upperM
          .and(15)
          .or(middleByte.lanewise(LSHR, 6).lanewise(LSHL, 4))
          .intoArray(minima, (4 + i) * COUNT);
    }
    low.intoArray(words, first * COUNT);
    middle.intoArray(words, (first + 1) * COUNT);
    high.intoArray(words, (first + 2) * COUNT);
  }

  /** Limits codes to 63. */
  static void limit(int[] codes) {
    for (int i = 0; i < codes.length; i += COUNT) {
      IntVector.fromArray(INT, codes, i).min(63).intoArray(codes, i);
    }
  }
}
