package dev.lqmf.factory;

import dev.lqmf.model.LinearLayers.Role;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.quant.bnb.BnbNames;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.QuantState;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The configuration of a bitsandbytes checkpoint: the model's own, and how it is quantized. */
final class BnbConfig {
  private static final String QUANTIZATION = "quantization_config";
  private static final String EXPERTS = ".experts.";

  private BnbConfig() {}

  /**
   * The text of {@code config.json}.
   *
   * @param dtype of the weights before
   * @param skipped modules that Transformers must leave; absent: those it leaves by itself
   */
  static byte[] of(
      HfConfig config, BnbOptions options, TensorType dtype, Optional<List<String>> skipped)
      throws IOException {
    Map<String, Object> added = new LinkedHashMap<>();
    if (!config.has("dtype") && !config.has("torch_dtype")) {
      // Transformers would take the type of the first tensor, which may be a scale.
      added.put("torch_dtype", QuantState.torchName(dtype));
    }
    added.put(QUANTIZATION, quantization(options, dtype, skipped));
    return ExtendedConfig.of(config, added);
  }

  /** {@code BitsAndBytesConfig} of Transformers; what does not apply has its default. */
  private static Map<String, Object> quantization(
      BnbOptions options, TensorType dtype, Optional<List<String>> skipped) {
    boolean four = options.isFourBit();
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("bnb_4bit_compute_dtype", four ? QuantState.torchName(dtype) : "float32");
    config.put(
        "bnb_4bit_quant_storage",
        four && options.storage() == TensorType.BF16 ? "bfloat16" : "uint8");
    config.put("bnb_4bit_quant_type", four ? options.format().label() : "fp4");
    config.put("bnb_4bit_use_double_quant", four && options.doubleQuant());
    config.put("llm_int8_enable_fp32_cpu_offload", false);
    config.put("llm_int8_has_fp16_weight", false);
    config.put("llm_int8_skip_modules", skipped.orElse(null));
    config.put("llm_int8_threshold", 6.0);
    config.put("load_in_4bit", four);
    config.put("load_in_8bit", !four);
    config.put("quant_method", "bitsandbytes");
    return config;
  }

  /**
   * The modules that Transformers must leave ({@code llm_int8_skip_modules}). It leaves embeddings,
   * the output and what is tied to them by itself if nothing is named; otherwise the output must be
   * named, too. Experts are named by what holds them: a large model has thousands.
   *
   * @param roles of all tensors
   * @param quantized names of the matrices that are quantized
   */
  static Optional<List<String>> skipped(Map<TensorInfo, Role> roles, Set<String> quantized) {
    Set<String> modules = new LinkedHashSet<>();
    roles.forEach(
        (tensor, role) -> {
          boolean named =
              switch (role) {
                case LINEAR, CONV1D, ROUTER, OWN, HEAD, FLOAT32, EXPERT -> true;
                case OUTPUT, OTHER -> false;
              };
          if (named && !quantized.contains(tensor.name())) {
            String module = BnbNames.module(tensor.name());
            int experts = module.indexOf(EXPERTS);
            modules.add(experts < 0 ? module : module.substring(0, experts + EXPERTS.length() - 1));
          }
        });
    if (modules.isEmpty()) {
      return Optional.empty();
    }
    List<String> skipped = new ArrayList<>(outputs(roles, quantized));
    skipped.addAll(modules);
    return Optional.of(skipped);
  }

  /** The output head under the names it has in Transformers, stored or tied. */
  private static Set<String> outputs(Map<TensorInfo, Role> roles, Set<String> quantized) {
    Set<String> outputs = new LinkedHashSet<>();
    // RoBERTa's head has another layer, which is quantized: the whole must not be named.
    boolean deep = quantized.stream().anyMatch(n -> n.startsWith("lm_head."));
    outputs.add(deep ? "lm_head.decoder" : "lm_head");
    if (quantized.stream().anyMatch(n -> n.startsWith("cls.predictions."))) {
      outputs.add("cls.predictions.decoder");
    }
    roles.forEach(
        (tensor, role) -> {
          if (role == Role.OUTPUT) {
            outputs.add(BnbNames.module(tensor.name()));
          }
        });
    return outputs;
  }
}
