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
  void repeatsTheFirstColumnBeforeColumnsThatAreTooMany() {
    Table table =
        new Table("model", ">perplexity", ">size", ">time").row("one", "48.5", "12 MB", "0.5 s");

    assertThat(table.lines(PLAIN, 24))
        .containsExactly(
            "model  perplexity   size",
            "one          48.5  12 MB",
            "",
            "model   time",
            "one    0.5 s");
  }

  @Test
  void keepsATextBesideItsColumnsWhileThereIsRoomToBreakIt() {
    Table table =
        new Table("id", "state", "command").row("7", "failed", "quantize a model of the hub");

    assertThat(table.lines(PLAIN, 36))
        .containsExactly(
            "id  state   command", "7   failed  quantize a model of the", "            hub");
    assertThat(table.lines(PLAIN, 30))
        .containsExactly(
            "id  state", "7   failed", "", "id  command", "7   quantize a model of the", "    hub");
  }

  @Test
  void putsAReasonBelowItsLine() {
    Table table = new Table("id", ">time").row("1", "3 s").below("no space left").row("2", "4 s");

    assertThat(table.lines(PLAIN, 14))
        .containsExactly("id  time", "1    3 s", "    no space", "    left", "2    4 s");
  }

  @Test
  void showsTheBodyAlone() {
    Table table = new Table("", "").row("cpu", "a processor of many cores and more");

    assertThat(table.body(29)).containsExactly("cpu  a processor of many", "     cores and more");
  }

  @Test
  void refusesRowsOfAnotherLength() {
    Table table = new Table("a", "b");

    assertThatThrownBy(() -> table.row("1")).isInstanceOf(IllegalArgumentException.class);
  }
}
