package dev.lqmf.quant.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamingQuantizerTest {
  private static final Kernels SCALAR = new ScalarKernels();

  /** A tensor of every kind that is cut in its own way; the long row without importance. */
  private static final List<TensorInfo> TENSORS =
      List.of(
          tensor("matrix", TensorType.F32, 37, 512),
          tensor("experts", TensorType.F16, 5, 7, 256),
          tensor("vector", TensorType.F32, 300),
          tensor("scalar", TensorType.F32),
          tensor("empty", TensorType.F32, 0, 256),
          tensor("long-row", TensorType.BF16, 2, 5024),
          tensor("ids", TensorType.I32, 3, 100),
          tensor("blocks", TensorType.Q8_0, 9, 96));

  @ParameterizedTest
  @CsvSource({"1, 256", "2, 256", "3, 1024", "8, 1000", "4, 524288"})
  void everyOutputHoldsWhatEncodingTheWholeTensorGives(int threads, int slabElements)
      throws IOException {
    MemoryTensors source = randomSource();
    List<List<TensorType>> outputs =
        List.of(
            types("Q4_K Q5_K F32 F32 Q4_K Q8_0 I32 F16"),
            types("Q6_K F16 F32 F32 Q4_K BF16 I32 Q8_0"),
            types("Q4_0 Q3_K BF16 F16 F32 F32 I32 Q4_1"));
    List<MemoryTensors> sinks = outputs.stream().map(StreamingQuantizerTest::sink).toList();
    List<TensorTask> tasks = new ArrayList<>();
    for (int i = 0; i < TENSORS.size(); i++) {
      List<TensorTarget> targets = new ArrayList<>();
      for (int o = 0; o < outputs.size(); o++) {
        boolean weighted = o != 1 && !TENSORS.get(i).name().equals("long-row");
        List<float[]> importance = weighted ? importance(TENSORS.get(i)) : List.of();
        targets.add(new TensorTarget(sinks.get(o), i, outputs.get(o).get(i), importance));
      }
      tasks.add(new TensorTask(TENSORS.get(i), targets));
    }
    AtomicLong progress = new AtomicLong();

    new StreamingQuantizer(KernelsProvider.best(), threads, slabElements)
        .run(source, tasks, (_, bytes) -> progress.addAndGet(bytes), () -> false);

    for (int o = 0; o < outputs.size(); o++) {
      for (int i = 0; i < TENSORS.size(); i++) {
        TensorTarget target = tasks.get(i).targets().get(o);
        assertThat(sinks.get(o).bytes(sinks.get(o).tensors().get(i)))
            .as("%s as %s", TENSORS.get(i), target.type())
            .isEqualTo(encodeWhole(source, TENSORS.get(i), target));
      }
    }
    long stored = TENSORS.stream().mapToLong(TensorInfo::byteSize).sum();
    assertThat(source.bytesRead).as("bytes read").hasValue(stored);
    assertThat(progress).as("progress").hasValue(stored);
    for (MemoryTensors sink : sinks) {
      assertThat(sink.bytesWritten)
          .as("bytes written")
          .hasValue(sink.tensors().stream().mapToLong(TensorInfo::byteSize).sum());
    }
  }

  @ParameterizedTest
  @CsvSource({"NaN, NaN, F16", "Infinity, infinity, F16", "-Infinity, infinity, F32"})
  void refusesWeightsThatAreNotFiniteEvenWhenTheyAreCopied(
      float value, String word, TensorType type) {
    TensorInfo tensor = tensor("blk.3.ffn_up_exps.weight", TensorType.F32, 4, 6, 256);
    MemoryTensors source = new MemoryTensors(List.of(tensor));
    setFloat(source, tensor, (2 * 6 + 5) * 256 + 77, value);

    assertThatThrownBy(() -> quantize(source, tensor, type))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "tensor blk.3.ffn_up_exps.weight of memory holds %s at [2, 5, 77]".formatted(word));
  }

  @ParameterizedTest
  @CsvSource({"F16", "Q8_0", "Q4_K"})
  void refusesWeightsWhoseScaleOverflows(TensorType type) throws IOException {
    TensorInfo tensor = tensor("output.weight", TensorType.F32, 4, 256);
    MemoryTensors source = new MemoryTensors(List.of(tensor));
    setFloat(source, tensor, 300, 3e38f);

    assertThatThrownBy(() -> quantize(source, tensor, type))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("output.weight", "3.0E38", "[1, 44]", type.name());
    quantize(source, tensor, TensorType.BF16);
  }

  @Test
  void refusesToConvertWhatCannotBeDecoded() {
    TensorInfo tensor = tensor("ids", TensorType.I32, 4, 256);

    assertThatThrownBy(() -> quantize(new MemoryTensors(List.of(tensor)), tensor, TensorType.F16))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("ids", "I32");
  }

  @Test
  void aFailingReadStopsAllThreadsAndSurfacesOnce() {
    TensorInfo tensor = tensor("a", TensorType.F32, 10_000, 256);
    AtomicInteger reads = new AtomicInteger();
    IOException failure = new IOException("model.gguf ends at byte 17");
    TensorSource source =
        new ReadHook(
            tensor,
            () -> {
              if (reads.incrementAndGet() == 5) {
                throw failure;
              }
            });

    assertThatThrownBy(() -> quantize(source, tensor, TensorType.Q8_0)).isSameAs(failure);
    assertThat(reads).as("reads, of 10000").hasValueLessThan(10_000);
  }

  @Test
  void stopsWhenCancelled() {
    TensorInfo tensor = tensor("a", TensorType.F32, 10_000, 256);
    AtomicInteger reads = new AtomicInteger();
    TensorSource source = new ReadHook(tensor, reads::incrementAndGet);
    MemoryTensors sink = sink(List.of(TensorType.Q8_0), List.of(tensor));
    TensorTask task =
        new TensorTask(tensor, List.of(new TensorTarget(sink, 0, TensorType.Q8_0, List.of())));

    assertThatThrownBy(
            () ->
                new StreamingQuantizer(SCALAR, 3, 256)
                    .run(source, List.of(task), (_, _) -> {}, () -> reads.get() >= 5))
        .isInstanceOf(CancellationException.class);
    // Each of the three may have had a slab in hand.
    assertThat(reads).as("reads").hasValueBetween(5, 8);
  }

  @Test
  void anInterruptedCallerGetsItsThreadsBackBeforeItGoesOn() throws InterruptedException {
    TensorInfo tensor = tensor("a", TensorType.F32, 10_000, 256);
    Thread caller = Thread.currentThread();
    CountDownLatch first = new CountDownLatch(1);
    AtomicInteger busy = new AtomicInteger();
    TensorSource source =
        new ReadHook(
            tensor,
            () -> {
              busy.incrementAndGet();
              first.countDown();
              caller.interrupt();
              busy.decrementAndGet();
            });

    assertThatThrownBy(() -> quantize(source, tensor, TensorType.Q8_0))
        .isInstanceOf(CancellationException.class);

    assertThat(Thread.interrupted()).as("interrupt status").isTrue();
    assertThat(busy).as("threads still reading").hasValue(0);
    first.await();
  }

  @Test
  void refusesTasksThatMakeNoSense() {
    TensorInfo tensor = tensor("a", TensorType.F32, 4, 96);
    MemoryTensors sink = sink(List.of(TensorType.F32), List.of(tensor));

    assertThatThrownBy(
            () ->
                new TensorTask(
                    tensor, List.of(new TensorTarget(sink, 0, TensorType.Q4_K, List.of()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Q4_K");
    assertThatThrownBy(
            () ->
                new TensorTask(
                    tensor,
                    List.of(new TensorTarget(sink, 0, TensorType.Q8_0, List.of(new float[95])))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("importance");
  }

  private static void quantize(TensorSource source, TensorInfo tensor, TensorType type)
      throws IOException {
    MemoryTensors sink = sink(List.of(type), List.of(tensor));
    TensorTask task = new TensorTask(tensor, List.of(new TensorTarget(sink, 0, type, List.of())));
    new StreamingQuantizer(SCALAR, 3, 256).run(source, List.of(task), (_, _) -> {}, () -> false);
  }

  private static byte[] encodeWhole(MemoryTensors source, TensorInfo tensor, TensorTarget target) {
    byte[] stored = source.bytes(tensor);
    if (tensor.type() == target.type()) {
      return stored;
    }
    int elements = (int) tensor.shape().elements();
    float[] values = new float[elements];
    SCALAR.format(tensor.type()).decode(MemorySegment.ofArray(stored), 0, values, 0, elements);
    byte[] encoded = new byte[(int) target.type().byteSize(elements)];
    int rowLength = (int) tensor.shape().rowLength();
    int rows = (int) tensor.shape().matrixRows();
    for (int m = 0; m < tensor.shape().matrices(); m++) {
      SCALAR
          .format(target.type())
          .encode(
              values,
              m * rows * rowLength,
              rows,
              rowLength,
              target.importance().isEmpty() ? null : target.importance().get(m),
              MemorySegment.ofArray(encoded),
              target.type().byteSize((long) m * rows * rowLength));
    }
    return encoded;
  }

  private static MemoryTensors randomSource() {
    Random random = new Random(5);
    MemoryTensors source = new MemoryTensors(TENSORS);
    for (TensorInfo tensor : TENSORS) {
      byte[] bytes = source.bytes(tensor);
      if (tensor.type() == TensorType.I32) {
        random.nextBytes(bytes);
        continue;
      }
      float[] values = new float[(int) tensor.shape().elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      SCALAR
          .format(tensor.type())
          .encode(values, 0, 1, values.length, null, MemorySegment.ofArray(bytes), 0);
    }
    return source;
  }

  private static List<float[]> importance(TensorInfo tensor) {
    Random random = new Random(tensor.name().hashCode());
    List<float[]> importance = new ArrayList<>();
    for (int m = 0; m < tensor.shape().matrices(); m++) {
      float[] weights = new float[(int) tensor.shape().rowLength()];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = random.nextFloat();
      }
      importance.add(weights);
    }
    return importance;
  }

  private static void setFloat(MemoryTensors source, TensorInfo tensor, long at, float value) {
    MemorySegment.ofArray(source.bytes(tensor))
        .setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, at, value);
  }

  private static MemoryTensors sink(List<TensorType> types) {
    return sink(types, TENSORS);
  }

  private static MemoryTensors sink(List<TensorType> types, List<TensorInfo> tensors) {
    List<TensorInfo> infos = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      infos.add(new TensorInfo(tensors.get(i).name(), types.get(i), tensors.get(i).shape()));
    }
    return new MemoryTensors(infos);
  }

  private static List<TensorType> types(String names) {
    return Arrays.stream(names.split(" ")).map(TensorType::valueOf).toList();
  }

  private static TensorInfo tensor(String name, TensorType type, long... dims) {
    return new TensorInfo(name, type, Shape.of(dims));
  }

  @FunctionalInterface
  private interface Hook {
    void run() throws IOException;
  }

  /** A source of zeros that does something on every read. */
  private record ReadHook(TensorInfo tensor, Hook hook) implements TensorSource {
    @Override
    public List<TensorInfo> tensors() {
      return List.of(tensor);
    }

    @Override
    public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
      hook.run();
      target.fill((byte) 0);
    }

    @Override
    public String origin() {
      return "zeros";
    }

    @Override
    public void close() {}
  }
}
