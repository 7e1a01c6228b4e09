package dev.lqmf.tensor.file;

import dev.lqmf.tensor.TensorInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Tensors that each lie in one piece somewhere in a file, found by name. */
public final class TensorRanges {
  private final Map<String, Range> ranges = new LinkedHashMap<>();
  private final List<TensorInfo> tensors;

  /**
   * Where a tensor lies.
   *
   * @param position of its first byte in the file
   */
  public record Range(TensorInfo info, ReadableFile file, long position) {}

  /** The ranges have different names and lie within their files: the reader has checked it. */
  public TensorRanges(Collection<Range> ranges) {
    for (Range range : ranges) {
      this.ranges.put(range.info().name(), range);
    }
    this.tensors = ranges.stream().map(Range::info).toList();
  }

  /** All tensors, in the order given. */
  public List<TensorInfo> tensors() {
    return tensors;
  }

  /** As {@link dev.lqmf.tensor.TensorSource#read}. */
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    Range range = ranges.get(tensor.name());
    if (range == null || !range.info().equals(tensor)) {
      throw new IllegalArgumentException(tensor + " is not a tensor of this source");
    }
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), tensor.byteSize());
    range.file().read(range.position() + byteOffset, target);
  }
}
