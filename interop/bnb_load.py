"""Loads bitsandbytes checkpoints that LQMF wrote, and compares their logits with the library's own.

    python bnb_load.py MODEL WRITTEN...

MODEL is the checkpoint in full precision, WRITTEN are directories that `lqmf quantize MODEL --method
bnb` made of it. Transformers quantizes MODEL itself with the settings that WRITTEN states; both then
see the same tokens. Needs torch, transformers, accelerate and bitsandbytes. Ends with status 1 unless
all logits are equal, bit by bit.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors import safe_open

transformers.logging.set_verbosity_error()


def model_class(directory):
    config = json.loads((directory / "config.json").read_text())
    return getattr(transformers, config["architectures"][0])


def block_size(directory):
    """That of the first state in the directory: Transformers has no setting for it."""
    for file in sorted(directory.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for key in tensors.keys():
                if "quant_state" in key:
                    return json.loads(bytes(tensors.get_tensor(key).tolist()))["blocksize"]
    return 64


def logits(model):
    vocabulary = model.config.get_text_config().vocab_size
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(3, vocabulary, (1, 24), generator=generator)
    inputs = {"input_ids": ids}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids[:, :12]
    with torch.no_grad():
        return model.eval()(**inputs).logits


def plainly(model):
    """Without the packed layout of CPUs with bfloat16, which fails for sides not divided by 32."""
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def quantized_modules(model):
    kinds = ("Linear4bit", "Linear8bitLt")
    return sum(type(module).__name__ in kinds for module in model.modules())


def compare(source, written):
    settings = json.loads((written / "config.json").read_text())["quantization_config"]
    settings.pop("quant_method")
    skipped = settings.pop("llm_int8_skip_modules")
    config = transformers.BitsAndBytesConfig(**settings, llm_int8_skip_modules=skipped)
    loaded = model_class(written).from_pretrained(written)
    dtype = next(p.dtype for p in loaded.parameters() if p.is_floating_point())
    if block_size(written) != 64:
        import bitsandbytes

        original = bitsandbytes.nn.Params4bit.__new__
        size = block_size(written)

        def sized(cls, *args, **kwargs):
            kwargs["blocksize"] = size
            return original(cls, *args, **kwargs)

        bitsandbytes.nn.Params4bit.__new__ = sized
    reference = model_class(source).from_pretrained(
        source, quantization_config=config, dtype=dtype
    )
    ours, theirs = logits(plainly(loaded)), logits(plainly(reference))
    count = quantized_modules(loaded), quantized_modules(reference)
    equal = torch.equal(ours, theirs) and count[0] == count[1] > 0
    print(
        f"{written.name}: {'equal' if equal else 'DIFFERENT'}, {count[0]} modules quantized"
        f" ({count[1]} by Transformers), largest difference {(ours - theirs).abs().max():g}"
        f" of {theirs.abs().max():g}"
    )
    return equal


results = [compare(Path(sys.argv[1]), Path(written)) for written in sys.argv[2:]]
sys.exit(0 if all(results) else 1)
