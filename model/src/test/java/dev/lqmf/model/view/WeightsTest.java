package dev.lqmf.model.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each view against its definition, and its pieces against the whole. */
class WeightsTest {
  private static final long SEED = 20260928;

  /** Weights in memory, drawn with a fixed seed; finite if they are floats. */
  private record Drawn(TensorType type, Shape shape, byte[] bytes) implements Weights {
    static Drawn of(TensorType type, long... dims) {
      Shape shape = Shape.of(dims);
      byte[] bytes = new byte[(int) type.byteSize(shape.elements())];
      new Random(SEED).nextBytes(bytes);
      if (type.isFloat()) {
        // Clears the exponent's highest bit.
        for (int i = type.blockBytes() - 1; i < bytes.length; i += type.blockBytes()) {
          bytes[i] &= (byte) 0xBF;
        }
      }
      return new Drawn(type, shape, bytes);
    }

    @Override
    public void read(long byteOffset, MemorySegment target) {
      MemorySegment.copy(MemorySegment.ofArray(bytes), byteOffset, target, 0, target.byteSize());
    }
  }

  private static byte[] read(Weights weights, long offset, long count) throws IOException {
    byte[] bytes = new byte[(int) count];
    weights.read(offset, MemorySegment.ofArray(bytes));
    return bytes;
  }

  private static byte[] read(Weights weights) throws IOException {
    return read(weights, 0, weights.byteSize());
  }

  static Stream<Weights> views() {
    return Stream.of(
        new PermutedRows(Drawn.of(TensorType.BF16, 96, 40), PermutedRows.rotaryPairs(24)),
        new PermutedRows(Drawn.of(TensorType.F32, 96), PermutedRows.rotaryPairs(8)),
        // Rows longer than a piece, and many pieces.
        new PermutedRows(Drawn.of(TensorType.F32, 4, 300_000), PermutedRows.rotaryPairs(4)),
        new PermutedRows(Drawn.of(TensorType.F16, 2048, 1000), PermutedRows.rotaryPairs(512)),
        new TransposedWeights(Drawn.of(TensorType.F16, 37, 113)),
        new TransposedWeights(Drawn.of(TensorType.F32, 113, 37)),
        new TransposedWeights(Drawn.of(TensorType.BF16, 3, 20, 30)),
        new TransposedWeights(Drawn.of(TensorType.F64, 20, 31)),
        new TransposedWeights(Drawn.of(TensorType.BF16, 900, 1300)),
        JoinedWeights.stacked(
            List.of(
                Drawn.of(TensorType.F16, 5, 7),
                new TransposedWeights(Drawn.of(TensorType.F16, 7, 5)))),
        JoinedWeights.concatenated(
            List.of(Drawn.of(TensorType.F16, 2, 9), Drawn.of(TensorType.F16, 4, 9))),
        new SlicedWeights(Drawn.of(TensorType.F32, 12, 5), 3, 4),
        new PermutedRows(Drawn.of(TensorType.BF16, 96, 40), PermutedRows.rotaryHalves(24)),
        new ZeroWeights(TensorType.F16, Shape.of(7, 9)),
        new ReshapedWeights(Drawn.of(TensorType.F32, 12, 5), Shape.of(3, 4, 5)),
        Float32Weights.of(Drawn.of(TensorType.F8_E5M2, 300, 1000)),
        Float32Weights.of(Drawn.of(TensorType.I64, 50)),
        new MappedWeights(Drawn.of(TensorType.F16, 64), v -> v + 1),
        new ScaledWeights(
            Drawn.of(TensorType.F8_E4M3, 50, 70), Drawn.of(TensorType.F32, 3, 4), 20, 20),
        ConstantWeights.of(1, 2, 3, 4));
  }

  @ParameterizedTest
  @MethodSource("views")
  void piecesAreThoseOfTheWhole(Weights weights) throws IOException {
    byte[] whole = read(weights);
    MemorySegment expected = MemorySegment.ofArray(whole);
    int width = weights.type().blockBytes();
    long elements = weights.shape().elements();
    Random random = new Random(SEED);
    for (int i = 0; i < 40; i++) {
      long from = random.nextLong(elements);
      long count =
          i % 4 == 0 ? elements - from : 1 + random.nextLong(Math.min(elements - from, 500));
      assertThat(
              MemorySegment.ofArray(read(weights, from * width, count * width))
                  .mismatch(expected.asSlice(from * width, count * width)))
          .as("%d elements from %d", count, from)
          .isEqualTo(-1);
    }
  }

  @Test
  void putsRotaryHalvesIntoPairs() throws IOException {
    // Two heads of six rows: 0 1 2 | 3 4 5 becomes 0 3 1 4 2 5.
    byte[] stored = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    var weights = new Drawn(TensorType.I8, Shape.of(12, 1), stored);
    assertThat(read(new PermutedRows(weights, PermutedRows.rotaryPairs(6))))
        .containsExactly(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11);
  }

  @Test
  void putsRotaryPairsIntoHalves() throws IOException {
    byte[] pairs = {0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11};
    var weights = new Drawn(TensorType.I8, Shape.of(12, 1), pairs);
    assertThat(read(new PermutedRows(weights, PermutedRows.rotaryHalves(6))))
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  }

  @Test
  void movesWholeRowsOfBlocksButDoesNotTransposeThem() throws IOException {
    // A row of Q8_0 is a block of 34 bytes.
    byte[] stored = new byte[4 * 34];
    for (int i = 0; i < stored.length; i++) {
      stored[i] = (byte) (i / 34);
    }
    var weights = new Drawn(TensorType.Q8_0, Shape.of(4, 32), stored);
    byte[] moved = read(new PermutedRows(weights, PermutedRows.rotaryPairs(4)));
    assertThat(moved[0]).isEqualTo((byte) 0);
    assertThat(moved[34]).isEqualTo((byte) 2);
    assertThat(moved[2 * 34]).isEqualTo((byte) 1);
    assertThatThrownBy(() -> new TransposedWeights(weights))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Q8_0");
  }

  @Test
  void transposesEachMatrix() throws IOException {
    var weights =
        new Drawn(
            TensorType.I8,
            Shape.of(2, 2, 3),
            new byte[] {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16});
    var transposed = new TransposedWeights(weights);
    assertThat(transposed.shape()).isEqualTo(Shape.of(2, 3, 2));
    assertThat(read(transposed)).containsExactly(1, 4, 2, 5, 3, 6, 11, 14, 12, 15, 13, 16);
  }

  @Test
  void joinsAndCuts() throws IOException {
    var a = new Drawn(TensorType.I8, Shape.of(1, 2), new byte[] {1, 2});
    var b = new Drawn(TensorType.I8, Shape.of(2, 2), new byte[] {3, 4, 5, 6});
    var joined = JoinedWeights.concatenated(List.of(a, b));
    assertThat(joined.shape()).isEqualTo(Shape.of(3, 2));
    assertThat(read(joined)).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(read(new SlicedWeights(joined, 1, 1))).containsExactly(3, 4);
    assertThat(JoinedWeights.stacked(List.of(a, a, a)).shape()).isEqualTo(Shape.of(3, 1, 2));
    assertThatThrownBy(() -> JoinedWeights.stacked(List.of(a, b)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 × 2");
  }

  @Test
  void addsOneInTheStoredPrecision() throws IOException {
    short tiny = Float.floatToFloat16(0.00030f);
    var half =
        new Drawn(
            TensorType.F16, Shape.of(1), new byte[] {(byte) (tiny & 0xFF), (byte) (tiny >> 8)});
    byte[] bytes = read(new MappedWeights(half, v -> v + 1));
    // 1.0003 lies between two halves; the nearest is 1.
    assertThat(MemorySegment.ofArray(bytes).get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(1f);
  }

  @Test
  void knowsEightBitFloats() throws IOException {
    byte[] codes = {0x00, 0x01, 0x08, 0x38, 0x7E, (byte) 0xB8, 0x7F};
    MemorySegment e4m3 =
        MemorySegment.ofArray(
            read(Float32Weights.of(new Drawn(TensorType.F8_E4M3, Shape.of(7), codes))));
    assertThat(e4m3.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
        .containsExactly(0f, 0x1p-9f, 0x1p-6f, 1f, 448f, -1f, Float.NaN);
    byte[] wide = {0x01, 0x04, 0x3C, 0x7B, 0x7C, (byte) 0xFC, 0x7F};
    MemorySegment e5m2 =
        MemorySegment.ofArray(
            read(Float32Weights.of(new Drawn(TensorType.F8_E5M2, Shape.of(7), wide))));
    assertThat(e5m2.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED))
        .containsExactly(
            0x1p-16f,
            0x1p-14f,
            1f,
            57344f,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.NaN);
  }

  @Test
  void refusesScalesThatDoNotFit() {
    assertThatThrownBy(
            () ->
                new ScaledWeights(
                    Drawn.of(TensorType.F8_E4M3, 50, 70), Drawn.of(TensorType.F32, 3, 3), 20, 20))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("3 × 3")
        .hasMessageContaining("50 × 70");
  }
}
