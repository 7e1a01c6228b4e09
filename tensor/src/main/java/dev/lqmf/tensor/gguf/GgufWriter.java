package dev.lqmf.tensor.gguf;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.file.AtomicFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes a GGUF file, version 3, with the bytes that ggml's own writer gives for the same metadata
 * and tensors. A file of a split set is one whose metadata has the three {@code split.*} keys.
 */
public final class GgufWriter implements TensorSink {
  private final AtomicFile file;
  private final List<TensorInfo> tensors;
  private final GgufLayout layout;
  private final AtomicLong written = new AtomicLong();

  private GgufWriter(AtomicFile file, List<TensorInfo> tensors, GgufLayout layout) {
    this.file = file;
    this.tensors = tensors;
    this.layout = layout;
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
    AtomicFile file = AtomicFile.create(target, layout.fileSize());
    try {
      file.write(0, MemorySegment.ofArray(layout.header()));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
    return new GgufWriter(file, List.copyOf(tensors), layout);
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
    Objects.checkFromIndexSize(byteOffset, bytes.byteSize(), tensors.get(tensor).byteSize());
    file.write(layout.offsets()[tensor] + byteOffset, bytes);
    written.addAndGet(bytes.byteSize());
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if fewer or more bytes were written than the tensors have
   */
  @Override
  public void commit() throws IOException {
    long wanted = tensors.stream().mapToLong(TensorInfo::byteSize).sum();
    if (written.get() != wanted) {
      throw new IllegalStateException(
          "%d of the %d bytes of %s were written".formatted(written.get(), wanted, file.target()));
    }
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
