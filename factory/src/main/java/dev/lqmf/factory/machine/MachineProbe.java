package dev.lqmf.factory.machine;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import oshi.SystemInfo;
import oshi.hardware.CentralProcessor;
import oshi.hardware.GlobalMemory;

/** Looks at this machine. Takes a few hundred milliseconds, so only who needs it should ask. */
public final class MachineProbe {
  private final NvidiaSmi nvidia;
  private final Path results;

  /**
   * @param results the directory whose disk counts; it need not exist
   */
  public MachineProbe(NvidiaSmi nvidia, Path results) {
    this.nvidia = nvidia;
    this.results = results;
  }

  /** A probe that looks for the driver's program where the shell would. */
  public static MachineProbe ofProcess(Path results) {
    return new MachineProbe(NvidiaSmi.ofProcess(), results);
  }

  /**
   * What the machine has now.
   *
   * @throws IOException if the disk cannot be asked
   */
  public Machine look() throws IOException {
    SystemInfo system = new SystemInfo();
    CentralProcessor processor = system.getHardware().getProcessor();
    GlobalMemory memory = system.getHardware().getMemory();
    int threads = Math.max(1, Runtime.getRuntime().availableProcessors());
    int cores = Math.clamp(processor.getPhysicalProcessorCount(), 1, threads);
    // The JDK knows a container's limits, which OSHI does not.
    long limit = Long.MAX_VALUE;
    long freeInLimit = Long.MAX_VALUE;
    if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean bean
        && bean.getTotalMemorySize() < memory.getTotal()) {
      limit = bean.getTotalMemorySize();
      freeInLimit = bean.getFreeMemorySize();
    }
    FileStore disk = Files.getFileStore(existing(results.toAbsolutePath()));
    return new Machine(
        system.getOperatingSystem().toString(),
        processor.getProcessorIdentifier().getName().strip(),
        cores,
        threads,
        Math.min(memory.getTotal(), limit),
        Math.min(memory.getAvailable(), freeInLimit),
        nvidia.gpus(),
        disk.getTotalSpace(),
        disk.getUsableSpace());
  }

  private static Path existing(Path path) {
    Path existing = path;
    while (!Files.exists(existing)) {
      existing = Objects.requireNonNull(existing.getParent(), "the root directory exists");
    }
    return existing;
  }
}
