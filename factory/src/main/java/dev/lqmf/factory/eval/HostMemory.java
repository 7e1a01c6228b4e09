package dev.lqmf.factory.eval;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** How much memory the machine can spare. */
final class HostMemory {
  /** Counts what files occupy only because nothing else wanted it, unlike what the JVM knows. */
  private static final Path LINUX = Path.of("/proc/meminfo");

  private static final String AVAILABLE = "MemAvailable:";

  private HostMemory() {}

  /** Bytes that weights may take unless the user says otherwise: half of what is free. */
  static long forWeights() {
    var system =
        ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class);
    // Of a container, the limit.
    long total = system.getTotalMemorySize();
    return Math.min(total, available(total)) / 2;
  }

  private static long available(long otherwise) {
    if (!Files.isReadable(LINUX)) {
      return otherwise;
    }
    try (Stream<String> lines = Files.lines(LINUX)) {
      return lines
          .filter(l -> l.startsWith(AVAILABLE))
          .map(l -> l.substring(AVAILABLE.length()).replace("kB", "").strip())
          .mapToLong(l -> Long.parseLong(l) * 1024)
          .findFirst()
          .orElse(otherwise);
    } catch (IOException | NumberFormatException e) {
      return otherwise;
    }
  }
}
