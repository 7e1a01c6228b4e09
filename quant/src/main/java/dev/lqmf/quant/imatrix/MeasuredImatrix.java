package dev.lqmf.quant.imatrix;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufFile;
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
import java.util.OptionalLong;
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
  private static final String SUMS = ".in_sum2";
  private static final String COUNTS = ".counts";

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

  /**
   * Reads what {@link #writeGguf} wrote.
   *
   * @throws InputException if the file is damaged, or another one
   */
  public static MeasuredImatrix readGguf(Path path) throws IOException {
    try (GgufFile file = GgufFile.open(path)) {
      GgufMetadata metadata = file.metadata();
      List<String> datasets = metadata.strings("imatrix.datasets").orElse(List.of());
      OptionalLong chunks = metadata.integer("imatrix.chunk_count");
      OptionalLong chunkSize = metadata.integer("imatrix.chunk_size");
      SortedMap<String, float[]> tensors = new TreeMap<>();
      for (TensorInfo tensor : file.tensors()) {
        float[] values = new float[Math.toIntExact(tensor.shape().elements())];
        if (tensor.type() == TensorType.F32) {
          file.read(tensor, 0, MemorySegment.ofArray(values));
        }
        tensors.put(tensor.name(), values);
      }
      SortedMap<String, Entry> entries = new TreeMap<>();
      tensors.forEach(
          (name, sums) -> {
            float[] counts = tensors.get(name.replace(SUMS, COUNTS));
            if (name.endsWith(SUMS) && counts != null) {
              long[] whole = new long[counts.length];
              Arrays.setAll(whole, i -> (long) counts[i]);
              entries.put(name.substring(0, name.length() - SUMS.length()), new Entry(sums, whole));
            }
          });
      if (datasets.size() != 1
          || chunks.isEmpty()
          || chunkSize.isEmpty()
          || entries.isEmpty()
          || 2 * entries.size() != tensors.size()) {
        throw new InputException(
            path + " is no importance matrix that LQMF wrote", "measure it again");
      }
      return new MeasuredImatrix(
          entries,
          datasets.getFirst(),
          Math.toIntExact(chunks.getAsLong()),
          Math.toIntExact(chunkSize.getAsLong()));
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
              new TensorInfo(name + SUMS, TensorType.F32, Shape.of(matrices, entry.columns())));
          values.add(entry.sums());
          tensors.add(new TensorInfo(name + COUNTS, TensorType.F32, Shape.of(matrices, 1)));
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
