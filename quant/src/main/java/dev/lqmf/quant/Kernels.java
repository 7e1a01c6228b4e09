package dev.lqmf.quant;

import dev.lqmf.quant.format.SixteenLevels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A set of block formats that share one way of computing. {@link ScalarKernels} is the readable
 * oracle; {@link VectorKernels} gives the same bytes faster. Which one serves is decided once, by
 * {@link KernelsProvider}.
 */
public interface Kernels {

  /** Name and width for logs and recipes' summaries, as in {@code vector-512}. */
  String name();

  /** The formats this set can decode and, but for a few, encode. */
  Set<TensorType> types();

  /** The format of that type, if this set has it. */
  Optional<BlockFormat> find(TensorType type);

  /**
   * The largest magnitude in a range; infinite or NaN if one of the values is not finite, 0 if the
   * range is empty.
   *
   * @param values searched from {@code offset} to {@code offset + length}
   */
  float peak(float[] values, int offset, int length);

  /** An encoder for one thread that gives each number the code of the nearest level. */
  NibbleEncoder nearest(SixteenLevels levels);

  /**
   * The same matrix with the fastest products that this set has for its format; they are the same
   * to the last bit.
   */
  default PackedMatrix fastest(PackedMatrix matrix) {
    return matrix;
  }

  /**
   * The set to use for so much work: this one, or one that gives the same bytes and is done sooner.
   *
   * @param weights how many are to be encoded in all, over all outputs
   */
  default Kernels forWork(long weights) {
    return this;
  }

  /**
   * Returns when these kernels work at their full speed, which may take a second or two.
   *
   * @param read what is going to be decoded
   * @param written what is going to be encoded
   * @param weighted whether columns have importance
   */
  default void warmUp(Set<TensorType> read, Set<TensorType> written, boolean weighted) {}

  /**
   * The format of that type.
   *
   * @throws InputException if there is none; the message lists those there are
   */
  default BlockFormat format(TensorType type) {
    return find(type)
        .orElseThrow(
            () ->
                new InputException(
                    "there are no kernels for type " + type,
                    "use one of "
                        + types().stream()
                            .sorted()
                            .map(Enum::name)
                            .collect(Collectors.joining(", "))));
  }
}
