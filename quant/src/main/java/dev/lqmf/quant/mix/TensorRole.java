package dev.lqmf.quant.mix;

/**
 * What a tensor does in its model, as far as the mixes care; told by its GGUF name alone ({@code
 * tensor_get_category} in llama.cpp's {@code llama-quant.cpp}).
 */
enum TensorRole {
  TOKEN_EMBEDDING,
  OUTPUT,
  ATTENTION_Q,
  ATTENTION_K,
  /** Values, also where they are stored together with queries and keys. */
  ATTENTION_V,
  ATTENTION_OUTPUT,
  FFN_UP,
  FFN_GATE,
  FFN_DOWN,
  OTHER;

  static TensorRole of(String name) {
    if (name.equals("output.weight")) {
      return OUTPUT;
    }
    if (name.equals("token_embd.weight") || name.equals("per_layer_token_embd.weight")) {
      return TOKEN_EMBEDDING;
    }
    if (name.contains("attn_qkv.weight")
        || name.contains("attn_kv_b.weight")
        || name.contains("attn_v.weight")) {
      return ATTENTION_V;
    }
    if (name.contains("attn_k.weight")) {
      return ATTENTION_K;
    }
    if (name.contains("attn_q.weight")) {
      return ATTENTION_Q;
    }
    if (name.contains("attn_output.weight")) {
      return ATTENTION_OUTPUT;
    }
    if (name.contains("ffn_up")) {
      return FFN_UP;
    }
    if (name.contains("ffn_gate")) {
      return FFN_GATE;
    }
    if (name.contains("ffn_down")) {
      return FFN_DOWN;
    }
    return OTHER;
  }
}
