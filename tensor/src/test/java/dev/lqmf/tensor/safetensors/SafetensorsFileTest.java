package dev.lqmf.tensor.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lqmf.tensor.Fixtures;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Mutations;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SafetensorsFileTest {
  private static final String TENSOR = "{'t':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}";

  @TempDir Path directory;

  @Test
  void readsEveryType() throws IOException {
    try (SafetensorsFile file =
        SafetensorsFile.open(Fixtures.path("safetensors/types.safetensors"))) {
      assertThat(file.fileMetadata()).containsOnly(Map.entry("text", "a \"b\"\n\u001f é"));
      assertThat(file.tensors()).isSortedAccordingTo(Comparator.comparing(TensorInfo::name));
      assertThat(Fixtures.tensor(file, "scalar").shape()).isEqualTo(Shape.of());
      assertThat(Fixtures.bytes(file, Fixtures.tensor(file, "scalar")))
          .isEqualTo(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0.1f).array());
      assertThat(Fixtures.tensor(file, "empty").shape()).isEqualTo(Shape.of(0, 3));
      assertThat(Fixtures.tensor(file, "bool").type()).isEqualTo(TensorType.BOOL);
      assertThat(Fixtures.tensor(file, "uint64").type()).isEqualTo(TensorType.U64);
      assertThat(Fixtures.tensor(file, "\"quoted\"\\ \t\u0001 ünï").byteSize()).isEqualTo(20);
    }
  }

  static Stream<Arguments> hostile() {
    return Stream.of(
        arguments("empty file", new byte[0], "has only 0 bytes"),
        arguments("long header", length(100_000_001, 200), "claims a header of 100000001"),
        arguments("negative header", length(-1, 200), "18446744073709551615"),
        arguments("header behind the end", length(500, 200), "has only 208 bytes"),
        arguments("no header", length(0, 8), "claims a header of 0"),
        arguments("list", file("[]", 0), "not a JSON object"),
        arguments("UTF-16", utf16(), "not a JSON object"),
        arguments("blank first", file(" {}", 0), "not a JSON object"),
        arguments("cut JSON", file("{'t':", 0), "not valid JSON"),
        arguments("two objects", file("{}{}", 0), "goes on after"),
        arguments(
            "double tensor",
            file(TENSOR.replace("}}", "},'t':{}}"), 8),
            "Duplicate Object property \"t\""),
        arguments("double field", file("{'t':{'dtype':'F32','dtype':'F16'}}", 0), "Duplicate"),
        arguments("deep", file("{'t':{'shape':[[[[[[0]]]]]]}}", 0), "whole numbers"),
        arguments("deep metadata", file("{'__metadata__':{'a':[]}}", 0), "'a' is not a string"),
        arguments("metadata text", file("{'__metadata__':'x'}", 0), "__metadata__ is not"),
        arguments("number for a tensor", file("{'t':1}", 0), "'t' is not described"),
        arguments("no dtype", file("{'t':{'shape':[],'data_offsets':[0,4]}}", 4), "lacks its"),
        arguments("number for a dtype", file(TENSOR.replace("'F32'", "3"), 8), "dtype"),
        arguments("unknown dtype", file(TENSOR.replace("F32", "F4"), 8), "unsupported dtype 'F4'"),
        arguments("ggml dtype", file(TENSOR.replace("F32", "Q8_0"), 8), "unsupported dtype"),
        arguments("unknown field", file(TENSOR.replace("[2],", "[2],'x':1,"), 8), "field 'x'"),
        arguments("fraction", file(TENSOR.replace("[2]", "[2.0]"), 8), "whole numbers"),
        arguments("negative size", file(TENSOR.replace("[2]", "[-2]"), 8), "negative number -2"),
        arguments(
            "huge number", file(TENSOR.replace("[2]", "[1" + "0".repeat(30) + "]"), 8), "JSON"),
        arguments(
            "very long number", file(TENSOR.replace("[2]", "[" + "9".repeat(90) + "]"), 8), "JSON"),
        arguments(
            "elements beyond a long",
            file(TENSOR.replace("[2]", "[4294967296,4294967296]"), 8),
            "impossibly large"),
        arguments(
            "bytes beyond a long",
            file(TENSOR.replace("[2]", "[4611686018427387904]"), 8),
            "impossibly large"),
        arguments("wrong size", file(TENSOR.replace("[2]", "[3]"), 8), "takes 12 bytes"),
        arguments("one offset", file(TENSOR.replace("[0,8]", "[8]"), 8), "data_offsets [8]"),
        arguments("three offsets", file(TENSOR.replace("[0,8]", "[0,8,9]"), 8), "more than 2"),
        arguments("backward offsets", file(TENSOR.replace("[0,8]", "[8,0]"), 8), "[8, 0]"),
        arguments("behind the end", file(TENSOR, 7), "ends at byte 8"),
        arguments("gap before", file(TENSOR.replace("[0,8]", "[4,12]"), 12), "there is a gap"),
        arguments("data left over", file(TENSOR, 9), "has 9 bytes of data"),
        arguments(
            "overlap",
            file(
                TENSOR.replace("}}", "},'u':{'dtype':'U8','shape':[8],'data_offsets':[4,12]}}"),
                12),
            "it overlaps another"),
        arguments(
            "many dimensions",
            file(TENSOR.replace("[2]", "[2" + ",1".repeat(40) + "]"), 8),
            "more than 32"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void refusesWithOneClearError(String name, byte[] bytes, String message) throws IOException {
    Path file = Files.write(directory.resolve("bad.safetensors"), bytes);
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message)
        .asInstanceOf(type(InputException.class))
        .satisfies(e -> assertThat(e.mend()).isNotBlank());
  }

  @Test
  void acceptsBlanksBehindTheHeader() throws IOException {
    Path path = Files.write(directory.resolve("good.safetensors"), file(TENSOR + "   ", 8));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.tensors()).containsExactly(new TensorInfo("t", TensorType.F32, Shape.of(2)));
      assertThat(file.fileMetadata()).isEmpty();
    }
  }

  @Test
  void recognisesAGitLfsPointer() throws IOException {
    Path file = directory.resolve("model.safetensors");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n");
    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("Git LFS pointer");
  }

  @Test
  void survivesSmallDamage() throws IOException {
    byte[] valid = Files.readAllBytes(Fixtures.path("safetensors/types.safetensors"));
    Mutations.openAll(valid, SafetensorsFile::open);
  }

  /** A file with this header, in which ' stands for ", and so many bytes of data. */
  private static byte[] file(String header, int dataBytes) {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .array();
  }

  private static byte[] length(long claimed, int bytes) {
    return ByteBuffer.allocate(Long.BYTES + bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(claimed)
        .array();
  }

  private static byte[] utf16() {
    byte[] header = "{}".getBytes(StandardCharsets.UTF_16LE);
    return ByteBuffer.allocate(Long.BYTES + header.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }
}
