package dev.lqmf.tokenizer.jinja;

/**
 * What a missing variable or item is: prints and iterates as nothing, and fails in any other use.
 *
 * @param problem why it is undefined, for messages
 */
record Undefined(String problem) {
  TemplateException failure() {
    return new TemplateException(problem);
  }
}
