package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

  @ParameterizedTest
  @CsvSource({"1, 1", "500M, 500000000", "2G, 2000000000", "2gb, 2000000000", "3K, 3000"})
  void readsSizes(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "G", "-1", "1.5G", "2GiB", "999999999999999T", "1 G 2"})
  void refusesOtherText(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'" + text + "'");
  }
}
