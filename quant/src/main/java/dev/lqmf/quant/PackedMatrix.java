package dev.lqmf.quant;

import java.lang.foreign.MemorySegment;

/**
 * The weights of a linear layer that stay packed in memory, and are computed with as they are. Safe
 * for use by several threads, as long as the memory lives that it was made of.
 *
 * <p>An implementation is the readable reference and makes a format complete; {@link
 * Kernels#fastest} may know a faster twin of it.
 */
public interface PackedMatrix {

  /** Outputs. */
  int out();

  /** Inputs. */
  int in();

  /** Bytes that it takes in memory. */
  long bytes();

  /** Outputs that are stored together: ranges of outputs begin and end at multiples of it. */
  default int unit() {
    return 1;
  }

  /** Whether weights are decoded as {@code [in, outputs]}, and not as {@code [outputs, in]}. */
  default boolean byInput() {
    return false;
  }

  /**
   * An input in the order in which {@link #multiply} takes it.
   *
   * @param x a number for each input
   */
  default float[] arranged(float[] x) {
    return x;
  }

  /**
   * Computes some outputs for one input: {@code y[at + o] = Σ w[o, i] · x[i]}. What adds up is
   * float32, in an order that is the format's: the twin gives the same bits.
   *
   * @param arranged as {@link #arranged} gave it
   * @param first output, a multiple of {@link #unit}
   * @param count outputs, a multiple of {@link #unit}
   * @param y receives them
   * @param at where output 0 would go
   */
  void multiply(float[] arranged, int first, int count, float[] y, int at);

  /**
   * Decodes some outputs' weights.
   *
   * @param first output, a multiple of {@link #unit}
   * @param count outputs, a multiple of {@link #unit}
   * @param target receives {@code count · in} floats in the order of {@link #byInput}
   */
  void decode(int first, int count, MemorySegment target);
}
