#!/usr/bin/env python3
"""Makes the PyTorch fixtures of the tensor module with torch.save itself.

    pytorch_fixtures.py tensor/src/test/resources/pytorch

Needs torch, numpy and safetensors. Every file holds seeded values only.

    tensors.bin            all element types, views, shared storages; the zip form
    tensors-legacy.bin     the same where the older form can hold it
    expected.safetensors   the same tensors, contiguous, each with a storage of its own
    nested.bin             {"state_dict": …, "epoch": 3, "optimizer": {}}
    state-legacy.bin       that state_dict alone, in the older form
    ambiguous.bin          {"state_dict": …, "model": …}
    namespace.bin          a state_dict beside an argparse.Namespace, which must be refused
    sharded/               two files and pytorch_model.bin.index.json
"""

import argparse
import json
import sys
from pathlib import Path

import safetensors
import torch
from safetensors.torch import save_file

SEED = 20260101

INTEGERS = [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8]
UNSIGNED = [torch.uint16, torch.uint32, torch.uint64]
FLOATS = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
FLOATS8 = [torch.float8_e4m3fn, torch.float8_e5m2]


def name(dtype):
    return str(dtype).removeprefix("torch.")


def tensors():
    generator = torch.Generator().manual_seed(SEED)

    def normal(*shape):
        return torch.randn(*shape, generator=generator)

    result = {}
    for dtype in FLOATS + FLOATS8:
        result[f"float.{name(dtype)}"] = normal(5, 7).to(dtype)
    for dtype in INTEGERS + UNSIGNED:
        high = min(torch.iinfo(dtype).max, 2**31)
        result[f"integer.{name(dtype)}"] = torch.randint(0, high, (3, 4), generator=generator).to(dtype)
    result["bool"] = normal(9) > 0
    result["scalar"] = normal(1)[0].clone()
    result["empty"] = torch.zeros(0, 4)

    base = normal(37, 53)
    result["view.whole"] = base
    result["view.rows"] = base[10:20]
    result["view.transposed"] = base.t()
    result["view.block"] = base[3:30, 5:41]
    result["view.steps"] = base[::3, 1::4]
    result["view.permuted"] = normal(4, 5, 6).permute(2, 0, 1)
    result["view.expanded"] = normal(6).expand(3, 6)
    result["view.half_transposed"] = normal(600, 9).to(torch.float16).t()
    result["parameter"] = torch.nn.Parameter(normal(2, 3))
    result["buffer"] = torch.nn.Parameter(normal(3), requires_grad=False)
    return result


def main(out):
    out.mkdir(parents=True, exist_ok=True)
    (out / "sharded").mkdir(exist_ok=True)
    print("torch", torch.__version__, "safetensors", safetensors.__version__, "seed", SEED)
    everything = tensors()
    torch.save(everything, out / "tensors.bin")
    # The older form has no element types beyond the storages that have a class.
    legacy = {k: v for k, v in everything.items() if v.dtype not in UNSIGNED + FLOATS8}
    torch.save(legacy, out / "tensors-legacy.bin", _use_new_zipfile_serialization=False)
    save_file({k: v.detach().contiguous().clone() for k, v in everything.items()}, out / "expected.safetensors")

    layer = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        for p in layer.parameters():
            torch.nn.init.normal_(p)
    state = layer.state_dict()
    torch.save({"state_dict": state, "epoch": 3, "rate": 0.5, "optimizer": {}}, out / "nested.bin")
    torch.save(state, out / "state-legacy.bin", _use_new_zipfile_serialization=False)
    torch.save({"state_dict": state, "model": state}, out / "ambiguous.bin")
    torch.save({"state_dict": state, "args": argparse.Namespace(seed=1)}, out / "namespace.bin")

    files = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
    names = list(state)
    halves = [names[:2], names[2:]]
    for file, half in zip(files, halves):
        torch.save({k: state[k] for k in half}, out / "sharded" / file)
    index = {
        "metadata": {"total_size": sum(t.numel() * t.element_size() for t in state.values())},
        "weight_map": {k: file for file, half in zip(files, halves) for k in half},
    }
    (out / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
