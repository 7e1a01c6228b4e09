package dev.lqmf.tensor.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadableFileTest {
  /** More than two of the pieces in which memory on the heap is filled. */
  private static final int SIZE = (5 << 20) / 2 + 8;

  @TempDir Path directory;
  private Path path;
  private byte[] content;

  @BeforeEach
  void writeFile() throws IOException {
    content = new byte[SIZE];
    new Random(1).nextBytes(content);
    path = Files.write(directory.resolve("data"), content);
  }

  @Test
  void fillsMemoryOfAnyKind() throws IOException {
    try (ReadableFile file = ReadableFile.open(path);
        Arena arena = Arena.ofConfined()) {
      byte[] expected = Arrays.copyOfRange(content, 3, SIZE - 5);
      MemorySegment wanted = MemorySegment.ofArray(expected);
      assertThat(expected.length % Float.BYTES).isZero();

      MemorySegment offHeap = arena.allocate(expected.length);
      file.read(3, offHeap);
      assertThat(offHeap.mismatch(wanted)).isEqualTo(-1);

      MemorySegment bytes = MemorySegment.ofArray(new byte[expected.length + 9]).asSlice(9);
      file.read(3, bytes);
      assertThat(bytes.mismatch(wanted)).isEqualTo(-1);

      MemorySegment floats = MemorySegment.ofArray(new float[expected.length / Float.BYTES]);
      file.read(3, floats);
      assertThat(floats.mismatch(wanted)).isEqualTo(-1);
    }
  }

  @Test
  void streamsAPart() throws IOException {
    try (ReadableFile file = ReadableFile.open(path);
        var stream = file.stream(7, 1000)) {
      assertThat(stream.read()).isEqualTo(content[7] & 0xFF);
      assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 8, 1007));
      assertThat(stream.read()).isEqualTo(-1);
    }
  }

  @Test
  void reportsAFileThatHasShrunk() throws IOException {
    try (ReadableFile file = ReadableFile.open(path)) {
      Files.write(path, new byte[10]);
      assertThatThrownBy(() -> file.read(5, MemorySegment.ofArray(new byte[8])))
          .isInstanceOf(EOFException.class)
          .hasMessageContaining(path + " ends at byte 10");
    }
  }

  @Test
  void anInterruptFailsOneReadOnly() throws IOException {
    try (ReadableFile file = ReadableFile.open(path)) {
      MemorySegment target = MemorySegment.ofArray(new byte[8]);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> file.read(0, target)).isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
      file.read(1, target);
      assertThat(target.mismatch(MemorySegment.ofArray(Arrays.copyOfRange(content, 1, 9))))
          .isEqualTo(-1);
    }
  }

  @Test
  void noticesThatTheFileWasReplacedAfterAnInterrupt() throws IOException {
    try (ReadableFile file = ReadableFile.open(path)) {
      MemorySegment target = MemorySegment.ofArray(new byte[8]);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> file.read(0, target)).isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
      Files.write(path, new byte[SIZE + 1]);
      assertThatThrownBy(() -> file.read(0, target))
          .isInstanceOf(IOException.class)
          .hasMessage(path + " has changed since it was opened");
    }
  }

  @Test
  void saysThatItIsClosed() throws IOException {
    ReadableFile file = ReadableFile.open(path);
    file.close();
    assertThatThrownBy(() -> file.read(0, MemorySegment.ofArray(new byte[1])))
        .isInstanceOf(IOException.class)
        .hasMessage(path + " is closed");
  }
}
