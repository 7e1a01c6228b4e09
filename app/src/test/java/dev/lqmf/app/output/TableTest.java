package dev.lqmf.app.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TableTest {
  private static final Style PLAIN = new Style(false);

  @Test
  void alignsColumns() {
    Table table = new Table("type", ">size", "note").row("Q8_0", "12", "é").row("F16", "3", "");

    assertThat(table.lines(PLAIN, 80))
        .containsExactly("type  size  note", "Q8_0    12  é", "F16      3");
  }

  @Test
  void continuesALongTextBelowItself() {
    Table table =
        new Table("type", "note").row("Q8_0", "a text of more than thirty characters in all");

    assertThat(table.lines(PLAIN, 36))
        .containsExactly(
            "type  note", "Q8_0  a text of more than thirty", "      characters in all");
  }

  @Test
  void leavesAWordThatIsTooLongWhole() {
    Table table = new Table("note").row("short " + "x".repeat(40));

    assertThat(table.lines(PLAIN, 30)).containsExactly("note", "short", "x".repeat(40));
  }

  @Test
  void refusesRowsOfAnotherLength() {
    Table table = new Table("a", "b");

    assertThatThrownBy(() -> table.row("1")).isInstanceOf(IllegalArgumentException.class);
  }
}
