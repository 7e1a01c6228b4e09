package dev.lqmf.app;

import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.GptqOptions;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code quantize} for GPTQ checkpoints. */
final class GptqFlags {
  @Option(
      names = "--group-size",
      paramLabel = "N",
      description =
          "Inputs that share a scale, 32, 64, 128, or -1 for all of an output (default: 128).")
  @Nullable Integer groupSize;

  @Option(names = "--sym", description = "The zero point is in the middle (the default).")
  boolean symmetric;

  @Option(
      names = "--asym",
      description = "A zero point for each group, which suits skewed weights.")
  boolean asymmetric;

  @Option(
      names = "--desc-act",
      description = "Inputs with large activations first; better, but slower to run.")
  boolean descAct;

  @Option(
      names = "--damp",
      paramLabel = "X",
      description = "Damping of the Hessian, relative to its diagonal (default: 0.05).")
  @Nullable Double damp;

  @Option(
      names = "--calibration",
      paramLabel = "FILE",
      description = "A text like what the model will read (default: one that LQMF has).")
  @Nullable Path calibration;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description = "Sequences of that text to calibrate with, at most (default: 128).")
  @Nullable Integer samples;

  @Option(
      names = "--seqlen",
      paramLabel = "N",
      description = "Tokens of such a sequence (default: 512, or what the model reads).")
  @Nullable Integer sequenceLength;

  @Option(names = "--lm-head", description = "Quantize the output head, too.")
  boolean head;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Compute on cpu or cuda (default: cpu).")
  @Nullable String device;

  /** The method that they describe. */
  GptqMethod method(@Nullable Integer bits) {
    if (symmetric && asymmetric) {
      throw new InputException("--sym and --asym exclude each other", "give one of them");
    }
    GptqSettings usual = GptqSettings.DEFAULTS;
    return new GptqMethod(
        new GptqOptions(
            new GptqSettings(
                bits == null ? usual.bits() : bits,
                groupSize == null ? usual.groupSize() : groupSize,
                !asymmetric,
                descAct,
                usual.staticGroups(),
                damp == null ? usual.damp() : damp),
            samples == null ? GptqOptions.DEFAULT_SAMPLES : samples,
            sequenceLength == null ? OptionalInt.empty() : OptionalInt.of(sequenceLength),
            Optional.ofNullable(calibration),
            head,
            device == null ? ComputeDevice.CPU : ComputeDevice.named(device)));
  }
}
