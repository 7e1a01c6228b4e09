#!/usr/bin/env python3
"""Writes the float32 bits of all 256 codes of the 8-bit float types, as PyTorch converts them:
eight hexadecimal digits for each.

    float8.py OUTPUT.json
"""

import json
import sys
from datetime import date

import torch

codes = torch.arange(256, dtype=torch.int32).to(torch.uint8)


def bits(dtype):
    floats = codes.view(dtype).float()
    return "".join(f"{b & 0xffffffff:08x}" for b in floats.view(torch.int32).tolist())


reference = {
    "provenance": {
        "library": f"torch {torch.__version__}",
        "command": "interop/float8.py OUTPUT.json",
        "date": str(date.today()),
    },
    "F8_E4M3": bits(torch.float8_e4m3fn),
    "F8_E5M2": bits(torch.float8_e5m2),
}
with open(sys.argv[1], "w", encoding="utf-8") as out:
    # One value of the object a line.
    lines = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in reference.items())
    out.write(f"{{\n{lines}\n}}\n")
