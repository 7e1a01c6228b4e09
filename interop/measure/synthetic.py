#!/usr/bin/env python3
"""Makes a synthetic Llama checkpoint for measuring: float16, normally distributed rows of varying
scale, in the shape of a 1.1-billion-weight model; or, with --sparse, one of any size whose weights
are holes in the files (all zero), to see that memory does not grow with the model.

    python3 interop/measure/synthetic.py DIRECTORY [--layers 22] [--hidden 2048] [--sparse]

Needs numpy. The tokenizer is that of examples/models/docs-llama-4m, padded to the vocabulary.
"""
import argparse
import json
import shutil
import struct
from pathlib import Path

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("directory", type=Path)
parser.add_argument("--layers", type=int, default=22)
parser.add_argument("--hidden", type=int, default=2048)
parser.add_argument("--vocabulary", type=int, default=32000)
parser.add_argument("--seed", type=int, default=42)
parser.add_argument("--sparse", action="store_true")
a = parser.parse_args()

a.directory.mkdir(parents=True, exist_ok=True)
example = Path(__file__).parents[2] / "examples/models/docs-llama-4m"
for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
    shutil.copyfile(example / name, a.directory / name)

h, inner, kv = a.hidden, a.hidden * 11 // 4, a.hidden // 8
config = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "float16",
    "hidden_size": h, "intermediate_size": inner, "num_hidden_layers": a.layers,
    "num_attention_heads": h // 64, "num_key_value_heads": kv // 64, "hidden_act": "silu",
    "max_position_embeddings": 2048, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "vocab_size": a.vocabulary, "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 1,
}
(a.directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")

tensors = [("model.embed_tokens.weight", (a.vocabulary, h))]
for layer in range(a.layers):
    p = f"model.layers.{layer}."
    tensors += [
        (p + "input_layernorm.weight", (h,)),
        (p + "mlp.down_proj.weight", (h, inner)),
        (p + "mlp.gate_proj.weight", (inner, h)),
        (p + "mlp.up_proj.weight", (inner, h)),
        (p + "post_attention_layernorm.weight", (h,)),
        (p + "self_attn.k_proj.weight", (kv, h)),
        (p + "self_attn.o_proj.weight", (h, h)),
        (p + "self_attn.q_proj.weight", (h, h)),
        (p + "self_attn.v_proj.weight", (kv, h)),
    ]
tensors += [("model.norm.weight", (h,)), ("lm_head.weight", (a.vocabulary, h))]

rng = np.random.default_rng(a.seed)
header, offset = {"__metadata__": {"format": "pt"}}, 0
for name, shape in tensors:
    size = 2 * int(np.prod(shape))
    header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [offset, offset + size]}
    offset += size
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
with open(a.directory / "model.safetensors", "wb") as f:
    f.write(struct.pack("<Q", len(text)) + text)
    if a.sparse:
        f.truncate(8 + len(text) + offset)
    else:
        for _, shape in tensors:
            values = rng.standard_normal(shape, dtype=np.float32)
            if len(shape) == 1:
                values = 1 + 0.1 * values
            else:
                scales = rng.standard_normal((shape[0], 1), dtype=np.float32)
                values *= 0.02 * np.exp(0.3 * scales)
            f.write(values.astype(np.float16).tobytes())
print(f"{a.directory}: {offset // 2:,} weights, {offset:,} bytes")
