package dev.lqmf.tensor.gguf;

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
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufHeaderTest {
  @TempDir Path directory;

  static Stream<Arguments> hostile() {
    String longName = "n".repeat(65);
    return Stream.of(
        arguments("empty file", new byte[0], "is no GGUF file: it begins with ''"),
        arguments("other file", "PK\3\4and more".getBytes(), "is no GGUF file"),
        arguments("version 1", of(GgufBytes.header(1, 0, 0)), "GGUF version 1"),
        arguments("version 4", of(GgufBytes.header(4, 0, 0)), "GGUF version 4"),
        arguments("version 0", of(GgufBytes.header(0, 0, 0)), "GGUF version 0"),
        arguments("big-endian", of(GgufBytes.header(3 << 24, 0, 0)), "big-endian"),
        arguments(
            "no counts",
            cut(GgufBytes.header(0, 0), 12),
            "its header takes 8 bytes at byte 8, but the file has only 12"),
        arguments("many tensors", of(GgufBytes.header(1L << 40, 0)), "1099511627776 tensors"),
        arguments("negative tensors", of(GgufBytes.header(-1, 0)), "18446744073709551615 tensors"),
        arguments("many keys", of(GgufBytes.header(0, 1L << 62)), "metadata keys"),
        arguments(
            "empty key",
            of(GgufBytes.header(0, 1).string("").data(32)),
            "metadata key 0 has a name of 0 bytes"),
        arguments(
            "long key", of(GgufBytes.header(0, 1).u64(1L << 63).data(32)), "9223372036854775808"),
        arguments(
            "key that is not UTF-8",
            of(GgufBytes.header(0, 1).bytes((byte) 0xFF).data(32)),
            "not valid UTF-8"),
        arguments(
            "double key",
            of(
                GgufBytes.header(0, 2)
                    .key("k", GgufType.UINT8)
                    .u8(1)
                    .key("k", GgufType.UINT8)
                    .u8(1)),
            "'k' occurs twice"),
        arguments(
            "unknown value type",
            of(GgufBytes.header(0, 1).string("k").u32(13).data(32)),
            "unknown type 13"),
        arguments(
            "unknown element type",
            of(GgufBytes.header(0, 1).key("k", GgufType.ARRAY).u32(-1).u64(1).data(32)),
            "unknown type 4294967295"),
        arguments(
            "cut value",
            of(GgufBytes.header(0, 1).key("k", GgufType.UINT64).u32(1)),
            "'k' takes 8"),
        arguments(
            "long string",
            of(GgufBytes.header(0, 1).key("k", GgufType.STRING).u64(1L << 50)),
            "'k' takes 1125899906842624 bytes"),
        arguments(
            "long array",
            of(GgufBytes.header(0, 1).key("k", GgufType.ARRAY).u32(4).u64(1L << 61).data(64)),
            "'k' claims"),
        arguments(
            "array of negative length",
            of(GgufBytes.header(0, 1).key("k", GgufType.ARRAY).u32(8).u64(-1).data(64)),
            "'k' claims"),
        arguments(
            "string of negative length",
            of(GgufBytes.header(0, 1).key("k", GgufType.STRING).u64(-1).data(64)),
            "18446744073709551615 bytes"),
        arguments("deep array", deepArray(), "deeper than 4"),
        arguments(
            "truth value 2",
            of(GgufBytes.header(0, 1).key("k", GgufType.BOOL).u8(2).data(32)),
            "truth value 2"),
        arguments("alignment 0", of(alignment(GgufType.UINT32).u32(0).data(32)), "power of two"),
        arguments("alignment 48", of(alignment(GgufType.UINT32).u32(48).data(32)), "power of two"),
        arguments(
            "alignment of another type",
            of(alignment(GgufType.UINT64).u64(32).data(32)),
            "general.alignment is 32 (u64)"),
        arguments(
            "nameless tensor",
            of(GgufBytes.header(1, 0).string("").data(64)),
            "tensor 0 has a name of 0 bytes"),
        arguments(
            "long tensor name", of(GgufBytes.header(1, 0).string(longName).data(64)), "1 to 64"),
        arguments(
            "five dimensions",
            of(GgufBytes.header(1, 0).string("t").u32(5).data(128)),
            "'t' has 5 dimensions"),
        arguments(
            "negative dimension",
            of(GgufBytes.header(1, 0).string("t").u32(1).u64(-1).u32(0).u64(0).data(64)),
            "[-1]"),
        arguments(
            "elements beyond a long", of(tensor(1L << 32, 1L << 32).data(64)), "impossibly large"),
        arguments(
            "bytes beyond a long", of(tensor(1L << 31, 1L << 31).data(64)), "impossibly large"),
        arguments(
            "unknown tensor type",
            of(GgufBytes.header(1, 0).string("t").u32(1).u64(32).u32(4).u64(0).data(64)),
            "unknown type 4"),
        arguments(
            "rows of half blocks",
            of(GgufBytes.header(1, 0).string("t").u32(2).u64(16).u64(2).u32(8).u64(0).data(64)),
            "'t' of type Q8_0"),
        arguments(
            "double tensor",
            of(GgufBytes.header(2, 0).vector("t", 0).vector("t", 32).data(64)),
            "'t' occurs twice"),
        arguments(
            "unaligned tensor", of(GgufBytes.header(1, 0).vector("t", 8).data(64)), "offset 8"),
        arguments(
            "tensor behind the end",
            of(GgufBytes.header(1, 0).vector("t", 64).data(64)),
            "'t' (32 bytes at offset 64"),
        arguments(
            "tensor across the end",
            of(GgufBytes.header(1, 0).vector("t", 32).data(63)),
            "does not lie within the file, which has 63"),
        arguments(
            "tensor at a negative offset",
            of(GgufBytes.header(1, 0).vector("t", -32).data(64)),
            "18446744073709551584"),
        arguments(
            "overlapping tensors",
            of(GgufBytes.header(2, 0).vector("a", 0).vector("b", 0).data(64)),
            "'a' and 'b' overlap"),
        arguments(
            "control characters in a name",
            of(GgufBytes.header(1, 0).vector("a\u001b[2J", 8).data(64)),
            "'a\\u001b[2J'"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void refusesWithOneClearError(String name, byte[] bytes, String message) throws IOException {
    Path file = Files.write(directory.resolve("bad.gguf"), bytes);
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining(message)
        .asInstanceOf(type(InputException.class))
        .satisfies(e -> assertThat(e.mend()).isNotBlank());
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsBothVersions(int version) throws IOException {
    Path file =
        GgufBytes.header(version, 1, 1)
            .key("k", GgufType.STRING)
            .string("v")
            .vector("t", 0)
            .data(32)
            .write(directory.resolve("good.gguf"));
    try (GgufFile gguf = GgufFile.open(file)) {
      assertThat(gguf.version()).isEqualTo(version);
      assertThat(gguf.metadata().string("k")).contains("v");
      assertThat(gguf.tensors()).containsExactly(new TensorInfo("t", TensorType.F32, Shape.of(8)));
    }
  }

  @Test
  void readsArraysInArrays() throws IOException {
    Path file =
        GgufBytes.header(0, 1)
            .key("k", GgufType.ARRAY)
            .u32(GgufType.ARRAY.id())
            .u64(2)
            .u32(GgufType.UINT8.id())
            .u64(2)
            .u8(7)
            .u8(8)
            .u32(GgufType.STRING.id())
            .u64(1)
            .string("s")
            .write(directory.resolve("nested.gguf"));
    try (GgufFile gguf = GgufFile.open(file)) {
      GgufArray outer = gguf.metadata().array("k").orElseThrow();
      assertThat(outer.get(0)).isEqualTo(GgufValue.array((byte) 7, (byte) 8));
      assertThat(outer.get(1)).hasToString("[s]");
    }
  }

  static Stream<Arguments> hugeClaims() {
    return Stream.of(
        arguments(
            GgufBytes.header(0, 1).key("k", GgufType.STRING).u64(1L << 36),
            "makes the header larger than"),
        arguments(GgufBytes.header(1_000_001, 0), "1,000,001 tensors, too many"),
        arguments(GgufBytes.header(0, 100_001), "100,001 metadata keys, too many"),
        arguments(
            GgufBytes.header(0, 1).key("k", GgufType.ARRAY).u32(GgufType.UINT8.id()).u64(1L << 30),
            "1,073,741,824 elements, too many"));
  }

  /** The file has room for what it claims, but the claim is absurd. */
  @ParameterizedTest
  @MethodSource("hugeClaims")
  void allocatesNothingForAbsurdClaims(GgufBytes header, String message) throws IOException {
    Path file = header.write(directory.resolve("sparse.gguf"));
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 37);
    }
    assertThatThrownBy(() -> GgufFile.open(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void survivesSmallDamage() throws IOException {
    byte[] valid = Files.readAllBytes(Fixtures.path("gguf/types.gguf"));
    Mutations.openAll(valid, GgufFile::open);
  }

  private static byte[] of(GgufBytes bytes) {
    return bytes.toByteArray();
  }

  private static byte[] cut(GgufBytes bytes, int length) {
    byte[] all = bytes.toByteArray();
    byte[] cut = new byte[length];
    System.arraycopy(all, 0, cut, 0, length);
    return cut;
  }

  private static GgufBytes alignment(GgufType type) {
    return GgufBytes.header(0, 1).key(GgufMetadata.ALIGNMENT, type);
  }

  private static GgufBytes tensor(long inner, long outer) {
    return GgufBytes.header(1, 0).string("t").u32(2).u64(inner).u64(outer).u32(0).u64(0);
  }

  private static byte[] deepArray() {
    GgufBytes bytes = GgufBytes.header(0, 1).key("k", GgufType.ARRAY);
    for (int i = 0; i < 10; i++) {
      bytes.u32(GgufType.ARRAY.id()).u64(1);
    }
    return bytes.u32(GgufType.UINT8.id()).u64(1).u8(1).data(32).toByteArray();
  }
}
