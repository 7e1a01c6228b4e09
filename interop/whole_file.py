#!/usr/bin/env python3
"""Records what llama.cpp makes of a model: every type llama-quantize knows and LQMF too.

    whole_file.py LLAMA_CPP BIN MODEL_DIRECTORY TEXT OUTPUT_DIRECTORY [--files-only]

LLAMA_CPP is its source tree, BIN the directory of its programs, TEXT what importance is measured
on. Written to OUTPUT_DIRECTORY: MODEL.json, and MODEL.imatrix.gguf and .dat unless they are there
already. Needs the Python packages of llama.cpp's converter.

MODEL.json: `runs` lists the outputs: how they were made, the SHA-256 of the file and of its metadata
(keys, types and values as stored), and the tensors' types in the order that `order` points at.
`tensors` has the SHA-256 of every tensor by name and by type and form of importance matrix. `split`
has the SHA-256 of the files into which llama-gguf-split divides one of the outputs. With
--files-only, the hashes of single tensors are left out: enough to see that files are equal.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from mix_types import FILE_TYPES

files_only = sys.argv[6:] == ["--files-only"]
llama_cpp, programs, directory, text, output = (Path(a).resolve() for a in sys.argv[1:6])
sys.path.insert(0, str(llama_cpp / "gguf-py"))
import gguf  # noqa: E402

FLOATS = ["F32", "F16", "BF16"]

# The older form of importance matrix differs in how it is read; a few types suffice.
DAT = ["Q4_K_M", "Q2_K_S", "IQ4_XS", "Q4_0"]
OPTIONS = [
    ["--pure", "Q4_K_M"],
    ["--leave-output-tensor", "--token-embedding-type", "q5_1", "Q5_K_M"],
    ["--output-tensor-type", "q8_0", "--tensor-type", "attn_v=q6_k", "--tensor-type",
     r"blk\.[12]\.ffn=iq4_nl", "Q3_K_M"],
]


def run(*args, cwd=None):
    done = subprocess.run([str(a) for a in args], cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"{args}: {done.stdout[-3000:]}")
    return done.stdout


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def record(path, importance, tensors):
    reader = gguf.GGUFReader(path)
    keys = [f for n, f in reader.fields.items() if not n.startswith("GGUF.")]
    metadata = hashlib.sha256()
    for field in keys:
        for part in field.parts:
            metadata.update(part.tobytes())
    for t in reader.tensors:
        kind = " ".join([t.tensor_type.name, *importance])
        digest = sha256(t.data.tobytes())
        assert tensors.setdefault(t.name, {}).setdefault(kind, digest) == digest, (path, t.name)
    return {"file": sha256(path.read_bytes()), "metadata": metadata.hexdigest(),
            "order": [t.name for t in reader.tensors],
            "types": " ".join(t.tensor_type.name for t in reader.tensors)}


def main():
    name = directory.name
    quantize = programs / "llama-quantize"
    imatrix = {f: output / f"{name}.imatrix.{f}" for f in ("gguf", "dat")}
    tensors, runs, orders = {}, [], []

    def add(how, path, *importance):
        entry = record(path, importance, tensors)
        order = entry.pop("order")
        if order not in orders:
            orders.append(order)
        runs.append({"made": how, "order": orders.index(order), **entry})
        path.unlink()

    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        bf16 = tmp / "bf16.gguf"
        convert = Path(__file__).parent / "convert_reference.py"
        for outtype in FLOATS:
            made = tmp / f"{outtype}.converted.gguf"
            run(sys.executable, convert, llama_cpp, directory, made, outtype.lower())
            if outtype == "BF16":
                bf16.write_bytes(made.read_bytes())
            add(["convert", outtype], made)
        for form, path in imatrix.items():
            if not path.exists():
                (tmp / text.name).write_bytes(text.read_bytes())
                run(programs / "llama-imatrix", "-m", bf16, "-f", text.name, "-o", path.resolve(),
                    "--output-format", form, "--chunks", 32, "--no-ppl", "-t", 2, cwd=tmp)
            (tmp / path.name).write_bytes(path.read_bytes())
        for file_type in FILE_TYPES:
            for form in (None, "gguf", "dat"):
                if (form is None and file_type == "Q2_K_S") or (
                        form == "dat" and file_type not in DAT):
                    continue
                # The tool is run beside the matrix, so that it records a name without directory.
                option = ["--imatrix", imatrix[form].name] if form else []
                run(quantize, *option, bf16, "out.gguf", file_type, cwd=tmp)
                # The two forms hold the same means rounded differently, so not the same weights.
                add(["quantize", *option, file_type], tmp / "out.gguf", *[form] if form else [])
        for option in OPTIONS:
            run(quantize, *option[:-1], bf16, "out.gguf", option[-1], cwd=tmp)
            add(["quantize", *option], tmp / "out.gguf")
        run(quantize, bf16, "out.gguf", "Q4_K_M", cwd=tmp)
        megabytes = max(1, bf16.stat().st_size // 7_000_000)
        run(programs / "llama-gguf-split", "--split", "--split-max-size", f"{megabytes}M",
            "out.gguf", "part", cwd=tmp)
        split = {"type": "Q4_K_M", "limit": megabytes * 1000 * 1000,
                 "files": [sha256(p.read_bytes()) for p in sorted(tmp.glob("part-*.gguf"))]}
    version = subprocess.run([quantize, "--dry-run", "none", "Q8_0"], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True).stdout.splitlines()[0]
    result = {"made_by": "interop/whole_file.py", "with": f"llama.cpp {version}", "model": name,
              "orders": orders, "runs": runs, "split": split, "tensors": tensors}
    if files_only:
        del result["orders"], result["tensors"]
    (output / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
