package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class PackedWarmUpTest {
  private static final int OUT = 64;
  private static final int IN = 256;

  @Test
  void memoryMayBeFreedOnceAMatrixIsReleased() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      try (Arena arena = Arena.ofShared()) {
        PackedMatrix twin = twin(arena);
        assertThat(PackedWarmUp.of(twin)).isNotNull();
        PackedWarmUp.release(twin);
      }
    }
    try (Arena arena = Arena.ofShared()) {
      PackedMatrix twin = twin(arena);
      PackedWarmUp warmUp = PackedWarmUp.of(twin);

      assertThat(PackedWarmUp.awaitAll()).isTrue();

      assertThat(warmUp.ready()).isTrue();
      assertThat(PackedWarmUp.of(twin(arena))).isSameAs(warmUp);
      PackedWarmUp.release(twin);
    }
  }

  private static PackedMatrix twin(Arena arena) {
    return new VectorKernels()
        .fastest(
            new PlainMatrix(
                OUT, IN, TensorType.BF16, arena.allocate((long) OUT * IN * Short.BYTES, 64)));
  }
}
