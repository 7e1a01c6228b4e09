package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KernelsProviderTest {
  @Test
  void littleWorkIsLeftToTheScalarKernels() {
    Kernels best = KernelsProvider.best();

    assertThat(best.name()).startsWith("vector-");
    assertThat(best.forWork(3_700_000).name()).isEqualTo("scalar");
    assertThat(best.forWork(1_000_000_000)).isSameAs(best);
  }

  @Test
  void vectorKernelsOfOnesOwnServeAnyWork() {
    Kernels kernels = new VectorKernels();

    assertThat(kernels.forWork(1)).isSameAs(kernels);
  }

  @Test
  void warmingUpReturnsAndKeepsAnInterrupt() {
    Kernels kernels = new VectorKernels();

    Thread.currentThread().interrupt();
    kernels.warmUp(kernels.types(), kernels.types(), false);

    assertThat(Thread.interrupted()).isTrue();
  }
}
