#!/usr/bin/env python3
"""Runs llama.cpp's convert_hf_to_gguf.py on a model it does not know by name.

    convert_reference.py LLAMA_CPP MODEL_DIRECTORY OUTPUT.gguf OUTTYPE

The converter knows BPE pre-tokenizers only by the hash of a text, so it is told the name; and it
reads n_ctx, which transformers no longer writes for GPT-2. Nothing else is changed.
"""

import sys
from pathlib import Path

llama_cpp, directory, output, outtype = sys.argv[1:]
sys.path[:0] = [llama_cpp, str(Path(llama_cpp) / "gguf-py")]
sys.argv = ["convert_hf_to_gguf.py", directory, "--outfile", output, "--outtype", outtype]

import convert_hf_to_gguf  # noqa: E402
from conversion import base  # noqa: E402

load_hparams = base.ModelBase.load_hparams


def with_n_ctx(*args, **kwargs):
    hparams = load_hparams(*args, **kwargs)
    if "n_positions" in hparams:
        hparams.setdefault("n_ctx", hparams["n_positions"])
    return hparams


base.ModelBase.load_hparams = staticmethod(with_n_ctx)
base.TextModel.get_vocab_base_pre = lambda self, tokenizer: (
    "gpt-2" if "n_positions" in self.hparams
    else "qwen2" if self.hparams.get("model_type", "").startswith("qwen")
    else "llama-bpe")
convert_hf_to_gguf.main()
