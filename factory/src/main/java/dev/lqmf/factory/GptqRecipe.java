package dev.lqmf.factory;

import dev.lqmf.factory.calibration.CalibrationTokens;
import dev.lqmf.quant.gptq.GptqSettings;
import java.util.Locale;

/**
 * The recipe of a GPTQ checkpoint.
 *
 * @param method {@code gptq}
 * @param encoderRevision {@link #ENCODER_REVISION} of the program that makes it
 * @param model name of the model
 * @param modelType {@code model_type} of its configuration
 * @param source fingerprint of configuration, other files and weights
 * @param bits of a code
 * @param groupSize inputs that share a scale; −1: all
 * @param symmetric whether the zero point is in the middle
 * @param descAct whether inputs come in the order of their activations
 * @param staticGroups whether scales are found first
 * @param damp relative damping of the Hessian
 * @param head whether the output head is quantized
 * @param calibration what the model read
 * @param device where it was computed: devices round differently
 */
record GptqRecipe(
    String method,
    int encoderRevision,
    String model,
    String modelType,
    String source,
    int bits,
    int groupSize,
    boolean symmetric,
    boolean descAct,
    boolean staticGroups,
    double damp,
    boolean head,
    Calibration calibration,
    String device)
    implements Recipe {

  /** Raised whenever the same input and options begin to give other bytes. */
  static final int ENCODER_REVISION = 2;

  /**
   * What the model read.
   *
   * @param text name of the text
   * @param samples sequences
   * @param length tokens of a sequence
   * @param sha256 of the tokens as little-endian int32, in hex
   */
  record Calibration(String text, int samples, int length, String sha256) {}

  static GptqRecipe of(
      String model,
      String modelType,
      String source,
      GptqOptions options,
      String text,
      CalibrationTokens tokens) {
    GptqSettings settings = options.settings();
    return new GptqRecipe(
        GptqMethod.NAME,
        ENCODER_REVISION,
        model,
        modelType,
        source,
        settings.bits(),
        settings.groupSize(),
        settings.symmetric(),
        settings.actOrder(),
        settings.staticGroups(),
        settings.damp(),
        options.head(),
        new Calibration(text, tokens.count(), tokens.length(), tokens.sha256()),
        options.device().name().toLowerCase(Locale.ROOT));
  }
}
