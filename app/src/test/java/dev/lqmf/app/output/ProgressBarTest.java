package dev.lqmf.app.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressBarTest {
  private static final long TOTAL = 10_000_000_000L;
  private static final String TENSOR = "blk.31.attn_output.weight";
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void tellsShareRateTimeLeftAndTensor() {
    String line = bar(80, false).line(TOTAL / 4, TOTAL, Duration.ofSeconds(5), TENSOR);

    assertThat(line).isEqualTo("━━━━───────────────  25 %   500 MB/s    15 s left  " + TENSOR);
  }

  @Test
  void thePartsKeepTheirPlaces() {
    ProgressBar bar = bar(100, false);

    String begin = bar.line(0, TOTAL, Duration.ZERO, TENSOR);
    String middle = bar.line(TOTAL / 2, TOTAL, Duration.ofMinutes(2), TENSOR);

    assertThat(begin.indexOf('%')).isEqualTo(middle.indexOf('%'));
    assertThat(begin.indexOf(TENSOR)).isEqualTo(middle.indexOf(TENSOR)).isPositive();
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 30, 40, 50, 60, 80, 120, 300})
  void leavesTheLastColumnFree(int columns) {
    ProgressBar bar = bar(columns, false);

    assertThat(bar.line(0, TOTAL, Duration.ZERO, TENSOR)).hasSizeLessThan(columns);
    assertThat(bar.line(TOTAL / 3, TOTAL, Duration.ofHours(3), TENSOR)).hasSizeLessThan(columns);
    assertThat(bar.line(TOTAL, TOTAL, Duration.ofDays(2), TENSOR)).hasSizeLessThan(columns);
  }

  @Test
  void cutsALongNameInTheMiddle() {
    String name = "model.layers.31.block_sparse_moe.experts.7.w1.weight";

    assertThat(bar(80, false).line(TOTAL, TOTAL, Duration.ofSeconds(5), name))
        .contains("model.layers.3…s.7.w1.weight");
  }

  @Test
  void aFrameReplacesTheOneBeforeInOneWrite() {
    ProgressBar bar = bar(80, true);

    bar.show(1, 2, Duration.ZERO, "a");
    String frame = err.toString(StandardCharsets.UTF_8);
    bar.clear();

    assertThat(frame)
        .startsWith("\r\u001b[?7l")
        .endsWith("\u001b[K\u001b[?7h")
        .doesNotContain("\n");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo(frame + "\r\u001b[K");
  }

  @Test
  void clearsNothingThatIsNotThere() {
    bar(80, true).clear();

    assertThat(err.size()).isZero();
  }

  private ProgressBar bar(int columns, boolean styled) {
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new ProgressBar(new Terminal(stream, stream, true, true, styled, true, columns));
  }
}
