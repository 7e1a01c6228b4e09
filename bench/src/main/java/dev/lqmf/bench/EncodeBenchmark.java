package dev.lqmf.bench;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.VectorKernels;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Weights encoded and decoded per microsecond, in millions per second, by one thread.
 *
 * <pre>
 * mvn -q -pl bench -am package -DskipTests &amp;&amp; java -jar bench/target/benchmarks.jar \
 *     EncodeBenchmark -p type=Q4_K -p kernels=vector -p weighted=false
 * </pre>
 *
 * <p>{@code -prof gc} shows whether a vector was boxed: the allocation per weight is then a
 * multiple of a byte. {@code -jvmArgs "--add-modules jdk.incubator.vector -Dlqmf.vector.bits=256"}
 * forces a width.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules", "jdk.incubator.vector"})
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH fills the fields.
public class EncodeBenchmark {
  private static final int ROWS = 32;
  private static final int ROW_LENGTH = 4096;
  private static final int WEIGHTS = ROWS * ROW_LENGTH;

  /** Any type that the kernels know. */
  @Param({"Q2_K", "Q4_K", "Q5_K"})
  public TensorType type;

  /** Which kernels. */
  @Param({"scalar", "vector"})
  public String kernels;

  /** Whether columns have importance. */
  @Param({"false", "true"})
  public boolean weighted;

  private BlockFormat format;
  private final float[] source = new float[WEIGHTS];
  private final float[] decoded = new float[WEIGHTS];
  private float @Nullable [] importance;
  private MemorySegment target;

  /** Makes weights like those of a trained layer. */
  @Setup(Level.Trial)
  public void setUp() {
    Kernels set = kernels.equals("scalar") ? new ScalarKernels() : new VectorKernels();
    format = set.format(type);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < source.length; i++) {
      source[i] = (float) (0.02 * random.nextGaussian());
    }
    if (weighted) {
      importance = new float[ROW_LENGTH];
      for (int i = 0; i < ROW_LENGTH; i++) {
        double activation = random.nextGaussian();
        importance[i] = (float) (activation * activation);
      }
    }
    target = MemorySegment.ofArray(new byte[(int) type.byteSize(WEIGHTS)]);
    format.encode(source, 0, ROWS, ROW_LENGTH, importance, target, 0);
  }

  /** Float32 to blocks. */
  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public MemorySegment encode() {
    format.encode(source, 0, ROWS, ROW_LENGTH, importance, target, 0);
    return target;
  }

  /** Blocks to float32. */
  @Benchmark
  @OperationsPerInvocation(WEIGHTS)
  public float[] decode() {
    format.decode(target, 0, decoded, 0, WEIGHTS);
    return decoded;
  }
}
