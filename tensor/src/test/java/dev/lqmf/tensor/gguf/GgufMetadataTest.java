package dev.lqmf.tensor.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GgufMetadataTest {
  @Test
  void movesAKeySetAgainToTheEnd() {
    GgufMetadata first =
        GgufMetadata.builder().putU32("a", 1).putU32("b", 2).putU32("c", 3).build();
    GgufMetadata second = first.toBuilder().putString("a", "x").remove("b").build();
    assertThat(second.keys()).containsExactly("c", "a");
    assertThat(second.string("a")).contains("x");
    assertThat(first.keys()).containsExactly("a", "b", "c");
  }

  @Test
  void isEmptyForAnAbsentKeyAndSpeaksUpForOneOfAnotherType() {
    GgufMetadata m = GgufMetadata.builder().putU32("n", 7).putInts("a", 1, 2).build();
    assertThat(m.get("x")).isEmpty();
    assertThat(m.string("x")).isEmpty();
    assertThat(m.integer("x")).isEmpty();
    assertThat(m.real("x")).isEmpty();
    assertThat(m.bool("x")).isEmpty();
    assertThat(m.strings("x")).isEmpty();
    assertThatThrownBy(() -> m.string("n"))
        .isInstanceOf(InputException.class)
        .hasMessage("metadata key n is 7 (u32), not a string");
    assertThatThrownBy(() -> m.strings("a"))
        .isInstanceOf(InputException.class)
        .hasMessage("metadata key a is [1, 2] (array of i32), not an array of strings");
    assertThatThrownBy(() -> m.integer("a")).isInstanceOf(InputException.class);
  }

  @Test
  void refusesNumbersThatDoNotFit() {
    assertThatThrownBy(() -> GgufMetadata.builder().putU8("n", 256))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GgufMetadata.builder().putU32("n", -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GgufValue.of(GgufType.FLOAT32, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void comparesValuesByTypeAndBytes() {
    assertThat(GgufValue.of("a")).isEqualTo(GgufValue.text(new byte[] {'a'}));
    assertThat(GgufValue.array(List.of("a", "bc"))).isEqualTo(GgufValue.array(List.of("a", "bc")));
    assertThat(GgufValue.array(List.of("a"))).isNotEqualTo(GgufValue.array(List.of("b")));
    assertThat(GgufValue.of(GgufType.INT32, 1)).isNotEqualTo(GgufValue.of(GgufType.UINT32, 1));
    GgufMetadata ab = GgufMetadata.builder().putU32("a", 1).putU32("b", 1).build();
    GgufMetadata ba = GgufMetadata.builder().putU32("b", 1).putU32("a", 1).build();
    assertThat(ab).isEqualTo(ab.toBuilder().build()).isNotEqualTo(ba);
  }

  @Test
  void showsTheBeginningOfALongArray() {
    assertThat(GgufValue.array(new int[9])).hasToString("[0, 0, 0, 0, 0, 0, 0, 0, … 9 in all]");
  }

  @Test
  void guardsArrays() {
    GgufArray strings = (GgufArray) GgufValue.array(List.of("a", "", "c"));
    assertThat(strings.strings()).containsExactly("a", "", "c");
    assertThatThrownBy(() -> strings.string(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> strings.integer(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> strings.real(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> strings.bool(0)).isInstanceOf(IllegalStateException.class);
  }
}
