package dev.lqmf.factory.execute;

import dev.lqmf.factory.machine.MachineProbe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** What a machine has free at the moment, in bytes. */
public interface FreeResources {

  /**
   * Of the disk that holds a directory.
   *
   * @param directory that exists
   */
  long disk(Path directory) throws IOException;

  /** Whether two directories that exist are on the same disk. */
  default boolean shareDisk(Path one, Path other) throws IOException {
    return Files.getFileStore(one).equals(Files.getFileStore(other));
  }

  /** Of main memory, without swapping. Takes a while to find out. */
  long memory() throws IOException;

  /** Of this machine. */
  static FreeResources here() {
    return new FreeResources() {
      @Override
      public long disk(Path directory) throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
      }

      @Override
      public long memory() throws IOException {
        return MachineProbe.ofProcess(Path.of("")).look().freeMemoryBytes();
      }
    };
  }

  /** The directory itself, or the nearest one above it that exists. */
  static Path existing(Path directory) {
    Path existing = directory.toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = Objects.requireNonNull(existing.getParent(), "the root directory exists");
    }
    return existing;
  }
}
