package dev.lqmf.factory;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;

/**
 * A finished output.
 *
 * @param type its file type
 * @param directory the result directory
 * @param files the GGUF files, the first of a split set first
 * @param fileBytes sum of their sizes
 * @param elements number of weights
 * @param tensorBytes bytes of the tensors alone
 * @param byType how much of each tensor type it holds
 * @param recipeHash SHA-256 of the recipe, in hex
 * @param reused whether it was there already
 */
public record OutputReport(
    GgufFileType type,
    Path directory,
    List<Path> files,
    long fileBytes,
    long elements,
    long tensorBytes,
    SortedMap<TensorType, TypeTotal> byType,
    String recipeHash,
    boolean reused) {

  public OutputReport {
    files = List.copyOf(files);
  }

  /** Storage bits per weight, file headers left out. */
  public double bitsPerWeight() {
    return 8.0 * tensorBytes / elements;
  }

  /**
   * The share of one tensor type.
   *
   * @param tensors number of tensors
   * @param elements number of weights
   * @param bytes encoded size
   */
  public record TypeTotal(int tensors, long elements, long bytes) {
    TypeTotal plus(TypeTotal other) {
      return new TypeTotal(tensors + other.tensors, elements + other.elements, bytes + other.bytes);
    }
  }
}
