#!/usr/bin/env python3
"""Records the factors of Llama 3.1's rotary frequencies as llama.cpp's converter computes them.

    rope_factors.py OUTPUT.txt

One line per case: head size, base, factor, low and high frequency factor, context length in
training; then the bits of the float32 factors. Needs torch on x86-64 with AVX2 or AVX-512: the last
bits depend on its vectorized powf.
"""

import itertools
import math
import sys
from pathlib import Path

import torch


def factors(dim, base, factor, low, high, length):
    """LlamaModel.generate_extra_tensors of conversion/llama.py, step by step the same."""
    frequencies = 1.0 / (base ** (torch.arange(0, dim, 2, dtype=torch.float32) / dim))
    result = []
    for frequency in frequencies:
        wavelength = 2 * math.pi / frequency
        if wavelength < length / high:
            result.append(1)
        elif wavelength > length / low:
            result.append(factor)
        else:
            smooth = (length / wavelength - low) / (high - low)
            result.append(1 / ((1 - smooth) / factor + smooth))
    return torch.tensor(result, dtype=torch.float32)


lines = []
for dim, base, factor, (low, high), length in itertools.product(
        [64, 96, 128], [10000.0, 500000.0, 1000000.0], [8.0, 32.0], [(1.0, 4.0), (0.5, 3.3)],
        [8192, 2048]):
    bits = factors(dim, base, factor, low, high, length).view(torch.int32).tolist()
    lines.append(" ".join(map(str, [dim, base, factor, low, high, length, *bits])))
Path(sys.argv[1]).write_text("\n".join(lines) + "\n")
