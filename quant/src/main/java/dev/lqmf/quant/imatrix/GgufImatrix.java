package dev.lqmf.quant.imatrix;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The form since 2025: for each tensor, {@code in_sum2} float32 [matrices, columns], sums of
 * squared activations, and {@code counts} float32 [matrices, 1], how many activations each sum is
 * of.
 */
final class GgufImatrix {
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";
  private static final String DATASETS = "imatrix.datasets";
  private static final String CHUNKS = "imatrix.chunk_count";
  private static final String CHUNK_SIZE = "imatrix.chunk_size";

  private GgufImatrix() {}

  static ImportanceMatrix read(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata metadata = file.metadata();
      OptionalLong chunks = metadata.integer(CHUNKS);
      List<String> datasets =
          metadata.strings(DATASETS).orElseThrow(() -> notAnImatrix(path, DATASETS));
      if (chunks.isEmpty() || metadata.get(CHUNK_SIZE).isEmpty()) {
        throw notAnImatrix(path, chunks.isEmpty() ? CHUNKS : CHUNK_SIZE);
      }
      Map<String, TensorInfo> sums = new HashMap<>();
      Map<String, TensorInfo> counts = new HashMap<>();
      for (TensorInfo tensor : file.tensors()) {
        String name = tensor.name();
        if (name.endsWith(SUMS)) {
          sums.put(name.substring(0, name.length() - SUMS.length()), tensor);
        } else if (name.endsWith(COUNTS)) {
          counts.put(name.substring(0, name.length() - COUNTS.length()), tensor);
        }
      }
      for (String name : counts.keySet()) {
        if (!sums.containsKey(name)) {
          throw damaged(path, "has counts but no sums for " + quote(name));
        }
      }
      Map<String, float[]> weights = new HashMap<>();
      for (Map.Entry<String, TensorInfo> entry : sums.entrySet()) {
        String name = entry.getKey();
        TensorInfo count = counts.get(name);
        if (count == null) {
          throw damaged(path, "has sums but no counts for " + quote(name));
        }
        weights.put(name, means(path, name, floats(file, entry.getValue()), floats(file, count)));
      }
      return new ImportanceMatrix(path, weights, datasets, chunks.getAsLong());
    }
  }

  private static float[] floats(GgufFile file, TensorInfo tensor) throws IOException {
    if (tensor.type() != TensorType.F32 || tensor.shape().elements() > Integer.MAX_VALUE / 4) {
      throw damaged(
          Path.of(file.origin()),
          "stores %s as %s of %s, not as float32 of moderate size"
              .formatted(quote(tensor.name()), tensor.shape(), tensor.type()));
    }
    float[] values = new float[(int) tensor.shape().elements()];
    file.read(tensor, 0, MemorySegment.ofArray(values));
    return values;
  }

  private static float[] means(Path path, String name, float[] sums, float[] counts) {
    if (counts.length == 0 || sums.length % counts.length != 0) {
      throw damaged(
          path,
          "has %d sums and %d counts for %s".formatted(sums.length, counts.length, quote(name)));
    }
    int columns = sums.length / counts.length;
    for (int matrix = 0; matrix < counts.length; matrix++) {
      if (!Float.isFinite(counts[matrix])) {
        throw damaged(path, "counts %s for %s".formatted(counts[matrix], quote(name)));
      }
      float count = roundHalfAway(counts[matrix]);
      int from = matrix * columns;
      if (count > 0) {
        for (int i = from; i < from + columns; i++) {
          sums[i] /= count;
        }
      } else {
        Arrays.fill(sums, from, from + columns, 1);
      }
    }
    return sums;
  }

  /** C's {@code lround}; only the sign matters of what is not positive. */
  private static float roundHalfAway(float count) {
    return (float) Math.floor(count + 0.5);
  }

  private static InputException notAnImatrix(Path path, String key) {
    return new InputException(
        path + " is a GGUF file without " + key + ", so not an importance matrix",
        "name a file made by llama-imatrix");
  }

  private static InputException damaged(Path path, String problem) {
    return new InputException(
        path + " " + problem, "make the importance matrix again with llama-imatrix");
  }
}
