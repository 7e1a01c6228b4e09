package ggml;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.VectorKernels;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.testkit.EncoderCase;
import dev.lqmf.testkit.Hashes;
import dev.lqmf.testkit.SeededRows;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Compares every format with ggml itself, on inputs that no fixture has seen: one line per type,
 * {@code ok} or {@code FAIL}.
 *
 * <p>Arguments: libggml-base.so, {@code scalar} or {@code vector}, the seed. {@code interop/run.sh}
 * runs it for every vector width.
 */
final class CompareLive {
  private static final int RANDOM_BLOCKS = 997;
  private static final int RANDOM_FLOATS = 1 << 20;

  private final Ggml ggml;
  private final Kernels kernels;
  private final long seed;
  private boolean failed;

  private CompareLive(Ggml ggml, Kernels kernels, long seed) {
    this.ggml = ggml;
    this.kernels = kernels;
    this.seed = seed;
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 3) {
      System.err.println("CompareLive LIBGGML_BASE.SO scalar|vector SEED");
      System.exit(2);
    }
    Kernels kernels = arguments[1].equals("scalar") ? new ScalarKernels() : new VectorKernels();
    CompareLive comparison =
        new CompareLive(
            new Ggml(Path.of(arguments[0])), kernels, Long.parseLong(arguments[2]));
    for (TensorType type : kernels.types()) {
      BlockFormat format = kernels.format(type);
      if (!format.decodeOnly()) {
        comparison.report(type, () -> comparison.firstDifference(format));
      }
    }
    System.exit(comparison.failed ? 1 : 0);
  }

  private void report(TensorType type, Supplier<Optional<String>> difference) {
    String place = "%s %s seed %d".formatted(type, kernels.name(), seed);
    Optional<String> found = difference.get();
    failed |= found.isPresent();
    System.out.println(found.map(d -> "FAIL " + place + ": " + d).orElse("ok   " + place));
  }

  private Optional<String> firstDifference(BlockFormat format) {
    TensorType type = format.type();
    for (EncoderCase input : EncoderCase.plan(type, seed)) {
      byte[] expected =
          ggml.encode(
              type, input.values(), input.rows(), input.rowLength(), input.importance());
      byte[] encoded = new byte[expected.length];
      format.encode(
          input.values(),
          0,
          input.rows(),
          input.rowLength(),
          input.importance(),
          MemorySegment.ofArray(encoded),
          0);
      if (!Arrays.equals(encoded, expected)) {
        return Optional.of(
            "byte " + Arrays.mismatch(encoded, expected) + " of the encoding of " + input);
      }
      if (!decodesAlike(format, expected)) {
        return Optional.of("floats decoded from " + input);
      }
    }
    if (!decodesAlike(format, SeededRows.bytes(seed, RANDOM_BLOCKS * type.blockBytes()))) {
      return Optional.of("floats decoded from random blocks");
    }
    if (type.blockElements() == 1 && !convertsAnyFloat(format)) {
      return Optional.of("conversion of random floats");
    }
    return Optional.empty();
  }

  private boolean decodesAlike(BlockFormat format, byte[] blocks) {
    TensorType type = format.type();
    int elements = blocks.length / type.blockBytes() * type.blockElements();
    float[] decoded = new float[elements];
    format.decode(MemorySegment.ofArray(blocks), 0, decoded, 0, elements);
    return Hashes.sha256(decoded).equals(Hashes.sha256(ggml.decode(type, blocks, elements)));
  }

  private boolean convertsAnyFloat(BlockFormat format) {
    float[] values = SeededRows.anyFloats(seed, RANDOM_FLOATS);
    byte[] expected = ggml.encode(format.type(), values, 1, values.length, null);
    byte[] encoded = new byte[expected.length];
    format.encode(values, 0, 1, values.length, null, MemorySegment.ofArray(encoded), 0);
    return Arrays.equals(encoded, expected);
  }
}
