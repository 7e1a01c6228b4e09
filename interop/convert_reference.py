#!/usr/bin/env python3
"""Runs llama.cpp's convert_hf_to_gguf.py on a model it does not know by name.

    convert_reference.py LLAMA_CPP MODEL_DIRECTORY OUTPUT.gguf OUTTYPE

The converter knows BPE pre-tokenizers only by the hash of a text, so it is told the name; and it
reads n_ctx of GPT-2 and rotary_pct of GPT-NeoX, which transformers no longer writes. Nothing else is
changed.
"""

import json
import sys
from pathlib import Path


def converter(llama_cpp):
    """A function that converts: of directory, output file and type."""
    sys.path[:0] = [str(llama_cpp), str(Path(llama_cpp) / "gguf-py")]
    import convert_hf_to_gguf
    from conversion import base

    load_hparams = base.ModelBase.load_hparams

    def with_old_keys(*args, **kwargs):
        hparams = load_hparams(*args, **kwargs)
        if hparams.get("model_type") == "gpt_neox":
            hparams.setdefault("rotary_pct", hparams["rope_parameters"]["partial_rotary_factor"])
        if "n_positions" in hparams:
            hparams.setdefault("n_ctx", hparams["n_positions"])
        return hparams

    def pre_tokenizer(self, tokenizer):
        file = self.dir_model / "tokenizer.json"
        if not file.is_file():
            return "bert-bge" if self.hparams["model_type"] == "bert" else "gpt-2"
        kind = (json.loads(file.read_text(encoding="utf-8")).get("pre_tokenizer") or {}).get("type")
        if kind == "BertPreTokenizer":
            return "bert-bge"
        if kind == "ByteLevel":
            return "gpt-2"
        return "qwen2" if self.hparams.get("model_type", "").startswith("qwen") else "llama-bpe"

    base.ModelBase.load_hparams = staticmethod(with_old_keys)
    base.TextModel.get_vocab_base_pre = pre_tokenizer

    def convert(directory, output, outtype):
        sys.argv = ["convert_hf_to_gguf.py", str(directory), "--outfile", str(output),
                    "--outtype", outtype]
        convert_hf_to_gguf.main()

    return convert


if __name__ == "__main__":
    converter(sys.argv[1])(*sys.argv[2:])
