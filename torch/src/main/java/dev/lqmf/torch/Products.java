package dev.lqmf.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Products of activations and weights. Products of bfloat16 matrices take their sums in float32 and
 * round these; on processors without fast instructions for them, multiplying the same numbers as
 * float32 matrices and rounding the result takes half to two thirds of the time.
 */
final class Products {
  /** Tokens from which on the product takes so much longer than widening the weights. */
  private static final int MANY = 64;

  /** Weights widened together: what they take stays in a cache. */
  private static final int TILE = 1 << 20;

  private static final boolean FAST_BFLOAT16 = fastBfloat16(cpuInfo());

  private Products() {}

  /**
   * {@code x * weight^T + bias}.
   *
   * @param x {@code [..., in]}
   * @param weight {@code [out, in]}, of the same type
   * @return {@code [..., out]}, of the same type; belongs to the enclosing scope
   */
  static Tensor linear(Tensor x, Tensor weight, TensorOptional bias) {
    long in = weight.size(1);
    if (x.numel() < MANY * in || !wide(x)) {
      return torch.linear(x, weight, bias);
    }
    return LibTorch.scoped(() -> widened(x.to(ScalarType.Float), weight, bias));
  }

  /** Whether a CPU's products with so many tokens are those of float32 matrices. */
  static boolean byBlas(Precision precision, int tokens) {
    return precision == Precision.FLOAT32 || (!FAST_BFLOAT16 && tokens >= MANY);
  }

  /** Whether products with a tensor take less time when it and the weights are float32. */
  static boolean wide(Tensor x) {
    return !FAST_BFLOAT16 && x.is_cpu() && x.scalar_type().intern() == ScalarType.BFloat16;
  }

  /** With the inputs in float32, {@code [..., in]}; the result is of the type of the weights. */
  static Tensor widened(Tensor x, Tensor weight, TensorOptional bias) {
    long out = weight.size(0);
    long[] shape = x.sizes().vec().get();
    shape[shape.length - 1] = out;
    Tensor y = torch.empty(shape, weight.options(), null);
    long rows = Math.max(1, TILE / weight.size(1));
    for (long row = 0; row < out; row += rows) {
      try (PointerScope _ = new PointerScope()) {
        long count = Math.min(rows, out - row);
        TensorOptional biases =
            bias.has_value()
                ? new TensorOptional(bias.get().narrow(0, row, count).to(ScalarType.Float))
                : new TensorOptional();
        Tensor tile = weight.narrow(0, row, count).to(ScalarType.Float);
        y.narrow(-1, row, count).copy_(torch.linear(x, tile, biases));
      }
    }
    return y;
  }

  /**
   * Whether a processor multiplies bfloat16 faster than float32: with AMX, or on AMD's, which do
   * twice as many of the one as of the other, where Intel's AVX-512 does as many.
   *
   * @param cpuInfo lines of Linux's {@code /proc/cpuinfo}; none elsewhere, where all that is lost
   *     by a wrong answer is time
   */
  static boolean fastBfloat16(List<String> cpuInfo) {
    boolean amd = field("vendor_id", cpuInfo).contains("AuthenticAMD");
    List<String> flags = List.of(field("flags", cpuInfo).split(" "));
    return flags.contains("amx_bf16") || (amd && flags.contains("avx512_bf16"));
  }

  private static String field(String name, List<String> cpuInfo) {
    return cpuInfo.stream().filter(line -> line.startsWith(name)).findFirst().orElse("");
  }

  private static List<String> cpuInfo() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(file)) {
      // Of the first processor.
      return lines.takeWhile(line -> !line.isEmpty()).toList();
    } catch (IOException | UncheckedIOException unreadable) {
      return List.of();
    }
  }
}
