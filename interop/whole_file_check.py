#!/usr/bin/env python3
"""Quantizes a model in every way that llama.cpp was recorded to, and compares whole files.

    whole_file_check.py RECORD.json MODEL_DIRECTORY

RECORD.json is what whole_file.py wrote, beside the importance matrices it was made with. The tests do
this for the example models; here it is for models too large for the repository, as docs-llama-26m,
which interop/records holds the record of. Files have to be equal to the last bit, metadata included.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

record, directory = (Path(a).resolve() for a in sys.argv[1:])
lqmf = Path(__file__).resolve().parents[1] / "lqmf"
expected = json.loads(record.read_text())
name = expected["model"]

# What differs only in type is made in one reading.
jobs = {}
for run in expected["runs"]:
    *options, file_type = run["made"][1:]
    options = [str(record.parent / o) if "imatrix." in o else o for o in options]
    # From a checkpoint, plain types are what the converter makes, not what llama-quantize does.
    if run["made"][0] == "convert" or file_type not in ("F32", "F16", "BF16"):
        jobs.setdefault(tuple(options), {})[file_type] = run["file"]

passed = failed = 0
for options, types in jobs.items():
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([lqmf, "quantize", directory, "--type", ",".join(types), "-o", out, *options],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for file_type, digest in types.items():
            file = Path(out) / f"{name}_gguf_{file_type}" / f"{name}-{file_type}.gguf"
            if hashlib.sha256(file.read_bytes()).hexdigest() == digest:
                passed += 1
            else:
                failed += 1
                print("FAIL", name, file_type, *options)
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0 or passed == 0)
