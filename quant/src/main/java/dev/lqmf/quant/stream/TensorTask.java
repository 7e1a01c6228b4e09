package dev.lqmf.quant.stream;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import java.util.List;

/**
 * One tensor of the input and what becomes of it.
 *
 * @param tensor as stored
 * @param targets at least one; they share one reading
 */
public record TensorTask(TensorInfo tensor, List<TensorTarget> targets) {

  /**
   * Checks that the tensor can have these types and weights.
   *
   * @throws IllegalArgumentException if rows do not fill the blocks of a target's type, or
   *     importance weights do not have the tensor's shape
   */
  public TensorTask {
    targets = List.copyOf(targets);
    Shape shape = tensor.shape();
    for (TensorTarget target : targets) {
      boolean converts = target.type() != tensor.type();
      if (converts && shape.rowLength() % target.type().blockElements() != 0) {
        throw new IllegalArgumentException(
            tensor + " cannot become " + target.type() + ": rows do not fill its blocks");
      }
      if (!target.importance().isEmpty()
          && (target.importance().size() != shape.matrices()
              || target.importance().stream().anyMatch(w -> w.length != shape.rowLength()))) {
        throw new IllegalArgumentException("importance weights do not have the shape of " + tensor);
      }
    }
  }

  boolean isWeighted() {
    return targets.stream().anyMatch(t -> !t.importance().isEmpty());
  }
}
