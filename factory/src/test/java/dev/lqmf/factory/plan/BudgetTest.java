package dev.lqmf.factory.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.decide.Device;
import dev.lqmf.factory.machine.Gpu;
import dev.lqmf.factory.machine.Machine;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BudgetTest {
  private static final Gpu SMALL = new Gpu(0, "small", 8_000, 7_000, "550");
  private static final Gpu FULL = new Gpu(1, "full", 80_000, 1_000, "550");
  private static final Budget.MachineLook NEVER =
      () -> {
        throw new AssertionError("the machine was looked at");
      };

  private static Budget.MachineLook machine(Gpu... gpus) {
    return () -> new Machine("os", "cpu", 2, 4, 64_000, 50_000, List.of(gpus), 9, 9);
  }

  @Test
  void whatTheUserSaysComesFirst() throws IOException {
    Budget budget =
        Budget.of(OptionalLong.of(5), Optional.of(Device.CPU), Optional.of("6GB"), NEVER);

    assertThat(budget).isEqualTo(new Budget(5, Device.CPU, "as asked for"));
  }

  @Test
  void thenTheVariableUnlessTheCpuIsMeant() throws IOException {
    OptionalLong none = OptionalLong.empty();

    assertThat(Budget.of(none, Optional.empty(), Optional.of("6GB"), NEVER))
        .isEqualTo(new Budget(6_000_000_000L, Device.GPU, "GPU_MEMORY_LIMIT"));
    assertThat(Budget.of(none, Optional.of(Device.CPU), Optional.of("6GB"), machine(SMALL)))
        .isEqualTo(new Budget(50_000, Device.CPU, "free main memory"));
    assertThatThrownBy(() -> Budget.of(none, Optional.empty(), Optional.of("much"), NEVER))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("GPU_MEMORY_LIMIT: ");
  }

  @Test
  void thenTheCardWithTheMostFreeThenTheMainMemory() throws IOException {
    OptionalLong none = OptionalLong.empty();

    assertThat(Budget.of(none, Optional.empty(), Optional.of(" "), machine(SMALL, FULL)))
        .isEqualTo(new Budget(7_000, Device.GPU, "free on the small"));
    assertThat(Budget.of(none, Optional.of(Device.GPU), Optional.empty(), machine()))
        .isEqualTo(new Budget(50_000, Device.CPU, "free main memory"));
  }

  @ParameterizedTest
  @CsvSource({
    "8GB, 8000000000",
    "8, 8000000000",
    "6.5g, 6500000000",
    "8GiB, 8589934592",
    "512 MB, 512000000",
    "8000000000, 8000000000",
    "2000, 2000",
    "1.5TB, 1500000000000"
  })
  void readsSizesAsPeopleWriteThem(String text, long bytes) {
    assertThat(Budget.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "8 apples", "GB", "99999999999TB"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> Budget.parse(text))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith("is not an amount of memory");
  }
}
