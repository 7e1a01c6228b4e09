package dev.lqmf.model;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.TransposedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Tells which tensors of a checkpoint are matrices of linear layers, for any transformer: from
 * names, shapes and the sizes that the configuration states, since a checkpoint does not say what
 * its modules are. In doubt a tensor is none, which costs size and breaks nothing.
 *
 * <p>Transformers 5 decides by the modules of the model it has built ({@code
 * replace_with_bnb_linear}, {@code get_keys_to_not_convert}): instances of exactly {@code Linear}
 * or {@code Conv1D}, but for the output head, weights tied to it, and modules that a class keeps in
 * float32. Tested against what it does with models of all classes known here.
 */
public final class LinearLayers {
  private static final Set<String> EMBEDDINGS =
      Set.of("wte", "wpe", "shared", "relative_attention_bias");

  private static final Set<String> OUTPUTS = Set.of("lm_head", "output_layer", "embed_out");

  /** Heads that put out something other than the vocabulary. */
  private static final Set<String> HEADS =
      Set.of("score", "classifier", "qa_outputs", "classification_head", "out_head");

  private static final Set<String> ROUTERS = Set.of("gate", "router", "wg");

  /** Model classes whose layers are {@code Conv1D}s, which store their matrices [in, out]. */
  private static final Set<String> CONV1D_MODELS =
      Set.of("gpt2", "openai-gpt", "imagegpt", "decision_transformer", "clvp");

  private static final Set<String> CONV1D_MODULES = Set.of("c_attn", "q_attn", "c_proj", "c_fc");

  /** Model classes whose layers are subclasses of {@code Linear}, which Transformers leaves. */
  private static final Set<String> OWN_LINEAR = Set.of("falcon");

  private final String modelType;
  private final OptionalLong vocabulary;

  /** What a tensor is. */
  public enum Role {
    /** A matrix [out, in] of a linear layer. */
    LINEAR,
    /** A matrix [in, out] of a linear layer. */
    CONV1D,
    /** A matrix of an expert; Transformers 5 stacks those of a layer when it loads them. */
    EXPERT,
    /** The matrix that chooses experts, too small and too important to quantize. */
    ROUTER,
    /** A matrix of a linear layer that its class keeps in float32. */
    FLOAT32,
    /** Of a linear layer of a class of its own, which Transformers does not replace. */
    OWN,
    /** The output head. */
    OUTPUT,
    /** Another head, or something as large as the vocabulary under an unknown name. */
    HEAD,
    /** An embedding, a norm, a bias, a convolution, or anything else. */
    OTHER;

    /** Whether it multiplies inside the model, as GPTQ needs to know. */
    public boolean isLinear() {
      return switch (this) {
        case LINEAR, CONV1D, EXPERT, ROUTER, FLOAT32, OWN -> true;
        case OUTPUT, HEAD, OTHER -> false;
      };
    }

    /** Whether Transformers loads it from a bitsandbytes checkpoint. */
    public boolean isBitsAndBytes() {
      return this == LINEAR || this == CONV1D;
    }
  }

  private LinearLayers(String modelType, OptionalLong vocabulary) {
    this.modelType = modelType;
    this.vocabulary = vocabulary;
  }

  /** The rule for models of a configuration. */
  public static LinearLayers of(HfConfig config) {
    return new LinearLayers(config.string("model_type").orElse(""), config.integer("vocab_size"));
  }

  /** What a stored tensor is. */
  public Role role(TensorInfo tensor) {
    if (!isMatrix(tensor)) {
      return Role.OTHER;
    }
    List<String> path = Arrays.asList(tensor.name().split("\\.", -1));
    String module = path.size() < 2 ? "" : path.get(path.size() - 2);
    String parent = path.size() < 3 ? "" : path.get(path.size() - 3);
    if (isOutput(module, parent)) {
      return Role.OUTPUT;
    }
    if (EMBEDDINGS.contains(module)
        || module.contains("embed")
        || module.contains("norm")
        || module.equals("conv1d")) {
      return Role.OTHER;
    }
    if (HEADS.contains(module)
        || vocabulary.isPresent() && tensor.shape().dim(0) == vocabulary.getAsLong()) {
      return Role.HEAD;
    }
    if (path.contains("experts")) {
      return Role.EXPERT;
    }
    if (ROUTERS.contains(module)) {
      return Role.ROUTER;
    }
    if (isFloat32(path, module, parent)) {
      return Role.FLOAT32;
    }
    if (OWN_LINEAR.contains(modelType)) {
      return Role.OWN;
    }
    return CONV1D_MODELS.contains(modelType) && CONV1D_MODULES.contains(module)
        ? Role.CONV1D
        : Role.LINEAR;
  }

  /**
   * The tensors of a source, some of them turned: as matrices [out, in] where they are stored as
   * [in, out]. Closed with the source.
   *
   * @param turned which tensors, as they are stored; matrices
   */
  public static TensorSource turned(TensorSource source, Predicate<TensorInfo> turned) {
    Map<String, Weights> weights = new LinkedHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      Weights stored = new StoredWeights(source, tensor);
      weights.put(tensor.name(), turned.test(tensor) ? new TransposedWeights(stored) : stored);
    }
    return new ViewSource(source, weights);
  }

  private static boolean isMatrix(TensorInfo tensor) {
    return tensor.shape().rank() == 2
        && tensor.name().endsWith(".weight")
        && switch (tensor.type()) {
          case F32, F16, BF16, F64 -> true;
          default -> false;
        };
  }

  /** BERT and RoBERTa have the output in a head with other layers. */
  private static boolean isOutput(String module, String parent) {
    return OUTPUTS.contains(module)
        || module.equals("decoder") && (parent.equals("predictions") || parent.equals("lm_head"));
  }

  /** {@code _keep_in_fp32_modules} of T5 and its kin, of DeepSeek's indexers, of BLIP-2. */
  private static boolean isFloat32(List<String> path, String module, String parent) {
    return module.equals("wo") && parent.equals("DenseReluDense")
        || module.equals("weights_proj")
        || path.contains("qformer")
        || path.contains("compressor");
  }
}
