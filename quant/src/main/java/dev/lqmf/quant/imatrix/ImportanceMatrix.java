package dev.lqmf.quant.imatrix;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What {@code llama-imatrix} measured: for every column of a weight matrix, the mean square of the
 * activations it was multiplied with. An encoder that weighs errors by it loses less.
 *
 * <p>Both file forms are read, told apart by their content: GGUF ({@code <tensor>.in_sum2} and
 * {@code <tensor>.counts}) and the older binary one. The values are exactly those that {@code
 * llama-quantize} computes from them ({@code load_imatrix} in {@code tools/quantize/quantize.cpp}).
 */
public final class ImportanceMatrix {
  private static final int GGUF_MAGIC = 0x46554747;

  /** {@code llama-quantize} passes strings in arrays of this size, zero-terminated. */
  private static final int STRING_BYTES = 127;

  private final Path file;
  private final SortedMap<String, float[]> weights;
  private final List<String> datasets;
  private final long chunks;

  ImportanceMatrix(Path file, Map<String, float[]> weights, List<String> datasets, long chunks) {
    this.file = file;
    this.weights = Collections.unmodifiableSortedMap(new TreeMap<>(weights));
    this.datasets = List.copyOf(datasets);
    this.chunks = chunks;
    if (weights.isEmpty()) {
      throw new InputException(
          file + " holds no importance values", "make it again with llama-imatrix");
    }
    this.weights.forEach(this::check);
  }

  /**
   * Reads a file of either form.
   *
   * @throws InputException if it is damaged, is no importance matrix, or holds values that cannot
   *     be means of squares
   */
  public static ImportanceMatrix read(Path file) throws IOException {
    try (ReadableFile readable = ReadableFile.open(file)) {
      return isGguf(readable) ? GgufImatrix.read(file) : LegacyImatrix.read(readable);
    }
  }

  private static boolean isGguf(ReadableFile file) throws IOException {
    int[] magic = new int[1];
    if (file.size() < Integer.BYTES) {
      return false;
    }
    file.read(0, MemorySegment.ofArray(magic));
    return magic[0] == GGUF_MAGIC;
  }

  private void check(String name, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] <= Float.MAX_VALUE)) {
        throw new InputException(
            "%s: the importance of %s holds %s at %d".formatted(file, quote(name), values[i], i),
            "make the importance matrix again with llama-imatrix");
      }
    }
  }

  /** The tensors there are values for, sorted. */
  public Set<String> tensors() {
    return weights.keySet();
  }

  /**
   * The mean squares for a tensor: one per column and stacked matrix, the first matrix first; ones
   * for an expert that the measured text never reached.
   */
  public Optional<float[]> weights(String tensor) {
    return Optional.ofNullable(weights.get(tensor)).map(float[]::clone);
  }

  /**
   * The weights for a tensor, an array of a row's length for each matrix it stacks; empty if there
   * are none.
   *
   * @throws InputException if the file has values of another shape for it. Token embeddings are
   *     excused, as in llama.cpp: they are looked up, and tied ones measured as output
   */
  public List<float[]> columns(TensorInfo tensor) {
    float[] all = weights.get(tensor.name());
    if (all == null) {
      return List.of();
    }
    long matrices = tensor.shape().matrices();
    int row = (int) Math.min(Integer.MAX_VALUE, tensor.shape().rowLength());
    if (all.length != row * matrices) {
      if (tensor.name().equals("token_embd.weight")
          || tensor.name().equals("per_layer_token_embd.weight")) {
        return List.of();
      }
      throw new InputException(
          "%s has %d importance values for tensor %s, which needs %d"
              .formatted(file, all.length, quote(tensor.name()), row * matrices),
          "use an importance matrix made with this very model");
    }
    return IntStream.range(0, (int) matrices)
        .mapToObj(m -> Arrays.copyOfRange(all, m * row, (m + 1) * row))
        .toList();
  }

  /**
   * Records the matrix in the metadata of what is made with it, under {@code llama-quantize}'s keys
   * and in its order; but for the file's directory, which says nothing on another machine.
   */
  public void recordIn(GgufMetadata.Builder metadata) {
    metadata.putString("quantize.imatrix.file", cut(String.valueOf(file.getFileName())));
    if (!datasets.isEmpty()) {
      metadata.putString("quantize.imatrix.dataset", cut(datasets.getFirst()));
    }
    metadata.putU32("quantize.imatrix.entries_count", weights.size());
    if (chunks > 0) {
      metadata.putU32("quantize.imatrix.chunks_count", chunks);
    }
  }

  private static String cut(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new String(bytes, 0, Math.min(bytes.length, STRING_BYTES), StandardCharsets.UTF_8);
  }
}
