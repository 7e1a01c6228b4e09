package dev.lqmf.model.convert;

import java.util.List;

/**
 * What becomes of a checkpoint's tensors: one line of an architecture's table.
 *
 * <p>Patterns are names without {@code .weight} or {@code .bias}, which are kept. In a pattern
 * {@code {bid}} stands for the first number between dots, the layer, and {@code {xid}} for the
 * second, the expert; in a GGUF name {@code {bid}} is the layer.
 */
public sealed interface TensorRule {

  /**
   * One tensor under another name, perhaps with its elements changed.
   *
   * @param beside where several lines make the same tensor: another GGUF tensor, with its suffix,
   *     that is there if this line made it; empty for the line to take otherwise
   */
  record Rename(String from, String to, Transform transform, String beside) implements TensorRule {}

  /** One tensor under another name, unless there is one of that name already. */
  record Once(String from, String to) implements TensorRule {}

  /** A tensor that GGUF does not have, such as a causal mask. */
  record Drop(String from) implements TensorRule {}

  /**
   * A tensor that GGUF has no place for, and without which the model would be another.
   *
   * @param reason why, for the error
   */
  record Refuse(String from, String reason) implements TensorRule {}

  /**
   * One tensor per expert and part becomes one per part, stacked along a new outermost dimension;
   * placed where the last of them stands.
   *
   * @param from pattern with {@code {xid}} and, for the part, {@code {part}}
   * @param count configuration key of the number of experts
   * @param parts in the order of the output
   */
  record Stack(String from, String count, List<Part> parts) implements TensorRule {}

  /**
   * @param name what stands for {@code {part}}
   * @param to GGUF name
   */
  record Part(String name, String to) {}
}
