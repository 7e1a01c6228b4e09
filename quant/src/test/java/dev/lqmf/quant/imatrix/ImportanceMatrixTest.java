package dev.lqmf.quant.imatrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImportanceMatrixTest {
  @TempDir Path directory;

  @Test
  void dividesSumsByRoundedCountsAndGivesOnesWhereNothingWasCounted() throws IOException {
    Path file =
        gguf(
            Map.of(
                "blk.0.ffn_up_exps.weight.in_sum2", new float[][] {{3, 6}, {5, 7}, {1, 0}},
                "blk.0.ffn_up_exps.weight.counts", new float[][] {{2.6f}, {0.4f}, {1}}));

    ImportanceMatrix matrix = ImportanceMatrix.read(file);

    assertThat(matrix.weights("blk.0.ffn_up_exps.weight")).contains(new float[] {1, 2, 1, 1, 1, 0});
    assertThat(matrix.weights("blk.0.ffn_down_exps.weight")).isEmpty();
    assertThat(matrix.tensors()).containsExactly("blk.0.ffn_up_exps.weight");
  }

  @Test
  void dividesTheOlderFormByCalls() throws IOException {
    Path file =
        write(
            new Legacy()
                .number(2)
                .entry("blk.0.attn_q.weight", 4, 8, 2)
                .entry("output.weight", 0, 3, 5)
                .number(17)
                .text("some text.txt"));

    ImportanceMatrix matrix = ImportanceMatrix.read(file);

    assertThat(matrix.weights("blk.0.attn_q.weight")).contains(new float[] {2, 0.5f});
    assertThat(matrix.weights("output.weight")).contains(new float[] {3, 5});
    assertThat(recorded(matrix))
        .containsExactly(
            Map.entry("quantize.imatrix.file", "imatrix"),
            Map.entry("quantize.imatrix.dataset", "some text.txt"),
            Map.entry("quantize.imatrix.entries_count", "2"),
            Map.entry("quantize.imatrix.chunks_count", "17"));
  }

  @Test
  void theOlderFormMayEndAfterItsEntries() throws IOException {
    Path file = write(new Legacy().number(1).entry("output.weight", 1, 3));

    assertThat(recorded(ImportanceMatrix.read(file)).keySet())
        .containsExactly("quantize.imatrix.file", "quantize.imatrix.entries_count");
  }

  @Test
  void recordsOnlyWhatLlamaQuantizeHasRoomFor() throws IOException {
    Path file =
        write(new Legacy().number(1).entry("output.weight", 1, 3).number(1).text("x".repeat(300)));

    assertThat(recorded(ImportanceMatrix.read(file)).get("quantize.imatrix.dataset")).hasSize(127);
  }

  @Test
  void givesEveryStackedMatrixItsColumns() throws IOException {
    ImportanceMatrix matrix =
        ImportanceMatrix.read(
            write(new Legacy().number(1).entry("blk.0.ffn_up_exps.weight", 1, 1, 2, 3, 4)));

    assertThat(matrix.columns(tensor("blk.0.ffn_up_exps.weight", 2, 9, 2)))
        .containsExactly(new float[] {1, 2}, new float[] {3, 4});
    assertThat(matrix.columns(tensor("blk.1.ffn_up_exps.weight", 2, 9, 2))).isEmpty();
  }

  @Test
  void refusesValuesOfAnotherShapeButForTokenEmbeddings() throws IOException {
    ImportanceMatrix matrix =
        ImportanceMatrix.read(
            write(
                new Legacy()
                    .number(2)
                    .entry("blk.0.attn_q.weight", 1, 1, 2)
                    .entry("token_embd.weight", 1, 1, 2)));

    assertThatThrownBy(() -> matrix.columns(tensor("blk.0.attn_q.weight", 4, 3)))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("imatrix", "2 importance values", "blk.0.attn_q.weight", "3");
    assertThat(matrix.columns(tensor("token_embd.weight", 4, 3))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, -1})
  void refusesWhatNoMeanOfSquaresCanBe(float value) throws IOException {
    Path file = write(new Legacy().number(1).entry("output.weight", 1, 1, value));

    assertThatThrownBy(() -> ImportanceMatrix.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("output.weight", Float.toString(value), "at 1");
  }

  @Test
  void refusesEveryTruncationOfTheOlderForm() throws IOException {
    byte[] whole =
        new Legacy().number(2).entry("a", 1, 1).entry("b", 1, 2).number(5).text("t").bytes();
    int entriesEnd = whole.length - 4 - 5;
    for (int length = 0; length < whole.length; length++) {
      // A file that ends after its entries is complete; so is one without a dataset.
      if (length == entriesEnd || length == entriesEnd + 4) {
        continue;
      }
      Path file = Files.write(directory.resolve("cut"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> ImportanceMatrix.read(file))
          .as("%d bytes", length)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("cut");
    }
  }

  @Test
  void refusesCountsThatNoFileCanHold() throws IOException {
    for (Legacy hostile :
        List.of(
            new Legacy().number(Integer.MAX_VALUE),
            new Legacy().number(-1),
            new Legacy().number(1).number(Integer.MAX_VALUE),
            new Legacy().number(1).number(-5),
            new Legacy().number(1).text("a").number(1).number(Integer.MAX_VALUE),
            new Legacy().number(1).text("a").number(1).number(-1),
            new Legacy().number(2).entry("a", 1, 1).entry("a", 1, 1))) {
      assertThatThrownBy(() -> ImportanceMatrix.read(write(hostile)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("imatrix");
    }
  }

  @Test
  void refusesGgufFilesThatAreNoImportanceMatrices() throws IOException {
    assertRefused(Map.of("a.in_sum2", new float[][] {{1}}), "no counts for 'a'");
    assertRefused(Map.of("a.counts", new float[][] {{1}}), "no sums for 'a'");
    assertRefused(Map.of("a", new float[][] {{1}}), "no importance values");
    assertRefused(
        Map.of("a.in_sum2", new float[][] {{1, 2, 3}}, "a.counts", new float[][] {{1}, {1}}),
        "3 sums and 2 counts");
    assertRefused(
        Map.of("a.in_sum2", new float[][] {{1}}, "a.counts", new float[][] {{Float.NaN}}), "NaN");

    Path model = directory.resolve("model.gguf");
    try (GgufWriter writer = GgufWriter.create(model, GgufMetadata.builder().build(), List.of())) {
      writer.commit();
    }
    assertThatThrownBy(() -> ImportanceMatrix.read(model))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("model.gguf", "imatrix.datasets");
  }

  private void assertRefused(Map<String, float[][]> tensors, String problem) {
    assertThatThrownBy(() -> ImportanceMatrix.read(gguf(tensors)))
        .isInstanceOf(InputException.class)
        .hasMessageContainingAll("imatrix", problem);
  }

  private Path gguf(Map<String, float[][]> tensors) throws IOException {
    Path file = directory.resolve("imatrix");
    List<TensorInfo> infos = new ArrayList<>();
    List<float[][]> values = new ArrayList<>();
    tensors.forEach(
        (name, rows) -> {
          infos.add(new TensorInfo(name, TensorType.F32, Shape.of(rows.length, rows[0].length)));
          values.add(rows);
        });
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putString("general.type", "imatrix")
            .putStrings("imatrix.datasets", List.of("text"))
            .putU32("imatrix.chunk_count", 1)
            .putU32("imatrix.chunk_size", 512)
            .build();
    try (GgufWriter writer = GgufWriter.create(file, metadata, infos)) {
      for (int i = 0; i < infos.size(); i++) {
        long offset = 0;
        for (float[] row : values.get(i)) {
          writer.write(i, offset, MemorySegment.ofArray(row));
          offset += row.length * 4L;
        }
      }
      writer.commit();
    }
    return file;
  }

  private Path write(Legacy content) throws IOException {
    return Files.write(directory.resolve("imatrix"), content.bytes());
  }

  private static TensorInfo tensor(String name, long... dims) {
    return new TensorInfo(name, TensorType.F16, Shape.of(dims));
  }

  private static Map<String, String> recorded(ImportanceMatrix matrix) {
    GgufMetadata.Builder builder = GgufMetadata.builder();
    matrix.recordIn(builder);
    Map<String, String> recorded = new LinkedHashMap<>();
    GgufMetadata metadata = builder.build();
    for (String key : metadata.keys()) {
      recorded.put(
          key,
          key.endsWith("count")
              ? Long.toString(metadata.integer(key).orElseThrow())
              : metadata.string(key).orElseThrow());
    }
    return recorded;
  }

  /** Writes the older form piece by piece. */
  private static final class Legacy {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Legacy number(int value) {
      bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
      return this;
    }

    Legacy text(String text) {
      byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
      number(utf8.length);
      bytes.writeBytes(utf8);
      return this;
    }

    Legacy entry(String name, int calls, float... values) {
      text(name).number(calls).number(values.length);
      for (float value : values) {
        number(Float.floatToRawIntBits(value));
      }
      return this;
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
