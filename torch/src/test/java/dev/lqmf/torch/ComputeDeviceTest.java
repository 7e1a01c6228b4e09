package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class ComputeDeviceTest {

  @Test
  void theCpuHasTheThreadsThatWereAskedForAndAGpuOne() {
    assertThat(ComputeDevice.CPU.threads(OptionalInt.of(3))).isEqualTo(3);
    assertThat(ComputeDevice.CPU.threads(OptionalInt.empty()))
        .isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(ComputeDevice.CUDA.threads(OptionalInt.of(3))).isEqualTo(1);
    assertThat(ComputeDevice.CUDA.threads(OptionalInt.empty())).isEqualTo(1);
  }

  @Test
  void devicesAreFoundByTheirNames() {
    assertThat(ComputeDevice.named("cuda")).isEqualTo(ComputeDevice.CUDA);
    assertThat(ComputeDevice.named("CPU")).isEqualTo(ComputeDevice.CPU);
    assertThatThrownBy(() -> ComputeDevice.named("cuda:1"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cuda:1");
  }
}
