package dev.lqmf.app;

import dev.lqmf.factory.BnbMethod;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.FourBitFormat;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of {@code quantize} for bitsandbytes checkpoints. */
final class BnbFlags {
  @Option(
      names = "--quant-type",
      paramLabel = "TYPE",
      description = "4 bits: nf4 or fp4 (default: nf4).")
  @Nullable String quantType;

  @Option(
      names = "--block-size",
      paramLabel = "N",
      description = "4 bits: weights that share a scale, 32, 64, ... 4096 (default: 64).")
  @Nullable Integer blockSize;

  @Option(
      names = "--no-double-quant",
      description = "4 bits: keep the scales in 32 bits instead of 8.")
  boolean noDoubleQuant;

  @Option(
      names = "--quant-storage",
      paramLabel = "TYPE",
      description =
          "4 bits: the type that packed weights are stored as, uint8 or bfloat16 (default:"
              + " uint8).")
  @Nullable String quantStorage;

  @Option(
      names = "--skip",
      split = ",",
      paramLabel = "MODULE",
      description = "Modules to leave as they are, by path or its end: down_proj,o_proj.")
  List<String> skip = List.of();

  /** The method that they describe. */
  BnbMethod method(@Nullable Integer bits) {
    BnbOptions usual = BnbOptions.DEFAULT;
    int chosenBits = bits == null ? usual.bits() : bits;
    if (chosenBits == 8) {
      refuseForRows("--quant-type", quantType != null);
      refuseForRows("--block-size", blockSize != null);
      refuseForRows("--no-double-quant", noDoubleQuant);
      refuseForRows("--quant-storage", quantStorage != null);
    }
    return new BnbMethod(
        new BnbOptions(
            chosenBits,
            quantType == null ? usual.format() : FourBitFormat.parse(quantType),
            blockSize == null ? usual.blockSize() : blockSize,
            !noDoubleQuant,
            quantStorage == null ? usual.storage() : storage(quantStorage),
            skip));
  }

  private static TensorType storage(String name) {
    return switch (name) {
      case "uint8" -> TensorType.U8;
      case "bfloat16", "bf16" -> TensorType.BF16;
      default ->
          throw new InputException(
              "packed weights cannot be stored as " + InputException.quote(name),
              "use uint8 or bfloat16");
    };
  }

  private static void refuseForRows(String option, boolean given) {
    if (given) {
      throw new InputException(option + " does not apply to --bits 8", "leave it out");
    }
  }
}
