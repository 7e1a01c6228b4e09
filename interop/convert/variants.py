#!/usr/bin/env python3
"""Makes small checkpoints and records what llama.cpp's converter makes of each.

    variants.py LLAMA_CPP TOKENIZERS OUTPUT [NAME...]

TOKENIZERS holds tokenizers of Hugging Face in directories Llama (byte-level BPE with the Llama 3
pattern), GPT2 and Qwen (byte-level BPE with their patterns), Mistral (SentencePiece with byte
fallback), Gemma, Phi3, Glm, T5, Bert and Roberta (those of the families). Every checkpoint becomes
a directory of OUTPUT with its files and expected.json, a listing (listing.py) of the GGUF that
convert_hf_to_gguf.py writes with --outtype f32. Needs the Python packages of the converter.

Weights are drawn with numpy's default_rng(7), those of whole families with torch's manual_seed(7),
from a normal distribution, standard deviation 0.1.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from listing import write_listing

llama_cpp, tokenizers, output = (Path(a).resolve() for a in sys.argv[1:4])
chosen = sys.argv[4:]
REFERENCE = Path(__file__).resolve().parent.parent / "convert_reference.py"
VARIANTS = {}


def variant(function):
    VARIANTS[function.__name__.replace("_", "-")] = function
    return function


# Files -------------------------------------------------------------------------------------------


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def edit_json(path, **changes):
    """Sets keys of a JSON file; a value of ... removes its key."""
    value = read_json(path) if path.exists() else {}
    for key, new in changes.items():
        if new is ...:
            value.pop(key, None)
        else:
            value[key] = new
    write_json(path, value)


def encoded(values, dtype):
    """Bytes of an array of float64 in a type of safetensors."""
    values = values.astype(np.float32) if dtype != "F64" else values
    if dtype == "BF16":
        bits = values.view(np.uint32)
        return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").tobytes()
    if dtype == "F8_E4M3":
        import torch

        return torch.from_numpy(values).to(torch.float8_e4m3fn).view(torch.uint8).numpy().tobytes()
    return values.astype({"F32": "<f4", "F16": "<f2", "F64": "<f8"}[dtype]).tobytes()


def write_safetensors(path, tensors):
    """tensors: name -> (array of float64, type)"""
    header, data = {}, b""
    for name, (values, dtype) in tensors.items():
        raw = encoded(values, dtype)
        header[name] = {
            "dtype": dtype,
            "shape": list(values.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


# Models ------------------------------------------------------------------------------------------

LLAMA = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_act": "silu",
    "hidden_size": 32,
    "intermediate_size": 48,
    "max_position_embeddings": 256,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
    "rms_norm_eps": 1e-05,
    "rope_theta": 10000.0,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "vocab_size": 320,
    "bos_token_id": 0,
    "eos_token_id": 1,
}


def llama_tensors(config, dtype="BF16", biases=(), tied=True):
    rng = np.random.default_rng(7)

    def draw(*shape):
        return rng.normal(0, 0.1, shape)

    width, inner = config["hidden_size"], config["intermediate_size"]
    heads = config["num_attention_heads"]
    kv_heads = config["num_key_value_heads"] or heads
    head = config.get("head_dim") or width // heads
    tensors = {"model.embed_tokens.weight": draw(config["vocab_size"], width)}
    for i in range(config["num_hidden_layers"]):
        layer = f"model.layers.{i}."
        shapes = {
            "self_attn.q_proj": (heads * head, width),
            "self_attn.k_proj": (kv_heads * head, width),
            "self_attn.v_proj": (kv_heads * head, width),
            "self_attn.o_proj": (width, heads * head),
            "mlp.gate_proj": (inner, width),
            "mlp.up_proj": (inner, width),
            "mlp.down_proj": (width, inner),
        }
        for name, shape in shapes.items():
            tensors[layer + name + ".weight"] = draw(*shape)
            if name.split(".")[0] in biases:
                tensors[layer + name + ".bias"] = draw(shape[0])
        tensors[layer + "input_layernorm.weight"] = 1 + draw(width)
        tensors[layer + "post_attention_layernorm.weight"] = 1 + draw(width)
    tensors["model.norm.weight"] = 1 + draw(width)
    if not tied:
        tensors["lm_head.weight"] = draw(config["vocab_size"], width)
    return {name: (values, dtype) for name, values in tensors.items()}


def llama(directory, tokenizer="Llama", dtype="BF16", biases=(), tied=True, **changes):
    config = {k: v for k, v in {**LLAMA, **changes}.items() if v is not ...}
    write_json(directory / "config.json", config)
    tensors = llama_tensors({**LLAMA, **config}, dtype, biases, tied)
    write_safetensors(directory / "model.safetensors", tensors)
    for file in (tokenizers / tokenizer).iterdir():
        if file.name.startswith("tokenizer"):
            shutil.copyfile(file, directory / file.name)


def mistral(directory, **changes):
    llama(directory, tokenizer="Mistral", **{"vocab_size": 384, "bos_token_id": 1,
                                             "eos_token_id": 2, **changes})


@variant
def old_config_with_few_keys(d):
    """Everything that the configuration class has a default for is left to it."""
    llama(d, rms_norm_eps=..., max_position_embeddings=..., rope_theta=..., bos_token_id=...,
          eos_token_id=..., dtype="F16")


@variant
def nulls(d):
    llama(d, head_dim=None, num_key_value_heads=None, rope_scaling=None, sliding_window=None,
          eos_token_id=[0, 1])


@variant
def rope_linear(d):
    llama(d, rope_scaling={"type": "linear", "factor": 4.0}, rope_theta=50000)


@variant
def rope_linear_parameters(d):
    llama(d, rope_theta=...,
          rope_parameters={"rope_type": "linear", "factor": 8, "rope_theta": 500000.0})


@variant
def rope_yarn(d):
    llama(d, rope_scaling={"rope_type": "yarn", "factor": 4.0, "beta_fast": 48, "beta_slow": 2.0,
                           "attention_factor": 1.2, "original_max_position_embeddings": 64})


@variant
def rope_yarn_without_original_length(d):
    llama(d, rope_scaling={"type": "yarn", "factor": 2.0})


@variant
def rope_llama3(d):
    llama(d, max_position_embeddings=131072, rope_theta=500000.0,
          rope_scaling={"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                        "original_max_position_embeddings": 8192, "rope_type": "llama3"})


@variant
def rope_llama3_parameters(d):
    llama(d, max_position_embeddings=131072, rope_theta=..., head_dim=64,
          rope_parameters={"factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                           "original_max_position_embeddings": 8192, "rope_type": "llama3",
                           "rope_theta": 500000.0})


@variant
def rope_dynamic(d):
    """GGUF has no such scaling."""
    llama(d, rope_scaling={"type": "dynamic", "factor": 2.0})


@variant
def biases_everywhere(d):
    llama(d, biases=("self_attn", "mlp"), attention_bias=True, mlp_bias=True, dtype="F16")


@variant
def wide_heads_untied(d):
    llama(d, head_dim=16, tied=False, tie_word_embeddings=False)


@variant
def no_grouped_heads_float64(d):
    llama(d, num_key_value_heads=4, dtype="F64")


@variant
def tied_but_stored(d):
    """Says tied, and stores the output matrix all the same."""
    llama(d, tied=False)


@variant
def prefixed_model(d):
    """As sharded: the order is that of the files, then of the names."""
    llama(d)
    tensors = llama_tensors(LLAMA)
    names = sorted(tensors)
    weight_map = {}
    for i, part in enumerate([names[::2], names[1::2]]):
        file = f"model-0000{i + 1}-of-00002.safetensors"
        write_safetensors(d / file, {n: tensors[n] for n in reversed(part)})
        weight_map.update({n: file for n in part})
    (d / "model.safetensors").unlink()
    write_json(d / "model.safetensors.index.json", {"metadata": {}, "weight_map": weight_map})


def write_pytorch(path, tensors):
    """A state dictionary in the order given, all in one type."""
    import torch

    types = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}
    torch.save({name: torch.from_numpy(values).to(types[dtype])
                for name, (values, dtype) in tensors.items()}, path)


@variant
def pytorch_bin(d):
    """The order is that of the dictionary; old checkpoints carry frequencies."""
    llama(d)
    tensors = llama_tensors(LLAMA)
    for i in range(2):
        tensors[f"model.layers.{i}.self_attn.rotary_emb.inv_freq"] = (np.ones(4), "F32")
    write_pytorch(d / "pytorch_model.bin", dict(reversed(tensors.items())))
    (d / "model.safetensors").unlink()


def with_scales(config, suffix, scales_of):
    rng = np.random.default_rng(8)
    tensors = {}
    for name, (values, _) in llama_tensors(config).items():
        if ".layers." in name and "norm" not in name:
            scales = np.abs(rng.normal(0, 0.01, scales_of(values.shape))) + 0.001
            tensors[name] = (values * 100, "F8_E4M3")
            tensors[name + suffix] = (scales, "F32")
        else:
            tensors[name] = (values, "BF16")
    return tensors


@variant
def fp8_blocks(d):
    """Blocks that do not divide the matrices."""
    quantization = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic",
                    "weight_block_size": [20, 12]}
    llama(d, quantization_config=quantization)
    blocks = lambda shape: (-(-shape[0] // 20), -(-shape[1] // 12))  # noqa: E731
    write_safetensors(d / "model.safetensors", with_scales(LLAMA, "_scale_inv", blocks))


@variant
def fp8_per_tensor(d):
    llama(d, quantization_config={"quant_method": "fp8", "activation_scheme": "static"})
    write_safetensors(d / "model.safetensors", with_scales(LLAMA, "_scale_inv", lambda s: ()))


@variant
def fp8_channels(d):
    weights = {"num_bits": 8, "type": "float", "strategy": "channel", "symmetric": True}
    llama(d, quantization_config={
        "quant_method": "compressed-tensors", "format": "float-quantized",
        "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}}})
    write_safetensors(d / "model.safetensors", with_scales(LLAMA, "_scale", lambda s: (s[0], 1)))


# Tokenizers --------------------------------------------------------------------------------------

TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


@variant
def sentencepiece_with_added_tokens(d):
    mistral(d, vocab_size=400)
    write_json(d / "added_tokens.json", {"<extra_a>": 384, "▁two▁words": 385, "<beyond>": 4000})
    edit_json(d / "tokenizer_config.json", add_bos_token=True, add_eos_token=False,
              add_prefix_space=False, chat_template=TEMPLATE, added_tokens_decoder={
                  "0": {"content": "<unk>", "special": True},
                  "1": {"content": "<s>", "special": True},
                  "2": {"content": "</s>", "special": True},
                  "386": {"content": "<|assistant|>", "special": False},
                  "387": {"content": "a▁b", "special": False},
                  "388": {"content": "<mask>", "special": False}})


@variant
def sentencepiece_of_tokenizer_json(d):
    mistral(d)
    (d / "tokenizer.model").unlink()


@variant
def sentencepiece_of_tokenizer_json_with_added_tokens(d):
    mistral(d, vocab_size=387)
    (d / "tokenizer.model").unlink()
    tokenizer = read_json(d / "tokenizer.json")
    for i, (content, special) in enumerate(
            [("<|im_start|>", True), ("<tool>", False), ("[PAD]", True)]):
        tokenizer["added_tokens"].append({
            "id": 384 + i, "content": content, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": special})
    write_json(d / "tokenizer.json", tokenizer)
    edit_json(d / "tokenizer_config.json", pad_token="[PAD]",
              additional_special_tokens=["<|im_start|>"], extra_special_tokens=...)


@variant
def bpe_with_added_tokens(d):
    """Added tokens of all kinds; merges as pairs; unused ids up to the size of the embedding."""
    llama(d, vocab_size=330, pad_token_id=323)
    tokenizer = read_json(d / "tokenizer.json")
    flags = {"single_word": False, "lstrip": False, "rstrip": False}
    for i, (content, special, normalized) in enumerate([
            ("<|im_start|>", True, False), ("<tool_call>", False, False), ("two words", False, True),
            ("<pad>", False, True), ("Ġé", False, False), ("▁x", False, True),
            ("<｜end▁of▁file｜>", False, False)]):
        tokenizer["added_tokens"].append(
            {"id": 320 + i, "content": content, "special": special, "normalized": normalized,
             **flags})
    merges = tokenizer["model"]["merges"]
    tokenizer["model"]["merges"] = [m.split(" ") if isinstance(m, str) else m for m in merges]
    write_json(d / "tokenizer.json", tokenizer)
    edit_json(d / "tokenizer_config.json", pad_token={"__type": "AddedToken", "content": "<pad>", "special": True},
              add_bos_token=False)


@variant
def bpe_merges_as_texts(d):
    llama(d)
    tokenizer = read_json(d / "tokenizer.json")
    merges = tokenizer["model"]["merges"]
    tokenizer["model"]["merges"] = [" ".join(m) if isinstance(m, list) else m for m in merges]
    write_json(d / "tokenizer.json", tokenizer)


@variant
def bpe_special_tokens_map(d):
    """Roles only in special_tokens_map.json; one token of them in no other file."""
    llama(d, vocab_size=322)
    edit_json(d / "tokenizer_config.json", bos_token=..., eos_token=...)
    write_json(d / "special_tokens_map.json", {
        "bos_token": {"content": "<|begin_of_text|>", "lstrip": False, "normalized": False,
                      "rstrip": False, "single_word": False},
        "eos_token": "<|end_of_text|>", "pad_token": "<|new|>"})


@variant
def bpe_template_with_end(d):
    """A template that closes a text with a token other than the declared end."""
    llama(d, vocab_size=321)
    tokenizer = read_json(d / "tokenizer.json")
    tokenizer["added_tokens"].append({
        "id": 320, "content": "<|eot_id|>", "single_word": False, "lstrip": False, "rstrip": False,
        "normalized": False, "special": True})

    def token(text):
        return {"SpecialToken": {"id": text, "type_id": 0}}

    def sequence(text):
        return {"Sequence": {"id": text, "type_id": 0}}

    ids = {t["content"]: {"id": t["content"], "ids": [t["id"]], "tokens": [t["content"]]}
           for t in tokenizer["added_tokens"]}
    tokenizer["post_processor"] = {"type": "TemplateProcessing", "special_tokens": ids, "single": [
        token("<|begin_of_text|>"), sequence("A"), token("<|eot_id|>")], "pair": [
        token("<|begin_of_text|>"), sequence("A"), token("<|eot_id|>"), sequence("B"),
        token("<|eot_id|>")]}
    write_json(d / "tokenizer.json", tokenizer)


@variant
def bpe_without_tokenizer_config(d):
    llama(d)
    (d / "tokenizer_config.json").unlink()


@variant
def chat_templates_by_name(d):
    llama(d)
    edit_json(d / "tokenizer_config.json", chat_template=[
        {"name": "default", "template": TEMPLATE}, {"name": "tool-use", "template": "tools"}])


@variant
def chat_template_in_a_file(d):
    llama(d)
    (d / "chat_template.jinja").write_text(TEMPLATE + "é", encoding="utf-8")


@variant
def chat_templates_in_files(d):
    llama(d)
    (d / "chat_template.jinja").write_text(TEMPLATE, encoding="utf-8")
    (d / "additional_chat_templates").mkdir()
    (d / "additional_chat_templates" / "rag.jinja").write_text("rag", encoding="utf-8")


@variant
def chat_template_in_json(d):
    llama(d)
    write_json(d / "chat_template.json", {"chat_template": TEMPLATE})


# Relatives ---------------------------------------------------------------------------------------


@variant
def mixtral(d):
    mistral(d, architectures=["MixtralForCausalLM"], model_type="mixtral", rope_theta=...,
            num_local_experts=3, num_experts_per_tok=2, sliding_window=None)
    rng = np.random.default_rng(9)
    tensors = {name: value for name, value in llama_tensors({**LLAMA, "vocab_size": 384}).items()
               if ".mlp." not in name}
    for i in range(2):
        moe = f"model.layers.{i}.block_sparse_moe."
        tensors[moe + "gate.weight"] = (rng.normal(0, 0.1, (3, 32)), "BF16")
        for x in range(3):
            for name, shape in {"w1": (48, 32), "w2": (32, 48), "w3": (48, 32)}.items():
                tensors[f"{moe}experts.{x}.{name}.weight"] = (rng.normal(0, 0.1, shape), "BF16")
    write_safetensors(d / "model.safetensors", tensors)


@variant
def qwen2(d):
    llama(d, tokenizer="Qwen", architectures=["Qwen2ForCausalLM"], model_type="qwen2",
          rope_theta=1000000.0, biases=("self_attn",))
    tensors = llama_tensors(LLAMA, biases=("self_attn",))
    write_safetensors(d / "model.safetensors",
                      {n: v for n, v in tensors.items() if not n.endswith("o_proj.bias")})


@variant
def qwen3(d):
    llama(d, tokenizer="Qwen", architectures=["Qwen3ForCausalLM"], model_type="qwen3", head_dim=16)
    tensors = llama_tensors({**LLAMA, "head_dim": 16})
    rng = np.random.default_rng(10)
    for i in range(2):
        for name in "qk":
            tensors[f"model.layers.{i}.self_attn.{name}_norm.weight"] = (
                1 + rng.normal(0, 0.1, 16), "BF16")
    write_safetensors(d / "model.safetensors", tensors)


# GPT-2 -------------------------------------------------------------------------------------------

GPT2 = {
    "architectures": ["GPT2LMHeadModel"],
    "model_type": "gpt2",
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-05,
    "n_ctx": 64,
    "n_embd": 24,
    "n_head": 2,
    "n_layer": 2,
    "n_positions": 64,
    "vocab_size": 320,
    "bos_token_id": 0,
    "eos_token_id": 0,
}


def gpt2(directory, dtype="F32", prefix="", **changes):
    config = {k: v for k, v in {**GPT2, **changes}.items() if v is not ...}
    write_json(directory / "config.json", config)
    rng = np.random.default_rng(7)

    def draw(*shape):
        return rng.normal(0, 0.1, shape)

    width = config["n_embd"]
    tensors = {"wte.weight": draw(config["vocab_size"], width),
               "wpe.weight": draw(config["n_positions"], width)}
    for i in range(config["n_layer"]):
        for name, shape in {"attn.c_attn": (width, 3 * width), "attn.c_proj": (width, width),
                            "mlp.c_fc": (width, 4 * width),
                            "mlp.c_proj": (4 * width, width)}.items():
            tensors[f"h.{i}.{name}.weight"] = draw(*shape)
            tensors[f"h.{i}.{name}.bias"] = draw(shape[1])
        for name in ["ln_1", "ln_2"]:
            tensors[f"h.{i}.{name}.weight"] = 1 + draw(width)
            tensors[f"h.{i}.{name}.bias"] = draw(width)
    tensors["ln_f.weight"] = 1 + draw(width)
    tensors["ln_f.bias"] = draw(width)
    write_safetensors(directory / "model.safetensors",
                      {prefix + name: (values, dtype) for name, values in tensors.items()})
    for file in (tokenizers / "GPT2").iterdir():
        if file.name.startswith("tokenizer"):
            shutil.copyfile(file, directory / file.name)


@variant
def gpt2_bare_names_half(d):
    gpt2(d, dtype="F16")


@variant
def gpt2_vocab_json(d):
    """As DialoGPT: vocab.json and merges.txt, no tokenizer.json."""
    gpt2(d, prefix="transformer.", dtype="BF16")
    model = read_json(d / "tokenizer.json")["model"]
    write_json(d / "vocab.json", model["vocab"])
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    (d / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    (d / "tokenizer.json").unlink()
    write_json(d / "tokenizer_config.json", {"model_max_length": 64})


# Families ----------------------------------------------------------------------------------------


def family(directory, model_class, tokenizer, config_class=None, old=None, dtype="bfloat16",
           rename=None, original=True, **keys):
    """A random model of a class of transformers, saved by it.

    old: keys that replace rope_parameters and layer_types of the configuration, as transformers 4
    wrote it; a value of ... removes a key. rename: from stored names of tensors to others.
    original: whether they are those of the checkpoints that the class came with, or its own.
    """
    import torch
    import transformers
    from safetensors.torch import load_file, save_file

    keys = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4,
            "num_key_value_heads": 2, "num_hidden_layers": 2, "max_position_embeddings": 64,
            "vocab_size": 384 if tokenizer in ("Gemma", "T5", "Mistral") else
            392 if tokenizer == "Phi3" else 320,
            "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 0, **keys}
    keys = {k: v for k, v in keys.items() if v is not ...}
    model_class = getattr(transformers, model_class)
    config = (config_class and getattr(transformers, config_class) or model_class.config_class)(**keys)
    torch.manual_seed(7)
    model = model_class(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1 if "norm" in name.lower() and name.endswith("weight") else 0, 0.1)
    model.to(getattr(torch, dtype)).save_pretrained(
        directory, save_original_format=original)
    (directory / "generation_config.json").unlink(missing_ok=True)
    if rename:
        file = directory / "model.safetensors"
        tensors = {rename(k): v.clone() for k, v in load_file(file).items()}
        save_file({k: v for k, v in tensors.items() if k}, file)
    if old is not None:
        edit_json(directory / "config.json", rope_parameters=..., layer_types=...,
                  transformers_version="4.46.0", dtype=..., torch_dtype=dtype, **old)
    for file in (tokenizers / tokenizer).iterdir():
        shutil.copyfile(file, directory / file.name)


LONG = [1.0 + i / 4 for i in range(8)]


@variant
def phi3_longrope(d):
    family(d, "Phi3ForCausalLM", "Phi3", num_attention_heads=2, num_key_value_heads=1,
           original_max_position_embeddings=64, max_position_embeddings=256, old={
               "rope_theta": 20000.0, "rope_scaling": {
                   "type": "longrope", "long_factor": [2 * f for f in LONG], "short_factor": LONG}})


@variant
def phi3_partial_rotary(d):
    """As Phi-4: byte-level BPE, no window, a part of each head rotated."""
    family(d, "Phi3ForCausalLM", "GPT2", original_max_position_embeddings=16,
           tie_word_embeddings=True, rope_parameters={
               "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.5,
               "long_factor": LONG[:2], "short_factor": LONG[2:4]})
    edit_json(d / "tokenizer_config.json", tokenizer_class="GPT2Tokenizer")


@variant
def stablelm_parallel_with_norms(d):
    family(d, "StableLmForCausalLM", "GPT2", qk_layernorm=True, use_parallel_residual=True,
           partial_rotary_factor=0.5, old={"rope_theta": 10000, "partial_rotary_factor": 0.5,
                                           "rope_scaling": None})


@variant
def gptneox_sequential(d):
    family(d, "GPTNeoXForCausalLM", "GPT2", num_key_value_heads=..., use_parallel_residual=False,
           old={"rotary_pct": 1.0, "rotary_emb_base": 10000})


@variant
def gptneox_stretched(d):
    """The converter leaves out how positions rotate."""
    family(d, "GPTNeoXForCausalLM", "GPT2", num_key_value_heads=...,
           old={"rotary_pct": 0.25, "rotary_emb_base": 500000,
                "rope_scaling": {"type": "linear", "factor": 2.0}})


@variant
def falcon_one_norm(d):
    family(d, "FalconForCausalLM", "GPT2", intermediate_size=..., num_key_value_heads=...,
           num_kv_heads=2, new_decoder_architecture=True, num_ln_in_parallel_attn=1,
           max_position_embeddings=2048, old={"rope_theta": 10000.0, "rope_scaling": None})


@variant
def bloom_bare_names(d):
    """The configuration of BLOOM as it was published."""
    family(d, "BloomForCausalLM", "GPT2", num_attention_heads=..., num_hidden_layers=...,
           num_key_value_heads=..., n_layer=2, n_head=4, intermediate_size=...,
           rename=lambda n: n.removeprefix("transformer."),
           old={"n_layer": 2, "n_head": ..., "num_attention_heads": 4, "hidden_size": ...,
                "n_embed": 32, "seq_length": 512})


@variant
def starcoder2_untied(d):
    family(d, "Starcoder2ForCausalLM", "GPT2", tie_word_embeddings=False, sliding_window=16,
           old={"rope_theta": 999999.4420358813})


@variant
def bigcode_untied(d):
    family(d, "GPTBigCodeForCausalLM", "GPT2", hidden_size=..., num_attention_heads=...,
           num_hidden_layers=..., num_key_value_heads=..., intermediate_size=...,
           max_position_embeddings=..., n_embd=32, n_head=4, n_layer=2, n_positions=64,
           tie_word_embeddings=False)


@variant
def bigcode_multi_head(d):
    """Keys for every head, which are stored head by head; the converter overlooks both."""
    family(d, "GPTBigCodeForCausalLM", "GPT2", hidden_size=..., num_attention_heads=...,
           num_hidden_layers=..., num_key_value_heads=..., intermediate_size=...,
           max_position_embeddings=..., n_embd=32, n_head=4, n_layer=1, n_positions=64,
           n_inner=80, multi_query=False)


@variant
def phi_grouped(d):
    """Fewer keys than queries and an MLP of another width, which the converter overlooks."""
    family(d, "PhiForCausalLM", "GPT2", old={"rope_theta": 25000.0, "partial_rotary_factor": 0.5})


@variant
def qwen3_moe_keys_of_the_hub(d):
    family(d, "Qwen3MoeForCausalLM", "Qwen", num_experts=3, num_experts_per_tok=2, head_dim=8,
           moe_intermediate_size=24, mlp_only_layers=[], norm_topk_prob=True,
           old={"rope_theta": 1000000.0, "num_local_experts": ..., "num_experts": 3})


@variant
def gemma2_uncapped_few_keys(d):
    family(d, "Gemma2ForCausalLM", "Gemma", head_dim=16, query_pre_attn_scalar=16,
           sliding_window=32, old={"rope_theta": ..., "hidden_activation": ...,
                                   "query_pre_attn_scalar": 16, "cache_implementation": "hybrid"})


@variant
def gemma3_without_scaling(d):
    family(d, "Gemma3ForCausalLM", "Gemma", head_dim=16, query_pre_attn_scalar=16,
           sliding_window=16, final_logit_softcapping=20.0, dtype="float32",
           config_class="Gemma3TextConfig",
           old={"rope_theta": 500000, "rope_local_base_freq": 20000, "rope_scaling": None,
                "sliding_window_pattern": 6})


@variant
def gemma3_other_layers(d):
    """Windows in other layers than llama.cpp assumes, which the converter overlooks."""
    family(d, "Gemma3ForCausalLM", "Gemma", head_dim=16, query_pre_attn_scalar=16,
           sliding_window=16, num_hidden_layers=3, config_class="Gemma3TextConfig",
           layer_types=["sliding_attention", "full_attention", "full_attention"])


@variant
def gemma3_of_images(d):
    """The part for text of a model that also sees."""
    text = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4,
            "num_key_value_heads": 2, "num_hidden_layers": 2, "head_dim": 16, "vocab_size": 384,
            "query_pre_attn_scalar": 16, "sliding_window": 16, "max_position_embeddings": 64}
    family(d, "Gemma3ForConditionalGeneration", "Gemma", **{k: ... for k in (
        "hidden_size", "intermediate_size", "num_attention_heads", "num_key_value_heads",
        "num_hidden_layers", "max_position_embeddings", "vocab_size")}, text_config=text,
        vision_config={"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1,
                       "num_attention_heads": 2, "image_size": 28, "patch_size": 14},
        mm_tokens_per_image=4)


@variant
def granite_tied_with_biases(d):
    family(d, "GraniteForCausalLM", "GPT2", tie_word_embeddings=True, attention_bias=True,
           mlp_bias=True, embedding_multiplier=12, attention_multiplier=0.015625,
           old={"rope_theta": 10000000, "rope_scaling": None})


@variant
def stablelm_bare_names(d):
    family(d, "StableLmForCausalLM", "GPT2", num_hidden_layers=1, dtype="float16",
           rename=lambda name: name.removeprefix("model."))


@variant
def qwen3_moe_stacked(d):
    """Experts in one tensor, as Transformers 5 has them in memory."""
    family(d, "Qwen3MoeForCausalLM", "Qwen", original=False, num_experts=3, num_experts_per_tok=2,
           head_dim=8, num_hidden_layers=1, moe_intermediate_size=24, norm_topk_prob=True)


@variant
def granite_wide_heads(d):
    """The converter overlooks head_dim."""
    family(d, "GraniteForCausalLM", "GPT2", head_dim=12, num_hidden_layers=1, dtype="float16")


@variant
def phi3_wide_heads(d):
    """The converter overlooks head_dim."""
    family(d, "Phi3ForCausalLM", "GPT2", head_dim=12, num_hidden_layers=1, dtype="float16",
           original_max_position_embeddings=64, tie_word_embeddings=True)
    edit_json(d / "tokenizer_config.json", tokenizer_class="GPT2Tokenizer")


@variant
def phi_wide_heads(d):
    """The converter overlooks head_dim."""
    family(d, "PhiForCausalLM", "GPT2", head_dim=12, num_hidden_layers=1, dtype="float16")


@variant
def glm_stretched(d):
    """The converter overlooks how contexts are stretched."""
    family(d, "GlmForCausalLM", "Glm", head_dim=8, num_hidden_layers=1, dtype="float16", old={
        "rope_theta": 10000.0, "partial_rotary_factor": 0.5,
        "rope_scaling": {"type": "linear", "factor": 4.0}})


@variant
def smollm3_untied(d):
    family(d, "SmolLM3ForCausalLM", "Llama", tie_word_embeddings=False, num_hidden_layers=4,
           use_sliding_window=False, old={
               "no_rope_layers": ..., "rope_theta": 5000000.0,
               "rope_scaling": {"factor": 2.0, "original_max_position_embeddings": 64,
                                "rope_type": "yarn"}})


@variant
def olmo2_stretched(d):
    family(d, "Olmo2ForCausalLM", "GPT2", num_key_value_heads=4, old={
        "rope_theta": 500000, "rope_scaling": {"type": "linear", "factor": 4.0}})


@variant
def glm4_without_biases(d):
    family(d, "Glm4ForCausalLM", "Glm", head_dim=16, attention_bias=False, dtype="float16",
           old={"rope_theta": 10000.0, "partial_rotary_factor": 0.5})


@variant
def chatglm_own_code(d):
    """The names of the code that comes with ChatGLM checkpoints, with a tokenizer.json."""
    write_json(d / "config.json", {
        "architectures": ["ChatGLMForConditionalGeneration"], "model_type": "chatglm",
        "add_bias_linear": False, "add_qkv_bias": True, "ffn_hidden_size": 48, "hidden_size": 32,
        "kv_channels": 8, "layernorm_epsilon": 1.5625e-07, "multi_query_attention": True,
        "multi_query_group_num": 2, "num_attention_heads": 4, "num_layers": 2,
        "original_rope": True, "padded_vocab_size": 320, "rmsnorm": True, "rope_ratio": 50,
        "seq_length": 128, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "vocab_size": 320, "eos_token_id": [0, 7, 9], "pad_token_id": 0})
    rng = np.random.default_rng(7)

    def draw(*shape):
        return (rng.normal(0, 0.1, shape), "BF16")

    tensors = {"transformer.embedding.word_embeddings.weight": draw(320, 32),
               "transformer.rotary_pos_emb.inv_freq": draw(2)}
    for i in range(2):
        layer = f"transformer.encoder.layers.{i}."
        tensors |= {layer + "input_layernorm.weight": draw(32),
                    layer + "self_attention.query_key_value.weight": draw(64, 32),
                    layer + "self_attention.query_key_value.bias": draw(64),
                    layer + "self_attention.dense.weight": draw(32, 32),
                    layer + "post_attention_layernorm.weight": draw(32),
                    layer + "mlp.dense_h_to_4h.weight": draw(96, 32),
                    layer + "mlp.dense_4h_to_h.weight": draw(32, 48)}
    tensors |= {"transformer.encoder.final_layernorm.weight": draw(32),
                "transformer.output_layer.weight": draw(320, 32)}
    write_safetensors(d / "model.safetensors", tensors)
    for file in (tokenizers / "Glm").iterdir():
        shutil.copyfile(file, d / file.name)


def t5(d, **keys):
    old = {k: ... for k in ("hidden_size", "num_attention_heads", "num_hidden_layers",
                            "max_position_embeddings", "intermediate_size", "num_key_value_heads")}
    family(d, "T5ForConditionalGeneration", "T5", d_model=32, d_kv=8, d_ff=48, num_layers=2,
           num_heads=4, decoder_start_token_id=0, **{**old, "bos_token_id": ...}, **keys)


@variant
def t5_gated_untied(d):
    """As T5 v1.1 and Flan-T5, with fewer layers in the decoder."""
    t5(d, feed_forward_proj="gated-gelu", tie_word_embeddings=False, num_decoder_layers=1)
    # A table that matches nothing keeps the checkpoint small.
    for file in ("spiece.model",):
        from sentencepiece import sentencepiece_model_pb2 as proto

        model = proto.ModelProto()
        model.ParseFromString((d / file).read_bytes())
        model.normalizer_spec.precompiled_charsmap = b""
        model.normalizer_spec.remove_extra_whitespaces = False
        (d / file).write_bytes(model.SerializeToString())
    tokenizer = read_json(d / "tokenizer.json")
    tokenizer["normalizer"] = None
    write_json(d / "tokenizer.json", tokenizer)
    write_json(d / "added_tokens.json", {"<extra_id_0>": 380})


@variant
def bert_bare_names(d):
    """A BertModel as Sentence Transformers saves it, with the tokenizer in vocab.txt."""
    family(d, "BertModel", "Bert", num_key_value_heads=..., bos_token_id=..., eos_token_id=...)
    vocabulary = read_json(d / "tokenizer.json")["model"]["vocab"]
    (d / "vocab.txt").write_text("".join(t + "\n" for t in sorted(vocabulary, key=vocabulary.get)),
                                 encoding="utf-8")
    (d / "tokenizer.json").unlink()
    edit_json(d / "tokenizer_config.json", tokenizer_class="BertTokenizer", backend=...)
    write_json(d / "modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling",
         "type": "sentence_transformers.models.Pooling"}])
    (d / "1_Pooling").mkdir()
    write_json(d / "1_Pooling" / "config.json", {
        "word_embedding_dimension": 32, "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True})


@variant
def bert_gamma_beta(d):
    """Norms with the names that checkpoints made from TensorFlow have."""
    def rename(name):
        if "LayerNorm" in name:
            return name.replace(".weight", ".gamma").replace(".bias", ".beta")
        return name

    family(d, "BertForMaskedLM", "Bert", num_key_value_heads=..., bos_token_id=...,
           eos_token_id=..., hidden_act="gelu_new", rename=rename, dtype="float16")


@variant
def roberta_bare_names(d):
    family(d, "RobertaModel", "Roberta", num_key_value_heads=..., pad_token_id=1, eos_token_id=2,
           max_position_embeddings=66, type_vocab_size=1)


# General metadata --------------------------------------------------------------------------------

CARD = """---
license: apache-2.0
license_name: some licence
license_link: LICENSE
language:
- en
- no
- de
tags:
- text-generation
- conversational
pipeline_tag: text-generation
library_name: transformers
base_model:
- some-org/Some-Model-7B-v0.3
- https://huggingface.co/other/Model-chat
datasets:
- wiki/pages
- name: own data
  version: "2"
model_creator: somebody
version: v1.5
---

# A model
"""


@variant
def Some_Model_1_5B_chat_v2(d):  # noqa: N802
    """What the name of a directory says, together with a model card and sampling defaults."""
    llama(d)
    (d / "README.md").write_text(CARD, encoding="utf-8")
    write_json(d / "generation_config.json", {
        "top_k": 40, "top_p": 0.95, "temperature": 0.7, "repetition_penalty": 1.1, "min_p": 0.05,
        "do_sample": True})


@variant
def name_in_config(d):
    llama(d, _name_or_path="meta-llama/Llama-2-7b-chat-hf")


# -------------------------------------------------------------------------------------------------


def main():
    for name, make in VARIANTS.items():
        if chosen and name not in chosen:
            continue
        directory = output / name
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        make(directory)
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary) / "reference.gguf"
            done = subprocess.run(
                [sys.executable, REFERENCE, llama_cpp, directory, file, "f32"],
                capture_output=True, text=True)
            if done.returncode != 0:
                print(f"{name}: the converter fails\n{done.stderr[-1500:]}")
                continue
            write_listing(llama_cpp, file, directory / "expected.json")
        print(name, sum(f.stat().st_size for f in directory.rglob("*") if f.is_file()))


main()
