#!/usr/bin/env python3
"""Draws random configurations of every architecture, for LQMF to be compared with Transformers.

    configs.py GOLDEN OUTPUT [--count 15] [--seed 1] [--only CLASS...] [--llama-cpp DIRECTORY]

GOLDEN holds a configuration of each architecture with its tokenizer (golden of model's tests). Each
drawn model becomes a directory OUTPUT/CLASS-N with random weights, a config.json in one of several
spellings, and expected.safetensors: logits in float32 and a greedy continuation, computed after
loading the directory again, so that it is Transformers that says what the configuration means. With
--llama-cpp also expected.json, a listing of the GGUF that convert_hf_to_gguf.py makes of it, or
converter-error.txt. fuzz/run.sh does all of it and compares.
"""

import argparse
import contextlib
import copy
import json
import logging
import os
import pathlib
import random
import re
import shutil
import sys
import traceback
import warnings
import zlib

import torch
import transformers
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from network_variants import fill, greedy  # noqa: E402

ACTIVATIONS = ["silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "relu2", "quick_gelu",
               "gelu_fast", "gelu_python", "gelu_accurate", "gelu_10", "gelu_python_tanh", "swish",
               "mish", "tanh", "sigmoid", "relu6", "leaky_relu", "hardswish", "laplace",
               "sqrtsoftplus", "linear", "xielu", "prelu"]
DIVISORS = [1, 2, 3, 4, 6, 8]


class Draw(random.Random):
    """What many architectures share."""

    def __init__(self, seed):
        super().__init__(seed)
        # Some models are nearly as wide as real ones.
        self.wide = self.flag(0.15)

    def flag(self, chance=0.5):
        return self.random() < chance

    def activation(self, usual):
        return usual if self.flag(0.4) else self.choice(ACTIVATIONS)

    def epsilon(self):
        return self.choice([1e-5, 1e-6, 1e-12, 1e-3, 0.02, 1.5625e-7])

    def layers(self):
        return self.choice([1, 2, 2, 3, 3, 4])

    def length(self):
        return self.choice([100, 512] if self.wide else [8, 13, 20, 32, 64, 200])

    def positions(self):
        """Of models that learn them."""
        return 256 if self.wide else self.choice([40, 64])

    def head(self):
        return self.choice([32, 48, 64, 80, 128] if self.wide else [4, 6, 8, 10, 12, 16, 20])

    def any_head(self):
        """Where nothing turns pairs, sizes may be odd."""
        return self.choice([32, 33, 64, 72] if self.wide else [4, 5, 6, 7, 8])

    def base(self, own_head=True, grouped=True, activation="silu", even=True):
        """Sizes in Llama's names."""
        heads = self.choice([1, 2, 3, 4, 4, 6, 8])
        head = self.head()
        o = dict(hidden_size=heads * head, num_attention_heads=heads,
                 intermediate_size=self.choice(
                     [200, 344, 401] if self.wide else [24, 33, 40, 56, 64]),
                 num_hidden_layers=self.layers(), max_position_embeddings=self.length(),
                 hidden_act=self.activation(activation))
        while o["hidden_size"] > (640 if self.wide else 64):
            heads //= 2
            o.update(hidden_size=heads * head, num_attention_heads=heads)
        if own_head and self.flag():
            head = o["head_dim"] = self.head()
        elif own_head and self.flag(0.3):
            o["head_dim"] = None
        if grouped:
            o["num_key_value_heads"] = self.choice([n for n in DIVISORS if heads % n == 0])
            if self.flag(0.15):
                o["num_key_value_heads"] = None
        return o, head

    def rope(self, head, o, partial=False, default=None):
        """Rotary parameters in the spelling of Transformers 5."""
        r = dict(rope_theta=self.choice([100, 10000.0, 12345.5, 500000.0, 1e6]))
        rotated = head
        if partial:
            # An odd number of elements is one more in Transformers, where it works at all.
            share = self.choice([p for p in (0.25, 0.3, 0.4, 0.5, 0.75, 1.0)
                                 if int(head * p) > 1 and (int(head * p) % 2 == 0
                                                           or self.flag(0.3))] or [1.0])
            r["partial_rotary_factor"] = share
            rotated = int(head * share)
        # Proportional frequencies are always those of a whole head.
        kind = self.choice(["default", "default", "linear", "dynamic", "llama3", "yarn", "longrope"]
                           + ([] if partial else ["proportional"]))
        r["rope_type"] = kind
        length = o.get("max_position_embeddings", 64)
        if kind != "default" and (kind not in ("longrope", "proportional") or self.flag()):
            r["factor"] = self.choice([1.0, 2, 2.5, 4.0, 8])
        if kind in ("llama3", "yarn", "longrope") or kind == "dynamic" and self.flag(0.3):
            r["original_max_position_embeddings"] = self.choice([max(2, length // 4), 10, 16, 32])
        if kind == "proportional" and self.flag(0.7):
            r["partial_rotary_factor"] = self.choice([0.25, 0.3, 0.5, 0.9])
        if kind == "llama3":
            r.update(low_freq_factor=self.choice([1.0, 2.0]),
                     high_freq_factor=self.choice([4.0, 8.0]))
        if kind == "yarn":
            for key, values in dict(beta_fast=[32, 16.0, 8], beta_slow=[1, 2.0],
                                    attention_factor=[1.0, 0.8, 1.3], mscale=[0.7, 1.0],
                                    mscale_all_dim=[0.5, 1.0], truncate=[True, False]).items():
                if self.flag(0.3):
                    r[key] = self.choice(values)
        if kind == "longrope":
            n = (rotated + 1) // 2
            r["short_factor"] = [round(self.uniform(1, 1.5), 3) for _ in range(n)]
            r["long_factor"] = [round(self.uniform(1, 6), 3) for _ in range(n)]
            if self.flag(0.3):
                r["attention_factor"] = self.choice([1.0, 1.2])
        for key in ("attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
                    "truncate"):
            if kind == "yarn" and self.flag(0.05):
                r[key] = None
        return r

    def window(self):
        return self.choice([2, 3, 5, 7, 64, None])

    def layer_types(self, n):
        return [self.choice(["sliding_attention", "full_attention"]) for _ in range(n)]


FAMILIES = {}


def family(name, config=None, golden=None, kind="decoder"):
    def add(function):
        FAMILIES[name] = (config or name.replace("ForCausalLM", "Config"), golden or name, kind,
                          function)
        return function
    return add


@family("LlamaForCausalLM")
def llama(d):
    o, head = d.base()
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), mlp_bias=d.flag(),
             rope_parameters=d.rope(head, o))
    return o


@family("MistralForCausalLM")
def mistral(d):
    o, head = d.base()
    o.update(rms_norm_eps=d.epsilon(), sliding_window=d.window(), rope_parameters=d.rope(head, o))
    return o


@family("MixtralForCausalLM")
def mixtral(d):
    o, head = d.base()
    n = d.choice([1, 2, 3, 5])
    o.update(rms_norm_eps=d.epsilon(), sliding_window=d.window(), rope_parameters=d.rope(head, o),
             num_local_experts=n, num_experts_per_tok=d.randint(1, n))
    return o


def qwen_windows(d, o):
    if d.flag():
        o.update(use_sliding_window=d.flag(0.7), sliding_window=d.window(),
                 max_window_layers=d.randint(0, 3))
        if d.flag():
            o["layer_types"] = d.layer_types(o["num_hidden_layers"])


@family("Qwen2ForCausalLM")
def qwen2(d):
    o, head = d.base(own_head=False)
    if d.flag(0.3):
        head = o["head_dim"] = d.head()
    o.update(rms_norm_eps=d.epsilon(), rope_parameters=d.rope(head, o))
    qwen_windows(d, o)
    return o


@family("Qwen3ForCausalLM")
def qwen3(d):
    o, head = d.base(own_head=False)
    head = o["head_dim"] = d.head()
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), rope_parameters=d.rope(head, o))
    qwen_windows(d, o)
    return o


@family("Qwen3MoeForCausalLM")
def qwen3_moe(d):
    o, head = d.base()
    if o.get("head_dim", 1) is None:
        del o["head_dim"]
    if o["num_key_value_heads"] is None:
        o["num_key_value_heads"] = 1
    n = d.choice([1, 2, 3, 6])
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), rope_parameters=d.rope(head, o),
             num_experts=n, num_experts_per_tok=d.randint(1, n), norm_topk_prob=d.flag(),
             moe_intermediate_size=d.choice([8, 12, 20]), decoder_sparse_step=d.choice([1, 1, 2]))
    if d.flag(0.4):
        o["mlp_only_layers"] = [d.randrange(o["num_hidden_layers"])]
    if d.flag(0.4):
        o.update(use_sliding_window=d.flag(), sliding_window=d.window())
    return o


@family("Gemma2ForCausalLM")
def gemma2(d):
    o, head = d.base(own_head=False)
    head = o["head_dim"] = d.head()
    if o["num_key_value_heads"] is None:
        o["num_key_value_heads"] = 1
    o["hidden_activation"] = d.activation("gelu_pytorch_tanh")
    del o["hidden_act"]
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), rope_parameters=d.rope(head, o),
             query_pre_attn_scalar=d.choice([head, 9, 24, 144]), sliding_window=d.choice([2, 5, 64]),
             final_logit_softcapping=d.choice([30.0, 2.0, None]),
             attn_logit_softcapping=d.choice([50.0, 3.0, None]))
    if d.flag(0.2):
        o["use_bidirectional_attention"] = d.flag()
    if d.flag(0.4):
        o["layer_types"] = d.layer_types(o["num_hidden_layers"])
    return o


@family("Gemma3ForCausalLM", config="Gemma3TextConfig")
def gemma3(d):
    o = gemma2(d)
    o.pop("use_bidirectional_attention", None)
    head = o["head_dim"]
    if d.flag(0.2):
        o["original_max_position_embeddings"] = d.choice([8, 20, 48])
    o["num_hidden_layers"] = d.choice([1, 3, 7])
    o.pop("layer_types", None)
    if d.flag(0.3):
        o["layer_types"] = d.layer_types(o["num_hidden_layers"])
    elif d.flag(0.3):
        o["sliding_window_pattern"] = d.choice([1, 2, 3])
    o["rope_parameters"] = dict(full_attention=d.rope(head, o), sliding_attention=dict(
        rope_type="default", rope_theta=d.choice([10000.0, 500.0])))
    if d.flag(0.3):
        o["rope_parameters"]["sliding_attention"] = d.rope(head, o)
    return o


@family("Gemma3ForConditionalGeneration", config="Gemma3Config", golden="Gemma3ForCausalLM")
def gemma3_seeing(d):
    vision = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2,
                  image_size=28, patch_size=14)
    return dict(text_config=gemma3(d), vision_config=vision, mm_tokens_per_image=4)


@family("PhiForCausalLM")
def phi(d):
    o, head = d.base(own_head=d.flag(0.3), activation="gelu_new")
    o.update(layer_norm_eps=d.epsilon(), qk_layernorm=d.flag(0.3),
             rope_parameters=d.rope(head, o, partial=True))
    return o


@family("Phi3ForCausalLM")
def phi3(d):
    o, head = d.base()
    rope = d.rope(head, o, partial=True)
    if rope["rope_type"] not in ("default", "longrope"):
        rope = dict(rope_type="default", rope_theta=rope["rope_theta"],
                    partial_rotary_factor=rope["partial_rotary_factor"])
    o.update(rms_norm_eps=d.epsilon(), sliding_window=d.window(), rope_parameters=rope,
             original_max_position_embeddings=d.choice([8, 16, 32, 200]))
    return o


def gpt2_sizes(d, activation="gelu_new", turning=False):
    heads = d.choice([1, 2, 3, 4, 8])
    head = d.head() if turning and d.wide else d.choice([4, 6, 8]) if turning else d.any_head()
    o = dict(n_embd=heads * head, n_head=heads, n_layer=d.layers(), n_positions=d.positions(),
             activation_function=d.activation(activation), layer_norm_epsilon=d.epsilon())
    if d.flag():
        o["n_inner"] = d.choice([20, 33, None])
    return o, head


@family("GPT2LMHeadModel", config="GPT2Config")
def gpt2(d):
    o, _ = gpt2_sizes(d)
    o.update(scale_attn_weights=d.flag(0.7), scale_attn_by_inverse_layer_idx=d.flag(0.4),
             reorder_and_upcast_attn=d.flag(0.3), add_cross_attention=d.flag(0.1))
    return o


@family("GPTBigCodeForCausalLM")
def bigcode(d):
    o, _ = gpt2_sizes(d, "gelu_pytorch_tanh")
    o.update(scale_attn_weights=d.flag(0.7), multi_query=d.flag(),
             attention_softmax_in_fp32=d.flag(), scale_attention_softmax_in_fp32=d.flag(),
             add_cross_attention=d.flag(0.1))
    return o


@family("GPTJForCausalLM")
def gptj(d):
    o, head = gpt2_sizes(d, turning=True)
    o.update(rotary_dim=d.choice([n for n in (2, 4, 6, 8) if n <= head]))
    return o


@family("CodeGenForCausalLM", config="CodeGenConfig")
def codegen(d):
    o, head = gpt2_sizes(d, turning=True)
    heads = d.choice([n for n in (1, 2, 3, 4, 6, 8) if n * head % 4 == 0])
    o.update(n_head=heads, n_embd=heads * head, n_ctx=o["n_positions"],
             rotary_dim=d.choice([n for n in (2, 4, 6, 8) if n <= head]))
    return o


@family("GPTNeoForCausalLM")
def gpt_neo(d):
    heads = d.choice([1, 2, 3, 4])
    layers = d.layers()
    types = [[[d.choice(["local", "global"])], 1] for _ in range(layers)]
    if layers % 2 == 0 and d.flag():
        types = [[["global", "local"], layers // 2]]
    o = dict(hidden_size=heads * d.any_head(), num_heads=heads, num_layers=layers,
             attention_types=types, window_size=d.choice([1, 2, 5, 256]),
             max_position_embeddings=d.positions(),
             activation_function=d.activation("gelu_new"), layer_norm_epsilon=d.epsilon())
    if d.flag():
        o["intermediate_size"] = d.choice([20, 33, None])
    return o


@family("GPTNeoXForCausalLM")
def gpt_neox(d):
    o, head = d.base(own_head=False, grouped=False, activation="gelu")
    o.update(layer_norm_eps=d.epsilon(), use_parallel_residual=d.flag(), attention_bias=d.flag(0.7),
             rope_parameters=d.rope(head, o, partial=True))
    if d.flag(0.2):
        # Heads are not so wide; only their rotated share is of it.
        share = o["rope_parameters"]["partial_rotary_factor"]
        o["head_dim"] = d.choice([n for n in range(2, 3 * head)
                                  if int(n * share) == int(head * share)] or [head])
    return o


@family("Starcoder2ForCausalLM")
def starcoder2(d):
    o, head = d.base(own_head=False, activation="gelu_pytorch_tanh")
    if o["num_key_value_heads"] is None:
        o["num_key_value_heads"] = 1
    if d.flag(0.3):
        head = o["head_dim"] = d.head()
    o.update(norm_epsilon=d.epsilon(), use_bias=d.flag(), sliding_window=d.window(),
             rope_parameters=d.rope(head, o))
    return o


@family("FalconForCausalLM")
def falcon(d):
    o, head = d.base(own_head=False, grouped=False, activation="gelu")
    o["activation"] = o.pop("hidden_act")
    inner = o.pop("intermediate_size")
    o.update(layer_norm_epsilon=d.epsilon(), new_decoder_architecture=d.flag(0.4),
             multi_query=d.flag(), parallel_attn=d.flag(0.7), bias=d.flag(), alibi=d.flag(0.3))
    if d.flag():
        o["ffn_hidden_size"] = inner
    if d.flag():
        o["num_kv_heads"] = d.choice(
            [n for n in DIVISORS if o["num_attention_heads"] % n == 0] + [None])
    if d.flag():
        o["num_ln_in_parallel_attn"] = d.choice([1, 2, None])
    if not o["alibi"]:
        o["rope_parameters"] = d.rope(head, o)
    if d.flag(0.2):
        o["n_embed"] = o.pop("hidden_size")
    return o


@family("BloomForCausalLM")
def bloom(d):
    heads = d.choice([1, 2, 3, 4, 6, 8])
    width = heads * d.any_head()
    return dict({d.choice(["hidden_size", "n_embed"]): width}, n_head=heads, n_layer=d.layers(),
                layer_norm_epsilon=d.epsilon(),
                apply_residual_connection_post_layernorm=d.flag(),
                slow_but_exact=d.flag(0.2), pretraining_tp=d.choice([1, 2]))


@family("OPTForCausalLM")
def opt(d):
    heads = d.choice([1, 2, 3, 4])
    o = dict(hidden_size=heads * d.any_head(), num_attention_heads=heads,
             num_hidden_layers=d.layers(), ffn_dim=d.choice([20, 33, 48]),
             max_position_embeddings=d.positions(), do_layer_norm_before=d.flag(0.6),
             _remove_final_layer_norm=d.flag(0.2), enable_bias=d.flag(0.7),
             layer_norm_elementwise_affine=d.flag(0.7),
             activation_function=d.activation("relu"))
    if d.flag(0.4):
        o["word_embed_proj_dim"] = d.choice([12, 20])
    return o


@family("StableLmForCausalLM")
def stablelm(d):
    o, head = d.base(own_head=False)
    if o["num_key_value_heads"] is None:
        o["num_key_value_heads"] = 1
    o.update(layer_norm_eps=d.epsilon(), use_qkv_bias=d.flag(), qk_layernorm=d.flag(0.4),
             use_parallel_residual=d.flag(), rope_parameters=d.rope(head, o, partial=True))
    return o


@family("Olmo2ForCausalLM")
def olmo2(d):
    o, head = d.base(own_head=d.flag(0.3))
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), rope_parameters=d.rope(head, o))
    return o


@family("GlmForCausalLM")
def glm(d):
    o, head = d.base(own_head=False)
    if o["num_key_value_heads"] is None:
        o["num_key_value_heads"] = 1
    head = o["head_dim"] = d.head()
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(),
             rope_parameters=d.rope(head, o, partial=True))
    return o


@family("Glm4ForCausalLM")
def glm4(d):
    return glm(d)


@family("SmolLM3ForCausalLM")
def smollm3(d):
    o, head = d.base(own_head=d.flag(0.3))
    n = o["num_hidden_layers"]
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), mlp_bias=d.flag(),
             rope_parameters=d.rope(head, o), use_sliding_window=d.flag(), sliding_window=d.window())
    if d.flag():
        o["no_rope_layers"] = [d.randint(0, 1) for _ in range(n)]
    elif d.flag():
        o["no_rope_layer_interval"] = d.choice([1, 2, 3])
    if d.flag(0.3):
        o["layer_types"] = d.layer_types(n)
    return o


@family("GraniteForCausalLM")
def granite(d):
    o, head = d.base(own_head=d.flag(0.3))
    o.update(rms_norm_eps=d.epsilon(), attention_bias=d.flag(), mlp_bias=d.flag(),
             rope_parameters=d.rope(head, o), embedding_multiplier=d.choice([1.0, 3, 12.0]),
             logits_scaling=d.choice([1.0, 4, 0.5]), residual_multiplier=d.choice([1.0, 0.22]),
             attention_multiplier=d.choice([1.0, 0.25, 0.0625]))
    return o


@family("T5ForConditionalGeneration", config="T5Config", kind="both")
def t5(d):
    o = dict(d_model=d.choice([256, 300] if d.wide else [24, 32, 40]), d_kv=d.choice([4, 7, 8, 12]), d_ff=d.choice([20, 33]),
             num_layers=d.layers(), num_heads=d.choice([1, 2, 3, 4]), layer_norm_epsilon=d.epsilon(),
             relative_attention_num_buckets=d.choice([8, 10, 32]),
             relative_attention_max_distance=d.choice([16, 20, 128]), decoder_start_token_id=0,
             feed_forward_proj=d.choice(["", "gated-"]) + d.activation("gelu"))
    if d.flag():
        o["num_decoder_layers"] = d.layers()
    return o


def bart_options(d):
    width = d.choice([192, 240] if d.wide else [12, 24, 36, 48, 60])
    return dict(d_model=width, encoder_layers=d.choice([1, 2]), decoder_layers=d.choice([1, 2, 3]),
                encoder_attention_heads=d.choice([1, 2, 4, 6]),
                decoder_attention_heads=d.choice([1, 2, 3, 4]), encoder_ffn_dim=d.choice([20, 33]),
                decoder_ffn_dim=d.choice([20, 40]), max_position_embeddings=d.positions(),
                scale_embedding=d.flag(), activation_function=d.activation("gelu"),
                decoder_start_token_id=d.choice([0, 2]))


for _name in ("Bart", "Blenderbot", "BlenderbotSmall"):
    family(_name + "ForConditionalGeneration", config=_name + "Config", kind="both")(bart_options)


def bert_options(d):
    o, _ = d.base(own_head=False, grouped=False, activation="gelu")
    o["hidden_size"] = o["num_attention_heads"] * d.any_head()
    o.update(layer_norm_eps=d.epsilon(), type_vocab_size=d.choice([1, 2, 3]),
             max_position_embeddings=d.positions(), is_decoder=d.flag(0.2))
    if o["is_decoder"]:
        o["add_cross_attention"] = d.flag()
    return o


family("BertForMaskedLM", config="BertConfig", kind="encoder")(bert_options)
family("RobertaForMaskedLM", config="RobertaConfig", kind="encoder")(bert_options)


# Spellings ---------------------------------------------------------------------------------------


def old_spelling(config, d):
    """As checkpoints of Transformers 4 have it."""
    rope = config.pop("rope_parameters", None)
    neox = config.get("model_type") == "gpt_neox"
    if rope and "full_attention" in rope:
        local = rope["sliding_attention"]
        rope = rope["full_attention"]
        config["rope_local_base_freq"] = local["rope_theta"]
        config.pop("layer_types", None) if d.flag() else None
    if rope:
        rope = dict(rope)
        config["rotary_emb_base" if neox else "rope_theta"] = rope.pop("rope_theta")
        if "partial_rotary_factor" in rope:
            config["rotary_pct" if neox else "partial_rotary_factor"] = rope.pop(
                "partial_rotary_factor")
        kind = rope.pop("rope_type", "default")
        if kind == "default":
            if d.flag():
                config["rope_scaling"] = d.choice([None, {}, {"type": "default"},
                                                   {"rope_type": "default"}])
        else:
            if config.get("model_type") == "phi3" and kind == "longrope":
                # What Phi-3 called it.
                kind = d.choice(["longrope", "su", "yarn"])
            rope["type" if d.flag() else "rope_type"] = kind
            if d.flag(0.3):
                rope["rope_type"] = kind
            if d.flag(0.1):
                # Neither old nor new.
                for key in ("rope_theta", "partial_rotary_factor"):
                    if key in config:
                        rope[key] = config.pop(key)
            config["rope_scaling"] = rope
    if "dtype" in config:
        config["torch_dtype"] = config.pop("dtype")
    if d.flag():
        config.pop("layer_types", None)
    config.pop("attention_layers", None)
    config["transformers_version"] = "4.44.0"
    return config


def given_spelling(config, options, d):
    """Only what was drawn; the rest is left to the defaults."""
    keep = ("architectures", "model_type", "dtype", "vocab_size", "bos_token_id", "eos_token_id",
            "pad_token_id", "decoder_start_token_id", "tie_word_embeddings")
    given = {k: config[k] for k in keep if k in config}
    given.update(copy.deepcopy(options))
    return given


def other_names(config, names, d):
    """Keys under the names that attribute_map also reads them by."""
    for other, key in names.items():
        if key in config and d.flag():
            config[other] = config.pop(key)


# Options that other classes have, or that classes had once. Without sliding_window: Transformers'
# cache takes it from any configuration, and then forgets what the layers want to see.
STRANGERS = dict(
    add_final_layer_norm=True, normalize_before=True, normalize_embedding=False,
    static_position_embeddings=True, extra_pos_embeddings=0, pretraining_tp=2, n_ctx=32,
    rope_interleaved=True, rotary=True, rope_ratio=500, use_qk_norm=True, qk_norm=True,
    clip_qkv=1.5, logit_scale=0.1, norm_topk_prob=True, scale_attn_by_inverse_layer_idx=True,
    final_logit_softcapping=5.0, attn_logit_softcapping=5.0, query_pre_attn_scalar=7,
    residual_multiplier=0.5, embedding_multiplier=3.0, mlp_bias=False, use_bias=True, bias=True,
    lm_head_bias=True, hidden_activation="relu", activation="relu", mup_enabled=True,
    tie_encoder_decoder=True, use_mrope=True, rotary_dim=2, rotary_pct=0.5, no_rope_layers=[],
    num_key_value_heads=None, rotary_emb_base=99, embedding_size=None, scale_embedding=None,
    use_sliding_window=True, max_window_layers=0, sliding_window_pattern=2,
    head_dim=10, original_max_position_embeddings=9, rotary_base=50,
    attention_multiplier=0.3, logits_scaling=3.0, n_inner=24, ffn_dim=24, ffn_hidden_size=24,
    multi_query=True, alibi=True, parallel_attn=False, is_decoder=True, num_kv_heads=1,
    position_embedding_type="relative_key", layer_norm_eps=0.1, rms_norm_eps=0.1, norm_eps=0.1,
    layer_norm_epsilon=0.1, norm_epsilon=0.1, num_local_experts=2, num_experts=2,
    use_parallel_residual=True, scale_attn_weights=False, chunk_size_feed_forward=1,
    use_bidirectional_attention=False, attn_implementation="eager", rope_theta=99.0,
    partial_rotary_factor=0.5, scale_decoder_outputs=False, tie_word_embeddings=None)


def clutter(config, d):
    """What Transformers does not read, reads as null, or finds twice."""
    rope = config.get("rope_parameters")
    if d.flag(0.2):
        config.setdefault("head_dim", None)
    if d.flag(0.2):
        config.setdefault("rope_scaling", None)
    if rope and d.flag(0.1):
        config.setdefault("rope_scaling", {"type": "linear", "factor": 2.0})
    if rope and "rope_theta" in rope and d.flag(0.2):
        config.setdefault("rope_theta", 77.0)
    if rope and "rope_theta" not in config and d.flag(0.1):
        rope.pop("rope_theta", None)
    if rope and rope.get("rope_type") == "default" and d.flag(0.2):
        rope.pop("rope_type")
    if rope and rope.get("rope_type", "default") == "default" and d.flag(0.1):
        config.setdefault("partial_rotary_factor", 0.5)
    if d.flag(0.1):
        config.setdefault("attention_bias", False)
    if d.flag(0.1):
        config.setdefault("quantization_config", None)
    if d.flag(0.1):
        config.setdefault("auto_map", {})
    if d.flag(0.3):
        for key in d.sample(sorted(STRANGERS), 3):
            config.setdefault(key, STRANGERS[key])
    if d.flag(0.2):
        # Most classes refuse most of these.
        config[d.choice(sorted(config.keys() - {"architectures", "model_type"}))] = None


FORMER_NAMES = dict(LlamaForCausalLM="LLaMAForCausalLM", FalconForCausalLM="RWForCausalLM",
                    T5ForConditionalGeneration="T5WithLMHeadModel",
                    StableLmForCausalLM="StableLMEpochForCausalLM")


def spelled(config, options, names, d):
    style = d.choice(["saved", "old", "old", "given", "given-old"])
    if style in ("given", "given-old"):
        config = given_spelling(config, options, d)
        other_names(config, names, d)
    if style in ("old", "given-old"):
        if "text_config" in config:
            config["text_config"] = old_spelling(config["text_config"], d)
        else:
            config = old_spelling(config, d)
    if d.flag(0.4):
        clutter(config, d)
        style += ", cluttered"
    if d.flag(0.1):
        config["architectures"] = [FORMER_NAMES.get(n, n) for n in config["architectures"]]
    return config, style


def restored(directory, prefix, d):
    """The weights as other programs save them."""
    file = directory / "model.safetensors"
    kind = d.choice(["", "", "", "pickled", "bare", "head", "other head", "float64",
                     "buffers", "only head", "gamma", "mixed", "copies", "moved"])
    if not kind or not file.exists():
        return ""
    tensors = load_file(file)
    if kind == "pickled":
        torch.save(tensors, directory / "pytorch_model.bin")
        file.unlink()
        return kind
    if kind == "bare":
        tensors = {n.removeprefix(prefix + "."): t for n, t in tensors.items()}
    if kind == "buffers":
        layers = {n[:n.index(".0.") + 2] for n in tensors if ".0." in n}
        for layer in sorted(layers):
            if "h.0" in layer:
                tensors[layer + ".attn.bias"] = torch.tril(torch.ones(8, 8, dtype=torch.uint8))
                tensors[layer + ".attn.masked_bias"] = torch.tensor(-1e4)
            elif prefix == "model":
                tensors[layer + ".self_attn.rotary_emb.inv_freq"] = torch.ones(4)
        if "bert" in prefix:
            tensors[prefix + ".embeddings.position_ids"] = torch.arange(40).unsqueeze(0)
    if kind == "gamma":
        if "bert" not in prefix:
            return ""
        tensors = {n.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"): t for n, t in tensors.items()}
    if kind == "mixed":
        tensors = {n: t.float() if t.dim() == 1 else t.half() for n, t in tensors.items()}
    if kind == "float64":
        tensors = {n: t.double() for n, t in tensors.items()}
    if kind in ("copies", "moved"):
        # The one embedding of encoder and decoder.
        names = [n for n in tensors if n.endswith("shared.weight")]
        if len(names) != 1:
            return ""
        for part in ("encoder", "decoder"):
            tensors[names[0].replace("shared", part + ".embed_tokens")] = tensors[names[0]].clone()
        if kind == "moved":
            del tensors[names[0]]
    if kind in ("head", "other head", "only head"):
        names = [n for n in tensors if n.endswith(("embed_tokens.weight", "wte.weight",
                                                    "word_embeddings.weight", "embed_in.weight",
                                                    "shared.weight"))]
        head = "embed_out.weight" if prefix == "gpt_neox" else "lm_head.weight"
        if len(names) != 1 or any(n.endswith(head) for n in tensors) or "bert" in prefix:
            return ""
        stored = tensors[names[0]]
        if kind == "only head":
            del tensors[names[0]]
        tensors[head] = stored.clone() if kind != "other head" else stored.flip(0).contiguous()
    save_file(tensors, file, metadata={"format": "pt"})
    return kind


# Models ------------------------------------------------------------------------------------------

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "spiece.model",
             "special_tokens_map.json", "added_tokens.json")


def refuse_one_rotated(config):
    """One element turned by itself becomes two, and heads are wider then: an accident."""
    share = (getattr(config, "rope_parameters", None) or {}).get("partial_rotary_factor", 1)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    if int(head * share) == 1:
        raise ValueError("one element of a head is rotated")


SIZES = re.compile("text_config|vision|size|num|^n_|layers|heads|position|^d_|_dim|attention_types|start_token")


def make(name, number, seed, golden, directory):
    config_class, like, kind, options_of = FAMILIES[name]
    d = Draw(zlib.crc32(f"{seed}/{name}/{number}".encode()))
    torch.manual_seed(d.randrange(1 << 30))
    options = options_of(d)
    if d.flag(0.3):
        # Left to the defaults of the class, but for sizes.
        options = {k: v for k, v in options.items() if SIZES.search(k) or d.flag(0.7)}
    known = json.loads((golden / like / "config.json").read_text())
    text = options.get("text_config", options)
    text["vocab_size"] = known["vocab_size"] + d.choice([0, 0, 0, 1, 5, 16])
    for key in ("bos_token_id", "eos_token_id", "pad_token_id"):
        if key in known:
            text[key] = known[key]
        if d.flag(0.05):
            text[key] = d.choice([None, 0, 7])
    if d.flag(0.1):
        text["eos_token_id"] = d.choice([[1], [2, 5]])
    if d.flag(0.6):
        options["tie_word_embeddings"] = d.flag()
    config = getattr(transformers, config_class)(**copy.deepcopy(options))
    model_class = getattr(transformers, name)
    attention = "sdpa" if getattr(config, "alibi", False) else "eager"
    config._attn_implementation = attention
    model = model_class(config).eval()
    fill(model, name.startswith("Gemma"))
    model.tie_weights()
    dtype = d.choice([torch.float32, torch.float32, torch.bfloat16, torch.float16])
    model.to(dtype)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    shards = {"max_shard_size": size // 2} if d.flag(0.2) else {}
    if d.flag(0.15):
        # Experts in one tensor each, as Transformers 5 keeps them.
        shards["save_original_format"] = False
    model.save_pretrained(directory, **shards)
    saved = json.loads((directory / "config.json").read_text())
    written, style = spelled(saved, options, type(config).attribute_map, d)
    if "tie_word_embeddings" not in options and d.flag():
        # The default of the class.
        for where in (written, written.get("text_config", {})):
            where.pop("tie_word_embeddings", None)
    (directory / "config.json").write_text(json.dumps(written, indent=1) + "\n")
    (directory / "generation_config.json").unlink(missing_ok=True)
    rewritten = restored(directory, model.base_model_prefix, d)
    for file in TOKENIZER:
        if (golden / like / file).exists():
            shutil.copyfile(golden / like / file, directory / file)

    model, info = model_class.from_pretrained(
        directory, dtype=torch.float32, attn_implementation=attention,
        experts_implementation="eager", output_loading_info=True)
    lost = {k: v for k, v in info.items() if v and k != "unexpected_keys"}
    if lost or info.get("unexpected_keys") and rewritten != "buffers":
        raise ValueError(f"{style} does not fit the weights: {info}")
    refuse_one_rotated(model.config.get_text_config())
    model.eval()
    # Where positions are learned, both have to fit.
    steps = d.choice([12, 12, 40]) if d.wide else 12
    limit = 150 if d.wide else 24
    if kind != "decoder" or not hasattr(model.config, "rope_parameters"):
        limit = min(limit, getattr(model.config, "max_position_embeddings", 64) - steps - 2)
    # Padding is among them, for some position of which RoBERTa counts.
    first = d.choice([0, 3])
    ids = torch.randint(first, text["vocab_size"], (1, d.randint(1, max(2, limit))))
    tensors, gap = {"input_ids": ids}, float("nan")
    with torch.no_grad():
        if kind == "both":
            decoder = torch.randint(3, text["vocab_size"], (1, d.randint(1, 12)))
            tensors["decoder_input_ids"] = decoder
            tensors["logits"] = model(input_ids=ids, decoder_input_ids=decoder).logits
            start = torch.tensor([[model.config.decoder_start_token_id or 0]])
            tensors["generated"], gap = greedy(model, start, ids, steps)
        else:
            tensors["logits"] = model(input_ids=ids).logits
            if kind == "decoder":
                tensors["generated"], gap = greedy(model, ids, steps=steps)
    if not torch.isfinite(tensors["logits"]).all():
        raise ValueError("logits are not finite")
    save_file({k: v.contiguous() for k, v in tensors.items()}, directory / "expected.safetensors")
    (directory / "drawn.json").write_text(json.dumps(
        dict(style=style, weights=rewritten, gap=gap, dtype=str(dtype), options=options), indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("golden", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--llama-cpp", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.llama_cpp:
        # The converter imports them only for some vocabularies, and would seem to refuse those.
        import google.protobuf  # noqa: F401
        import sentencepiece  # noqa: F401
    torch.set_num_threads(1)
    warnings.simplefilter("ignore", FutureWarning)
    transformers.logging.set_verbosity(50)
    transformers.logging.disable_progress_bar()
    made = []
    for name in arguments.only or FAMILIES:
        number = good = 0
        # Some draws contradict each other, and Transformers says so.
        while good < arguments.count and number < 4 * arguments.count:
            directory = arguments.output / f"{name}-{number}"
            number += 1
            try:
                make(name, number - 1, arguments.seed, arguments.golden, directory)
                made.append(directory)
                good += 1
            except Exception as e:  # noqa: BLE001
                text = str(e).strip().splitlines() or [repr(e)]
                print(f"{directory.name}: not drawn: {type(e).__name__} {text[0][:200]}", flush=True)
                shutil.rmtree(directory, ignore_errors=True)
    if arguments.llama_cpp:
        from convert_reference import converter
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "convert"))
        from listing import write_listing

        convert = converter(arguments.llama_cpp)
        logging.disable(logging.CRITICAL)
        file = arguments.output / "reference.gguf"
        for directory in made:
            if "only head" in (directory / "drawn.json").read_text():
                # The converter would write a GGUF without embedding, which llama.cpp cannot load.
                continue
            try:
                with open(os.devnull, "w") as null, contextlib.redirect_stderr(null):
                    convert(directory, file, "f32")
                write_listing(arguments.llama_cpp, file, directory / "expected.json")
            except (Exception, SystemExit):  # noqa: BLE001
                (directory / "converter-error.txt").write_text(traceback.format_exc())
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
