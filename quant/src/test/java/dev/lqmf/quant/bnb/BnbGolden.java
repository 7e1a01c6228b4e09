package dev.lqmf.quant.bnb;

import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Tensors that the library made, and those it made them of. */
final class BnbGolden {
  static final BnbGolden INPUTS = new BnbGolden("inputs");
  static final BnbGolden FOUR_BIT = new BnbGolden("4bit");
  static final BnbGolden INT8 = new BnbGolden("int8");

  /** Codes and scales of one matrix. */
  record Case(String name, TensorInfo input, FourBitFormat format, int blockSize, boolean nested) {
    Shape shape() {
      return input.shape();
    }

    byte[] packed() {
      // The codes do not depend on what becomes of the scales, and are stored once.
      return FOUR_BIT.bytes(name.replaceFirst("dq$", "plain") + ".weight");
    }

    byte[] part(String suffix) {
      return FOUR_BIT.bytes(name + ".weight." + suffix);
    }

    float[] values() {
      return INPUTS.floats(input.name());
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final Map<String, TensorInfo> infos = new LinkedHashMap<>();
  private final Map<String, byte[]> contents = new LinkedHashMap<>();

  private BnbGolden(String name) {
    Path file = Path.of("src/test/resources/golden/bnb", name + ".safetensors");
    try (SafetensorsFile tensors = SafetensorsFile.open(file)) {
      for (TensorInfo tensor : tensors.tensors()) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        tensors.read(tensor, 0, MemorySegment.ofArray(bytes));
        infos.put(tensor.name(), tensor);
        contents.put(tensor.name(), bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All cases whose inputs are here. */
  static Stream<Case> cases() {
    return FOUR_BIT.infos.keySet().stream()
        .filter(n -> n.matches("[a-z0-9_]+\\.(nf4|fp4)\\.\\d+\\.(plain|dq)\\.weight\\.absmax"))
        .map(
            n -> {
              String[] parts = n.split("\\.");
              return new Case(
                  n.substring(0, n.length() - ".weight.absmax".length()),
                  INPUTS.info(parts[0]),
                  parts[1].equals("nf4") ? FourBitFormat.NF4 : FourBitFormat.FP4,
                  Integer.parseInt(parts[2]),
                  parts[3].equals("dq"));
            });
  }

  Stream<String> names() {
    return infos.keySet().stream();
  }

  boolean has(String name) {
    return infos.containsKey(name);
  }

  TensorInfo info(String name) {
    return Objects.requireNonNull(infos.get(name), name);
  }

  byte[] bytes(String name) {
    return Objects.requireNonNull(contents.get(name), name);
  }

  /** In float32. */
  float[] floats(String name) {
    TensorInfo info = info(name);
    float[] values = new float[(int) info.shape().elements()];
    new ScalarKernels()
        .format(info.type())
        .decode(MemorySegment.ofArray(bytes(name)), 0, values, 0, values.length);
    return values;
  }

  static byte[] bytes(float[] values) {
    byte[] bytes = new byte[values.length * Float.BYTES];
    new ScalarKernels()
        .format(TensorType.F32)
        .encode(values, 0, 1, values.length, null, MemorySegment.ofArray(bytes), 0);
    return bytes;
  }
}
