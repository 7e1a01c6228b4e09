#!/usr/bin/env python3
"""Makes the small GGUF and safetensors fixtures of the tensor module with the reference packages.

    tensor_fixtures.py LLAMA_GGUF_SPLIT tensor/src/test/resources

Needs llama.cpp's tool of that name and gguf, numpy and safetensors. Every file holds seeded values only.

    gguf/types.gguf                  metadata of every type, an alignment of 64, tensors of many ranks
    gguf/types-0000?-of-00003.gguf   the same split by llama.cpp, so written by ggml
    safetensors/types.safetensors    tensors of every type that numpy has, with odd names
"""

import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import gguf
import numpy as np
from gguf import GGUFValueType as T
from safetensors.numpy import save_file

SEED = 20260101

SCALARS = {
    T.UINT8: 255,
    T.INT8: -128,
    T.UINT16: 65535,
    T.INT16: -32768,
    T.UINT32: 2**32 - 1,
    T.INT32: -(2**31),
    T.UINT64: 2**64 - 1,
    T.INT64: -(2**63),
    T.FLOAT32: 0.1,
    T.FLOAT64: 0.1,
    T.BOOL: True,
    T.STRING: "naïve 🙂",
}


def write_gguf(path, alignment=None, outer=False):
    rng = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(path, "types")
    if alignment:
        writer.add_custom_alignment(alignment)
    for kind, value in SCALARS.items():
        writer.add_key_value(f"scalar.{kind.name.lower()}", value, kind)
    for kind, value in SCALARS.items():
        writer.add_key_value(f"array.{kind.name.lower()}", [value, value], T.ARRAY, kind)
    # Tokens need not be whole characters.
    writer.add_key_value("array.cut", [b"\xf0\x9f", b"", b"a\0b"], T.ARRAY, T.STRING)
    for rank in range(1, 5):
        shape = tuple(range(2, 2 + rank))
        writer.add_tensor(f"rank{rank}", rng.standard_normal(shape).astype(np.float32))
    for kind in (np.float16, np.float64, np.int8, np.int16, np.int32, np.int64):
        writer.add_tensor(np.dtype(kind).name, rng.integers(0, 100, 3).astype(kind))
    if outer:
        writer.add_tensor("outer1", rng.standard_normal((1, 1, 5)).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_safetensors(path):
    rng = np.random.default_rng(SEED)
    kinds = "bool uint8 int8 uint16 int16 float16 uint32 int32 float32 uint64 int64 float64".split()
    tensors = {k: rng.integers(0, 2, (2, 3)).astype(k) for k in kinds}
    tensors["scalar"] = np.array(0.1, np.float32)
    tensors["empty"] = np.zeros((0, 3), np.float32)
    tensors['"quoted"\\ \t\x01 ünï'] = rng.standard_normal(5).astype(np.float32)
    save_file(tensors, path, metadata={"text": 'a "b"\n\x1f é'})


if __name__ == "__main__":
    split, out = sys.argv[1], Path(sys.argv[2])
    print(*(f"{p} {version(p)}" for p in ("gguf", "numpy", "safetensors")), "seed", SEED)
    write_gguf(out / "gguf" / "types.gguf", alignment=64)
    # llama.cpp's tool keeps the key but not the alignment; and ggml drops outer dimensions of 1.
    with tempfile.TemporaryDirectory() as directory:
        whole = Path(directory) / "whole.gguf"
        write_gguf(whole, outer=True)
        subprocess.run([split, "--split-max-tensors", "4", whole, out / "gguf" / "types"], check=True)
    write_safetensors(out / "safetensors" / "types.safetensors")
