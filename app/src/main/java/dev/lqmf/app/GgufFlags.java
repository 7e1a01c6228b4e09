package dev.lqmf.app;

import dev.lqmf.factory.GgufMethod;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixTypes;
import dev.lqmf.quant.mix.TypeOverride;
import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code quantize} for GGUF files. */
final class GgufFlags {
  @Option(
      names = {"-t", "--type"},
      split = ",",
      completionCandidates = TypeNames.class,
      paramLabel = "TYPE",
      description = "What to make; several at once: Q4_K_M,Q8_0. 'lqmf types' explains them.")
  List<String> types = List.of();

  @Option(
      names = "--imatrix",
      paramLabel = "FILE",
      description = "Importance matrix: spends the precision where the model needs it.")
  @Nullable Path imatrix;

  @Option(
      names = "--calibrate",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "FILE",
      description =
          "Measure an importance matrix first, with a text (default: one that LQMF has), and use it.")
  @Nullable String calibrate;

  @Option(
      names = "--tensor-type",
      paramLabel = "PATTERN=TYPE",
      description =
          "A type for tensors whose names match a regular expression; repeatable, the first match"
              + " counts.")
  List<String> tensorTypes = List.of();

  @Option(
      names = "--output-tensor-type",
      paramLabel = "TYPE",
      description = "The type of output.weight.")
  @Nullable String outputTensorType;

  @Option(
      names = "--token-embedding-type",
      paramLabel = "TYPE",
      description = "The type of token_embd.weight.")
  @Nullable String tokenEmbeddingType;

  @Option(names = "--pure", description = "The same type for all tensors: no mix.")
  boolean pure;

  @Option(names = "--leave-output-tensor", description = "Keep output.weight as it is stored.")
  boolean leaveOutputTensor;

  @Option(
      names = "--allow-requantize",
      description = "Accept quantized input; the result is worse than from full precision.")
  boolean allowRequantize;

  @Option(
      names = "--split-max-size",
      paramLabel = "SIZE",
      description = "Split each result into files of at most this size, as in 2G or 500M.")
  @Nullable String splitMaxSize;

  /**
   * The method that they describe.
   *
   * @param recommended whether to take the recommended type if none is given
   */
  GgufMethod method(boolean recommended) {
    MixOptions mix =
        new MixOptions(
            tensorTypes.stream().map(TypeOverride::parse).toList(),
            Optional.ofNullable(outputTensorType).map(MixTypes::parse),
            Optional.ofNullable(tokenEmbeddingType).map(MixTypes::parse),
            pure,
            leaveOutputTensor,
            allowRequantize);
    return new GgufMethod(
        types.isEmpty() && recommended
            ? List.of(QuantizeGuide.RECOMMENDED)
            : types.stream().map(GgufFileType::parse).toList(),
        mix,
        importance(),
        splitMaxSize == null
            ? OptionalLong.empty()
            : OptionalLong.of(ByteSize.parse(splitMaxSize)));
  }

  private Optional<GgufMethod.Importance> importance() {
    if (imatrix != null && calibrate != null) {
      throw new InputException("--imatrix and --calibrate exclude each other", "give one of them");
    }
    if (calibrate != null) {
      Optional<Path> text =
          calibrate.isEmpty() ? Optional.empty() : Optional.of(Path.of(calibrate));
      return Optional.of(new GgufMethod.Importance.Measured(text));
    }
    return Optional.ofNullable(imatrix).map(GgufMethod.Importance.File::new);
  }

  /** The types' names, for completion. */
  static final class TypeNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(GgufFileType.values()).map(Enum::name).iterator();
    }
  }
}
