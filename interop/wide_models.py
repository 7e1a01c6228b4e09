"""Widens tiny models, so that the GPTQ layout can hold their layers.

    python wide_models.py ARCH_DIRECTORY TARGET

ARCH_DIRECTORY has the tiny models of all architectures, one directory each. Sides that are multiples
of 12 grow by a third, 48 to 64 for example; new weights are random, as spread as the old ones. Needs
torch and safetensors.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

SIZES = {
    "d_ff", "d_model", "decoder_ffn_dim", "encoder_ffn_dim", "ffn_dim", "ffn_hidden_size",
    "head_dim", "hidden_size",
    "intermediate_size", "n_embd", "n_inner", "word_embed_proj_dim",
}  # fmt: skip


def wider(side):
    return side // 3 * 4 if side % 12 == 0 else side


def widen(source, target):
    target.mkdir(parents=True)
    for file in source.iterdir():
        if file.name not in ("expected.safetensors", "meta.json", "config.v4.json"):
            shutil.copy(file, target / file.name)
    config = json.loads((source / "config.json").read_text())
    for name in SIZES & config.keys():
        if isinstance(config[name], int):
            config[name] = wider(config[name])
    (target / "config.json").write_text(json.dumps(config, indent=2))
    random = torch.Generator().manual_seed(7)
    tensors = load_file(source / "model.safetensors")
    for name, tensor in tensors.items():
        shape = [side if side == config["vocab_size"] else wider(side) for side in tensor.shape]
        if shape != list(tensor.shape):
            spread, mean = tensor.std(correction=0), tensor.mean()
            tensors[name] = torch.randn(shape, generator=random) * spread + mean
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})


for directory in sorted(Path(sys.argv[1]).iterdir()):
    widen(directory, Path(sys.argv[2]) / directory.name)
