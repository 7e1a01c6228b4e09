package dev.lqmf.model.convert;

import dev.lqmf.model.view.Weights;

/** Turns a tensor's elements into those of the GGUF tensor, and back. */
public final class Transform {
  /** The elements as they are. */
  public static final Transform IDENTITY = new Transform((w, _) -> w, (w, _) -> w);

  private final Step forward;
  private final Step backward;

  /** One direction. */
  @FunctionalInterface
  public interface Step {
    /**
     * @throws IllegalArgumentException if the weights' shape does not allow it; the message says
     *     why
     */
    Weights apply(Weights weights, ModelContext context);
  }

  private Transform(Step forward, Step backward) {
    this.forward = forward;
    this.backward = backward;
  }

  /** Two directions. */
  public static Transform of(Step forward, Step backward) {
    return new Transform(forward, backward);
  }

  /** From the checkpoint's elements to those of the GGUF. */
  public Weights apply(Weights weights, ModelContext context) {
    return forward.apply(weights, context);
  }

  /** From the GGUF's elements to those of the checkpoint. */
  public Weights invert(Weights weights, ModelContext context) {
    return backward.apply(weights, context);
  }
}
