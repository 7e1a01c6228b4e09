package dev.lqmf.tensor.file;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** A file of a header and tensors at places known beforehand; everything between them is zero. */
public final class TensorFileWriter implements TensorSink {
  private final AtomicFile file;
  private final List<TensorInfo> tensors;
  private final long[] positions;
  private final AtomicLong written = new AtomicLong();

  private TensorFileWriter(AtomicFile file, List<TensorInfo> tensors, long[] positions) {
    this.file = file;
    this.tensors = tensors;
    this.positions = positions;
  }

  /**
   * Creates the file under a temporary name and writes its header.
   *
   * @param positions of the tensors' first bytes in the file
   * @param fileSize in bytes, all tensors included
   */
  public static TensorFileWriter create(
      Path target, byte[] header, List<TensorInfo> tensors, long[] positions, long fileSize)
      throws IOException {
    AtomicFile file = AtomicFile.create(target, fileSize);
    try {
      file.write(0, MemorySegment.ofArray(header));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
    return new TensorFileWriter(file, List.copyOf(tensors), positions.clone());
  }

  @Override
  public void write(int tensor, long byteOffset, MemorySegment bytes) throws IOException {
    Objects.checkFromIndexSize(byteOffset, bytes.byteSize(), tensors.get(tensor).byteSize());
    file.write(positions[tensor] + byteOffset, bytes);
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

  /**
   * Writes another header over the first one, and what follows the tensors; the file ends there.
   *
   * @param header of the same length as the first
   * @param position where the tensors end
   */
  public void finish(byte[] header, long position, byte[] rest) throws IOException {
    file.write(0, MemorySegment.ofArray(header));
    file.write(position, MemorySegment.ofArray(rest));
    file.truncate(position + rest.length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
