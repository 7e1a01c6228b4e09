package dev.lqmf.quant.imatrix;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An importance matrix as it was measured, to be written as {@code llama-imatrix} does.
 *
 * @param entries by the names of GGUF tensors
 * @param dataset name of the text
 * @param chunks sequences that were read
 * @param chunkSize tokens of a sequence
 */
public record MeasuredImatrix(
    SortedMap<String, Entry> entries, String dataset, int chunks, int chunkSize) {

  /** Copies the map. */
  public MeasuredImatrix {
    entries = new TreeMap<>(entries);
  }

  /**
   * What a tensor was multiplied with.
   *
   * @param sums of the squares, {@code [matrices, columns]}
   * @param counts positions that each matrix saw
   */
  public record Entry(float[] sums, long[] counts) {
    private int columns() {
      return sums.length / counts.length;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Entry e
          && Arrays.equals(sums, e.sums)
          && Arrays.equals(counts, e.counts);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(sums) + Arrays.hashCode(counts);
    }

    @Override
    public String toString() {
      return "%d × %d sums".formatted(counts.length, columns());
    }
  }

  /** Writes the form since 2025; an existing file is replaced at once. */
  public void writeGguf(Path file) throws IOException {
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putString("general.type", "imatrix")
            .putStrings("imatrix.datasets", List.of(dataset))
            .putU32("imatrix.chunk_count", chunks)
            .putU32("imatrix.chunk_size", chunkSize)
            .build();
    List<TensorInfo> tensors = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    entries.forEach(
        (name, entry) -> {
          int matrices = entry.counts().length;
          tensors.add(
              new TensorInfo(
                  name + ".in_sum2", TensorType.F32, Shape.of(matrices, entry.columns())));
          values.add(entry.sums());
          tensors.add(new TensorInfo(name + ".counts", TensorType.F32, Shape.of(matrices, 1)));
          float[] counts = new float[matrices];
          for (int i = 0; i < matrices; i++) {
            counts[i] = entry.counts()[i];
          }
          values.add(counts);
        });
    try (GgufWriter writer = GgufWriter.create(file, metadata, tensors)) {
      for (int i = 0; i < tensors.size(); i++) {
        writer.write(i, 0, MemorySegment.ofArray(values.get(i)));
      }
      writer.commit();
    }
  }

  /**
   * The form before 2025, all bytes. An expert that saw nothing counts as 1; a tensor of which no
   * expert saw anything is left out.
   */
  public byte[] legacy() {
    SortedMap<String, Entry> seen = new TreeMap<>(entries);
    seen.values().removeIf(e -> Arrays.stream(e.counts()).noneMatch(c -> c > 0));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    number(out, seen.size());
    for (Map.Entry<String, Entry> each : seen.entrySet()) {
      Entry entry = each.getValue();
      long most = Arrays.stream(entry.counts()).max().orElseThrow();
      int calls = Math.toIntExact(Math.ceilDiv(most, chunkSize));
      text(out, each.getKey());
      number(out, calls);
      number(out, entry.sums().length);
      ByteBuffer values = buffer(entry.sums().length * Float.BYTES);
      for (int i = 0; i < entry.sums().length; i++) {
        long count = entry.counts()[i / entry.columns()];
        values.putFloat((count == 0 ? 1 : entry.sums()[i] / count) * calls);
      }
      out.writeBytes(values.array());
    }
    number(out, chunks);
    text(out, dataset);
    return out.toByteArray();
  }

  private static void number(ByteArrayOutputStream out, int value) {
    out.writeBytes(buffer(Integer.BYTES).putInt(value).array());
  }

  private static void text(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    number(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The same, as encoders use it: what reading the written file would give. */
  public ImportanceMatrix importance() {
    TreeMap<String, float[]> means = new TreeMap<>();
    entries.forEach(
        (name, entry) -> {
          float[] values = entry.sums().clone();
          for (int i = 0; i < values.length; i++) {
            long count = entry.counts()[i / entry.columns()];
            values[i] = count == 0 ? 1 : values[i] / count;
          }
          means.put(name, values);
        });
    return new ImportanceMatrix(Path.of(dataset), means, List.of(dataset), chunks);
  }
}
