package dev.lqmf.quant;

class ScalarFormatsTest extends BlockFormatContract {
  private final Kernels kernels = new ScalarKernels();

  @Override
  Kernels kernels() {
    return kernels;
  }
}
