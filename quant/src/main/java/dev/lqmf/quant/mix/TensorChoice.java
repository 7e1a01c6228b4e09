package dev.lqmf.quant.mix;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.util.Optional;

/**
 * The type chosen for one tensor.
 *
 * @param tensor as stored
 * @param type what it becomes; its own type means that the bytes are kept
 * @param instead the type it would have had, if its rows do not fill that type's blocks
 * @param needsImportance whether encoding it without importance weights gives garbage
 */
public record TensorChoice(
    TensorInfo tensor, TensorType type, Optional<TensorType> instead, boolean needsImportance) {

  /** Whether the tensor has to be encoded anew. */
  public boolean converts() {
    return tensor.type() != type;
  }
}
