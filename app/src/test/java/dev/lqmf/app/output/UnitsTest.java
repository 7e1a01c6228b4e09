package dev.lqmf.app.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.00 kB",
    "9994, 9.99 kB",
    "9996, 10.0 kB",
    "99960, 100 kB",
    "999499, 999 kB",
    "999500, 1.00 MB",
    "4920000000, 4.92 GB",
    "9223372036854775807, 9.22 EB"
  })
  void sizesHaveThreeDigits(long bytes, String text) {
    assertThat(Units.bytes(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "999, 999", "3670000, 3.67 M", "8030261248, 8.03 B"})
  void countsHaveThreeDigits(long count, String text) {
    assertThat(Units.count(count)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "40, 0.0 s",
    "840, 0.8 s",
    "9940, 9.9 s",
    "9960, 10 s",
    "59400, 59 s",
    "59600, 1:00",
    "187000, 3:07",
    "3599600, 1:00:00",
    "3753000, 1:02:33"
  })
  void timesAreShort(long milliseconds, String text) {
    assertThat(Units.duration(Duration.ofMillis(milliseconds))).isEqualTo(text);
  }

  @Test
  void oneThingIsNotMany() {
    assertThat(Units.counted(1, "experiment")).isEqualTo("1 experiment");
    assertThat(Units.counted(0, "experiment")).isEqualTo("0 experiments");
  }
}
