package dev.lqmf.quant.gptq;

import dev.lqmf.tensor.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a model is quantized with GPTQ.
 *
 * @param bits of a code: 2, 3, 4 or 8
 * @param groupSize inputs that share a scale, a multiple of 32; −1: all of an output
 * @param symmetric whether the zero point is always the middle of the range
 * @param actOrder whether inputs are quantized in the order of their activations, the largest
 *     first: {@code desc_act}
 * @param staticGroups whether scales are found before the first input is quantized; with {@code
 *     actOrder}, groups are then consecutive inputs
 * @param damp what is added to the Hessian's diagonal, relative to its mean; above 0, below 1
 */
public record GptqSettings(
    int bits,
    int groupSize,
    boolean symmetric,
    boolean actOrder,
    boolean staticGroups,
    double damp) {

  /** 4 bits, groups of 128, symmetric, in the order of the inputs, damping of GPTQModel. */
  public static final GptqSettings DEFAULTS = new GptqSettings(4, 128, true, false, false, 0.05);

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public GptqSettings {
    if (bits != 2 && bits != 3 && bits != 4 && bits != 8) {
      throw new InputException("GPTQ has no codes of %d bits".formatted(bits), "use 2, 3, 4 or 8");
    }
    if (groupSize != -1 && (groupSize < 32 || groupSize % 32 != 0)) {
      throw new InputException(
          "groups of %d inputs are not supported".formatted(groupSize),
          "use a multiple of 32, or -1 for one group per output");
    }
    if (!(damp > 0 && damp < 1)) {
      throw new InputException(
          "a damping of %s is out of range".formatted(damp), "use a number between 0 and 1");
    }
  }

  /**
   * How zero points are stored: as v1, which all programs read; but asymmetric ones as v2, since
   * GPTQModel takes asymmetric v1 checkpoints from itself only.
   */
  public ZeroPoints form() {
    return symmetric ? ZeroPoints.V1 : ZeroPoints.V2;
  }

  /**
   * {@code quantization_config} of {@code config.json}, and all of {@code quantize_config.json}, in
   * the keys of GPTQModel 7.3.4.
   *
   * @param quantizer program and version, as in {@code lqmf:0.1.0}
   * @param head whether the output head is quantized
   * @param modules further keys, which tell what is quantized
   */
  public Map<String, Object> config(String quantizer, boolean head, Map<String, Object> modules) {
    Map<String, Object> meta = new LinkedHashMap<>();
    meta.put("quantizer", List.of(quantizer));
    meta.put("damp_percent", damp);
    meta.put("static_groups", staticGroups);
    meta.put("true_sequential", true);
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("bits", bits);
    config.put("group_size", groupSize);
    config.put("desc_act", actOrder);
    config.put("sym", symmetric);
    config.put("lm_head", head);
    config.put("quant_method", "gptq");
    config.put("checkpoint_format", form() == ZeroPoints.V2 ? "gptq_v2" : "gptq");
    config.put("pack_dtype", "int32");
    config.putAll(modules);
    config.put("meta", meta);
    return config;
  }
}
