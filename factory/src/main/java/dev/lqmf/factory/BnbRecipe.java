package dev.lqmf.factory;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The recipe of a bitsandbytes checkpoint.
 *
 * @param method {@code bnb}
 * @param encoderRevision {@link #ENCODER_REVISION} of the program that makes it
 * @param model name of the model
 * @param modelType {@code model_type} of its configuration
 * @param source fingerprint of configuration, other files and weights
 * @param bits 4 or 8
 * @param quantType {@code nf4} or {@code fp4}, of four bits
 * @param blockSize weights that share a scale, of four bits
 * @param doubleQuant whether scales are quantized, of four bits
 * @param storage type under which packed codes are stored, of four bits
 * @param skip modules that are left, as the user named them
 */
@JsonInclude(JsonInclude.Include.NON_ABSENT)
record BnbRecipe(
    String method,
    int encoderRevision,
    String model,
    String modelType,
    String source,
    int bits,
    Optional<String> quantType,
    OptionalInt blockSize,
    Optional<Boolean> doubleQuant,
    Optional<TensorType> storage,
    List<String> skip)
    implements Recipe {

  /** Raised whenever the same input and options begin to give other bytes. */
  static final int ENCODER_REVISION = 1;

  static BnbRecipe of(String model, String modelType, String source, BnbOptions options) {
    boolean four = options.isFourBit();
    return new BnbRecipe(
        BnbMethod.NAME,
        ENCODER_REVISION,
        model,
        modelType,
        source,
        options.bits(),
        four ? Optional.of(options.format().label()) : Optional.empty(),
        four ? OptionalInt.of(options.blockSize()) : OptionalInt.empty(),
        four ? Optional.of(options.doubleQuant()) : Optional.empty(),
        four ? Optional.of(options.storage()) : Optional.empty(),
        options.skip());
  }
}
