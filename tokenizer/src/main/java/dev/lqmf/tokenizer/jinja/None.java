package dev.lqmf.tokenizer.jinja;

/** Python's {@code None}. */
enum None {
  NONE
}
