#!/usr/bin/env python3
"""Makes references for options of model configurations that the tiny models do not use.

Each variant is a tiny randomly initialized model (seeded by its name) as Transformers saves it, with
the logits it computes in float32 and a greedy continuation with its cache. Attention is eager, but
for Falcon with ALiBi, whose eager path adds the bias twice.

    python3 network_variants.py OUTPUT_DIRECTORY [NAME...]

Made with transformers 5.17.0 and torch 2.15.0 for torch/src/test/resources/dev/lqmf/torch/variants;
those from llama-gelu-10 on, llama-proportional, bigcode-cross, gemma3-images-cap and those from
gemma3-yarn-window on, but for chatglm and bert-decoder, with transformers 5.24.0 (glm-null-share and
llama-yarn-null-truncate with torch 2.10.0). The ones in AS_GIVEN keep the configuration as it is
given here: Transformers would save what it made of it.
"""

import copy
import json
import pathlib
import sys
import zlib

import torch
import transformers
from safetensors.torch import load_file, save_file

VOCABULARY = 96
BASE = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
)
GPT2 = dict(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=64)
FALCON = dict(
    vocab_size=VOCABULARY,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=4,
    max_position_embeddings=64,
)
BART = dict(
    vocab_size=VOCABULARY,
    d_model=32,
    encoder_layers=1,
    decoder_layers=2,
    encoder_attention_heads=4,
    decoder_attention_heads=2,
    encoder_ffn_dim=48,
    decoder_ffn_dim=40,
    max_position_embeddings=64,
    decoder_start_token_id=2,
)
T5 = dict(
    vocab_size=VOCABULARY,
    d_model=32,
    d_kv=12,
    d_ff=48,
    num_layers=2,
    num_heads=4,
    decoder_start_token_id=0,
)
BERT = {k: v for k, v in BASE.items() if k != "num_key_value_heads"}
SMALL = {**BASE, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1}


def rope(kind, theta=10000.0, **more):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **more))


LONG = dict(
    short_factor=[1.0, 1.1, 1.2, 1.4],
    long_factor=[1.0, 1.5, 2.5, 4.0],
)
VARIANTS = {
    # name: (class, configuration)
    "llama-llama3": (
        "Llama",
        {**BASE, **rope("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                        original_max_position_embeddings=32)},
    ),
    "llama-linear": ("Llama", {**BASE, **rope("linear", factor=4.0)}),
    "llama-dynamic": (
        "Llama", {**BASE, "max_position_embeddings": 16, **rope("dynamic", factor=2.0)}),
    "llama-yarn": (
        "Llama", {**BASE, **rope("yarn", factor=4.0, original_max_position_embeddings=16)}),
    "llama-yarn-mscale": (
        "Llama",
        {**BASE, **rope("yarn", factor=4.0, original_max_position_embeddings=16, mscale=0.8,
                        mscale_all_dim=0.5, beta_fast=16, beta_slow=2, truncate=False)},
    ),
    "llama-yarn-null-truncate": (
        "Llama",
        {**SMALL, "head_dim": 16, "rope_theta": 100.0, "rope_scaling": {
            "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 40,
            "truncate": None}},
    ),
    "llama-proportional": (
        "Llama", {**SMALL, **rope("proportional", factor=2.0, partial_rotary_factor=0.6)}),
    "llama-biases": (
        "Llama",
        {**BASE, "attention_bias": True, "mlp_bias": True, "head_dim": 12, "hidden_act": "gelu",
         "tie_word_embeddings": True, "num_key_value_heads": 4},
    ),
    "mistral-full": ("Mistral", {**BASE, "sliding_window": None, "num_key_value_heads": 1}),
    "mixtral-window": (
        "Mixtral",
        {**BASE, "sliding_window": 5, "head_dim": 12, "num_local_experts": 3,
         "num_experts_per_tok": 1},
    ),
    "qwen2-window": (
        "Qwen2",
        {**BASE, "use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1,
         "tie_word_embeddings": True},
    ),
    "qwen3-window": (
        "Qwen3",
        {**BASE, "head_dim": 10, "attention_bias": True, "use_sliding_window": True,
         "sliding_window": 6, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "qwen3moe-mixed": (
        "Qwen3Moe",
        {**BASE, "num_hidden_layers": 4, "num_experts": 4, "num_experts_per_tok": 3,
         "moe_intermediate_size": 16, "norm_topk_prob": False, "decoder_sparse_step": 2,
         "mlp_only_layers": [3], "attention_bias": True},
    ),
    "gemma2-uncapped": (
        "Gemma2",
        {**BASE, "head_dim": 12, "attn_logit_softcapping": None, "final_logit_softcapping": None,
         "query_pre_attn_scalar": 9, "sliding_window": 64, "attention_bias": True},
    ),
    "gemma3-capped": (
        "Gemma3Text",
        {**BASE, "head_dim": 12, "attn_logit_softcapping": 4.0, "final_logit_softcapping": 3.0,
         "query_pre_attn_scalar": 9, "sliding_window": 6,
         "layer_types": ["full_attention", "sliding_attention"]},
    ),
    "phi-qknorm": (
        "Phi", {**BASE, "qk_layernorm": True, "partial_rotary_factor": 0.25}),
    "phi3-longrope-short": (
        "Phi3",
        {**BASE, "pad_token_id": None, "original_max_position_embeddings": 48, "max_position_embeddings": 96,
         **rope("longrope", **LONG)},
    ),
    "phi3-longrope-long": (
        "Phi3",
        {**BASE, "pad_token_id": None, "original_max_position_embeddings": 16, "max_position_embeddings": 96,
         **rope("longrope", **LONG)},
    ),
    "phi3-partial-window": (
        "Phi3",
        {**BASE, "pad_token_id": None, "sliding_window": 7, "tie_word_embeddings": True,
         **rope("default", partial_rotary_factor=0.5)},
    ),
    "gpt2-options": (
        "GPT2",
        {**GPT2, "n_inner": 40, "scale_attn_by_inverse_layer_idx": True,
         "activation_function": "relu", "tie_word_embeddings": False},
    ),
    "gpt2-unscaled": (
        "GPT2", {**GPT2, "scale_attn_weights": False, "reorder_and_upcast_attn": True}),
    "bigcode-heads": ("GPTBigCode", {**GPT2, "multi_query": False, "n_inner": 40}),
    "bigcode-unscaled": ("GPTBigCode", {**GPT2, "scale_attn_weights": False}),
    "gptneo-local": (
        "GPTNeo",
        dict(vocab_size=VOCABULARY, hidden_size=32, num_layers=3, num_heads=4, window_size=4,
             intermediate_size=40, max_position_embeddings=64,
             attention_types=[[["local"], 2], [["global"], 1]]),
    ),
    "gptj-options": ("GPTJ", {**GPT2, "rotary_dim": 4, "n_inner": 40}),
    "codegen-options": ("CodeGen", {**GPT2, "n_head": 8, "rotary_dim": 4, "n_ctx": 64}),
    "neox-sequential": (
        "GPTNeoX",
        {**BERT, "use_parallel_residual": False, "attention_bias": False,
         **rope("linear", factor=2.0, partial_rotary_factor=1.0)},
    ),
    "neox-tied": ("GPTNeoX", {**BERT, "tie_word_embeddings": True, "hidden_act": "gelu_new"}),
    "starcoder2-options": (
        "Starcoder2",
        {**BASE, "use_bias": False, "sliding_window": 5, "tie_word_embeddings": False,
         **rope("yarn", factor=2.0)},
    ),
    "falcon-rw": (
        "Falcon",
        {**FALCON, "alibi": True, "multi_query": False, "parallel_attn": False, "bias": True},
    ),
    "falcon-alibi-6": (
        "Falcon", {**FALCON, "hidden_size": 48, "num_attention_heads": 6, "alibi": True}),
    "falcon-heads": ("Falcon", {**FALCON, "multi_query": False, "ffn_hidden_size": 40}),
    "falcon-new-one-norm": (
        "Falcon",
        {**FALCON, "new_decoder_architecture": True, "num_kv_heads": 2,
         "num_ln_in_parallel_attn": 1, "tie_word_embeddings": False},
    ),
    "falcon-sequential-mq": ("Falcon", {**FALCON, "parallel_attn": False}),
    "bloom-6": (
        "Bloom",
        dict(vocab_size=VOCABULARY, hidden_size=48, n_layer=2, n_head=6,
             apply_residual_connection_post_layernorm=True),
    ),
    "opt-350m": (
        "OPT",
        dict(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
             ffn_dim=48, max_position_embeddings=64, do_layer_norm_before=False,
             word_embed_proj_dim=20),
    ),
    "opt-bare": (
        "OPT",
        dict(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
             ffn_dim=48, max_position_embeddings=64, enable_bias=False,
             layer_norm_elementwise_affine=False, activation_function="gelu",
             tie_word_embeddings=False),
    ),
    "stablelm-parallel": (
        "StableLm",
        {**BASE, "use_parallel_residual": True, "qk_layernorm": True, "use_qkv_bias": False,
         "partial_rotary_factor": 0.5},
    ),
    "olmo2-bias": ("Olmo2", {**BASE, "attention_bias": True, "num_key_value_heads": 4}),
    "glm-options": (
        "Glm", {**BASE, "pad_token_id": None, "head_dim": 12, "attention_bias": False, "partial_rotary_factor": 1.0}),
    "glm4-options": ("Glm4", {**BASE, "pad_token_id": None, "head_dim": 8, "partial_rotary_factor": 0.25}),
    "smollm3-window": (
        "SmolLM3",
        {**BASE, "pad_token_id": None, "num_hidden_layers": 3, "no_rope_layers": [0, 1, 0], "use_sliding_window": True,
         "sliding_window": 5, "attention_bias": True, "mlp_bias": True,
         "tie_word_embeddings": False},
    ),
    "granite-options": (
        "Granite",
        {**BASE, "attention_bias": True, "mlp_bias": True, "attention_multiplier": 0.2,
         "embedding_multiplier": 3.0, "residual_multiplier": 0.4, "logits_scaling": 4.0,
         "tie_word_embeddings": True},
    ),
    "t5-v1.1": (
        "T5", {**T5, "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}),
    "t5-gated-silu": (
        "T5",
        {**T5, "feed_forward_proj": "gated-silu", "num_decoder_layers": 1,
         "relative_attention_num_buckets": 10, "relative_attention_max_distance": 16},
    ),
    "bart-scaled": (
        "Bart", {**BART, "scale_embedding": True, "activation_function": "relu"}),
    "bart-untied": ("Bart", {**BART, "tie_word_embeddings": False}),
    "blenderbot-unscaled": ("Blenderbot", {**BART, "scale_embedding": False}),
    "blenderbotsmall-unscaled": ("BlenderbotSmall", {**BART, "scale_embedding": False}),
    "bert-untied": (
        "Bert",
        {**BERT, "hidden_act": "relu", "tie_word_embeddings": False, "type_vocab_size": 3},
    ),
    "roberta-padding": ("Roberta", {**BERT, "pad_token_id": 0, "hidden_act": "gelu_new"}),
    "llama-gelu-10": ("Llama", {**SMALL, "hidden_act": "gelu_10"}),
    "llama-leaky-relu": ("Llama", {**SMALL, "hidden_act": "leaky_relu"}),
    "llama-hardswish": ("Llama", {**SMALL, "hidden_act": "hardswish"}),
    "llama-laplace": ("Llama", {**SMALL, "hidden_act": "laplace"}),
    "llama-sqrtsoftplus": ("Llama", {**SMALL, "hidden_act": "sqrtsoftplus"}),
    "llama-partial": ("Llama", {**SMALL, "partial_rotary_factor": 0.5}),
    "gemma3-old-names": (
        "Gemma3Text",
        {**SMALL, "num_hidden_layers": 6, "intermediate_size": 8, "head_dim": 8,
         "sliding_window": 5, "_sliding_window_pattern": 2, "rope_theta": 5000.0,
         "rope_scaling": {"type": "linear", "factor": 4.0}},
    ),
    "neox-usual-names": (
        "GPTNeoX",
        {**BERT, "num_hidden_layers": 1, "rope_theta": 777.0, "partial_rotary_factor": 1.0,
         "rope_scaling": {"type": "linear", "factor": 2.0}},
    ),
    "glm-null-share": (
        "Glm", {**SMALL, "pad_token_id": None, "head_dim": 4, "partial_rotary_factor": None}),
    "smollm3-listed-windows": (
        "SmolLM3",
        {**SMALL, "num_hidden_layers": 2, "pad_token_id": None, "use_sliding_window": False,
         "sliding_window": 5, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "bloom-exact": (
        "Bloom",
        dict(vocab_size=VOCABULARY, hidden_size=16, n_layer=2, n_head=2, slow_but_exact=True,
             pretraining_tp=2),
    ),
    "gpt2-cross": (
        "GPT2", {**GPT2, "n_embd": 16, "n_layer": 1, "n_head": 2, "add_cross_attention": True}),
    "bigcode-cross": (
        "GPTBigCode", {**GPT2, "n_embd": 16, "n_layer": 1, "n_head": 2, "multi_query": False,
                       "add_cross_attention": True}),
    "t5-spelled-out": (
        "T5",
        {**T5, "d_model": 16, "num_layers": 1, "feed_forward_proj": "relu", "is_gated_act": True,
         "dense_act_fn": "gelu"},
    ),
    "llama-prelu": ("Llama", {**SMALL, "hidden_act": "prelu"}),
    "opt-xielu": (
        "OPT",
        dict(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
             ffn_dim=24, max_position_embeddings=64, activation_function="xielu"),
    ),
    "bert-xielu": ("Bert", {**BERT, "hidden_size": 16, "num_hidden_layers": 1,
                            "intermediate_size": 24, "hidden_act": "xielu"}),
    "qwen3moe-prelu": (
        "Qwen3Moe",
        {**SMALL, "head_dim": 8, "num_experts": 2, "num_experts_per_tok": 1,
         "moe_intermediate_size": 8, "hidden_act": "prelu"},
    ),
    "mixtral-experts-stacked": (
        "Mixtral", {**SMALL, "num_local_experts": 3, "num_experts_per_tok": 2}),
    "neox-own-names": ("GPTNeoX", {**BERT, "hidden_size": 16, "num_hidden_layers": 1}),
    "gemma3-images": (
        "Gemma3",
        dict(text_config={**SMALL, "num_hidden_layers": 2, "head_dim": 8, "sliding_window": 5,
                          "layer_types": ["sliding_attention", "full_attention"]},
             vision_config={"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
                            "num_attention_heads": 1, "image_size": 28, "patch_size": 14},
             mm_tokens_per_image=4, image_token_index=90, boi_token_index=91, eoi_token_index=92),
    ),
    "gemma3-images-cap": (
        "Gemma3",
        dict(text_config={**SMALL, "head_dim": 8, "final_logit_softcapping": 2.0},
             vision_config={"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1,
                            "num_attention_heads": 1, "image_size": 28, "patch_size": 14},
             mm_tokens_per_image=4, image_token_index=90, boi_token_index=91, eoi_token_index=92),
    ),
    # Transformers overlooks the kind's own "truncate", which would make a difference here.
    "gemma3-yarn-window": (
        "Gemma3Text",
        {**SMALL, "head_dim": 16, "sliding_window": 5, "layer_types": ["sliding_attention"],
         "rope_parameters": {
             "sliding_attention": dict(rope_type="yarn", rope_theta=10000.0, factor=8.0,
                                       original_max_position_embeddings=25, truncate=False)}},
    ),
    # The top level's own length would make a difference, but only counts where all layers are alike.
    "gemma3-yarn-lengths": (
        "Gemma3Text",
        {**SMALL, "head_dim": 16, "sliding_window": 5, "layer_types": ["full_attention"],
         "original_max_position_embeddings": 8,
         "rope_parameters": {
             "full_attention": dict(rope_type="yarn", rope_theta=10000.0, factor=8.0,
                                    original_max_position_embeddings=40)}},
    ),
    # Of what is in rope_scaling, the factor counts, but not the kind.
    "gemma3-scaled-longrope": (
        "Gemma3Text",
        {**SMALL, "head_dim": 8, "sliding_window": 5, "layer_types": ["full_attention"],
         "rope_scaling": {"type": "linear", "factor": 3.0},
         "rope_parameters": {
             "full_attention": dict(rope_type="longrope", rope_theta=10000.0,
                                    original_max_position_embeddings=16, **LONG),
             "sliding_attention": dict(rope_type="default", rope_theta=500.0)}},
    ),
    # Causal nevertheless.
    "gemma2-bidirectional": (
        "Gemma2", {**SMALL, "head_dim": 8, "use_bidirectional_attention": True}),
    "codegen-heads": (
        "CodeGen", {**GPT2, "n_embd": 24, "n_layer": 1, "n_head": 3, "rotary_dim": 4, "n_ctx": 64}),
    # Heads of 8, of which a quarter of 16 is rotated.
    "neox-head-dim": ("GPTNeoX", {**BERT, "num_hidden_layers": 1, "head_dim": 16}),
    "chatglm": (
        "Glm",
        {**BASE, "pad_token_id": None, "head_dim": 8, "attention_bias": True,
         **rope("default", theta=20000.0, partial_rotary_factor=0.5)},
    ),
    "bert-decoder": (
        "Bert",
        {**BERT, "hidden_size": 16, "num_hidden_layers": 1, "is_decoder": True},
    ),
}
# With the names that Transformers 5 has in memory, instead of those that checkpoints have.
OWN_NAMES = {"mixtral-experts-stacked", "neox-own-names"}
AS_GIVEN = {
    "llama-partial", "llama-yarn-null-truncate", "glm-null-share", "gemma3-old-names",
    "gemma3-scaled-longrope", "neox-usual-names", "t5-spelled-out"}
HEADS = {"GPT2": "GPT2LMHeadModel", "Gemma3Text": "Gemma3ForCausalLM", "Bert": "BertForMaskedLM",
         "Roberta": "RobertaForMaskedLM"}
# The class of decoders that see images, given text alone.
SEEING = {"Gemma3"}
ENCODER_DECODER = {"T5", "Bart", "Blenderbot", "BlenderbotSmall"}


def fill(model, gemma):
    """Random weights of such sizes that every term matters."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            last = name.rsplit(".", 2)[-2].lower() if "." in name else name
            path = name.lower()
            norm = "norm" in path or ".ln_" in path
            if norm and name.endswith("weight"):
                p.normal_(0, 0.2).add_(0 if gemma else 1)
            elif p.dim() == 1:
                p.normal_(0, 0.1)
            elif "emb" in path or last in ("wte", "wpe", "shared"):
                p.normal_(0, 0.3)
            else:
                p.normal_(0, 1.2 / p.shape[-1] ** 0.5)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_(0, 0.3)


def greedy(model, ids, encoder_ids=None, steps=12):
    """The next tokens, with a cache."""
    found, past, feed = [], None, ids
    gap = float("inf")
    for _ in range(steps):
        inputs = dict(past_key_values=past, use_cache=True)
        if encoder_ids is None:
            out = model(input_ids=feed, **inputs)
        else:
            out = model(input_ids=encoder_ids, decoder_input_ids=feed, **inputs)
        past = out.past_key_values
        best = out.logits[0, -1].topk(2)
        gap = min(gap, (best.values[0] - best.values[1]).item())
        feed = best.indices[:1].view(1, 1)
        found.append(feed.item())
    return torch.tensor([found]), gap


def as_chatglm(directory):
    """GLM's checkpoint under the names of the code that ChatGLM comes with."""
    given = json.loads((directory / "config.json").read_text())
    layers = {"self_attn.o_proj": "self_attention.dense", "mlp.gate_up_proj": "mlp.dense_h_to_4h",
              "mlp.down_proj": "mlp.dense_4h_to_h"}
    names = {"model.embed_tokens": "embedding.word_embeddings", "lm_head": "output_layer",
             "model.norm": "encoder.final_layernorm"}
    tensors, stacked = {}, {}
    for name, value in load_file(directory / "model.safetensors").items():
        module, kind = name.rsplit(".", 1)
        if module.endswith(("q_proj", "k_proj", "v_proj")):
            fused = module.rsplit(".", 1)[0].replace("self_attn", "self_attention.query_key_value")
            stacked.setdefault(f"{fused}.{kind}", {})[module[-6]] = value
            continue
        for old, new in (names | layers).items():
            module = module.replace(old, new)
        tensors[f"{module}.{kind}"] = value
    for name, parts in stacked.items():
        tensors[name] = torch.cat([parts["q"], parts["k"], parts["v"]])
    renamed = {"transformer." + n.replace("model.layers", "encoder.layers"): v
               for n, v in tensors.items()}
    save_file(renamed, directory / "model.safetensors", metadata={"format": "pt"})
    (directory / "config.json").write_text(json.dumps({
        "architectures": ["ChatGLMModel"], "model_type": "chatglm", "add_bias_linear": False,
        "add_qkv_bias": True, "ffn_hidden_size": given["intermediate_size"],
        "hidden_size": given["hidden_size"], "kv_channels": given["head_dim"],
        "layernorm_epsilon": given["rms_norm_eps"], "multi_query_attention": True,
        "multi_query_group_num": given["num_key_value_heads"],
        "num_attention_heads": given["num_attention_heads"],
        "num_layers": given["num_hidden_layers"], "original_rope": True,
        "padded_vocab_size": given["vocab_size"], "post_layer_norm": True, "rmsnorm": True,
        "rope_ratio": given["rope_parameters"]["rope_theta"] / 10000,
        "seq_length": given["max_position_embeddings"], "tie_word_embeddings": False,
        "torch_dtype": "float32"}, indent=2) + "\n")


def make(name, target):
    kind, options = VARIANTS[name]
    seed = zlib.crc32(name.encode())
    torch.manual_seed(seed)
    config = getattr(transformers, kind + "Config")(**copy.deepcopy(options))
    head = HEADS.get(
        kind, kind + ("ForConditionalGeneration" if kind in ENCODER_DECODER | SEEING else "ForCausalLM"))
    config._attn_implementation = "sdpa" if getattr(config, "alibi", False) else "eager"
    model = getattr(transformers, head)(config).eval()
    fill(model, kind.startswith("Gemma"))
    model.tie_weights()
    ids = torch.randint(3, VOCABULARY, (1, 24))
    tensors = {"input_ids": ids}
    gap = float("nan")
    with torch.no_grad():
        if kind in ENCODER_DECODER:
            decoder = torch.randint(3, VOCABULARY, (1, 12))
            tensors["decoder_input_ids"] = decoder
            tensors["logits"] = model(input_ids=ids, decoder_input_ids=decoder).logits
            start = torch.tensor([[config.decoder_start_token_id or 0]])
            tensors["generated"], gap = greedy(model, start, ids)
        else:
            if kind == "Roberta":
                ids[0, 20:] = config.pad_token_id
            tensors["logits"] = model(input_ids=ids).logits
            if kind not in ("Bert", "Roberta"):
                tensors["generated"], gap = greedy(model, ids)
    directory = target / name
    model.save_pretrained(directory, save_original_format=name not in OWN_NAMES)
    if name in AS_GIVEN:
        given = dict(architectures=config.architectures, model_type=config.model_type, **options)
        (directory / "config.json").write_text(json.dumps(given, indent=2) + "\n")
    if name == "chatglm":
        as_chatglm(directory)
    for extra in ("generation_config.json",):
        (directory / extra).unlink(missing_ok=True)
    save_file({k: v.contiguous() for k, v in tensors.items()}, directory / "expected.safetensors")
    saved = json.loads((directory / "config.json").read_text())
    print(f"{name:28} {saved['architectures'][0]:40} seed {seed} smallest gap {gap:.4f}"
          f" largest logit {tensors['logits'].abs().max():.3f}")


def main():
    target = pathlib.Path(sys.argv[1])
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    for name in sys.argv[2:] or VARIANTS:
        make(name, target)


if __name__ == "__main__":
    main()
