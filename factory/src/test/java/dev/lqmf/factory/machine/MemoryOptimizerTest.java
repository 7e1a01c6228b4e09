package dev.lqmf.factory.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.machine.MemoryOptimizer.Need;
import dev.lqmf.factory.machine.MemoryOptimizer.Settings;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemoryOptimizerTest {
  private static final long GB = 1_000_000_000L;

  /** 32 blocks, 4.5 GB with keys and values, and half a GB of activations for 512 tokens. */
  private static final Need NEED = new Need(4 * GB, GB / 2, 1_000_000, 32);

  private static Machine machine(long free, Gpu... gpus) {
    return new Machine("os", "cpu", 4, 8, 16 * GB, free, List.of(gpus), GB, GB);
  }

  private static Gpu gpu(long free) {
    return new Gpu(0, "card", 24 * GB, free, "550");
  }

  @Test
  void aModelThatFitsGoesOntoTheCardAsAWhole() {
    Settings settings =
        MemoryOptimizer.choose(machine(8 * GB, gpu(6 * GB)), NEED, Optional.empty());

    assertThat(settings.device()).isEqualTo(Device.GPU);
    assertThat(settings.gpuBlocks()).isEqualTo(32);
    assertThat(settings.batch()).isEqualTo(512);
    assertThat(settings.threads()).isEqualTo(4);
  }

  @Test
  void theBatchShrinksBeforeBlocksStayBehind() {
    Settings tight =
        MemoryOptimizer.choose(machine(8 * GB, gpu(5_200_000_000L)), NEED, Optional.empty());
    Settings small = MemoryOptimizer.choose(machine(8 * GB, gpu(3 * GB)), NEED, Optional.empty());

    assertThat(tight.gpuBlocks()).isEqualTo(32);
    assertThat(tight.batch()).isEqualTo(128);
    assertThat(small.device()).isEqualTo(Device.GPU);
    // (2.5 GB - 32 MB of activations) / (4.5 GB / 32)
    assertThat(small.gpuBlocks()).isEqualTo(17);
    assertThat(small.batch()).isEqualTo(32);
  }

  @Test
  void withoutACardOrByWishTheCpuWorks() {
    Settings without = MemoryOptimizer.choose(machine(8 * GB), NEED, Optional.of(Device.GPU));
    Settings wished =
        MemoryOptimizer.choose(machine(8 * GB, gpu(20 * GB)), NEED, Optional.of(Device.CPU));

    assertThat(without).isEqualTo(wished);
    assertThat(wished.device()).isEqualTo(Device.CPU);
    assertThat(wished.gpuBlocks()).isZero();
    // Half of what is free, but for what the program takes itself.
    assertThat(wished.streamingBytes()).isEqualTo((8 * GB - MemoryOptimizer.CPU_RESERVE) / 2);
  }

  @Test
  void aFullMachineStillStreams() {
    Settings full = MemoryOptimizer.choose(machine(0), NEED, Optional.empty());

    assertThat(full.streamingBytes()).isEqualTo(256_000_000L);
    assertThat(full.batch()).isEqualTo(32);
  }
}
