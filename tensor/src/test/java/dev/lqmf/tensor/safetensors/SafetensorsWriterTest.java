package dev.lqmf.tensor.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.Fixtures;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
  @TempDir Path directory;
  private Path target;

  @BeforeEach
  void nameTarget() {
    target = directory.resolve("out.safetensors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "safetensors/types.safetensors",
        "safetensors/RobertaForMaskedLM.safetensors",
        "pytorch/expected.safetensors"
      })
  void writesTheBytesOfTheReference(String name) throws IOException {
    Path reference = Fixtures.path(name);
    try (SafetensorsFile file = SafetensorsFile.open(reference);
        SafetensorsWriter writer =
            SafetensorsWriter.create(target, file.fileMetadata(), file.tensors())) {
      Fixtures.copy(file, writer);
    }
    assertThat(target).hasSameBinaryContentAs(reference);
  }

  @Test
  void writesAnEmptyFile() throws IOException {
    try (SafetensorsWriter writer = SafetensorsWriter.create(target, Map.of(), List.of())) {
      writer.commit();
    }
    assertThat(Files.readAllBytes(target))
        .containsExactly(8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' ');
    try (SafetensorsFile file = SafetensorsFile.open(target)) {
      assertThat(file.tensors()).isEmpty();
    }
  }

  @Test
  void leavesNothingBehindWithoutCommit() throws IOException {
    var tensors = List.of(new TensorInfo("t", TensorType.U8, Shape.of(2)));
    try (SafetensorsWriter writer = SafetensorsWriter.create(target, Map.of(), tensors)) {
      writer.write(0, 0, MemorySegment.ofArray(new byte[1]));
      assertThatThrownBy(writer::commit).isInstanceOf(IllegalStateException.class);
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void textsThatAreKnownLateEndTheFile() throws IOException {
    var tensors =
        List.of(
            new TensorInfo("b", TensorType.U8, Shape.of(3)),
            new TensorInfo("a", TensorType.F32, Shape.of(2)));
    Map<String, Integer> late = new TreeMap<>(Map.of("a.state", 2000, "b.state", 9));
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(target, Map.of("format", "pt"), tensors, late)) {
      writer.write(3, 0, MemorySegment.ofArray(new byte[] {7, 8}));
      writer.write(0, 0, MemorySegment.ofArray(new byte[] {1, 2, 3}));
      writer.write(1, 0, MemorySegment.ofArray(new byte[8]));
      writer.write(2, 0, MemorySegment.ofArray(new byte[] {5}));
      writer.commit();
    }

    assertThat(Files.size(target))
        .isLessThan(SafetensorsWriter.maxFileSize(Map.of("format", "pt"), tensors, late));
    try (SafetensorsFile file = SafetensorsFile.open(target)) {
      assertThat(file.tensors())
          .contains(
              new TensorInfo("a.state", TensorType.U8, Shape.of(1)),
              new TensorInfo("b.state", TensorType.U8, Shape.of(2)));
      for (TensorInfo tensor : file.tensors()) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        file.read(tensor, 0, MemorySegment.ofArray(bytes));
        assertThat(bytes)
            .isEqualTo(
                switch (tensor.name()) {
                  case "a" -> new byte[8];
                  case "b" -> new byte[] {1, 2, 3};
                  case "a.state" -> new byte[] {5};
                  default -> new byte[] {7, 8};
                });
      }
    }
  }

  @Test
  void aLateTextMustComeWholeAndFit() throws IOException {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(target, Map.of(), List.of(), Map.of("t", 2))) {
      assertThatThrownBy(() -> writer.write(0, 0, MemorySegment.ofArray(new byte[3])))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> writer.write(0, 1, MemorySegment.ofArray(new byte[1])))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(writer::commit)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("t was not written");
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void refusesWhatTheFormatCannotHold() {
    assertThatThrownBy(
            () ->
                SafetensorsWriter.create(
                    target, Map.of(), List.of(new TensorInfo("t", TensorType.Q8_0, Shape.of(32)))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'t' is Q8_0");
    assertThatThrownBy(
            () ->
                SafetensorsWriter.create(
                    target,
                    Map.of(),
                    List.of(new TensorInfo("__metadata__", TensorType.U8, Shape.of(1)))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
