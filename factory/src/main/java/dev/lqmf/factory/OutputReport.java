package dev.lqmf.factory;

import dev.lqmf.tensor.TensorType;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * A finished output.
 *
 * @param type what it is, as in Q4_K_M or NF4
 * @param directory the result directory
 * @param files all but the recipe and the summary; the first of a split set first
 * @param fileBytes sum of their sizes
 * @param modelBytes of those that hold tensors: the size of the model
 * @param elements number of weights
 * @param tensorBytes bytes of the tensors alone
 * @param byType how much of each tensor type it holds
 * @param recipeHash SHA-256 of the recipe, in hex
 * @param reused whether it was there already
 */
public record OutputReport(
    String type,
    Path directory,
    List<Path> files,
    long fileBytes,
    long modelBytes,
    long elements,
    long tensorBytes,
    SequencedMap<String, TypeTotal> byType,
    String recipeHash,
    boolean reused) {

  public OutputReport {
    files = List.copyOf(files);
  }

  /** Bits of all tensors by the number of weights: file headers and vocabulary are left out. */
  public double bitsPerWeight() {
    return 8.0 * tensorBytes / elements;
  }

  /** How much of each type there is: methods' own types first, then in the order of the types. */
  public static SequencedMap<String, TypeTotal> byType(List<TensorPlan> tensors) {
    SequencedMap<String, TypeTotal> totals =
        new TreeMap<>(
            Comparator.<String>comparingInt(
                    label -> TensorType.ofName(label).map(TensorType::ordinal).orElse(-1))
                .thenComparing(Comparator.naturalOrder()));
    for (TensorPlan tensor : tensors) {
      totals.merge(
          tensor.to(),
          new TypeTotal(1, tensor.shape().elements(), tensor.bytes()),
          TypeTotal::plus);
    }
    return totals;
  }

  /**
   * The share of one tensor type.
   *
   * @param tensors number of tensors
   * @param modelBytes of those that hold tensors: the size of the model
   * @param elements number of weights
   * @param bytes encoded size
   */
  public record TypeTotal(int tensors, long elements, long bytes) {
    TypeTotal plus(TypeTotal other) {
      return new TypeTotal(tensors + other.tensors, elements + other.elements, bytes + other.bytes);
    }
  }
}
