package dev.lqmf.tensor.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  private static final int KILLED = 9;

  @TempDir Path directory;
  private Path target;

  @BeforeEach
  void nameTarget() {
    target = directory.resolve("out.bin");
  }

  @Test
  void appearsWhenItIsComplete() throws IOException {
    Files.writeString(target, "old");
    try (AtomicFile file = AtomicFile.create(target, 6)) {
      file.write(4, bytes("ef"));
      file.write(0, bytes("ab"));
      assertThat(target).hasContent("old");
      file.commit();
      assertThat(Files.readAllBytes(target)).containsExactly('a', 'b', 0, 0, 'e', 'f');
    }
    assertThat(directory.toFile().list()).containsExactly("out.bin");
  }

  @Test
  void writesArraysOfOtherTypesAndReadOnlyMemory() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, 12)) {
      file.write(0, MemorySegment.ofArray(new int[] {1, 2}));
      file.write(8, bytes("end.").asReadOnly());
      file.commit();
    }
    assertThat(Files.readAllBytes(target))
        .containsExactly(1, 0, 0, 0, 2, 0, 0, 0, 'e', 'n', 'd', '.');
  }

  @Test
  void keepsToItsSize() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, 2)) {
      assertThatThrownBy(() -> file.write(1, bytes("ab")))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> file.write(-1, bytes("a")))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void anInterruptFailsOneWriteOnly() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, 2)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> file.write(0, bytes("a")))
          .isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
      file.write(0, bytes("ab"));
      assertThat(AtomicFile.removeDebris(target)).isZero();
      Thread.currentThread().interrupt();
      assertThatThrownBy(file::commit).isInstanceOf(InterruptedIOException.class);
      assertThat(Thread.interrupted()).isTrue();
      file.commit();
    }
    assertThat(target).hasContent("ab");
  }

  @Test
  void keepsWhatWentToTheDiskEarly() throws IOException {
    byte[] part = new byte[10 << 20];
    int parts = 30;
    try (AtomicFile file = AtomicFile.create(target, (long) parts * part.length)) {
      for (int i = parts - 1; i >= 0; i--) {
        Arrays.fill(part, (byte) (i + 1));
        if (i == parts / 2) {
          // Closes the channel, perhaps while it is being sent.
          Thread.currentThread().interrupt();
          long at = (long) i * part.length;
          assertThatThrownBy(() -> file.write(at, MemorySegment.ofArray(part)))
              .isInstanceOf(InterruptedIOException.class);
          assertThat(Thread.interrupted()).isTrue();
        }
        file.write((long) i * part.length, MemorySegment.ofArray(part));
      }
      file.commit();
    }
    try (InputStream stream = Files.newInputStream(target)) {
      for (int i = 0; i < parts; i++) {
        Arrays.fill(part, (byte) (i + 1));
        assertThat(stream.readNBytes(part.length)).isEqualTo(part);
      }
      assertThat(stream.read()).isEqualTo(-1);
    }
  }

  @Test
  void aFileGivenUpWhileItIsSentLeavesNothing() throws IOException {
    try (AtomicFile file = AtomicFile.create(target, 100 << 20)) {
      file.write(0, MemorySegment.ofArray(new byte[100 << 20]));
    }
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void removesWhatAKilledRunLeft() throws Exception {
    Process killed =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Killed.class.getName(),
                target.toString())
            .inheritIO()
            .start();
    assertThat(killed.waitFor()).isEqualTo(KILLED);
    assertThat(directory.toFile().list()).hasSize(1);
    assertThat(target).doesNotExist();

    Files.createFile(directory.resolve(".out.bin.else.part"));
    Files.createFile(directory.resolve(".other.bin.1-1.part"));
    try (AtomicFile alive = AtomicFile.create(target, 1)) {
      assertThat(AtomicFile.removeDebris(target)).isEqualTo(1);
      alive.write(0, bytes("x"));
      alive.commit();
    }
    assertThat(directory.toFile().list())
        .containsExactlyInAnyOrder("out.bin", ".out.bin.else.part", ".other.bin.1-1.part");
  }

  @Test
  void findsNoDebrisWhereThereIsNoDirectory() throws IOException {
    assertThat(AtomicFile.removeDebris(directory.resolve("none").resolve("out"))).isZero();
  }

  /** A program that is killed while it writes. */
  static final class Killed {
    public static void main(String[] args) throws IOException {
      AtomicFile file = AtomicFile.create(Path.of(args[0]), 1 << 20);
      file.write(0, bytes("half"));
      Runtime.getRuntime().halt(KILLED);
    }
  }

  private static MemorySegment bytes(String text) {
    return MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
  }
}
