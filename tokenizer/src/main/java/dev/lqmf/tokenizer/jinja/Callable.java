package dev.lqmf.tokenizer.jinja;

/** A function, method or macro. */
@FunctionalInterface
interface Callable {
  Object call(Arguments arguments);
}
