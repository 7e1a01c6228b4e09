package dev.lqmf.factory;

import java.nio.file.Path;
import java.util.List;

/**
 * One output, exactly as it will be.
 *
 * @param type what was asked for, as in Q4_K_M or NF4
 * @param directory where the result goes
 * @param files names and sizes of the files in it, but for the recipe and the summary; exact, or
 *     the greatest they can have where a method says so
 * @param tensors every tensor, in file order
 * @param recipeHash SHA-256 of the recipe, in hex
 * @param recipe the recipe as canonical JSON
 * @param done whether the directory already holds this very result
 * @param warnings sentences for people, such as tensors that fall back to another type
 */
public record OutputPlan(
    String type,
    Path directory,
    List<PlannedFile> files,
    List<TensorPlan> tensors,
    String recipeHash,
    String recipe,
    boolean done,
    List<String> warnings) {

  public OutputPlan {
    files = List.copyOf(files);
    tensors = List.copyOf(tensors);
    warnings = List.copyOf(warnings);
  }

  /** Bytes of all files, headers included. */
  public long fileBytes() {
    return files.stream().mapToLong(PlannedFile::bytes).sum();
  }

  /** Bytes of the files that hold tensors: the size of the model. */
  public long modelBytes() {
    return files.stream().filter(PlannedFile::holdsTensors).mapToLong(PlannedFile::bytes).sum();
  }

  /**
   * A file of the output.
   *
   * @param name without directory
   * @param bytes size
   */
  public record PlannedFile(String name, long bytes) {
    boolean holdsTensors() {
      return name.endsWith(".gguf") || name.endsWith(".safetensors");
    }
  }
}
