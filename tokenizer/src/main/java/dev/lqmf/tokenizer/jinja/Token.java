package dev.lqmf.tokenizer.jinja;

/** A piece of a template; {@code text} of a string is what it stands for, without quotes. */
record Token(Kind kind, String text, int line) {
  enum Kind {
    DATA,
    BLOCK_BEGIN,
    BLOCK_END,
    VARIABLE_BEGIN,
    VARIABLE_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  /** For messages. */
  String described() {
    return switch (kind) {
      case BLOCK_BEGIN, BLOCK_END, VARIABLE_BEGIN, VARIABLE_END, OPERATOR, NAME, INTEGER, FLOAT ->
          "'" + text + "'";
      case STRING -> "a string";
      case DATA -> "text";
      case END -> "the end of the template";
    };
  }
}
