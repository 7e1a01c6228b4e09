"""Lists which matrices Transformers quantizes with bitsandbytes, class by class.

    python bnb_layers.py CHECKPOINT... > linear-layers.txt

A line per checkpoint, "class model_type vocabulary", then one for each matrix of its first layers:
a sign (+ quantized, - not), the name in the checkpoint, and the shape.
"""

import json
import re
import sys
from pathlib import Path

import torch
import transformers
from safetensors import safe_open

transformers.logging.set_verbosity_error()
for directory in map(Path, sys.argv[1:]):
    config = json.loads((directory / "config.json").read_text())
    name = config["architectures"][0]
    model = getattr(transformers, name).from_pretrained(
        directory,
        quantization_config=transformers.BitsAndBytesConfig(load_in_4bit=True),
        dtype=torch.float32,
    )
    prefix = model.base_model_prefix + "."
    quantized = {
        n for n, module in model.named_modules() if type(module).__name__ == "Linear4bit"
    }
    print(directory.name, config["model_type"], config["vocab_size"])
    with safe_open(directory / "model.safetensors", "pt") as tensors:
        for key in tensors.keys():
            shape = tensors.get_slice(key).get_shape()
            module = key.removesuffix(".weight")
            if len(shape) >= 2 and not re.search(r"\.[1-9]\d*\.", key):
                sign = "+" if module in quantized or prefix + module in quantized else "-"
                print(sign, key, "x".join(map(str, shape)))
