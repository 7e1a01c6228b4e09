package dev.lqmf.tensor.gguf;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.file.AtomicFile;
import dev.lqmf.tensor.file.TensorFileWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes a GGUF file, version 3, with the bytes that ggml's own writer gives for the same metadata
 * and tensors. A file of a split set is one whose metadata has the three {@code split.*} keys.
 */
public final class GgufWriter implements TensorSink {
  private final TensorFileWriter file;

  private GgufWriter(TensorFileWriter file) {
    this.file = file;
  }

  /**
   * Creates the file under a temporary name beside the target and writes its header.
   *
   * @param target the final name; an existing file is replaced by {@link #commit()}
   * @param tensors in the order of the file
   * @throws InputException if GGUF or llama.cpp cannot hold a tensor of that name, type or shape
   * @throws IOException if the directory does not exist or has too little space
   */
  public static GgufWriter create(Path target, GgufMetadata metadata, List<TensorInfo> tensors)
      throws IOException {
    GgufLayout layout = GgufLayout.of(metadata, tensors);
    return new GgufWriter(
        TensorFileWriter.create(
            target, layout.header(), tensors, layout.offsets(), layout.fileSize()));
  }

  /** The length in bytes of the file with these contents. */
  public static long fileSize(GgufMetadata metadata, List<TensorInfo> tensors) {
    return GgufLayout.of(metadata, tensors).fileSize();
  }

  /**
   * Deletes what killed runs left behind while writing this file.
   *
   * @return the number of files deleted
   */
  public static int removeDebris(Path target) throws IOException {
    return AtomicFile.removeDebris(target);
  }

  @Override
  public void write(int tensor, long byteOffset, MemorySegment bytes) throws IOException {
    file.write(tensor, byteOffset, bytes);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if fewer or more bytes were written than the tensors have
   */
  @Override
  public void commit() throws IOException {
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
