package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.testkit.EncoderCase;
import dev.lqmf.testkit.GgmlFixture;
import dev.lqmf.testkit.Hashes;
import dev.lqmf.testkit.SeededRows;
import dev.lqmf.testkit.SeededRows.Distribution;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every {@link BlockFormat} of a set of kernels has to keep. The types are those that the set
 * knows: registering a format without giving it a fixture fails.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BlockFormatContract {
  private static final byte CANARY = 0x5a;

  abstract Kernels kernels();

  Stream<TensorType> encoders() {
    return kernels().types().stream().filter(t -> !kernels().format(t).decodeOnly());
  }

  Stream<TensorType> plainEncoders() {
    return encoders().filter(t -> !t.isQuantized());
  }

  Stream<TensorType> decodeOnly() {
    return kernels().types().stream().filter(t -> kernels().format(t).decodeOnly());
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void givesTheBytesAndFloatsOfGgml(TensorType type) {
    List<String> wrong = new ArrayList<>();
    for (GgmlFixture.Result expected : GgmlFixture.of(type).results()) {
      EncoderCase input = expected.input();
      byte[] encoded = encode(type, input);
      if (!Hashes.sha256(encoded).equals(expected.encoded())) {
        wrong.add("bytes of " + input);
      } else if (!Hashes.sha256(decode(type, encoded)).equals(expected.decoded())) {
        wrong.add("floats of " + input);
      }
    }
    assertThat(wrong).as("%s differs from ggml", type).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void decodesAnyBlockAsGgmlDoes(TensorType type) {
    GgmlFixture.RandomBlocks expected = GgmlFixture.of(type).randomBlocks();
    byte[] blocks = SeededRows.bytes(expected.seed(), expected.blocks() * type.blockBytes());

    assertThat(Hashes.sha256(decode(type, blocks))).isEqualTo(expected.decoded());
  }

  @ParameterizedTest
  @MethodSource("plainEncoders")
  void convertsAnyFloatAsGgmlDoes(TensorType type) {
    GgmlFixture.AnyFloats expected = Objects.requireNonNull(GgmlFixture.of(type).anyFloats());
    float[] values = SeededRows.anyFloats(expected.seed(), expected.elements());
    byte[] encoded = new byte[(int) type.byteSize(values.length)];
    MemorySegment target = MemorySegment.ofArray(encoded);
    kernels().format(type).encode(values, 0, 1, values.length, null, target, 0);

    assertThat(Hashes.sha256(encoded)).isEqualTo(expected.encoded());
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void losesNoMoreThanGgml(TensorType type) {
    EncoderCase input = new EncoderCase(Distribution.NORMAL, 7, 16, 2048, false);
    float[] values = input.values();
    float[] decoded = decode(type, encode(type, input));
    double error = 0;
    double power = 0;
    for (int i = 0; i < values.length; i++) {
      error += Math.pow((double) decoded[i] - values[i], 2);
      power += Math.pow(values[i], 2);
    }

    assertThat(Math.sqrt(error / power))
        .isLessThanOrEqualTo(1.03 * GgmlFixture.of(type).relativeError());
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void keepsToTheRangesItIsGiven(TensorType type) {
    EncoderCase input = awkward(type, 11, true);
    byte[] expected = encode(type, input);
    float[] values = input.values();
    float[] importance = input.importance();
    float[] source = new float[values.length + 8];
    Arrays.fill(source, Float.NaN);
    System.arraycopy(values, 0, source, 3, values.length);
    float[] sourceBefore = source.clone();
    float[] importanceBefore = importance == null ? new float[0] : importance.clone();
    byte[] framed = new byte[expected.length + 12];
    Arrays.fill(framed, CANARY);
    System.arraycopy(expected, 0, framed, 5, expected.length);
    float[] expectedFloats = decode(type, expected);

    try (Arena arena = Arena.ofConfined()) {
      for (MemorySegment target :
          List.of(MemorySegment.ofArray(new byte[framed.length]), arena.allocate(framed.length))) {
        target.fill(CANARY);
        kernels()
            .format(type)
            .encode(source, 3, input.rows(), input.rowLength(), importance, target, 5);

        assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(framed);
        assertThat(source).usingComparator(Arrays::compare).isEqualTo(sourceBefore);
        assertThat(importance).isEqualTo(importanceBefore);

        float[] decoded = new float[values.length + 8];
        Arrays.fill(decoded, -77);
        kernels().format(type).decode(target, 5, decoded, 3, values.length);

        assertThat(decoded).startsWith(-77, -77, -77).endsWith(-77, -77, -77, -77, -77);
        assertThat(Arrays.copyOfRange(decoded, 3, 3 + values.length))
            .usingComparator(Arrays::compare)
            .isEqualTo(expectedFloats);
        assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(framed);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void oneInstanceServesManyThreads(TensorType type) throws Exception {
    List<EncoderCase> inputs =
        Stream.of(21L, 22L, 23L, 24L)
            .flatMap(seed -> Stream.of(awkward(type, seed, true), awkward(type, seed, false)))
            .toList();
    List<byte[]> alone = inputs.stream().map(input -> encode(type, input)).toList();
    List<Callable<byte[]>> tasks = new ArrayList<>();
    for (int round = 0; round < 4; round++) {
      for (EncoderCase input : inputs) {
        tasks.add(() -> encode(type, input));
      }
    }

    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<byte[]>> together = threads.invokeAll(tasks);
      for (int i = 0; i < together.size(); i++) {
        assertThat(together.get(i).get()).isEqualTo(alone.get(i % inputs.size()));
      }
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("decodeOnly")
  void refusesToEncodeWhatIsOnlyRead(TensorType type) {
    MemorySegment target = MemorySegment.ofArray(new byte[type.blockBytes()]);

    assertThatThrownBy(
            () ->
                kernels()
                    .format(type)
                    .encode(new float[1], 0, 1, type.blockElements(), null, target, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(type.name());
  }

  /** Rows that fill no vector tile, each block another distribution. */
  static EncoderCase awkward(TensorType type, long seed, boolean weighted) {
    int unit = type.blockElements() == 1 ? 13 : type.blockElements();
    return new EncoderCase(Distribution.PATCHWORK, seed, 3, 7 * unit, weighted);
  }

  byte[] encode(TensorType type, EncoderCase input) {
    return encode(kernels(), type, input);
  }

  float[] decode(TensorType type, byte[] blocks) {
    return decode(kernels(), type, blocks);
  }

  static byte[] encode(Kernels kernels, TensorType type, EncoderCase input) {
    byte[] target = new byte[(int) type.byteSize(input.elements())];
    kernels
        .format(type)
        .encode(
            input.values(),
            0,
            input.rows(),
            input.rowLength(),
            input.importance(),
            MemorySegment.ofArray(target),
            0);
    return target;
  }

  static float[] decode(Kernels kernels, TensorType type, byte[] blocks) {
    float[] target = new float[blocks.length / type.blockBytes() * type.blockElements()];
    kernels.format(type).decode(MemorySegment.ofArray(blocks), 0, target, 0, target.length);
    return target;
  }
}
