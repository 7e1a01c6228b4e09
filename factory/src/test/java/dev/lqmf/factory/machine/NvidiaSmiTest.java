package dev.lqmf.factory.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60) // instead of waiting for figures that never come
@DisabledOnOs(OS.WINDOWS) // the driver's program is played by a shell script
class NvidiaSmiTest {
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path directory;

  private NvidiaSmi program(String script) throws IOException {
    Path program = directory.resolve("nvidia-smi");
    Files.writeString(program, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new NvidiaSmi(directory.resolve("absent") + File.pathSeparator + directory);
  }

  @Test
  void readsEveryCardThatTellsItsMemory() throws IOException {
    NvidiaSmi nvidia =
        program(
            """
            [ "$2" = --format=csv,noheader,nounits ] || exit 9
            echo '0, NVIDIA GeForce RTX 3060, 12288, 11900, 550.54.14'
            echo '1, NVIDIA GB10, [N/A], [N/A], 580.95'
            echo '2, NVIDIA H100 80GB HBM3, 81559, 80994, 550.54.14'
            """);

    assertThat(nvidia.gpus())
        .containsExactly(
            new Gpu(0, "NVIDIA GeForce RTX 3060", 12288 * MEBIBYTE, 11900 * MEBIBYTE, "550.54.14"),
            new Gpu(2, "NVIDIA H100 80GB HBM3", 81559 * MEBIBYTE, 80994 * MEBIBYTE, "550.54.14"));
  }

  @Test
  void aProgramThatFailsHasNoCards() throws IOException {
    NvidiaSmi nvidia = program("echo '0, card, 12288, 11900, 550'; exit 9\n");

    assertThat(nvidia.gpus()).isEmpty();
  }

  /** Two looks, then it waits for the next, as the real one does with {@code --loop-ms}. */
  @Test
  void watchesMemoryAndUse() throws Exception {
    NvidiaSmi nvidia =
        program(
            """
            [ "$1" = --query-gpu=index,memory.used,utilization.gpu ] || exit 9
            [ "$2" = --format=csv,noheader,nounits ] || exit 9
            case $3 in --loop-ms=[1-9]*) ;; *) exit 9 ;; esac
            printf '0, 1000, 20\\n1, 10, 0\\n2, [N/A], [N/A]\\n'
            printf '0, 3000, 60\\n1, 10, 0\\n2, [N/A], [N/A]\\n'
            exec sleep 600
            """);

    try (GpuWatch watch = nvidia.watch().orElseThrow()) {
      GpuUse use = null;
      while (use == null || use.busiest().orElse(0) < 0.3 || use.meanBytes().orElse(0) < 1) {
        Thread.sleep(10);
        use = watch.soFar().orElse(null);
      }
      assertThat(use.peakBytes()).hasValue(3010 * MEBIBYTE);
      assertThat(use.meanBytes()).hasValue(2010 * MEBIBYTE);
      assertThat(use.busiest().orElseThrow()).isCloseTo(0.4, within(1e-9));
    }
  }

  @Test
  void aMachineWithoutTheProgramHasNoCards() {
    assertThat(new NvidiaSmi(directory.toString()).gpus()).isEmpty();
    assertThat(new NvidiaSmi("").gpus()).isEmpty();
    assertThat(new NvidiaSmi(directory.toString()).watch()).isEmpty();
  }

  @Test
  void theProbeShowsTheCardsAndThisMachine() throws IOException {
    NvidiaSmi nvidia = program("echo '0, card, 12288, 11900, 550'\n");

    Machine machine = new MachineProbe(nvidia, directory.resolve("not/there/yet")).look();

    assertThat(machine.gpus()).extracting(Gpu::name).containsExactly("card");
    assertThat(machine.cores()).isBetween(1, machine.threads());
    assertThat(machine.freeMemoryBytes()).isBetween(1L, machine.memoryBytes());
    assertThat(machine.freeDiskBytes()).isBetween(0L, machine.diskBytes());
    assertThat(machine.diskBytes()).isPositive();
  }
}
