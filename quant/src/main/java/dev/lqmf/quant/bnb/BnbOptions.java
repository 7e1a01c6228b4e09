package dev.lqmf.quant.bnb;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How to quantize with bitsandbytes.
 *
 * @param bits 4 or 8
 * @param format of four bits
 * @param blockSize weights that share a scale, of four bits: 32, 64, … 4096
 * @param doubleQuant whether these scales are quantized, too
 * @param storage the type under which packed codes are stored: U8 or BF16 (as some ways of sharding
 *     a model need it); the bytes are the same
 * @param skip modules to leave as they are: paths, or the ends of paths, as in {@code lm_head} or
 *     {@code layers.0.mlp.down_proj}
 */
public record BnbOptions(
    int bits,
    FourBitFormat format,
    int blockSize,
    boolean doubleQuant,
    TensorType storage,
    List<String> skip) {

  /** The library's block sizes. */
  private static final Set<Integer> BLOCK_SIZES =
      new TreeSet<>(Set.of(32, 64, 128, 256, 512, 1024, 2048, 4096));

  private static final Set<Integer> BITS = new TreeSet<>(Set.of(4, 8));

  /** NF4 in blocks of 64 with double quantization. */
  public static final BnbOptions DEFAULT =
      new BnbOptions(4, FourBitFormat.NF4, 64, true, TensorType.U8, List.of());

  /**
   * Checks the numbers.
   *
   * @throws InputException if the library has no such format
   */
  public BnbOptions {
    skip = List.copyOf(skip);
    if (!BITS.contains(bits)) {
      throw new InputException("bitsandbytes has no format of " + bits + " bits", "use 4 or 8");
    }
    if (!BLOCK_SIZES.contains(blockSize)) {
      throw new InputException(
          "bitsandbytes has no blocks of " + blockSize + " weights",
          "use one of "
              + String.join(", ", BLOCK_SIZES.stream().map(n -> Integer.toString(n)).toList()));
    }
    if (storage != TensorType.U8 && storage != TensorType.BF16) {
      throw new InputException(
          "packed codes cannot be stored as " + storage, "use uint8 or bfloat16");
    }
    if (skip.stream().anyMatch(String::isBlank)) {
      throw new InputException("a module to skip has no name", "name it, as in --skip down_proj");
    }
  }

  public boolean isFourBit() {
    return bits == 4;
  }

  /** {@code NF4}, {@code FP4} or {@code INT8}. */
  public String label() {
    return isFourBit() ? format.name() : "INT8";
  }

  /** Whether a module is to be left: its path, or the end of it, is one of those to skip. */
  public boolean skips(String module) {
    return skip.stream().anyMatch(s -> module.equals(s) || module.endsWith("." + s));
  }
}
