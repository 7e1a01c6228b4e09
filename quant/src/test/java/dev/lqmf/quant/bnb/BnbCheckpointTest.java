package dev.lqmf.quant.bnb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BnbCheckpointTest {
  private static final String MATRIX = "model.x.weight";

  /** A checkpoint in memory. */
  private static final class Tensors implements TensorSource {
    final Map<TensorInfo, byte[]> contents = new LinkedHashMap<>();

    void put(String name, TensorType type, byte[] bytes, long... dims) {
      contents.keySet().removeIf(t -> t.name().equals(name));
      contents.put(new TensorInfo(name, type, Shape.of(dims)), bytes);
    }

    void remove(String name) {
      assertThat(contents.keySet().removeIf(t -> t.name().equals(name))).isTrue();
    }

    @Override
    public List<TensorInfo> tensors() {
      return List.copyOf(contents.keySet());
    }

    @Override
    public void read(TensorInfo tensor, long byteOffset, MemorySegment target) {
      byte[] bytes = Objects.requireNonNull(contents.get(tensor));
      target.copyFrom(MemorySegment.ofArray(bytes).asSlice(byteOffset, target.byteSize()));
    }

    @Override
    public String origin() {
      return "memory";
    }

    @Override
    public void close() {}
  }

  static Stream<BnbGolden.Case> cases() {
    return BnbGolden.cases().filter(c -> BnbGolden.FOUR_BIT.has(c.name() + ".dequantized"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void weightsOfTheLibraryDecodeToItsValues(BnbGolden.Case golden) throws IOException {
    BnbCheckpoint checkpoint = BnbCheckpoint.of(fourBit(golden));

    assertThat(checkpoint.tensors())
        .containsExactly(new TensorInfo(MATRIX, TensorType.F32, golden.shape()));
    float[] expected = BnbGolden.FOUR_BIT.floats(golden.name() + ".dequantized");
    assertThat(read(checkpoint, 0, expected.length)).isEqualTo(expected);
    // At odd places, within blocks, to the end.
    for (int from : new int[] {1, 30, 49, expected.length - 1}) {
      assertThat(read(checkpoint, from, expected.length - from))
          .isEqualTo(Arrays.copyOfRange(expected, from, expected.length));
    }
  }

  @Test
  void manyBlocksDecodeInPieces() throws IOException {
    BnbGolden.Case golden = find("manyblocks_float32.nf4.64.dq");
    BnbCheckpoint checkpoint = BnbCheckpoint.of(fourBit(golden));
    float[] whole = read(checkpoint, 0, (int) golden.shape().elements());

    // The 257th block has the second nested scale.
    assertThat(read(checkpoint, 257 * 64 + 3, 500))
        .isEqualTo(Arrays.copyOfRange(whole, 257 * 64 + 3, 257 * 64 + 503));
    float[] absmax = new float[600];
    FourBitFormat.NF4.encode(
        new ScalarKernels(),
        golden.values(),
        0,
        whole.length,
        64,
        absmax,
        0,
        new byte[whole.length / 2]);
    float[] expected = new float[whole.length];
    FourBitFormat.NF4.decode(
        golden.packed(), 0, 0, 64, NestedScales.of(absmax).absmax(), expected, 0, whole.length);
    assertThat(whole).isEqualTo(expected);
  }

  @Test
  void rowsOfEightBitsDecode() throws IOException {
    BnbCheckpoint checkpoint = BnbCheckpoint.of(eightBit("odd_float32"));

    assertThat(checkpoint.tensors())
        .extracting(TensorInfo::name, t -> t.shape().toString())
        .containsExactly(tuple(MATRIX, "7 × 37"));
    assertThat(checkpoint.format(checkpoint.tensors().getFirst())).isEqualTo("INT8");
    assertThat(checkpoint.storedBytes(checkpoint.tensors().getFirst())).isEqualTo(7 * 37 + 28 + 1);
    byte[] codes = BnbGolden.INT8.bytes("odd_float32.int8.thr0.from_float16.CB");
    float[] scales = BnbGolden.INT8.floats("odd_float32.int8.thr0.from_float16.SCB");
    float[] decoded = read(checkpoint, 30, 100);
    for (int i = 0; i < decoded.length; i++) {
      assertThat(decoded[i]).isEqualTo(codes[30 + i] * scales[(30 + i) / 37] * (1 / 127f));
    }
  }

  @Test
  void codesMayBeStoredUnderAnotherType() throws IOException {
    BnbGolden.Case golden = find("evenshort_float32.nf4.64.plain");
    Tensors tensors = fourBit(golden);
    byte[] packed = Arrays.copyOf(golden.packed(), 106);
    tensors.put(MATRIX, TensorType.BF16, packed, 53, 1);
    tensors.put(
        BnbNames.quantState(MATRIX, FourBitFormat.NF4),
        TensorType.U8,
        QuantState.of(FourBitFormat.NF4, 64, TensorType.F32, Shape.of(4, 53), false).toBytes(),
        QuantState.of(FourBitFormat.NF4, 64, TensorType.F32, Shape.of(4, 53), false)
            .toBytes()
            .length);

    float[] decoded = read(BnbCheckpoint.of(tensors), 1, 209);

    float[] expected = BnbGolden.FOUR_BIT.floats(golden.name() + ".dequantized");
    assertThat(decoded).isEqualTo(Arrays.copyOfRange(expected, 1, 210));
  }

  @Test
  void otherTensorsAreAsTheyAre() throws IOException {
    Tensors tensors = fourBit(find("tiny_float32.nf4.64.dq"));
    tensors.put("norm.weight", TensorType.U8, new byte[] {5, 6}, 2);
    BnbCheckpoint checkpoint = BnbCheckpoint.of(tensors);
    TensorInfo norm = checkpoint.tensors().getLast();
    byte[] one = new byte[1];

    checkpoint.read(norm, 1, MemorySegment.ofArray(one));

    assertThat(norm.name()).isEqualTo("norm.weight");
    assertThat(one).containsExactly(6);
    assertThat(checkpoint.isQuantized(norm)).isFalse();
    assertThat(checkpoint.matrices()).isOne();
  }

  @Test
  void whatIsMissingOrDamagedIsNamed() {
    assertRefused(t -> t.remove(BnbNames.absmax(MATRIX)), "absmax' is missing");
    assertRefused(t -> t.remove(BnbNames.nestedAbsmax(MATRIX)), "nested_absmax' is missing");
    assertRefused(
        t -> t.put(BnbNames.absmax(MATRIX), TensorType.U8, new byte[3], 3),
        "absmax' is U8 of 3, but must be U8 of 2");
    assertRefused(
        t -> t.put(MATRIX, TensorType.U8, new byte[65], 65, 1),
        "it has 65 bytes, but its quant_state says 2 × 64");
    assertRefused(
        t ->
            t.put(
                BnbNames.quantState(MATRIX, FourBitFormat.NF4), TensorType.U8, new byte[] {'7'}, 1),
        "its quant_state cannot be used: it is not a JSON object");
  }

  private static void assertRefused(Consumer<Tensors> damage, String problem) {
    Tensors tensors = fourBit(find("tiny_float32.nf4.64.dq"));
    damage.accept(tensors);
    assertThatThrownBy(() -> BnbCheckpoint.of(tensors))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'" + MATRIX + "' of memory is damaged")
        .hasMessageContaining(problem);
  }

  private static BnbGolden.Case find(String name) {
    return BnbGolden.cases().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  private static Tensors fourBit(BnbGolden.Case golden) {
    Tensors tensors = new Tensors();
    byte[] packed = golden.packed();
    tensors.put(MATRIX, TensorType.U8, packed, packed.length, 1);
    byte[] absmax = golden.part("absmax");
    boolean nested = golden.nested();
    int width = nested ? 1 : Float.BYTES;
    tensors.put(
        BnbNames.absmax(MATRIX),
        nested ? TensorType.U8 : TensorType.F32,
        absmax,
        absmax.length / width);
    byte[] levels = BnbGolden.FOUR_BIT.bytes(golden.format().label() + ".quant_map");
    tensors.put(BnbNames.quantMap(MATRIX), TensorType.F32, levels, 16);
    if (nested) {
      byte[] outer = golden.part("nested_absmax");
      tensors.put(BnbNames.nestedAbsmax(MATRIX), TensorType.F32, outer, outer.length / 4);
      tensors.put(
          BnbNames.nestedQuantMap(MATRIX),
          TensorType.F32,
          BnbGolden.FOUR_BIT.bytes("nested_quant_map"),
          256);
    }
    byte[] state = golden.part(QuantState.key(golden.format()));
    tensors.put(BnbNames.quantState(MATRIX, golden.format()), TensorType.U8, state, state.length);
    return tensors;
  }

  private static Tensors eightBit(String input) {
    Tensors tensors = new Tensors();
    String name = input + ".int8.thr0.from_float16.";
    tensors.put(
        MATRIX,
        TensorType.I8,
        BnbGolden.INT8.bytes(name + "CB"),
        BnbGolden.INPUTS.info(input).shape().toArray());
    byte[] scales = BnbGolden.INT8.bytes(name + "SCB");
    tensors.put(BnbNames.rowScales(MATRIX), TensorType.F32, scales, scales.length / 4);
    tensors.put(BnbNames.weightFormat(MATRIX), TensorType.U8, new byte[1]);
    return tensors;
  }

  private static float[] read(BnbCheckpoint checkpoint, int from, int count) throws IOException {
    TensorInfo tensor = checkpoint.tensors().getFirst();
    byte[] bytes = new byte[count * Float.BYTES];
    checkpoint.read(tensor, (long) from * Float.BYTES, MemorySegment.ofArray(bytes));
    float[] values = new float[count];
    new ScalarKernels()
        .format(TensorType.F32)
        .decode(MemorySegment.ofArray(bytes), 0, values, 0, count);
    return values;
  }
}
