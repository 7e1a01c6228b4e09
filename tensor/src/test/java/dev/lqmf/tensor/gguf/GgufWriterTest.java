package dev.lqmf.tensor.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.Fixtures;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufWriterTest {
  private static final GgufMetadata NONE = GgufMetadata.builder().build();

  @TempDir Path directory;
  private Path target;

  @BeforeEach
  void nameTarget() {
    target = directory.resolve("out.gguf");
  }

  /** Files of gguf-py and, the split set, of ggml's own writer. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "types.gguf",
        "LlamaForCausalLM.q8_0.gguf",
        "types-00001-of-00003.gguf",
        "types-00002-of-00003.gguf",
        "types-00003-of-00003.gguf"
      })
  void writesTheBytesOfTheReference(String name) throws IOException {
    Path reference = Fixtures.path("gguf/" + name);
    byte[] bytes = Files.readAllBytes(reference);
    try (ReadableFile file = ReadableFile.open(reference)) {
      // The header alone, since a member of a split set does not open by itself.
      GgufHeader header = GgufHeader.read(file);
      try (GgufWriter writer = GgufWriter.create(target, header.metadata(), header.tensors())) {
        // Backwards, since the order of writing does not matter.
        for (int i = header.tensors().size() - 1; i >= 0; i--) {
          long size = header.tensors().get(i).byteSize();
          writer.write(i, 0, MemorySegment.ofArray(bytes).asSlice(header.offsets().get(i), size));
        }
        writer.commit();
      }
      assertThat(GgufWriter.fileSize(header.metadata(), header.tensors())).isEqualTo(bytes.length);
    }
    assertThat(Files.readAllBytes(target)).isEqualTo(bytes);
  }

  /** gguf-py keeps them, ggml does not. */
  @Test
  void leavesOutOuterDimensionsOfOne() throws IOException {
    try (GgufFile converted = GgufFile.open(Fixtures.path("gguf/RobertaForMaskedLM.gguf"));
        GgufWriter writer = GgufWriter.create(target, converted.metadata(), converted.tensors())) {
      assertThat(Fixtures.tensor(converted, "token_types.weight").shape())
          .isEqualTo(Shape.of(1, 48));
      Fixtures.copy(converted, writer);
    }
    try (GgufFile written = GgufFile.open(target)) {
      assertThat(Fixtures.tensor(written, "token_types.weight").shape()).isEqualTo(Shape.of(48));
    }
  }

  @Test
  void writesScalarsAndEmptyTensors() throws IOException {
    var tensors =
        List.of(
            new TensorInfo("scalar", TensorType.F32, Shape.of()),
            new TensorInfo("empty", TensorType.F32, Shape.of(0, 3)),
            new TensorInfo("last", TensorType.I8, Shape.of(1)));
    try (GgufWriter writer = GgufWriter.create(target, NONE, tensors)) {
      writer.write(0, 0, MemorySegment.ofArray(new float[] {1.5f}));
      writer.write(2, 0, MemorySegment.ofArray(new byte[] {7}));
      writer.commit();
    }
    try (GgufFile file = GgufFile.open(target)) {
      assertThat(file.tensors())
          .containsExactly(
              new TensorInfo("scalar", TensorType.F32, Shape.of(1)),
              tensors.get(1),
              tensors.get(2));
      assertThat(Fixtures.bytes(file, file.tensors().get(2))).containsExactly(7);
    }
  }

  @Test
  void writesTheAlignmentThatTheMetadataAsksFor() throws IOException {
    GgufMetadata metadata = GgufMetadata.builder().putU32(GgufMetadata.ALIGNMENT, 256).build();
    var tensors =
        List.of(
            new TensorInfo("a", TensorType.I8, Shape.of(1)),
            new TensorInfo("b", TensorType.I8, Shape.of(1)));
    assertThat(GgufWriter.fileSize(metadata, tensors)).isEqualTo(3 * 256);
    assertThatThrownBy(
            () ->
                GgufWriter.fileSize(
                    GgufMetadata.builder().putU32(GgufMetadata.ALIGNMENT, 24).build(), tensors))
        .isInstanceOf(InputException.class);
  }

  @Test
  void leavesNothingBehindWithoutCommit() throws IOException {
    Files.writeString(target, "old");
    var tensors = List.of(new TensorInfo("a", TensorType.I8, Shape.of(1)));
    try (GgufWriter writer = GgufWriter.create(target, NONE, tensors)) {
      writer.write(0, 0, MemorySegment.ofArray(new byte[1]));
    }
    assertThat(directory.toFile().list()).containsExactly("out.gguf");
    assertThat(target).hasContent("old");
  }

  @Test
  void doesNotCompleteAFileWithHoles() throws IOException {
    var tensors = List.of(new TensorInfo("a", TensorType.I8, Shape.of(2)));
    try (GgufWriter writer = GgufWriter.create(target, NONE, tensors)) {
      writer.write(0, 0, MemorySegment.ofArray(new byte[1]));
      assertThatThrownBy(writer::commit)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("1 of the 2 bytes");
      assertThatThrownBy(() -> writer.write(0, 1, MemorySegment.ofArray(new byte[2])))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThat(target).doesNotExist();
  }

  @Test
  void refusesWhatLlamaCppCannotRead() {
    assertRefused(new TensorInfo("n".repeat(64), TensorType.F32, Shape.of(1)), "1 to 63");
    assertRefused(new TensorInfo("t", TensorType.F32, Shape.of(2, 1, 1, 1, 1)), "4 dimensions");
    assertRefused(new TensorInfo("t", TensorType.F8_E4M3, Shape.of(1)), "F8_E4M3");
    assertRefused(new TensorInfo("t", TensorType.Q4_K, Shape.of(2, 128)), "blocks of 256");
    var twice = new TensorInfo("t", TensorType.F32, Shape.of(1));
    assertThatThrownBy(() -> GgufWriter.fileSize(NONE, List.of(twice, twice)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void saysWhereItCannotWrite() {
    Path nowhere = directory.resolve("none").resolve("out.gguf");
    assertThatThrownBy(() -> GgufWriter.create(nowhere, NONE, List.of()))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot write " + nowhere + ": there is no directory");
    assertThatThrownBy(() -> GgufWriter.create(directory, NONE, List.of()))
        .isInstanceOf(IOException.class)
        .hasMessage("cannot write " + directory + ": it is a directory");
    var huge = List.of(new TensorInfo("t", TensorType.F32, Shape.of(1L << 52)));
    assertThatThrownBy(() -> GgufWriter.create(target, NONE, huge))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("are free in");
    assertThat(directory).isEmptyDirectory();
  }

  private static void assertRefused(TensorInfo tensor, String message) {
    assertThatThrownBy(() -> GgufWriter.fileSize(NONE, List.of(tensor)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }
}
