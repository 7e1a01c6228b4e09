package dev.lqmf.app.inspect;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.nio.file.Path;
import java.util.Comparator;
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
    List<Tensor> tensors) {

  /**
   * One metadata value.
   *
   * @param type what the format calls its type, such as {@code u32}; empty if it has no name
   * @param value a string, number or boolean, or a list of these; lists may be long, and are views
   */
  public record Fact(String type, Object value) {}

  /**
   * A tensor as the model has it.
   *
   * @param type how it is stored: a tensor type, or a method's own, such as NF4
   * @param bytes stored size, scales and all else that belongs to it included
   */
  public record Tensor(String name, String type, Shape shape, long bytes) {
    /** One that is stored in one piece. */
    Tensor(TensorInfo info) {
      this(info.name(), info.type().name(), info.shape(), info.byteSize());
    }
  }

  /** Methods' own types first, then in the order of the types. */
  static final Comparator<String> TYPE_ORDER =
      Comparator.<String>comparingInt(
              label -> TensorType.ofName(label).map(TensorType::ordinal).orElse(-1))
          .thenComparing(Comparator.naturalOrder());

  /** Number of weights. */
  public long elements() {
    return tensors.stream().mapToLong(t -> t.shape().elements()).sum();
  }

  /** Stored bytes of all tensors. */
  public long tensorBytes() {
    return tensors.stream().mapToLong(Tensor::bytes).sum();
  }

  /** Storage bits of one weight, averaged over the tensors; 0 if there are none. */
  public double bitsPerWeight() {
    long elements = elements();
    return elements == 0 ? 0 : 8.0 * tensorBytes() / elements;
  }
}
