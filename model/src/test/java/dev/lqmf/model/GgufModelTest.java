package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufModelTest {
  @TempDir private Path temporary;

  @Test
  void showsAGgufFileAsItIs() throws IOException {
    Path file = temporary.resolve("model.gguf");
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putString("general.architecture", "llama")
            .putU32("general.file_type", 0)
            .putU32("llama.block_count", 1)
            .build();
    TensorInfo tensor = new TensorInfo("output.weight", TensorType.F32, Shape.of(2));
    byte[] bytes = {0, 0, -128, 63, 0, 0, 0, 64};
    try (GgufWriter writer = GgufWriter.create(file, metadata, List.of(tensor))) {
      writer.write(0, 0, MemorySegment.ofArray(bytes));
      writer.commit();
    }
    try (GgufModel model = GgufModel.fromGguf(file)) {
      assertThat(model.metadata()).isEqualTo(metadata);
      assertThat(model.tensors().tensors()).containsExactly(tensor);
      assertThat(Listing.read(model.tensors(), tensor)).isEqualTo(bytes);
      assertThat(model.notes()).isEmpty();
      assertThat(List.copyOf(model.metadata(15).keys()))
          .as("the file type keeps its place")
          .isEqualTo(List.copyOf(metadata.keys()));
      assertThat(model.metadata(15).integer("general.file_type")).hasValue(15);
    }
  }

  @Test
  void statesHowTheWeightsAreStored() throws IOException {
    try (GgufModel model = GgufModel.fromCheckpoint(Listing.resource("variants/rope-linear"))) {
      assertThat(model.metadata().integer("general.file_type")).as("BF16").hasValue(32);
    }
    try (GgufModel model =
        GgufModel.fromCheckpoint(Listing.resource("variants/gpt2-bare-names-half"))) {
      assertThat(model.metadata().integer("general.file_type")).as("F16").hasValue(1);
    }
  }

  @Test
  void takesTheNameOfASnapshotFromTheCache() throws IOException {
    Path snapshot =
        Files.createDirectories(temporary.resolve("models--meta--Tiny-Llama-1B/snapshots/0abc12"));
    try (Stream<Path> files = Files.list(Listing.resource("variants/rope-linear"))) {
      for (Path file : files.toList()) {
        Files.copy(file, snapshot.resolve(file.getFileName()));
      }
    }
    try (GgufModel model = GgufModel.fromCheckpoint(snapshot)) {
      assertThat(model.metadata().string("general.name")).hasValue("Tiny Llama 1B");
    }
    try (GgufModel model = GgufModel.fromCheckpoint(snapshot, "org/Other-v2")) {
      assertThat(model.metadata().string("general.name")).hasValue("Other v2");
      assertThat(model.metadata().string("general.organization")).hasValue("Org");
    }
  }

  @Test
  void notesWhatGgufCannotSay() throws IOException {
    try (GgufModel model =
        GgufModel.fromCheckpoint(Listing.resource("golden/MistralForCausalLM"))) {
      assertThat(model.notes()).singleElement().asString().contains("sliding_window is 8");
    }
    try (GgufModel model = GgufModel.fromCheckpoint(Listing.resource("variants/rope-dynamic"))) {
      assertThat(model.notes()).singleElement().asString().contains("dynamic");
    }
  }
}
