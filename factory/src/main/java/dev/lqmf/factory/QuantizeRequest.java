package dev.lqmf.factory;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a user asks for: a model, and the GGUF files to make of it.
 *
 * @param input a checkpoint directory, a GGUF file (the first of a split set stands for all) or a
 *     hub id {@code org/name[@revision]}
 * @param types the outputs, at least one, without duplicates; all are made in one reading
 * @param outputRoot each output becomes a directory {@code <model>_gguf_<TYPE>} in here
 * @param mix options about the types of single tensors
 * @param imatrix importance matrix file
 * @param splitMaxSize largest sum of tensor bytes in one file of an output; absent: one file
 * @param threads number of worker threads, at least 1; it does not change the bytes
 * @param dryRun stop after planning
 * @param force make the outputs again even if the same results are already there
 */
public record QuantizeRequest(
    String input,
    List<GgufFileType> types,
    Path outputRoot,
    MixOptions mix,
    Optional<Path> imatrix,
    OptionalLong splitMaxSize,
    int threads,
    boolean dryRun,
    boolean force) {

  /** Where results go unless the user says otherwise. */
  public static final Path DEFAULT_OUTPUT_ROOT = Path.of("quantized-models");

  /**
   * Checks what can be checked without touching a file.
   *
   * @throws InputException if no type is given, one is given twice, or a number is out of range
   */
  public QuantizeRequest {
    types = List.copyOf(types);
    if (types.isEmpty()) {
      throw new InputException("no output type given", "name at least one, as in --type Q4_K_M");
    }
    if (types.stream().distinct().count() != types.size()) {
      throw new InputException("an output type is given twice in " + types, "name each once");
    }
    if (threads < 1) {
      throw new InputException("cannot work with " + threads + " threads", "use at least 1");
    }
    if (splitMaxSize.isPresent() && splitMaxSize.getAsLong() < 1) {
      throw new InputException(
          "a file of at most " + splitMaxSize.getAsLong() + " bytes holds no tensor",
          "give a larger split size, as in 2G");
    }
  }

  /** A request with everything else at its default. */
  public static Builder of(String input, List<GgufFileType> types) {
    return new Builder(input, types);
  }

  /** Collects the optional parts of a request. */
  public static final class Builder {
    private final String input;
    private final List<GgufFileType> types;
    private Path outputRoot = DEFAULT_OUTPUT_ROOT;
    private MixOptions mix = MixOptions.NONE;
    private Optional<Path> imatrix = Optional.empty();
    private OptionalLong splitMaxSize = OptionalLong.empty();
    private int threads = Runtime.getRuntime().availableProcessors();
    private boolean dryRun;
    private boolean force;

    private Builder(String input, List<GgufFileType> types) {
      this.input = input;
      this.types = types;
    }

    public Builder outputRoot(Path directory) {
      this.outputRoot = directory;
      return this;
    }

    public Builder mix(MixOptions options) {
      this.mix = options;
      return this;
    }

    public Builder imatrix(Path file) {
      this.imatrix = Optional.of(file);
      return this;
    }

    public Builder splitMaxSize(long bytes) {
      this.splitMaxSize = OptionalLong.of(bytes);
      return this;
    }

    public Builder threads(int count) {
      this.threads = count;
      return this;
    }

    public Builder dryRun(boolean value) {
      this.dryRun = value;
      return this;
    }

    public Builder force(boolean value) {
      this.force = value;
      return this;
    }

    /**
     * The finished request.
     *
     * @throws InputException as the record's constructor
     */
    public QuantizeRequest build() {
      return new QuantizeRequest(
          input, types, outputRoot, mix, imatrix, splitMaxSize, threads, dryRun, force);
    }
  }
}
