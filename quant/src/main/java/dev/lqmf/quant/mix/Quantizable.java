package dev.lqmf.quant.mix;

import dev.lqmf.tensor.Shape;
import java.util.List;
import java.util.Set;

/**
 * Which tensors may be quantized at all ({@code tensor_allows_quantization} in llama.cpp's {@code
 * llama-quant.cpp}): matrices called weight, but for those that are small, or looked up or
 * convolved rather than multiplied.
 */
final class Quantizable {
  private static final Set<String> KEPT =
      Set.of(
          // Added to the embeddings, never multiplied.
          "position_embd.weight", "token_types.weight");

  private static final List<String> KEPT_PARTS =
      List.of(
          "_norm.weight",
          // Routers: tiny, and they decide which expert works.
          "ffn_gate_inp.weight",
          "ffn_gate_tid2eid.weight",
          // Gemma 3n: very small, or small enough.
          "altup",
          "laurel",
          "per_layer_model_proj",
          // Convolutions of Mamba, Kimi, LFM2.
          "ssm_conv1d",
          "shortconv.conv.weight",
          // Sparse attention indexers.
          "indexer.k_proj.weight",
          "indexer.q_proj.weight",
          // RWKV's small matrices.
          "time_mix_first.weight",
          "time_mix_w0.weight",
          "time_mix_w1.weight",
          "time_mix_w2.weight",
          "time_mix_v0.weight",
          "time_mix_v1.weight",
          "time_mix_v2.weight",
          "time_mix_a0.weight",
          "time_mix_a1.weight",
          "time_mix_a2.weight",
          "time_mix_g1.weight",
          "time_mix_g2.weight",
          "time_mix_decay_w1.weight",
          "time_mix_decay_w2.weight",
          "time_mix_lerp_fused.weight",
          // T5's relative positions.
          "attn_rel_b.weight",
          // Vision and audio encoders.
          ".position_embd",
          "sam.pos_embd",
          "sam.neck.",
          "sam.net_",
          ".rel_pos",
          ".patch_embd",
          ".patch_merger",
          "a.rvq.codebook",
          "mm.a.code_embd");

  private Quantizable() {}

  static boolean test(String name, Shape shape) {
    return isMatrix(shape)
        && name.endsWith("weight")
        && !KEPT.contains(name)
        && KEPT_PARTS.stream().noneMatch(name::contains);
  }

  /** Whether a dimension beyond the innermost is longer than 1. */
  private static boolean isMatrix(Shape shape) {
    for (int i = 0; i < shape.rank() - 1; i++) {
      if (shape.dim(i) > 1) {
        return true;
      }
    }
    return false;
  }
}
