#!/usr/bin/env python3
"""Records how gguf-py takes model names apart, titles them, and labels sizes.

    names.py LLAMA_CPP OUTPUT.json
"""

import json
import sys
from pathlib import Path

llama_cpp, output = sys.argv[1:]
sys.path.insert(0, str(Path(llama_cpp) / "gguf-py"))
import gguf  # noqa: E402
from gguf.metadata import Metadata  # noqa: E402

NAMES = {
    "meta-llama/Llama-3.1-8B-Instruct": 8_030_261_248,
    "mistralai/Mistral-7B-Instruct-v0.3": 7_248_023_552,
    "mistralai/Mixtral-8x7B-v0.1": 46_702_792_704,
    "openai-community/gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "microsoft/DialoGPT-small": 124_439_808,
    "bigscience/bloom-7b1": 7_069_016_064,
    "Qwen/Qwen2.5-0.5B-Instruct-1M": 494_032_768,
    "Phi-3-mini-4k-instruct": 3_821_079_552,
    "Phi-3-mini-128K-instruct": 3_821_079_552,
    "TinyLlama/TinyLlama-1.1B-Chat-v1.0": 1_100_048_384,
    "docs-llama-4m": 3_700_000,
    "codellama/CodeLlama-7b-hf": 6_738_546_688,
    "Some_model-Q4_K_M-v2": 1_000_000_000,
    "model--with---gaps": 5000,
    "A sentence is a name": 1000,
    "./local": 1000,
    "7B-first": 7_000_000_000,
    "llama-2-7b-8bit-lora-chat": 6_738_546_688,
    "iter3-v1.2": 10,
    "Qwen3-30B-A3B": 30_532_122_624,
    "Granite-3.0-1b-a400m-base": 1_334_628_352,
    "xl-model-xl": 1_557_611_200,
    "Modèle-été-2B": 2_000_000_000,
    "snake_case-wOrd-3x2b": 6_000_000_000,
    "": 1,
}
SIZES = [0, 1, 999, 1000, 12_345, 99_949, 99_950, 999_499, 1_000_000, 1_000_001, 3_700_000,
         25_500_000, 124_439_808, 999_999_999, 1_000_000_001, 1_235_814_400, 8_030_261_248,
         9_950_000_000, 70_553_706_496, 1_000_000_000_001, 2_500_000_000_000]

fields = ["full", "organization", "basename", "finetune", "version", "sizeLabel"]
names = [{"id": id_, "parameters": n, "title": Metadata.id_to_title(id_),
          **dict(zip(fields, Metadata.get_model_id_components(id_, n)))}
         for id_, n in NAMES.items()]
sizes = [{"parameters": n, "label": gguf.size_label(n, 0, 0, 0),
          "experts": gguf.size_label(n, n // 3, n // 7, 8)} for n in SIZES]
lines = ",\n".join(json.dumps(x, ensure_ascii=False) for x in names)
Path(output).write_text('{"names": [\n' + lines + '\n], "sizes": [\n'
                        + ",\n".join(json.dumps(x) for x in sizes) + "\n]}\n", encoding="utf-8")
