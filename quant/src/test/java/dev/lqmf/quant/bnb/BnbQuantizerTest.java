package dev.lqmf.quant.bnb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BnbQuantizerTest {
  private static final int SLAB = 4096;

  @TempDir Path directory;

  /** Slabs, pieces and threads must not show: the whole matrix encoded at once is the oracle. */
  @ParameterizedTest
  @CsvSource({"1, true", "3, true", "2, false"})
  void fourBitsOfManySlabsAreThoseOfTheWhole(int threads, boolean nested) throws IOException {
    float[] values = random(131 * 97);
    Path input = write("in", values, TensorType.F32, Shape.of(131, 97));
    BnbOptions options = new BnbOptions(4, FourBitFormat.NF4, 64, nested, TensorType.U8, List.of());

    Map<String, byte[]> made = quantize(input, options, threads);

    float[] absmax = new float[Math.ceilDiv(values.length, 64)];
    byte[] packed = new byte[(int) FourBitFormat.packedBytes(values.length)];
    FourBitFormat.NF4.encode(new ScalarKernels(), values, 0, values.length, 64, absmax, 0, packed);
    assertThat(made.get("x.weight")).isEqualTo(packed);
    NestedScales scales = NestedScales.of(absmax);
    assertThat(made.get("x.weight.absmax"))
        .isEqualTo(nested ? scales.codes() : BnbGolden.bytes(absmax));
    assertThat(made.containsKey("x.weight.nested_absmax")).isEqualTo(nested);
    QuantState state =
        QuantState.parse(
            Objects.requireNonNull(made.get("x.weight.quant_state.bitsandbytes__nf4")));
    assertThat(state.shape()).isEqualTo(Shape.of(131, 97));
    assertThat(state.isNested()).isEqualTo(nested);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void rowsOfManySlabsAreThoseOfTheWhole(int threads) throws IOException {
    float[] values = random(50 * 1000);
    Path input = write("in", values, TensorType.F32, Shape.of(50, 1000));
    BnbOptions options = new BnbOptions(8, FourBitFormat.NF4, 64, true, TensorType.U8, List.of());

    Map<String, byte[]> made = quantize(input, options, threads);

    byte[] codes = new byte[values.length];
    float[] scales = new float[50];
    for (int row = 0; row < 50; row++) {
      scales[row] = Int8Rows.encode(values, row * 1000, 1000, codes, row * 1000);
    }
    assertThat(made.get("x.weight")).isEqualTo(codes);
    assertThat(made.get("x.SCB")).isEqualTo(BnbGolden.bytes(scales));
    assertThat(made.get("x.weight_format")).containsExactly(0);
  }

  @Test
  void whatIsMadeCanBeReadBack() throws IOException {
    float[] values = random(20_000);
    Path input = write("in", values, TensorType.BF16, Shape.of(100, 200));
    BnbOptions options =
        new BnbOptions(4, FourBitFormat.FP4, 128, true, TensorType.BF16, List.of());
    quantize(input, options, 2);

    try (BnbCheckpoint checkpoint =
        BnbCheckpoint.of(SafetensorsFile.open(directory.resolve("out.safetensors")))) {
      TensorInfo tensor = checkpoint.tensors().getFirst();
      assertThat(tensor.shape()).isEqualTo(Shape.of(100, 200));
      assertThat(checkpoint.format(tensor)).isEqualTo("FP4");
      byte[] bytes = new byte[(int) tensor.byteSize()];
      checkpoint.read(tensor, 0, MemorySegment.ofArray(bytes));
      float[] decoded = new float[values.length];
      new ScalarKernels()
          .format(TensorType.F32)
          .decode(MemorySegment.ofArray(bytes), 0, decoded, 0, decoded.length);
      double error = 0;
      double power = 0;
      for (int i = 0; i < values.length; i++) {
        error += Math.pow(decoded[i] - values[i], 2);
        power += Math.pow(values[i], 2);
      }
      assertThat(error / power).isBetween(0.005, 0.03);
    }
  }

  @Test
  void aWeightThatIsNotFiniteIsNamed() throws IOException {
    float[] values = random(131 * 97);
    values[97 * 7 + 3] = Float.NaN;
    Path input = write("in", values, TensorType.F32, Shape.of(131, 97));

    assertThatThrownBy(() -> quantize(input, BnbOptions.DEFAULT, 2))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("x.weight of " + input + " holds NaN at [7, 3]");
  }

  @Test
  void aWeightBeyondFloat16IsRefusedByEightBits() throws IOException {
    float[] values = random(100);
    values[15] = 1e5f;
    Path input = write("in", values, TensorType.F32, Shape.of(10, 10));
    BnbOptions options = new BnbOptions(8, FourBitFormat.NF4, 64, true, TensorType.U8, List.of());

    assertThatThrownBy(() -> quantize(input, options, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("in row 1 that float16")
        .extracting(e -> ((InputException) e).mend())
        .isEqualTo("use --bits 4, or --skip x");
  }

  @Test
  void aCancelledRunEnds() throws IOException {
    Path input = write("in", random(4096), TensorType.F32, Shape.of(64, 64));
    try (SafetensorsFile file = SafetensorsFile.open(input)) {
      assertThatThrownBy(
              () ->
                  new BnbQuantizer(new ScalarKernels(), 1)
                      .run(file, List.of(), (_, _) -> {}, () -> true))
          .isInstanceOf(CancellationException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"5, 64", "4, 63", "4, 16", "8, 8192"})
  void formatsThatTheLibraryLacksAreRefused(int bits, int blockSize) {
    assertThatThrownBy(
            () ->
                new BnbOptions(bits, FourBitFormat.NF4, blockSize, true, TensorType.U8, List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("bitsandbytes has no");
  }

  @Test
  void modulesAreSkippedByPathOrItsEnd() {
    BnbOptions options =
        new BnbOptions(
            4, FourBitFormat.NF4, 64, true, TensorType.U8, List.of("down_proj", "a.b.up"));
    assertThat(options.skips("model.layers.0.down_proj")).isTrue();
    assertThat(options.skips("a.b.up")).isTrue();
    assertThat(options.skips("b.up")).isFalse();
    assertThat(options.skips("model.updown_proj")).isFalse();
  }

  private Map<String, byte[]> quantize(Path input, BnbOptions options, int threads)
      throws IOException {
    Path output = directory.resolve("out.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(input)) {
      BnbMatrix matrix = new BnbMatrix(file.tensors().getFirst(), options);
      List<TensorInfo> tensors = new ArrayList<>(matrix.tensors());
      Map<String, Integer> late =
          options.isFourBit() ? Map.of(matrix.stateName(), matrix.maxStateBytes()) : Map.of();
      AtomicLong progress = new AtomicLong();
      try (SafetensorsWriter writer = SafetensorsWriter.create(output, Map.of(), tensors, late)) {
        new BnbQuantizer(new ScalarKernels(), threads, SLAB)
            .run(
                file,
                List.of(new BnbTask.Quantize(matrix, writer, 0, tensors.size())),
                (_, bytes) -> progress.addAndGet(bytes),
                () -> false);
        writer.commit();
      }
      assertThat(progress.get()).isEqualTo(file.tensors().getFirst().byteSize());
    }
    Map<String, byte[]> contents = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(output)) {
      for (TensorInfo tensor : file.tensors()) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        file.read(tensor, 0, MemorySegment.ofArray(bytes));
        contents.put(tensor.name(), bytes);
      }
    }
    return contents;
  }

  private Path write(String name, float[] values, TensorType type, Shape shape) throws IOException {
    Path file = directory.resolve(name + ".safetensors");
    byte[] bytes = new byte[(int) type.byteSize(values.length)];
    new ScalarKernels()
        .format(type)
        .encode(values, 0, 1, values.length, null, MemorySegment.ofArray(bytes), 0);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(
            file, Map.of(), List.of(new TensorInfo("x.weight", type, shape)))) {
      writer.write(0, 0, MemorySegment.ofArray(bytes));
      writer.commit();
    }
    return file;
  }

  private static float[] random(int count) {
    Random random = new Random(11);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian() * 0.02f;
    }
    return values;
  }
}
