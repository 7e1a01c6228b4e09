package dev.lqmf.tensor.safetensors;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.file.TensorRanges;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file. Its tensors are listed by name, as the reference's {@code keys()} and
 * llama.cpp's converter have them.
 */
public final class SafetensorsFile implements TensorSource {
  private final ReadableFile file;
  private final Map<String, String> fileMetadata;
  private final TensorRanges ranges;

  private SafetensorsFile(ReadableFile file, SafetensorsHeader header) {
    this.file = file;
    this.fileMetadata = header.fileMetadata();
    this.ranges =
        new TensorRanges(
            header.entries().stream()
                .map(e -> new TensorRanges.Range(e.tensor(), file, header.dataStart() + e.begin()))
                .toList());
  }

  /**
   * Opens a file and checks its header completely.
   *
   * @throws InputException if the file is missing, damaged, or has a tensor of an unsupported type
   */
  public static SafetensorsFile open(Path path) throws IOException {
    ReadableFile file = ReadableFile.open(path);
    try {
      return new SafetensorsFile(file, SafetensorsHeader.read(file));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** What the file says about itself ({@code __metadata__}), such as {@code format: pt}. */
  public Map<String, String> fileMetadata() {
    return fileMetadata;
  }

  @Override
  public List<TensorInfo> tensors() {
    return ranges.tensors();
  }

  @Override
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    ranges.read(tensor, byteOffset, target);
  }

  @Override
  public String origin() {
    return file.path().toString();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
