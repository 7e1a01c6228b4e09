package dev.lqmf.model;

import dev.lqmf.model.arch.Architectures;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What can be made of a model, and why not the rest: found out from its configuration, its
 * tokenizer and the headers of its weights. A model of an unknown class is understood as far as its
 * tensors tell.
 *
 * @param path what was looked at
 * @param modelClass the Transformers class, or a GGUF's architecture; empty if nothing says it
 * @param family llama.cpp's architecture, or the family's own name if it has none; empty if the
 *     class is unknown
 * @param tensors as they are stored
 * @param linear those of them that are matrices of linear layers, which GPTQ and bitsandbytes
 *     quantize: neither embeddings nor the output
 * @param gguf whether the model can become a GGUF
 * @param gptq whether it can become a GPTQ checkpoint
 * @param bitsandbytes whether it can become a bitsandbytes checkpoint
 * @param converted the model as GGUF has it, if it can become one
 * @param losses what a GGUF or llama.cpp cannot do as the model does; sentences without a full stop
 */
public record CompatibilityReport(
    Path path,
    String modelClass,
    String family,
    List<TensorInfo> tensors,
    List<TensorInfo> linear,
    Method gguf,
    Method gptq,
    Method bitsandbytes,
    Optional<Converted> converted,
    List<String> losses) {

  /** Modules whose matrices are no linear layers inside the model. */
  private static final Set<String> NOT_LINEAR =
      Set.of(
          "embed_tokens",
          "embed_in",
          "embed_positions",
          "wte",
          "wpe",
          "word_embeddings",
          "position_embeddings",
          "token_type_embeddings",
          "shared",
          "relative_attention_bias",
          "embedding",
          "embeddings",
          "lm_head",
          "embed_out",
          "output_layer",
          "conv1d");

  /** Weights of 4 bits in a word of 32, and rows of packed zero points in such a word. */
  private static final long GPTQ_WORD = 8;

  /**
   * One way to quantize.
   *
   * @param applies whether it can be done
   * @param reason what will be quantized, or why it cannot be done and what to do instead
   */
  public record Method(boolean applies, String reason) {
    private static Method yes(String reason) {
      return new Method(true, reason);
    }

    private static Method no(String reason) {
      return new Method(false, reason);
    }

    private static Method no(InputException e) {
      return no(e.getMessage() + "; " + e.mend());
    }
  }

  /** A model as GGUF has it, without the weights. */
  public record Converted(GgufMetadata metadata, List<TensorInfo> tensors) {}

  /** Number of weights. */
  public long parameters() {
    return tensors.stream().mapToLong(t -> t.shape().elements()).sum();
  }

  /** Whether the class is one of those that LQMF has a table for. */
  public boolean isKnown() {
    return !family.isEmpty();
  }

  /**
   * Looks at a checkpoint directory or a GGUF file.
   *
   * @throws InputException if it is neither, or damaged
   */
  public static CompatibilityReport of(Path path) throws IOException {
    return Files.isDirectory(path) ? ofCheckpoint(path) : ofGguf(path);
  }

  private static CompatibilityReport ofGguf(Path file) throws IOException {
    try (GgufModel model = GgufModel.fromGguf(file)) {
      String name = model.metadata().string("general.architecture").orElse("");
      List<TensorInfo> tensors = model.tensors().tensors();
      boolean known = Architectures.hasGguf(name);
      boolean quantized = tensors.stream().anyMatch(t -> t.type().isQuantized());
      Method other = Method.no("start from the checkpoint that this GGUF was made from");
      return new CompatibilityReport(
          file,
          name,
          known ? name : "",
          tensors,
          List.of(),
          Method.yes(
              quantized
                  ? "it is quantized already: another type, with --allow-requantize, is worse than"
                      + " from full precision"
                  : "it is a GGUF in full precision"),
          other,
          other,
          Optional.of(new Converted(model.metadata(), tensors)),
          List.of());
    }
  }

  private static CompatibilityReport ofCheckpoint(Path directory) throws IOException {
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    String modelClass = config.strings("architectures").stream().findFirst().orElse("");
    Optional<Architecture> architecture = Architectures.find(modelClass);
    List<TensorInfo> tensors;
    try (TensorSource source = Checkpoints.open(directory)) {
      tensors = source.tensors();
    }
    List<TensorInfo> linear = tensors.stream().filter(CompatibilityReport::isLinear).toList();
    Method gguf;
    Optional<Converted> converted = Optional.empty();
    List<String> losses = List.of();
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      gguf = Method.yes("as " + architecture.map(Architecture::name).orElse(""));
      converted = Optional.of(new Converted(model.metadata(), model.tensors().tensors()));
      losses = model.notes();
    } catch (InputException e) {
      gguf = Method.no(e);
    }
    Optional<String> quantized =
        config
            .object("quantization_config")
            .filter(q -> !q.isEmpty())
            .map(q -> q.string("quant_method").orElse("an unnamed method"));
    return new CompatibilityReport(
        directory,
        modelClass,
        architecture.map(Architecture::name).orElse(""),
        tensors,
        linear,
        gguf,
        gptq(modelClass, architecture.isPresent(), linear, quantized),
        bitsandbytes(linear, quantized),
        converted,
        losses);
  }

  private static Method gptq(
      String modelClass, boolean known, List<TensorInfo> linear, Optional<String> quantized) {
    Optional<Method> refused = refused(linear, quantized);
    if (refused.isPresent()) {
      return refused.get();
    }
    if (!known) {
      return Method.no(
          "it needs a forward pass to calibrate with, which %s has none of here; bitsandbytes needs none"
              .formatted(modelClass.isEmpty() ? "an unnamed class" : modelClass));
    }
    long fitting = linear.stream().filter(CompatibilityReport::isPackable).count();
    if (fitting == 0) {
      return Method.no("none of its matrices has sides that 8 divides, as packed words need");
    }
    return Method.yes(
        fitting == linear.size()
            ? "%d linear layers".formatted(fitting)
            : "%d of %d linear layers; the others have sides that 8 does not divide"
                .formatted(fitting, linear.size()));
  }

  private static Method bitsandbytes(List<TensorInfo> linear, Optional<String> quantized) {
    return refused(linear, quantized)
        .orElseGet(() -> Method.yes("%d linear layers".formatted(linear.size())));
  }

  private static Optional<Method> refused(List<TensorInfo> linear, Optional<String> quantized) {
    if (quantized.isPresent()) {
      return Optional.of(
          Method.no(
              "the weights are quantized already (%s); start from the checkpoint in full precision"
                  .formatted(quantized.get())));
    }
    return linear.isEmpty()
        ? Optional.of(Method.no("there are no matrices of linear layers"))
        : Optional.empty();
  }

  private static boolean isPackable(TensorInfo tensor) {
    return tensor.shape().dim(0) % GPTQ_WORD == 0 && tensor.shape().dim(1) % GPTQ_WORD == 0;
  }

  private static boolean isLinear(TensorInfo tensor) {
    String name = tensor.name();
    boolean matrix =
        tensor.shape().rank() == 2
            && name.endsWith(".weight")
            && switch (tensor.type()) {
              case F32, F16, BF16, F64 -> true;
              default -> false;
            };
    if (!matrix) {
      return false;
    }
    String[] parts = name.split("\\.", -1);
    String module = parts.length < 2 ? "" : parts[parts.length - 2];
    return !NOT_LINEAR.contains(module) && !module.contains("norm");
  }
}
