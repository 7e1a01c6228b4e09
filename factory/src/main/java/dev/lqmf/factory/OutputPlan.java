package dev.lqmf.factory;

import dev.lqmf.quant.mix.GgufFileType;
import java.nio.file.Path;
import java.util.List;

/**
 * One output, exactly as it will be.
 *
 * @param type the file type asked for
 * @param directory where the result goes
 * @param files names and exact sizes of the GGUF files in it
 * @param tensors every tensor, in file order
 * @param recipeHash SHA-256 of the recipe, in hex
 * @param done whether the directory already holds this very result
 * @param warnings sentences for people, such as tensors that fall back to another type
 */
public record OutputPlan(
    GgufFileType type,
    Path directory,
    List<PlannedFile> files,
    List<TensorPlan> tensors,
    String recipeHash,
    boolean done,
    List<String> warnings) {

  public OutputPlan {
    files = List.copyOf(files);
    tensors = List.copyOf(tensors);
    warnings = List.copyOf(warnings);
  }

  /** Bytes of all GGUF files, headers included. */
  public long fileBytes() {
    return files.stream().mapToLong(PlannedFile::bytes).sum();
  }

  /**
   * A GGUF file of the output.
   *
   * @param name without directory
   * @param bytes exact size
   */
  public record PlannedFile(String name, long bytes) {}
}
