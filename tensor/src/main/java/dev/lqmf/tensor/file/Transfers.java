package dev.lqmf.tensor.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Moves segments of any size and any kind through the byte buffers that channels take. */
final class Transfers {
  /** A byte buffer holds less than 2 GiB; a whole number of pages keeps transfers aligned. */
  private static final long NATIVE_CHUNK = 1L << 30;

  /**
   * For memory on the heap the JDK goes through a native buffer as large as the transfer, and keeps
   * it for the thread; small pieces keep that small.
   */
  private static final long HEAP_CHUNK = 1L << 20;

  private Transfers() {}

  /** One step of a transfer: moves all of the buffer. */
  @FunctionalInterface
  interface Step {
    void move(ByteBuffer buffer, long position) throws IOException;
  }

  static void read(MemorySegment target, long position, Step step) throws IOException {
    transfer(target, position, true, step);
  }

  static void write(MemorySegment source, long position, Step step) throws IOException {
    transfer(source, position, false, step);
  }

  private static void transfer(MemorySegment segment, long position, boolean reading, Step step)
      throws IOException {
    boolean bytes = segment.heapBase().map(base -> base instanceof byte[]).orElse(true);
    if (segment.isNative() || (bytes && !segment.isReadOnly())) {
      long chunk = segment.isNative() ? NATIVE_CHUNK : HEAP_CHUNK;
      for (long done = 0; done < segment.byteSize(); done += chunk) {
        long n = Math.min(chunk, segment.byteSize() - done);
        step.move(segment.asSlice(done, n).asByteBuffer(), position + done);
      }
      return;
    }
    // Arrays of other types have no byte buffer.
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.min(HEAP_CHUNK, segment.byteSize()), 8);
      for (long done = 0; done < segment.byteSize(); done += HEAP_CHUNK) {
        long n = Math.min(HEAP_CHUNK, segment.byteSize() - done);
        if (!reading) {
          MemorySegment.copy(segment, done, buffer, 0, n);
        }
        step.move(buffer.asSlice(0, n).asByteBuffer(), position + done);
        if (reading) {
          MemorySegment.copy(buffer, 0, segment, done, n);
        }
      }
    }
  }
}
