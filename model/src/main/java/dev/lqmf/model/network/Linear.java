package dev.lqmf.model.network;

/**
 * y = W x + b.
 *
 * @param module name of the module in Transformers; its tensors are {@code module.weight} and
 *     {@code module.bias}
 * @param in features of x
 * @param out features of y
 * @param bias whether b is there
 * @param transposed whether W is stored as {@code [in, out]}, as GPT-2's Conv1D does, and not as
 *     {@code [out, in]}
 */
public record Linear(String module, int in, int out, boolean bias, boolean transposed) {

  /** A layer stored the usual way. */
  public Linear(String module, int in, int out, boolean bias) {
    this(module, in, out, bias, false);
  }

  /** The name of W. */
  public String weight() {
    return module + ".weight";
  }

  /** Elements of W. */
  public long elements() {
    return (long) in * out;
  }
}
