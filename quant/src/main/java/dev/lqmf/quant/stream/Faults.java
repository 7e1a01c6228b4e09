package dev.lqmf.quant.stream;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.util.Arrays;

/** What is said of weights that cannot be quantized, whatever the method. */
public final class Faults {
  private Faults() {}

  /**
   * The fault of a tensor with a weight that is not finite.
   *
   * @param values hold such a weight
   * @param first index, in the tensor, of the first of the values
   */
  public static InputException notFinite(
      TensorSource source, TensorInfo tensor, float[] values, long first) {
    int at = 0;
    while (Float.isFinite(values[at])) {
      at++;
    }
    return new InputException(
        "tensor %s of %s holds %s at %s"
            .formatted(
                tensor.name(),
                source.origin(),
                Float.isNaN(values[at]) ? "NaN" : "infinity",
                index(tensor.shape(), first + at)),
        "get an undamaged copy of the model");
  }

  /** The place of an element, as in {@code [3, 4096]}. */
  public static String index(Shape shape, long element) {
    long[] index = new long[shape.rank()];
    for (int i = index.length - 1; i >= 0; i--) {
      index[i] = element % shape.dim(i);
      element /= shape.dim(i);
    }
    return Arrays.toString(index);
  }
}
