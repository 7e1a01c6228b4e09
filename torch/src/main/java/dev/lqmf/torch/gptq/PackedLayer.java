package dev.lqmf.torch.gptq;

import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqPanels;
import dev.lqmf.quant.gptq.GptqTensors;
import dev.lqmf.quant.gptq.ZeroPoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.torch.PackedWeights;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of one quantized module in a checkpoint, unread.
 *
 * @param groupIndex null: inputs in order, {@code groupSize} of them in a group
 */
record PackedLayer(
    int bits,
    int in,
    int out,
    int groups,
    int groupSize,
    ZeroPoints form,
    Weights qweight,
    Weights qzeros,
    Weights scales,
    @Nullable Weights groupIndex) {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * Finds a module's tensors.
   *
   * @throws InputException if one is missing or of the wrong type or shape
   */
  static PackedLayer of(
      String origin,
      String module,
      Map<String, Weights> stored,
      int bits,
      long groupSize,
      ZeroPoints form) {
    Weights qweight = tensor(origin, module + ".qweight", stored, TensorType.I32);
    Weights qzeros = tensor(origin, module + ".qzeros", stored, TensorType.I32);
    Weights scales = tensor(origin, module + ".scales", stored, null);
    Weights index = stored.get(module + ".g_idx");
    boolean matrices = qweight.shape().rank() == 2 && scales.shape().rank() == 2;
    long out = matrices ? qweight.shape().dim(1) : 0;
    long in = matrices ? qweight.shape().dim(0) * Integer.SIZE / bits : 0;
    long groups = matrices ? scales.shape().dim(0) : 0;
    boolean fits =
        in <= Integer.MAX_VALUE
            && out <= Integer.MAX_VALUE
            && GptqMatrix.supports(bits, (int) in, (int) out)
            && scales.shape().equals(Shape.of(groups, out))
            && (scales.type() == TensorType.F16
                || scales.type() == TensorType.BF16
                || scales.type() == TensorType.F32)
            && qzeros.shape().equals(Shape.of(groups, out * bits / Integer.SIZE))
            && groups > 0
            && (index == null
                || (index.type() == TensorType.I32 && index.shape().equals(Shape.of(in))));
    // Without an index, the configuration's group size must give these groups.
    int size = groupSize < 0 ? (int) in : (int) Math.min(in, Math.max(1, groupSize));
    if (!fits || (index == null && GptqTensors.groups((int) in, size) != groups)) {
      throw new InputException(
          "%s: the tensors of %s do not fit each other and %d bits"
              .formatted(origin, InputException.quote(module), bits),
          "check that config.json belongs to these weights, or download them again");
    }
    return new PackedLayer(
        bits, (int) in, (int) out, (int) groups, size, form, qweight, qzeros, scales, index);
  }

  /**
   * A tensor.
   *
   * @param type null: any
   */
  private static Weights tensor(
      String origin, String name, Map<String, Weights> stored, @Nullable TensorType type) {
    Weights found = stored.get(name);
    if (found == null || (type != null && found.type() != type)) {
      throw new InputException(
          "%s: tensor %s is %s"
              .formatted(
                  origin,
                  InputException.quote(name),
                  found == null ? "missing" : found.type() + " and not " + type),
          "download the checkpoint again");
    }
    return found;
  }

  /** The layer's matrix, {@code [out, in]}. */
  PackedWeights weights() {
    long bytes = qweight.byteSize() + qzeros.byteSize() + scales.byteSize();
    return new PackedWeights(new GptqWeights(this), bytes, arena -> List.of(packed(arena)));
  }

  private GptqPanels packed(Arena arena) throws IOException {
    int rowWords = out / Integer.SIZE * bits;
    try (Arena passing = Arena.ofConfined()) {
      MemorySegment codes = passing.allocate(qweight.byteSize(), Long.BYTES);
      qweight.read(0, codes);
      int[] zeros = words(qzeros, 0, groups, rowWords, rowWords);
      return GptqPanels.of(bits, in, out, codes, zeros, form, halves(0, out), index(), arena);
    } catch (IllegalArgumentException e) {
      throw unknownGroup(e);
    }
  }

  private int[] index() throws IOException {
    if (groupIndex != null) {
      return words(groupIndex, 0, 1, in, in);
    }
    int[] index = new int[in];
    Arrays.setAll(index, i -> i / groupSize);
    return index;
  }

  private static InputException unknownGroup(IllegalArgumentException e) {
    return new InputException(
        "g_idx names a group that is not there", "download the checkpoint again", e);
  }

  PackedLayer with(ZeroPoints other) {
    return new PackedLayer(
        bits, in, out, groups, groupSize, other, qweight, qzeros, scales, groupIndex);
  }

  /** What the zero points themselves tell about how they are stored, if they do. */
  Optional<ZeroPoints> formByContent() throws IOException {
    int rowWords = out / Integer.SIZE * bits;
    return ZeroPoints.ofSymmetric(bits, words(qzeros, 0, groups, rowWords, rowWords));
  }

  /**
   * Reads some outputs.
   *
   * @param first a multiple of 32
   * @param count a multiple of 32
   * @throws InputException if an input belongs to a group that does not exist
   */
  GptqMatrix read(int first, int count) throws IOException {
    int rowWords = out / Integer.SIZE * bits;
    int words = count / Integer.SIZE * bits;
    int[] codes = words(qweight, first, in / Integer.SIZE * bits, out, count);
    int[] zeros = words(qzeros, first / Integer.SIZE * bits, groups, rowWords, words);
    try {
      return GptqMatrix.unpack(bits, in, count, codes, zeros, form, halves(first, count), index());
    } catch (IllegalArgumentException e) {
      throw unknownGroup(e);
    }
  }

  /** Columns {@code first} to {@code first + count} of all rows. */
  private static int[] words(Weights source, int first, int rows, int columns, int count)
      throws IOException {
    int[] values = new int[rows * count];
    try (Arena arena = Arena.ofConfined()) {
      int rowsAtOnce = count == columns ? rows : 1;
      MemorySegment piece = arena.allocate((long) rowsAtOnce * count * Integer.BYTES);
      for (int r = 0; r < rows; r += rowsAtOnce) {
        source.read(((long) r * columns + first) * Integer.BYTES, piece);
        MemorySegment.copy(piece, INT, 0, values, r * count, rowsAtOnce * count);
      }
    }
    return values;
  }

  private short[] halves(int first, int count) throws IOException {
    int width = scales.type().blockBytes();
    short[] values = new short[groups * count];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocate((long) count * width);
      for (int g = 0; g < groups; g++) {
        scales.read(((long) g * out + first) * width, row);
        for (int i = 0; i < count; i++) {
          values[g * count + i] =
              switch (scales.type()) {
                case F16 -> row.getAtIndex(SHORT, i);
                case BF16 ->
                    Float.floatToFloat16(
                        Float.intBitsToFloat(row.getAtIndex(SHORT, i) << Short.SIZE));
                default -> Float.floatToFloat16(row.getAtIndex(FLOAT, i));
              };
        }
      }
    }
    return values;
  }
}
