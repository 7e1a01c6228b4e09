package dev.lqmf.app.inspect;

import dev.lqmf.tensor.TensorInfo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What is in a model file or directory.
 *
 * @param path what was inspected
 * @param format as people call it, such as {@code GGUF version 3}
 * @param files the files that hold the tensors; of a split set the first comes first
 * @param fileBytes sum of their sizes
 * @param metadata facts by name, in the order of the file
 * @param tensors in the order of the file
 */
public record Inspection(
    Path path,
    String format,
    List<Path> files,
    long fileBytes,
    Map<String, Fact> metadata,
    List<TensorInfo> tensors) {

  /**
   * One metadata value.
   *
   * @param type what the format calls its type, such as {@code u32}; empty if it has no name
   * @param value a string, number or boolean, or a list of these; lists may be long, and are views
   */
  public record Fact(String type, Object value) {}

  /** Number of weights. */
  public long elements() {
    return tensors.stream().mapToLong(t -> t.shape().elements()).sum();
  }

  /** Stored bytes of all tensors. */
  public long tensorBytes() {
    return tensors.stream().mapToLong(TensorInfo::byteSize).sum();
  }

  /** Storage bits of one weight, averaged over the tensors; 0 if there are none. */
  public double bitsPerWeight() {
    long elements = elements();
    return elements == 0 ? 0 : 8.0 * tensorBytes() / elements;
  }
}
