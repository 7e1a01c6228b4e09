package dev.lqmf.model;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.view.ScaledWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Checkpoints whose weights are stored in 8-bit floats beside their scales: as DeepSeek and Qwen
 * publish them ({@code fp8}, blocks of 128 × 128, {@code weight_scale_inv}) or as
 * compressed-tensors writes them ({@code weight_scale}). The scales are multiplied in, in float32,
 * as llama.cpp's converter does ({@code dequant_model}). Other quantized checkpoints are refused.
 */
final class QuantizedInput {
  private static final List<String> UNUSED =
      List.of("activation_scale", ".input_scale", ".k_scale", ".v_scale");

  private final HfConfig config;
  private final HfConfig quantization;

  private QuantizedInput(HfConfig config, HfConfig quantization) {
    this.config = config;
    this.quantization = quantization;
  }

  /**
   * The tensors with scales multiplied in; all of them as they are if the checkpoint is not
   * quantized.
   *
   * @throws InputException if it is quantized in another way; the message names the method
   */
  static Map<String, Weights> decoded(HfConfig config, Map<String, Weights> stored) {
    Optional<HfConfig> quantization = config.object("quantization_config");
    if (quantization.isEmpty() || quantization.get().isEmpty()) {
      return stored;
    }
    var input = new QuantizedInput(config, quantization.get());
    String method = quantization.get().string("quant_method").orElse("");
    return switch (method) {
      case "fp8" -> input.scaled(stored, "_scale_inv", input.block("weight_block_size"));
      case "compressed-tensors" -> input.compressedTensors(stored);
      default -> throw input.refused(method.isEmpty() ? "no quant_method" : method);
    };
  }

  private Map<String, Weights> compressedTensors(Map<String, Weights> stored) {
    String format = quantization.string("format").orElse("");
    if (!format.equals("float-quantized") && !format.equals("naive-quantized")) {
      throw refused("compressed-tensors, format " + format);
    }
    return scaled(stored, "_scale", new long[0]);
  }

  private InputException refused(String method) {
    return new InputException(
        "%s: the weights are quantized already (quantization_config: %s)"
            .formatted(config.file(), method),
        "start from the checkpoint that this one was made from, in BF16, F16 or F32");
  }

  private long[] block(String key) {
    List<Long> sizes = quantization.integers(key);
    if (!sizes.isEmpty() && (sizes.size() != 2 || sizes.stream().anyMatch(s -> s <= 0))) {
      throw new InputException(
          "%s: %s is %s, but must be rows and columns of a block"
              .formatted(config.file(), key, sizes),
          "correct the configuration, or download it again");
    }
    return sizes.stream().mapToLong(Long::longValue).toArray();
  }

  private Map<String, Weights> scaled(Map<String, Weights> stored, String suffix, long[] block) {
    Map<String, Weights> decoded = new LinkedHashMap<>();
    stored.forEach(
        (name, weights) -> {
          if (name.endsWith(suffix) && stored.containsKey(base(name, suffix))
              || UNUSED.stream().anyMatch(name::endsWith)) {
            return;
          }
          Weights scales = stored.get(name + suffix);
          decoded.put(name, scales == null ? weights : scaled(name, weights, scales, block));
        });
    return decoded;
  }

  private static String base(String name, String suffix) {
    return name.substring(0, name.length() - suffix.length());
  }

  private Weights scaled(String name, Weights weights, Weights scales, long[] block) {
    Shape shape = weights.shape();
    long rows = Math.max(1, shape.rows());
    long columns = Math.max(1, shape.rowLength());
    long count = scales.shape().elements();
    try {
      if (block.length == 2) {
        return new ScaledWeights(weights, scales, block[0], block[1]);
      }
      if (count == 1) {
        return new ScaledWeights(weights, scales, rows, columns);
      }
      if (count == rows) {
        return new ScaledWeights(weights, scales, 1, columns);
      }
      // Blocks whose size is not stated: those of the format, 128 × 128.
      return new ScaledWeights(weights, scales, 128, 128);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "%s: tensor %s cannot be decoded: %s"
              .formatted(config.file(), InputException.quote(name), e.getMessage()),
          "check that the configuration belongs to these weights",
          e);
    }
  }
}
