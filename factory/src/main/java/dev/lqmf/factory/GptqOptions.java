package dev.lqmf.factory;

import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a user asks of GPTQ.
 *
 * @param settings of the codes
 * @param samples sequences to calibrate with, at most
 * @param sequenceLength tokens of such a sequence; absent: 512, or what the model reads if that is
 *     less
 * @param calibration the text; absent: the one that comes with the program
 * @param head whether the output head is quantized, too
 * @param device where to compute
 */
public record GptqOptions(
    GptqSettings settings,
    int samples,
    OptionalInt sequenceLength,
    Optional<Path> calibration,
    boolean head,
    ComputeDevice device) {

  /** Sequences, unless the user says otherwise. */
  public static final int DEFAULT_SAMPLES = 128;

  /** Tokens of a sequence, unless the user or the model says otherwise. */
  public static final int DEFAULT_LENGTH = 512;

  /** 4 bits, groups of 128, 128 sequences of the text that comes with the program. */
  public static final GptqOptions DEFAULTS =
      new GptqOptions(
          GptqSettings.DEFAULTS,
          DEFAULT_SAMPLES,
          OptionalInt.empty(),
          Optional.empty(),
          false,
          ComputeDevice.CPU);

  /** The same, computed on the processor. */
  GptqOptions onCpu() {
    return new GptqOptions(settings, samples, sequenceLength, calibration, head, ComputeDevice.CPU);
  }

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public GptqOptions {
    if (samples < 1) {
      throw new InputException(
          "cannot calibrate with %d samples".formatted(samples), "use at least 1, better 128");
    }
    if (sequenceLength.isPresent() && sequenceLength.getAsInt() < 2) {
      throw new InputException(
          "sequences of %d tokens teach nothing".formatted(sequenceLength.getAsInt()),
          "use at least 2, better 512");
    }
  }
}
