package dev.lqmf.model;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.arch.Family;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
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
 * @param linear those of them that are matrices of linear layers, neither embeddings nor the
 *     output: GPTQ quantizes them all
 * @param bitsandbytesLinear those of them that Transformers can load from a bitsandbytes checkpoint
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
    List<TensorInfo> bitsandbytesLinear,
    Method gguf,
    Method gptq,
    Method bitsandbytes,
    Optional<Converted> converted,
    List<String> losses) {

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
      boolean known = Families.hasGguf(name);
      boolean quantized = tensors.stream().anyMatch(t -> t.type().isQuantized());
      Method other = Method.no("start from the checkpoint that this GGUF was made from");
      return new CompatibilityReport(
          file,
          name,
          known ? name : "",
          tensors,
          List.of(),
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
    Optional<Family> family = Families.find(modelClass);
    List<TensorInfo> tensors;
    try (TensorSource source = Checkpoints.open(directory)) {
      tensors = source.tensors();
    }
    LinearLayers layers = LinearLayers.of(config);
    List<TensorInfo> linear = tensors.stream().filter(t -> layers.role(t).isLinear()).toList();
    List<TensorInfo> loadable =
        linear.stream().filter(t -> layers.role(t).isBitsAndBytes()).toList();
    Method gguf;
    Optional<Converted> converted = Optional.empty();
    List<String> losses = List.of();
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      gguf = Method.yes("as " + family.map(Family::name).orElse(""));
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
        family.map(Family::name).orElse(""),
        tensors,
        linear,
        loadable,
        gguf,
        gptq(config, modelClass, linear, quantized),
        bitsandbytes(layers, linear, loadable.size(), quantized),
        converted,
        losses);
  }

  private static Method gptq(
      HfConfig config, String modelClass, List<TensorInfo> linear, Optional<String> quantized) {
    Optional<Method> refused = refused(linear, quantized);
    if (refused.isPresent()) {
      return refused.get();
    }
    if (!Families.runs(modelClass)) {
      return Method.no(
          "it needs a forward pass to calibrate with, which %s has none of here; bitsandbytes needs none"
              .formatted(modelClass.isEmpty() ? "an unnamed class" : modelClass));
    }
    try {
      Families.network(config);
    } catch (InputException e) {
      return Method.no(e);
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

  private static Method bitsandbytes(
      LinearLayers layers, List<TensorInfo> linear, int fitting, Optional<String> quantized) {
    Optional<Method> refused = refused(linear, quantized);
    if (refused.isPresent()) {
      return refused.get();
    }
    if (fitting == 0) {
      return Method.no(
          linear.stream().anyMatch(t -> layers.role(t) == LinearLayers.Role.OWN)
              ? "its linear layers are of a class of their own, which Transformers does not load"
                  + " quantized; GGUF can"
              : "Transformers loads none of its linear layers quantized");
    }
    return Method.yes(
        fitting == linear.size()
            ? "%d linear layers".formatted(fitting)
            : "%d of %d linear layers; Transformers does not load the others quantized"
                .formatted(fitting, linear.size()));
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
}
