package dev.lqmf.tensor.gguf;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.file.ReadableFile;
import dev.lqmf.tensor.file.TensorRanges;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A GGUF file, or a set of files into which llama.cpp split one.
 *
 * <p>The header is checked completely when the file is opened: what is opened can be read, unless
 * the file changes.
 */
public final class GgufFile implements TensorSource {
  private final Path path;
  private final GgufMetadata metadata;
  private final int version;
  private final List<ReadableFile> files;
  private final TensorRanges ranges;

  private GgufFile(
      Path path,
      GgufMetadata metadata,
      int version,
      List<ReadableFile> files,
      List<TensorRanges.Range> ranges) {
    this.path = path;
    this.metadata = metadata;
    this.version = version;
    this.files = List.copyOf(files);
    this.ranges = new TensorRanges(ranges);
  }

  /**
   * Opens a file and, if it is the first of a split set, all files of the set.
   *
   * @throws InputException if the file is missing, damaged, not GGUF, or not the first of its set,
   *     or if another file of the set is
   */
  public static GgufFile open(Path path) throws IOException {
    List<ReadableFile> files = new ArrayList<>();
    try {
      ReadableFile file = ReadableFile.open(path);
      files.add(file);
      GgufHeader header = GgufHeader.read(file);
      List<TensorRanges.Range> ranges = new ArrayList<>();
      addTensors(file, header, ranges);
      int count = splitKey(path, header, GgufMetadata.SPLIT_COUNT, 1);
      if (count > 1) {
        openSplits(path, header, count, files, ranges);
      }
      return new GgufFile(path, header.metadata(), header.version(), files, ranges);
    } catch (IOException | RuntimeException e) {
      for (ReadableFile file : files) {
        file.close();
      }
      throw e;
    }
  }

  private static void openSplits(
      Path path,
      GgufHeader first,
      int count,
      List<ReadableFile> files,
      List<TensorRanges.Range> ranges)
      throws IOException {
    int no = splitKey(path, first, GgufMetadata.SPLIT_NO, 0);
    SplitName name =
        SplitName.parse(path)
            .filter(s -> s.no() == no && s.count() == count)
            .orElseThrow(
                () ->
                    new InputException(
                        "%s is file %d of a set of %d, but its name does not end in %s"
                            .formatted(path, no + 1, count, SplitName.suffix(no, count)),
                        "give the files of the set the names they were made with"));
    if (no != 0) {
      throw new InputException(
          path + " is file " + (no + 1) + " of a set of " + count,
          "name the first one, " + name.sibling(0));
    }
    for (int i = 1; i < count; i++) {
      Path sibling = name.sibling(i);
      if (!Files.exists(sibling)) {
        throw new InputException(
            "%s is the first of %d files, but %s is missing"
                .formatted(path, count, sibling.getFileName()),
            "put all files of the set into one directory");
      }
      ReadableFile file = ReadableFile.open(sibling);
      files.add(file);
      GgufHeader header = GgufHeader.read(file);
      requireKey(sibling, header, GgufMetadata.SPLIT_NO, i);
      requireKey(sibling, header, GgufMetadata.SPLIT_COUNT, count);
      addTensors(file, header, ranges);
    }
    requireKey(path, first, GgufMetadata.SPLIT_TENSORS, ranges.size());
    Set<String> names = new HashSet<>();
    for (TensorRanges.Range range : ranges) {
      if (!names.add(range.info().name())) {
        throw new InputException(
            "%s: tensor %s occurs in an earlier file of the set too"
                .formatted(range.file().path(), quote(range.info().name())),
            "take all files of the set from one source");
      }
    }
  }

  private static void addTensors(
      ReadableFile file, GgufHeader header, List<TensorRanges.Range> ranges) {
    for (int i = 0; i < header.tensors().size(); i++) {
      ranges.add(new TensorRanges.Range(header.tensors().get(i), file, header.offsets().get(i)));
    }
  }

  private static int splitKey(Path path, GgufHeader header, String key, int otherwise) {
    OptionalLong value = header.metadata().integer(key);
    if (value.isEmpty()) {
      return otherwise;
    }
    if (value.getAsLong() < 0 || value.getAsLong() > SplitName.MAX_COUNT) {
      throw new InputException(
          path + ": " + key + " is " + value.getAsLong(), "download or split the model again");
    }
    return (int) value.getAsLong();
  }

  private static void requireKey(Path path, GgufHeader header, String key, long wanted) {
    OptionalLong value = header.metadata().integer(key);
    if (value.isEmpty() || value.getAsLong() != wanted) {
      throw new InputException(
          "%s: %s is %s, but its set says %d"
              .formatted(path, key, value.isEmpty() ? "absent" : value.getAsLong(), wanted),
          "take all files of the set from one source");
    }
  }

  /** The metadata; of a split set, that of its first file. */
  public GgufMetadata metadata() {
    return metadata;
  }

  /** The alignment of the tensors in bytes. */
  public int alignment() {
    return metadata.alignment();
  }

  /** The version of the format, 2 or 3. */
  public int version() {
    return version;
  }

  /** The file and, if it is split, the others of its set, in order. */
  public List<Path> paths() {
    return files.stream().map(ReadableFile::path).toList();
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
    return path.toString();
  }

  @Override
  public void close() throws IOException {
    for (ReadableFile file : files) {
      file.close();
    }
  }
}
