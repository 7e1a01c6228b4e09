package dev.lqmf.factory;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * What a user asks for: a model, and what to make of it.
 *
 * @param input a checkpoint directory, a GGUF file (the first of a split set stands for all) or a
 *     hub id {@code org/name[@revision]}
 * @param method the way to quantize, with its options
 * @param outputRoot each output becomes a directory in here
 * @param threads number of worker threads, at least 1; it does not change the bytes
 * @param dryRun stop after planning
 * @param force make the outputs again even if the same results are already there
 */
public record QuantizeRequest(
    String input, QuantMethod method, Path outputRoot, int threads, boolean dryRun, boolean force) {

  /** Where results go unless the user says otherwise. */
  public static final Path DEFAULT_OUTPUT_ROOT = Path.of("quantized-models");

  /**
   * Checks what can be checked without touching a file.
   *
   * @throws InputException if a number is out of range
   */
  public QuantizeRequest {
    if (threads < 1) {
      throw new InputException("cannot work with " + threads + " threads", "use at least 1");
    }
  }

  /** The same by another method. */
  public QuantizeRequest with(QuantMethod other) {
    return new QuantizeRequest(input, other, outputRoot, threads, dryRun, force);
  }

  /** A request for GGUF files with everything else at its default. */
  public static GgufBuilder of(String input, List<GgufFileType> types) {
    return new GgufBuilder(input, types);
  }

  /** A request with everything else at its default. */
  public static Builder of(String input, QuantMethod method) {
    return new Builder(input, method);
  }

  /** Collects the optional parts of a request. */
  public static final class Builder extends Parts<Builder> {
    private final QuantMethod method;

    private Builder(String input, QuantMethod method) {
      super(input);
      this.method = method;
    }

    /**
     * The finished request.
     *
     * @throws InputException as the record's constructor
     */
    public QuantizeRequest build() {
      return build(() -> method);
    }

    @Override
    Builder self() {
      return this;
    }
  }

  /** Collects the optional parts of a request for GGUF files. */
  public static final class GgufBuilder extends Parts<GgufBuilder> {
    private final List<GgufFileType> types;
    private MixOptions mix = MixOptions.NONE;
    private Optional<GgufMethod.Importance> imatrix = Optional.empty();
    private OptionalLong splitMaxSize = OptionalLong.empty();

    private GgufBuilder(String input, List<GgufFileType> types) {
      super(input);
      this.types = types;
    }

    public GgufBuilder mix(MixOptions options) {
      this.mix = options;
      return this;
    }

    public GgufBuilder imatrix(Path file) {
      this.imatrix = Optional.of(new GgufMethod.Importance.File(file));
      return this;
    }

    public GgufBuilder splitMaxSize(long bytes) {
      this.splitMaxSize = OptionalLong.of(bytes);
      return this;
    }

    /**
     * The finished request.
     *
     * @throws InputException as the constructors of the record and of {@link GgufMethod}
     */
    public QuantizeRequest build() {
      return build(() -> new GgufMethod(types, mix, imatrix, splitMaxSize));
    }

    @Override
    GgufBuilder self() {
      return this;
    }
  }

  /** What all methods have. */
  abstract static sealed class Parts<B extends Parts<B>> {
    private final String input;
    private Path outputRoot = DEFAULT_OUTPUT_ROOT;
    private int threads = Runtime.getRuntime().availableProcessors();
    private boolean dryRun;
    private boolean force;

    private Parts(String input) {
      this.input = input;
    }

    abstract B self();

    public B outputRoot(Path directory) {
      this.outputRoot = directory;
      return self();
    }

    public B threads(int count) {
      this.threads = count;
      return self();
    }

    public B dryRun(boolean value) {
      this.dryRun = value;
      return self();
    }

    public B force(boolean value) {
      this.force = value;
      return self();
    }

    final QuantizeRequest build(Supplier<QuantMethod> method) {
      return new QuantizeRequest(input, method.get(), outputRoot, threads, dryRun, force);
    }
  }
}
