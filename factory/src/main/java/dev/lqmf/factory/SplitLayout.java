package dev.lqmf.factory;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * How an output is divided into files. As {@code llama-gguf-split} does it: tensors fill a file in
 * their order until the next would exceed the limit; all metadata are in the first file.
 */
final class SplitLayout {
  /** llama.cpp counts tensors with this padding, whatever the file's alignment. */
  private static final long PADDING = 32;

  private SplitLayout() {}

  /**
   * One file.
   *
   * @param name without directory
   * @param firstTensor index, among all of the output's tensors, of the first in this file
   * @param bytes exact size
   */
  record Part(
      String name, GgufMetadata metadata, int firstTensor, List<TensorInfo> tensors, long bytes) {}

  /**
   * Divides an output.
   *
   * @param stem of the files' names
   * @param limit largest sum of tensor bytes in a file; a tensor larger than that has one of its
   *     own
   */
  static List<Part> of(
      String stem, GgufMetadata metadata, List<TensorInfo> tensors, OptionalLong limit) {
    List<Integer> starts = new ArrayList<>(List.of(0));
    if (limit.isPresent()) {
      long size = 0;
      for (int i = 0; i < tensors.size(); i++) {
        long bytes = Math.ceilDiv(tensors.get(i).byteSize(), PADDING) * PADDING;
        if (size > 0 && size + bytes > limit.getAsLong()) {
          starts.add(i);
          size = 0;
        }
        size += bytes;
      }
    }
    int count = starts.size();
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = starts.get(i);
      int to = i + 1 < count ? starts.get(i + 1) : tensors.size();
      String name = stem + ".gguf";
      GgufMetadata own = metadata;
      if (count > 1) {
        name = String.format(Locale.ROOT, "%s-%05d-of-%05d.gguf", stem, i + 1, count);
        own =
            (i == 0 ? metadata.toBuilder() : GgufMetadata.builder())
                .putU16(GgufMetadata.SPLIT_NO, i)
                .putI32(GgufMetadata.SPLIT_TENSORS, tensors.size())
                .putU16(GgufMetadata.SPLIT_COUNT, count)
                .build();
      }
      List<TensorInfo> held = List.copyOf(tensors.subList(from, to));
      parts.add(new Part(name, own, from, held, GgufWriter.fileSize(own, held)));
    }
    return parts;
  }
}
