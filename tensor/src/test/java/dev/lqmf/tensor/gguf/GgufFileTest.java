package dev.lqmf.tensor.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.Fixtures;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufFileTest {
  private static final String FIRST = "types-00001-of-00003.gguf";
  private static final String SECOND = "types-00002-of-00003.gguf";

  @TempDir Path directory;

  @Test
  void readsMetadataOfEveryType() throws IOException {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/types.gguf"))) {
      GgufMetadata m = gguf.metadata();
      assertThat(gguf.alignment()).isEqualTo(64);
      assertThat(m.string("general.architecture")).contains("types");
      assertThat(m.integer("scalar.uint8")).hasValue(255);
      assertThat(m.integer("scalar.int8")).hasValue(-128);
      assertThat(m.integer("scalar.uint16")).hasValue(65_535);
      assertThat(m.integer("scalar.int16")).hasValue(-32_768);
      assertThat(m.integer("scalar.uint32")).hasValue(4_294_967_295L);
      assertThat(m.integer("scalar.int32")).hasValue(Integer.MIN_VALUE);
      assertThat(m.integer("scalar.int64")).hasValue(Long.MIN_VALUE);
      assertThat(m.get("scalar.uint64").orElseThrow()).hasToString("18446744073709551615");
      assertThat(m.real("scalar.float32")).hasValue(0.1f);
      assertThat(m.real("scalar.float64")).hasValue(0.1);
      assertThat(m.bool("scalar.bool")).contains(true);
      assertThat(m.string("scalar.string")).contains("naïve 🙂");
      assertThat(m.array("array.uint16").orElseThrow().ints()).containsExactly(65_535, 65_535);
      assertThat(m.array("array.float64").orElseThrow().floats()).containsExactly(0.1f, 0.1f);
      assertThat(m.array("array.bool").orElseThrow().bool(1)).isTrue();
      assertThat(m.strings("array.string").orElseThrow()).containsExactly("naïve 🙂", "naïve 🙂");
    }
  }

  @Test
  void keepsStringsThatAreNotText() throws IOException {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/types.gguf"))) {
      GgufArray cut = gguf.metadata().array("array.cut").orElseThrow();
      assertThat(cut.text(0).bytes()).containsExactly(0xF0, 0x9F);
      assertThat(cut.text(1).bytes()).isEmpty();
      assertThat(cut.string(2)).isEqualTo("a\0b");
    }
  }

  @Test
  void turnsShapesAround() throws IOException {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/types.gguf"))) {
      assertThat(Fixtures.tensor(gguf, "rank4").shape()).isEqualTo(Shape.of(2, 3, 4, 5));
      assertThat(Fixtures.tensor(gguf, "int64").type()).isEqualTo(TensorType.I64);
    }
  }

  @Test
  void holdsWhatTheCheckpointHolds() throws IOException {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/RobertaForMaskedLM.gguf"));
        SafetensorsFile safetensors =
            SafetensorsFile.open(Fixtures.path("safetensors/RobertaForMaskedLM.safetensors"))) {
      TensorInfo converted = Fixtures.tensor(gguf, "blk.1.ffn_up.weight");
      TensorInfo original =
          Fixtures.tensor(safetensors, "roberta.encoder.layer.1.intermediate.dense.weight");
      assertThat(converted.shape()).isEqualTo(original.shape());
      assertThat(Fixtures.bytes(gguf, converted)).isEqualTo(Fixtures.bytes(safetensors, original));
    }
  }

  @Test
  void readsPartsOfATensor() throws IOException {
    try (GgufFile gguf = GgufFile.open(Fixtures.path("gguf/LlamaForCausalLM.q8_0.gguf"))) {
      TensorInfo tensor = Fixtures.tensor(gguf, "token_embd.weight");
      assertThat(tensor.type()).isEqualTo(TensorType.Q8_0);
      byte[] whole = Fixtures.bytes(gguf, tensor);
      byte[] row = new byte[(int) tensor.rowBytes()];
      gguf.read(tensor, 3 * tensor.rowBytes(), MemorySegment.ofArray(row));
      assertThat(row).containsExactly(Arrays.copyOfRange(whole, 3 * row.length, 4 * row.length));
      assertThatThrownBy(() -> gguf.read(tensor, 1, MemorySegment.ofArray(whole)))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () ->
                  gguf.read(
                      new TensorInfo("none", TensorType.F32, Shape.of(1)),
                      0,
                      MemorySegment.ofArray(row)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void opensAllFilesOfASplitSet() throws IOException {
    try (GgufFile split = GgufFile.open(Fixtures.path("gguf/" + FIRST));
        GgufFile whole = GgufFile.open(Fixtures.path("gguf/types.gguf"))) {
      assertThat(split.paths()).hasSize(3);
      assertThat(split.metadata().string("scalar.string")).contains("naïve 🙂");
      assertThat(split.tensors()).hasSize(11).containsAll(whole.tensors());
      for (TensorInfo tensor : whole.tensors()) {
        assertThat(Fixtures.bytes(split, tensor)).isEqualTo(Fixtures.bytes(whole, tensor));
      }
    }
  }

  @Test
  void namesAMissingFileOfASplitSet() throws IOException {
    copySet();
    Files.delete(directory.resolve(SECOND));
    assertThatThrownBy(() -> GgufFile.open(directory.resolve(FIRST)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("first of 3 files, but " + SECOND + " is missing");
  }

  @Test
  void namesTheFirstFileOfASplitSet() {
    assertThatThrownBy(() -> GgufFile.open(Fixtures.path("gguf/" + SECOND)))
        .isInstanceOfSatisfying(InputException.class, e -> assertThat(e.mend()).contains(FIRST))
        .hasMessageContaining("file 2 of a set of 3");
  }

  @Test
  void refusesARenamedFileOfASplitSet() throws IOException {
    Path renamed = directory.resolve("model.gguf");
    Files.copy(Fixtures.path("gguf/" + FIRST), renamed);
    assertThatThrownBy(() -> GgufFile.open(renamed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("-00001-of-00003.gguf");
  }

  @Test
  void refusesAFileOfAnotherSet() throws IOException {
    copySet();
    var tensors = List.of(new TensorInfo("x", TensorType.F32, Shape.of(1)));
    var metadata =
        GgufMetadata.builder()
            .putU16(GgufMetadata.SPLIT_NO, 2)
            .putU16(GgufMetadata.SPLIT_COUNT, 3)
            .build();
    try (GgufWriter writer = GgufWriter.create(directory.resolve(SECOND), metadata, tensors)) {
      writer.write(0, 0, MemorySegment.ofArray(new byte[4]));
      writer.commit();
    }
    assertThatThrownBy(() -> GgufFile.open(directory.resolve(FIRST)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(SECOND + ": split.no is 2, but its set says 1");
  }

  @Test
  void refusesASetWithTooFewTensors() throws IOException {
    copySet();
    var metadata =
        GgufMetadata.builder()
            .putU16(GgufMetadata.SPLIT_NO, 1)
            .putU16(GgufMetadata.SPLIT_COUNT, 3)
            .build();
    try (GgufWriter writer = GgufWriter.create(directory.resolve(SECOND), metadata, List.of())) {
      writer.commit();
    }
    assertThatThrownBy(() -> GgufFile.open(directory.resolve(FIRST)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("split.tensors.count is 11, but its set says 7");
  }

  @Test
  void saysWhatIsWrongWithAPath() {
    assertThatThrownBy(() -> GgufFile.open(directory.resolve("none.gguf")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("none.gguf does not exist");
    assertThatThrownBy(() -> GgufFile.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is a directory");
  }

  private void copySet() throws IOException {
    for (int i = 1; i <= 3; i++) {
      String name = "types-0000" + i + "-of-00003.gguf";
      Files.copy(Fixtures.path("gguf/" + name), directory.resolve(name));
    }
  }
}
