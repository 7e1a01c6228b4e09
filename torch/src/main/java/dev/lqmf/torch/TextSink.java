package dev.lqmf.torch;

/** Receives a text while it is generated. */
@FunctionalInterface
public interface TextSink {

  /**
   * Called with each piece of the text, on the generating thread.
   *
   * @param text whole characters, not empty; never part of a stop string
   * @return whether to go on
   */
  boolean piece(String text);
}
