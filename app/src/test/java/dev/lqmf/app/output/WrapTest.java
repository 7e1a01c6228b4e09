package dev.lqmf.app.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class WrapTest {

  @Test
  void breaksAtSpaces() {
    assertThat(Wrap.lines("a text that is too long", 11, 0))
        .containsExactly("a text that", "is too long");
  }

  @Test
  void leavesATextThatFitsAsItIs() {
    assertThat(Wrap.lines("  a text", 8, 0)).containsExactly("  a text");
    assertThat(Wrap.lines("", 8, 2)).containsExactly("");
  }

  @Test
  void indentsFurtherLines() {
    assertThat(Wrap.lines("note: a text that is too long", 18, 6))
        .containsExactly("note: a text that", "      is too long");
  }

  @Test
  void keepsAWordWholeThatIsTooLong() {
    assertThat(Wrap.lines("see /a/path/that/is/long now", 10, 2))
        .containsExactly("see", "  /a/path/that/is/long", "  now");
  }

  @Test
  void keepsLineEnds() {
    assertThat(Wrap.lines("one\ntwo", 80, 1)).containsExactly("one", " two");
  }

  @Test
  void doesNotCountColours() {
    String red = new Style(true).red("error:");

    assertThat(Wrap.lines(red + " abc", 10, 0)).containsExactly(red + " abc");
  }
}
