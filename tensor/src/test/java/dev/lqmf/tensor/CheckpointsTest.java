package dev.lqmf.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lqmf.tensor.pytorch.PytorchFile;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointsTest {
  private static final String INDEX = "model.safetensors.index.json";

  @TempDir Path directory;

  @Test
  void prefersSafetensors() throws IOException {
    writeShard("model.safetensors", "a");
    Files.copy(Fixtures.path("pytorch/nested.bin"), directory.resolve("pytorch_model.bin"));
    try (TensorSource source = Checkpoints.open(directory)) {
      assertThat(source).isInstanceOf(SafetensorsFile.class);
    }
    Files.delete(directory.resolve("model.safetensors"));
    try (TensorSource source = Checkpoints.open(directory)) {
      assertThat(source).isInstanceOf(PytorchFile.class);
    }
  }

  @Test
  void readsShardsInTheOrderOfTheirNames() throws IOException {
    writeShard("s2.safetensors", "a", "d");
    writeShard("s1.safetensors", "c", "b");
    writeIndex(
        "{'a':'s2.safetensors','b':'s1.safetensors','c':'s1.safetensors','d':'s2.safetensors'}");
    try (TensorSource source = Checkpoints.open(directory)) {
      assertThat(source.tensors()).extracting(TensorInfo::name).containsExactly("b", "c", "a", "d");
      assertThat(Fixtures.bytes(source, Fixtures.tensor(source, "d"))).containsExactly('d');
      assertThat(source.origin()).endsWith(INDEX);
      var none = new TensorInfo("none", TensorType.U8, Shape.of(1));
      assertThatThrownBy(() -> source.read(none, 0, MemorySegment.ofArray(new byte[1])))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void readsShardsOfPytorch() throws IOException {
    try (TensorSource sharded = Checkpoints.open(Fixtures.path("pytorch/sharded"));
        PytorchFile whole = PytorchFile.open(Fixtures.path("pytorch/nested.bin"))) {
      assertThat(sharded.tensors()).containsExactlyElementsOf(whole.tensors()).hasSize(7);
      for (TensorInfo tensor : whole.tensors()) {
        assertThat(Fixtures.bytes(sharded, tensor)).isEqualTo(Fixtures.bytes(whole, tensor));
      }
    }
  }

  static Stream<Arguments> badIndexes() {
    return Stream.of(
        arguments(
            "{'a':'s.safetensors','b':'t.safetensors'}", "lists t.safetensors, which is missing"),
        arguments(
            "{'a':'s.safetensors','b':'s.safetensors','x':'s.safetensors'}",
            "'x' is in 's.safetensors', but it is not"),
        arguments("{'a':'s.safetensors'}", "holds tensor 'b', which " + INDEX + " does not list"),
        arguments("{'a':'../s.safetensors'}", "'../s.safetensors', which is no plain file name"),
        arguments("{'a':'..'}", "no plain file name"),
        arguments("{'a':'C:s'}", "no plain file name"),
        arguments("{'a':'d\\\\s'}", "no plain file name"),
        arguments("{'a':''}", "no plain file name"),
        arguments("{'a':1}", "no file name for tensor 'a'"),
        arguments("{'a':'s.safetensors','a':'s.safetensors'}", "Duplicate"),
        arguments("[]", "weight_map is not a JSON object"),
        arguments("{}", "has no weight_map"));
  }

  @ParameterizedTest
  @MethodSource("badIndexes")
  void refusesAnIndexThatDoesNotFit(String weightMap, String message) throws IOException {
    writeShard("s.safetensors", "a", "b");
    writeIndex(weightMap);
    assertThatThrownBy(() -> Checkpoints.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining(message);
  }

  @Test
  void refusesATensorInTheWrongShard() throws IOException {
    writeShard("s.safetensors", "a", "b");
    writeShard("t.safetensors", "b");
    writeIndex("{'a':'s.safetensors','b':'t.safetensors'}");
    assertThatThrownBy(() -> Checkpoints.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'b', which " + INDEX + " says is in 't.safetensors'");
  }

  @Test
  void refusesAnIndexThatIsNotJson() throws IOException {
    Files.writeString(directory.resolve(INDEX), "{\"weight_map\": {");
    assertThatThrownBy(() -> Checkpoints.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("not valid JSON");
  }

  @Test
  void listsWhatItLookedForAndFound() throws IOException {
    Files.createFile(directory.resolve("config.json"));
    assertThatThrownBy(() -> Checkpoints.open(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("looked for model.safetensors, " + INDEX + ", pytorch_model.bin")
        .hasMessageEndingWith("found config.json");
    assertThatThrownBy(() -> Checkpoints.open(directory.resolve("none")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is not a directory");
  }

  /** Tensors of one byte, which is the first of their name. */
  private void writeShard(String name, String... tensors) throws IOException {
    List<TensorInfo> infos =
        Stream.of(tensors).map(t -> new TensorInfo(t, TensorType.U8, Shape.of(1))).toList();
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(directory.resolve(name), Map.of(), infos)) {
      for (int i = 0; i < tensors.length; i++) {
        writer.write(i, 0, MemorySegment.ofArray(new byte[] {(byte) tensors[i].charAt(0)}));
      }
      writer.commit();
    }
  }

  /** In the weight map ' stands for ". */
  private void writeIndex(String weightMap) throws IOException {
    Files.writeString(
        directory.resolve(INDEX),
        "{\"metadata\":{\"a\":[1,{}]},\"weight_map\":" + weightMap.replace('\'', '"') + "}");
  }
}
