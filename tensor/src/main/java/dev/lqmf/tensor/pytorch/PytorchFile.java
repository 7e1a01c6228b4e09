package dev.lqmf.tensor.pytorch;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file that {@code torch.save} made of a dictionary of tensors, in the zip form or the older one.
 * Tensors come in the order of the dictionary, each read as if it were contiguous.
 */
public final class PytorchFile implements TensorSource {
  private final ReadableFile file;
  private final Map<String, StridedTensor> byName = new LinkedHashMap<>();
  private final List<TensorInfo> tensors;

  private PytorchFile(ReadableFile file, List<StridedTensor> tensors) {
    this.file = file;
    for (StridedTensor tensor : tensors) {
      byName.put(tensor.info().name(), tensor);
    }
    this.tensors = tensors.stream().map(StridedTensor::info).toList();
  }

  /**
   * Opens a file and rebuilds its tensors' descriptions; nothing in the file is executed.
   *
   * @throws InputException if the file is missing or damaged, uses a name that rebuilds no tensor,
   *     or is not a dictionary of tensors
   */
  public static PytorchFile open(Path path) throws IOException {
    ReadableFile file = ReadableFile.open(path);
    try {
      return new PytorchFile(file, read(file));
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static List<StridedTensor> read(ReadableFile file) throws IOException {
    byte[] begin = new byte[(int) Math.min(4, file.size())];
    file.read(0, MemorySegment.ofArray(begin));
    if (begin.length == 4 && begin[0] == 'P' && begin[1] == 'K') {
      return ZipForm.read(file);
    }
    if (begin.length == 4 && begin[0] == (byte) 0x80) {
      return LegacyForm.read(file);
    }
    throw new InputException(
        file.path() + " is no file of torch.save: it begins neither as a zip archive nor a pickle",
        "name a pytorch_model.bin, or download it again");
  }

  static InputException damaged(Path path, String problem) {
    return new InputException(
        path + ": " + problem, "the file is damaged or incomplete; download it again");
  }

  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    StridedTensor strided = byName.get(tensor.name());
    if (strided == null || !strided.info().equals(tensor)) {
      throw new IllegalArgumentException(tensor + " is not a tensor of this source");
    }
    strided.read(byteOffset, target);
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
