package dev.lqmf.tokenizer.jinja;

import java.io.Serial;

/** What is wrong with a template; {@link Template} adds where. */
class TemplateException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  TemplateException(String problem) {
    super(problem);
  }

  /** Raised by the template itself. */
  static final class Refusal extends TemplateException {
    @Serial private static final long serialVersionUID = 1L;

    Refusal(String sentence) {
      super(sentence);
    }
  }

  /** At a known line, while parsing. */
  static final class AtLine extends TemplateException {
    @Serial private static final long serialVersionUID = 1L;

    private final int line;

    AtLine(int line, String problem) {
      super(problem);
      this.line = line;
    }

    int line() {
      return line;
    }
  }
}
