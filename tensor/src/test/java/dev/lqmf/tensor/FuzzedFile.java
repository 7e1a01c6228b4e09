package dev.lqmf.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What every reader must hold to, whatever a file contains.
 *
 * <p>{@code mvn verify} runs the fuzz tests on the inputs in their {@code …Inputs} folders. To look
 * for more, for ten minutes, with the output in {@code target/surefire-reports}:
 *
 * <pre>
 * JAZZER_FUZZ=1 mvn -pl tensor test-compile surefire:test@fuzz -Dtest=GgufFuzzTest
 * JAZZER_FUZZ=1 mvn -pl tensor test-compile surefire:test@fuzz -Dtest=SafetensorsFuzzTest
 * JAZZER_FUZZ=1 mvn -pl tensor test-compile surefire:test@fuzz -Dtest='PytorchFuzzTest#opens'
 * JAZZER_FUZZ=1 mvn -pl tensor test-compile surefire:test@fuzz -Dtest='PytorchFuzzTest#unpickles'
 * </pre>
 *
 * <p>A finding is written to that folder and is a regression test from then on. A run that is
 * killed leaves the input at hand there too, which is none.
 */
public final class FuzzedFile {
  /** Larger tensors, which views can be, are not read in full. */
  private static final int READ = 1 << 16;

  /** One file, written again and again: fuzzing makes thousands in a second. */
  private static final Path FILE = temporary();

  private FuzzedFile() {}

  @FunctionalInterface
  public interface Reader {
    TensorSource open(Path file) throws IOException;
  }

  /** A file with these bytes, until the next call. */
  public static Path of(byte[] bytes) throws IOException {
    // Not truncated to nothing first: some file systems would write such a file to the disk.
    try (FileChannel channel = FileChannel.open(FILE, StandardOpenOption.WRITE)) {
      channel.truncate(bytes.length);
      channel.write(ByteBuffer.wrap(bytes), 0);
    }
    return FILE;
  }

  /**
   * Opens a file of these bytes and reads its tensors. Only an {@link InputException} with a
   * message and a mend may come of it; anything else goes through to the test.
   */
  public static void open(byte[] bytes, Reader reader) throws IOException {
    try (TensorSource source = reader.open(of(bytes))) {
      for (TensorInfo tensor : source.tensors()) {
        if (tensor.byteSize() <= READ) {
          Fixtures.bytes(source, tensor);
        }
      }
    } catch (InputException e) {
      requireClear(e);
    }
  }

  /** An error says what is wrong and what to do. */
  public static void requireClear(InputException e) {
    if (String.valueOf(e.getMessage()).isBlank() || e.mend().isBlank()) {
      throw new AssertionError("an error without a message or a mend", e);
    }
  }

  private static Path temporary() {
    try {
      Path file = Files.createTempFile("lqmf-fuzz", ".bin");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
