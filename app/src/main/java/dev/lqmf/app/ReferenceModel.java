package dev.lqmf.app;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixModel;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixRules;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensors of Llama 3 8B, with which sizes of mixes can be compared: how many bits a mix takes
 * depends on the model.
 */
final class ReferenceModel {
  static final String NAME = "Llama 3 8B";

  private static final int LAYERS = 32;
  private static final int HIDDEN = 4096;
  private static final int FEED_FORWARD = 14336;
  private static final int KEY_VALUE = 1024;
  private static final int VOCABULARY = 128256;
  private static final MixModel MODEL = new MixModel("llama", LAYERS, 0, 0, 32, 8);
  private static final List<TensorInfo> TENSORS = tensors();

  private ReferenceModel() {}

  /** Number of weights. */
  static long elements() {
    return TENSORS.stream().mapToLong(t -> t.shape().elements()).sum();
  }

  /** Bytes of all tensors in a file of that type. */
  static long bytes(GgufFileType type) {
    return new MixRules(type, MixOptions.NONE, MODEL, true)
        .choose(TENSORS).stream()
            .mapToLong(c -> c.type().byteSize(c.tensor().shape().elements()))
            .sum();
  }

  private static List<TensorInfo> tensors() {
    List<TensorInfo> tensors = new ArrayList<>();
    tensors.add(matrix("token_embd", VOCABULARY, HIDDEN));
    tensors.add(matrix("output", VOCABULARY, HIDDEN));
    tensors.add(vector("output_norm"));
    for (int i = 0; i < LAYERS; i++) {
      String layer = "blk." + i + ".";
      tensors.add(vector(layer + "attn_norm"));
      tensors.add(matrix(layer + "attn_q", HIDDEN, HIDDEN));
      tensors.add(matrix(layer + "attn_k", KEY_VALUE, HIDDEN));
      tensors.add(matrix(layer + "attn_v", KEY_VALUE, HIDDEN));
      tensors.add(matrix(layer + "attn_output", HIDDEN, HIDDEN));
      tensors.add(vector(layer + "ffn_norm"));
      tensors.add(matrix(layer + "ffn_gate", FEED_FORWARD, HIDDEN));
      tensors.add(matrix(layer + "ffn_up", FEED_FORWARD, HIDDEN));
      tensors.add(matrix(layer + "ffn_down", HIDDEN, FEED_FORWARD));
    }
    return tensors;
  }

  private static TensorInfo matrix(String name, long out, long in) {
    return new TensorInfo(name + ".weight", TensorType.BF16, Shape.of(out, in));
  }

  private static TensorInfo vector(String name) {
    return new TensorInfo(name + ".weight", TensorType.F32, Shape.of(HIDDEN));
  }
}
