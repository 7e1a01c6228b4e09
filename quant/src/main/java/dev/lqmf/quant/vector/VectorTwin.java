package dev.lqmf.quant.vector;

import dev.lqmf.quant.PackedMatrix;

/**
 * A packed matrix that computes with vectors; everything else is that of the plain one, whose
 * memory it shares.
 */
abstract class VectorTwin<M extends PackedMatrix> implements PackedMatrix {
  final M matrix;

  VectorTwin(M matrix) {
    this.matrix = matrix;
  }

  @Override
  public final int out() {
    return matrix.out();
  }

  @Override
  public final int in() {
    return matrix.in();
  }

  @Override
  public final long bytes() {
    return matrix.bytes();
  }

  @Override
  public final int unit() {
    return matrix.unit();
  }

  @Override
  public final boolean byInput() {
    return matrix.byInput();
  }

  @Override
  public final float[] arranged(float[] x) {
    return matrix.arranged(x);
  }
}
