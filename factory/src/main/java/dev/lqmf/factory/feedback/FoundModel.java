package dev.lqmf.factory.feedback;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A model in some directory.
 *
 * @param name of the file or directory
 * @param path of it
 * @param method {@code gguf}, {@code gptq}, {@code bitsandbytes}, or {@code none} for a checkpoint
 *     that is not quantized
 * @param format as in {@code Q4_K_M}; empty if damaged
 * @param architecture the network's class; empty if it is not known
 * @param bytes of all tensors; 0 if damaged
 * @param fileBytes of the files that hold them: the size of the model; 0 if damaged
 * @param elements number of weights; 0 if it is not known
 * @param files number of files
 * @param generates whether it continues a text; false if damaged
 * @param problem why it cannot be opened; absent if it can
 */
public record FoundModel(
    String name,
    Path path,
    String method,
    String format,
    String architecture,
    long bytes,
    long fileBytes,
    long elements,
    int files,
    boolean generates,
    Optional<String> problem) {

  /** Bits of all tensors by the number of weights. */
  public OptionalDouble bitsPerWeight() {
    return elements == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((double) Byte.SIZE * bytes / elements);
  }
}
