package dev.lqmf.quant.bnb;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A bitsandbytes checkpoint seen as the model it was made from: quantized matrices have their
 * names, shapes and, decoded while they are read, float32 values; other tensors are as they are
 * stored. What belongs to a quantized matrix does not show. Reads decode what they were asked for
 * and keep nothing.
 */
public final class BnbCheckpoint implements TensorSource {
  /** Weights decoded at a time. */
  private static final int PIECE = 1 << 16;

  /** More than any state has: it is a line of text. */
  private static final int MAX_STATE = 1 << 16;

  private static final int PADDING = 8;

  private final TensorSource stored;
  private final Map<String, Matrix> matrices = new HashMap<>();
  private final List<TensorInfo> tensors = new ArrayList<>();

  /** A quantized matrix. */
  private sealed interface Matrix {
    /** The tensor with the codes. */
    TensorInfo codes();

    /** As it decodes. */
    TensorInfo decoded();

    /** Bytes of the codes and of all that belongs to them. */
    long storedBytes();
  }

  private record FourBit(
      TensorInfo codes,
      TensorInfo decoded,
      QuantState state,
      float[] levels,
      TensorInfo absmax,
      @Nullable TensorInfo nested,
      float[] nestedLevels,
      long storedBytes)
      implements Matrix {}

  private record EightBit(TensorInfo codes, TensorInfo decoded, TensorInfo scales, long storedBytes)
      implements Matrix {}

  private BnbCheckpoint(TensorSource stored) throws IOException {
    this.stored = stored;
    Map<String, TensorInfo> infos = new LinkedHashMap<>();
    stored.tensors().forEach(t -> infos.put(t.name(), t));
    Set<String> belonging = new HashSet<>();
    for (TensorInfo tensor : infos.values()) {
      Optional<Matrix> matrix = matrix(tensor, infos, belonging);
      matrix.ifPresent(m -> matrices.put(tensor.name(), m));
    }
    for (TensorInfo tensor : infos.values()) {
      Matrix matrix = matrices.get(tensor.name());
      if (!belonging.contains(tensor.name())) {
        tensors.add(matrix == null ? tensor : matrix.decoded());
      }
    }
  }

  /**
   * Opens a checkpoint directory; one that holds no quantized matrix shows as it is.
   *
   * @throws InputException if there is none, or something is missing or of a wrong size
   */
  public static BnbCheckpoint open(Path directory) throws IOException {
    return of(Checkpoints.open(directory));
  }

  /**
   * The view of a source, which is closed with it.
   *
   * @throws InputException as {@link #open}
   */
  public static BnbCheckpoint of(TensorSource stored) throws IOException {
    try {
      return new BnbCheckpoint(stored);
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  /** Number of quantized matrices. */
  public int matrices() {
    return matrices.size();
  }

  /** Whether a tensor is a quantized matrix. */
  public boolean isQuantized(TensorInfo tensor) {
    return matrices.containsKey(tensor.name());
  }

  /** How a quantized matrix is stored: {@code NF4}, {@code FP4} or {@code INT8}. */
  public String format(TensorInfo tensor) {
    return switch (matrices.get(tensor.name())) {
      case null -> tensor.type().name();
      case FourBit f -> f.state().format().name();
      case EightBit _ -> "INT8";
    };
  }

  /**
   * The type to which the library decodes a quantized matrix: that of the model before it was
   * quantized, if the checkpoint says so. What is read here is not rounded to it.
   */
  public TensorType dequantizedType(TensorInfo tensor) {
    return matrices.get(tensor.name()) instanceof FourBit f ? f.state().dtype() : tensor.type();
  }

  /** Stored bytes of a tensor, with scales and all else that belongs to it. */
  public long storedBytes(TensorInfo tensor) {
    Matrix matrix = matrices.get(tensor.name());
    return matrix == null ? tensor.byteSize() : matrix.storedBytes();
  }

  /**
   * Reads a quantized matrix as it is.
   *
   * @param tensor quantized, of two dimensions
   * @param arena owns the memory of the result
   */
  public PackedMatrix packed(TensorInfo tensor, Arena arena) throws IOException {
    Matrix matrix = Objects.requireNonNull(matrices.get(tensor.name()), tensor.name());
    Shape shape = matrix.decoded().shape();
    int out = Math.toIntExact(shape.dim(0));
    int in = Math.toIntExact(shape.dim(1));
    MemorySegment codes = segment(matrix.codes(), arena);
    return switch (matrix) {
      case FourBit f ->
          new FourBitMatrix(
              out,
              in,
              codes,
              f.state().blockSize(),
              blockScales(f, arena),
              f.levels(),
              f.state().dtype());
      case EightBit e -> new Int8Matrix(out, in, codes, floats(e.scales()));
    };
  }

  private BlockScales blockScales(FourBit matrix, Arena arena) throws IOException {
    MemorySegment stored = segment(matrix.absmax(), arena);
    TensorInfo nested = matrix.nested();
    return new BlockScales(
        stored,
        nested == null
            ? null
            : new BlockScales.Nested(
                matrix.nestedLevels(),
                floats(nested),
                matrix.state().nestedBlockSize(),
                (float) matrix.state().nestedOffset().orElseThrow()));
  }

  private MemorySegment segment(TensorInfo tensor, Arena arena) throws IOException {
    // Vectors may read a few bytes beyond the end.
    MemorySegment bytes = arena.allocate(tensor.byteSize() + PADDING, Long.BYTES);
    stored.read(tensor, 0, bytes.asSlice(0, tensor.byteSize()));
    return bytes;
  }

  private Optional<Matrix> matrix(
      TensorInfo tensor, Map<String, TensorInfo> infos, Set<String> belonging) throws IOException {
    String name = tensor.name();
    for (FourBitFormat format : FourBitFormat.values()) {
      TensorInfo state = infos.get(BnbNames.quantState(name, format));
      if (state != null) {
        return Optional.of(fourBit(tensor, state, infos, belonging));
      }
    }
    TensorInfo scales = infos.get(BnbNames.rowScales(name));
    return scales == null || tensor.type() != TensorType.I8 || !name.endsWith(BnbNames.WEIGHT)
        ? Optional.empty()
        : Optional.of(eightBit(tensor, scales, infos, belonging));
  }

  private FourBit fourBit(
      TensorInfo tensor, TensorInfo stateInfo, Map<String, TensorInfo> infos, Set<String> belonging)
      throws IOException {
    String name = tensor.name();
    if (stateInfo.byteSize() > MAX_STATE) {
      throw damaged(name, "its quant_state has %,d bytes".formatted(stateInfo.byteSize()));
    }
    QuantState state;
    try {
      state = QuantState.parse(bytes(stateInfo));
    } catch (IllegalArgumentException e) {
      throw damaged(name, "its quant_state cannot be used: " + e.getMessage());
    }
    long weights = state.shape().elements();
    long blocks = Math.ceilDiv(weights, (long) state.blockSize());
    if (tensor.byteSize() != FourBitFormat.packedBytes(weights)) {
      throw damaged(
          name,
          "it has %,d bytes, but its quant_state says %s"
              .formatted(tensor.byteSize(), state.shape()));
    }
    TensorInfo absmax =
        part(
            name,
            BnbNames.absmax(name),
            state.isNested() ? TensorType.U8 : TensorType.F32,
            blocks,
            infos);
    TensorInfo map = infos.get(BnbNames.quantMap(name));
    float[] levels =
        map == null
            ? state.format().levels()
            : floats(part(name, map.name(), TensorType.F32, state.format().levels().length, infos));
    TensorInfo nested = null;
    float[] nestedLevels = new float[0];
    if (state.isNested()) {
      nested =
          part(
              name,
              BnbNames.nestedAbsmax(name),
              TensorType.F32,
              Math.ceilDiv(blocks, (long) state.nestedBlockSize()),
              infos);
      nestedLevels =
          floats(
              part(name, BnbNames.nestedQuantMap(name), TensorType.F32, DynamicMap.LEVELS, infos));
    }
    long bytes = tensor.byteSize();
    for (String part :
        List.of(
            stateInfo.name(),
            absmax.name(),
            BnbNames.quantMap(name),
            BnbNames.nestedAbsmax(name),
            BnbNames.nestedQuantMap(name))) {
      bytes += belongs(part, infos, belonging);
    }
    return new FourBit(
        tensor,
        new TensorInfo(name, TensorType.F32, state.shape()),
        state,
        levels,
        absmax,
        nested,
        nestedLevels,
        bytes);
  }

  private EightBit eightBit(
      TensorInfo tensor, TensorInfo scales, Map<String, TensorInfo> infos, Set<String> belonging)
      throws IOException {
    part(tensor.name(), scales.name(), TensorType.F32, tensor.shape().rows(), infos);
    TensorInfo layout = infos.get(BnbNames.weightFormat(tensor.name()));
    if (layout != null && layout.byteSize() == 1 && bytes(layout)[0] != 0) {
      throw new InputException(
          "tensor %s of %s is laid out for a certain GPU (weight_format %d)"
              .formatted(quote(tensor.name()), origin(), bytes(layout)[0]),
          "save the model again with bitsandbytes 0.45 or later");
    }
    long bytes =
        tensor.byteSize()
            + belongs(scales.name(), infos, belonging)
            + belongs(BnbNames.weightFormat(tensor.name()), infos, belonging);
    return new EightBit(
        tensor, new TensorInfo(tensor.name(), TensorType.F32, tensor.shape()), scales, bytes);
  }

  private static long belongs(String part, Map<String, TensorInfo> infos, Set<String> belonging) {
    TensorInfo info = infos.get(part);
    if (info == null) {
      return 0;
    }
    belonging.add(part);
    return info.byteSize();
  }

  private TensorInfo part(
      String matrix, String name, TensorType type, long elements, Map<String, TensorInfo> infos) {
    TensorInfo part = infos.get(name);
    if (part == null) {
      throw damaged(matrix, quote(name) + " is missing");
    }
    if (part.type() != type || part.shape().elements() != elements) {
      throw damaged(
          matrix,
          "%s is %s of %s, but must be %s of %d"
              .formatted(quote(name), part.type(), part.shape(), type, elements));
    }
    return part;
  }

  private InputException damaged(String matrix, String problem) {
    return new InputException(
        "quantized tensor %s of %s is damaged: %s".formatted(quote(matrix), origin(), problem),
        "get an undamaged copy of the model");
  }

  @Override
  public List<TensorInfo> tensors() {
    return List.copyOf(tensors);
  }

  @Override
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    Matrix matrix = matrices.get(tensor.name());
    if (matrix == null) {
      stored.read(tensor, byteOffset, target);
      return;
    }
    if (!matrix.decoded().equals(tensor)) {
      throw new IllegalArgumentException(tensor + " is not a tensor of this source");
    }
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), tensor.byteSize());
    long first = byteOffset / Float.BYTES;
    long count = target.byteSize() / Float.BYTES;
    if (count == 0) {
      return;
    }
    float[] values = new float[(int) Math.min(count, PIECE)];
    for (long done = 0; done < count; ) {
      int n = (int) Math.min(values.length, count - done);
      switch (matrix) {
        case FourBit f -> decode(f, first + done, values, n);
        case EightBit e -> n = decode(e, first + done, values, n);
      }
      MemorySegment.copy(values, 0, target, LittleEndian.FLOAT, done * Float.BYTES, n);
      done += n;
    }
  }

  private void decode(FourBit matrix, long first, float[] values, int count) throws IOException {
    int blockSize = matrix.state().blockSize();
    // Codes come in pairs, and scales for whole blocks.
    long begin = first / blockSize * blockSize;
    long packedBegin = begin / 2;
    int skip = (int) (first - begin);
    byte[] packed =
        bytes(
            matrix.codes(),
            packedBegin,
            (int) (FourBitFormat.packedBytes(first + count) - packedBegin));
    long firstBlock = begin / blockSize;
    int blocks = (int) ((first + count - 1) / blockSize - firstBlock) + 1;
    float[] decoded = new float[skip + count];
    FourBitFormat.decode(
        matrix.levels(),
        packed,
        0,
        0,
        blockSize,
        scales(matrix, firstBlock, blocks),
        decoded,
        0,
        decoded.length);
    System.arraycopy(decoded, skip, values, 0, count);
  }

  private float[] scales(FourBit matrix, long firstBlock, int blocks) throws IOException {
    TensorInfo nested = matrix.nested();
    if (nested == null) {
      return floats(matrix.absmax(), firstBlock, blocks);
    }
    int group = matrix.state().nestedBlockSize();
    long firstNested = firstBlock / group;
    long begin = firstNested * group;
    int skip = (int) (firstBlock - begin);
    byte[] codes = bytes(matrix.absmax(), begin, skip + blocks);
    float[] outer = floats(nested, firstNested, Math.ceilDiv(codes.length, group));
    float[] all =
        NestedScales.decode(
            codes,
            outer,
            matrix.nestedLevels(),
            group,
            (float) matrix.state().nestedOffset().orElseThrow());
    float[] scales = new float[blocks];
    System.arraycopy(all, skip, scales, 0, blocks);
    return scales;
  }

  /** Decodes at most to the end of the row, and returns how many. */
  private int decode(EightBit matrix, long first, float[] values, int count) throws IOException {
    long columns = matrix.codes().shape().rowLength();
    int n = (int) Math.min(count, columns - first % columns);
    float scale = floats(matrix.scales(), first / columns, 1)[0];
    Int8Rows.decode(bytes(matrix.codes(), first, n), 0, scale, values, 0, n);
    return n;
  }

  private byte[] bytes(TensorInfo tensor) throws IOException {
    return bytes(tensor, 0, (int) tensor.byteSize());
  }

  private byte[] bytes(TensorInfo tensor, long offset, int count) throws IOException {
    // Packed codes may be stored under another type's name, whose elements must be read whole.
    int width = tensor.type().blockBytes();
    long begin = offset / width * width;
    long end = Math.ceilDiv(offset + count, (long) width) * width;
    byte[] whole = new byte[(int) (end - begin)];
    stored.read(tensor, begin, MemorySegment.ofArray(whole));
    if (whole.length == count) {
      return whole;
    }
    byte[] wanted = new byte[count];
    System.arraycopy(whole, (int) (offset - begin), wanted, 0, count);
    return wanted;
  }

  private float[] floats(TensorInfo tensor) throws IOException {
    return floats(tensor, 0, (int) tensor.shape().elements());
  }

  private float[] floats(TensorInfo tensor, long first, int count) throws IOException {
    byte[] bytes = new byte[count * Float.BYTES];
    stored.read(tensor, first * Float.BYTES, MemorySegment.ofArray(bytes));
    float[] values = new float[count];
    MemorySegment.copy(MemorySegment.ofArray(bytes), LittleEndian.FLOAT, 0, values, 0, count);
    return values;
  }

  @Override
  public String origin() {
    return stored.origin();
  }

  @Override
  public void close() throws IOException {
    stored.close();
  }
}
