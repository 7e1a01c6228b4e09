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
