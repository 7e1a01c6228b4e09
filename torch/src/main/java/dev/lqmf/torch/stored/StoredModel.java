package dev.lqmf.torch.stored;

import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufFile;
import dev.lqmf.tokenizer.ChatTemplate;
import dev.lqmf.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A model that is open, but not in memory.
 *
 * @param name what people call it
 * @param format how the weights are stored, as in {@code BF16} or {@code Q4_K_M}
 * @param bytes of all tensors as they are stored
 * @param elements number of weights, quantized or not
 * @param network what it computes
 * @param weights plain numbers by Transformers' names, read from {@code source}
 * @param source closed with this
 * @param stopTokens end a text
 * @param warnings what a user should know, one sentence each
 * @param tokenizer opens the model's tokenizer, anew each time
 * @param chatTemplate reads the model's chat template
 */
public record StoredModel(
    String name,
    String format,
    long bytes,
    long elements,
    Network network,
    ModuleWeights weights,
    TensorSource source,
    Set<Integer> stopTokens,
    List<String> warnings,
    TokenizerOpener tokenizer,
    TemplateReader chatTemplate)
    implements AutoCloseable {
  /** The forms there are; the first that holds a path reads it. */
  private static final List<ModelForm> FORMS = List.of(new CheckpointForm(), new GgufForm());

  /** Copies the collections. */
  public StoredModel {
    stopTokens = Set.copyOf(stopTokens);
    warnings = List.copyOf(warnings);
  }

  /**
   * What holds a model's weights: of a directory with a GGUF and no checkpoint, the GGUF.
   *
   * @return the path itself in all other cases
   * @throws InputException if a directory holds several GGUF models
   */
  public static Path fileOf(Path path) throws IOException {
    return Files.isDirectory(path) && !new CheckpointForm().holds(path)
        ? GgufForm.only(path).orElse(path)
        : path;
  }

  /**
   * Opens a model of any form without reading its weights.
   *
   * @param path a checkpoint directory, a GGUF file or a directory with one in it
   * @param name of the model if the path has none to show, such as a directory of the hub's cache
   * @throws InputException if there is none of a known form, or it is damaged or not supported
   * @throws IOException if a file cannot be read
   */
  public static StoredModel open(Path path, String name) throws IOException {
    for (ModelForm form : FORMS) {
      if (form.holds(path)) {
        return form.open(path, name);
      }
    }
    throw new InputException(
        path + " holds no model: no config.json, and no GGUF",
        "name a checkpoint directory, a GGUF file or a result of LQMF");
  }

  /** Opens a tokenizer. */
  @FunctionalInterface
  public interface TokenizerOpener {
    /**
     * A tokenizer, closed by the caller.
     *
     * @throws InputException if there is none that can be used
     */
    TextTokenizer open() throws IOException;
  }

  /** Reads a chat template. */
  @FunctionalInterface
  public interface TemplateReader {
    /**
     * The template; empty if the model has none.
     *
     * @throws InputException if it is not one
     */
    Optional<ChatTemplate> read() throws IOException;
  }

  /** Bits of all tensors by the number of weights; 0 if there are none. */
  public double bitsPerWeight() {
    return elements == 0 ? 0 : 8.0 * bytes / elements;
  }

  /**
   * The size of the model as people see it everywhere: of the files that hold its tensors, as a
   * directory shows them, with their headers and, in a GGUF, the vocabulary.
   */
  public long fileBytes() throws IOException {
    Set<Path> files = new HashSet<>();
    if (source instanceof GgufFile gguf) {
      files.addAll(gguf.paths());
    } else {
      source.tensors().forEach(tensor -> files.add(Path.of(source.file(tensor))));
    }
    long sum = 0;
    for (Path file : files) {
      sum += Files.size(file);
    }
    return sum;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
