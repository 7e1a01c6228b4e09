"""Makes bitsandbytes checkpoints of tiny models, and what their weights compute in float32.

    python bnb_read_back.py DIRECTORY_OF_TINY_MODELS TARGET

Weights are decoded as the library's CUDA kernels do, blocks of the whole matrix. Its CPU kernel
(0.50.2) gives other values where a row is not a whole number of blocks; elsewhere they are the same,
which is checked.
"""

import pathlib
import sys

import bitsandbytes as bnb
import torch
from bitsandbytes.functional import dequantize_4bit, dequantize_blockwise
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, BitsAndBytesConfig

CASES = {
    "llama-nf4": (
        "LlamaForCausalLM",
        torch.bfloat16,
        dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True),
    ),
    "llama-fp4": (
        "LlamaForCausalLM",
        torch.float32,
        dict(
            load_in_4bit=True,
            bnb_4bit_quant_type="fp4",
            bnb_4bit_quant_storage=torch.bfloat16,
        ),
    ),
    "llama-int8": (
        "LlamaForCausalLM",
        torch.bfloat16,
        dict(load_in_8bit=True, llm_int8_skip_modules=["lm_head", "down_proj"]),
    ),
    "gpt2-nf4": (
        "GPT2LMHeadModel",
        torch.float16,
        dict(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True),
    ),
    "gpt2-int8": ("GPT2LMHeadModel", torch.float32, dict(load_in_8bit=True)),
}


def four_bit(weight):
    state = weight.quant_state
    absmax = state.absmax
    if state.nested:
        absmax = dequantize_blockwise(absmax, state.state2) + state.offset
    packed = weight.data.view(torch.uint8).flatten()
    codes = torch.stack([packed >> 4, packed & 15], 1).flatten()[: state.shape.numel()].long()
    scales = absmax.float().repeat_interleave(state.blocksize)[: codes.numel()]
    decoded = (state.code[codes] * scales).view(state.shape).to(state.dtype)
    if state.shape[1] % state.blocksize == 0:
        assert torch.equal(decoded, dequantize_4bit(weight.data, state))
    return decoded.float()


def eight_bit(weight):
    codes = weight.CB if weight.CB is not None else weight.data
    return codes.float() * weight.SCB.view(-1, 1).float() / 127


def main(arch, target):
    for case, (name, dtype, options) in CASES.items():
        source = pathlib.Path(arch) / name
        made = pathlib.Path(target) / case
        quantized = AutoModelForCausalLM.from_pretrained(
            source,
            dtype=dtype,
            device_map="cpu",
            quantization_config=BitsAndBytesConfig(**options),
        )
        quantized.save_pretrained(made)
        (made / "generation_config.json").unlink(missing_ok=True)
        quantized = AutoModelForCausalLM.from_pretrained(made, device_map="cpu", dtype=dtype)
        plain = AutoModelForCausalLM.from_pretrained(
            source, dtype=dtype, attn_implementation="eager"
        )
        plain = plain.float().eval()
        modules = dict(plain.named_modules())
        first = None
        for path, module in quantized.named_modules():
            if isinstance(module, bnb.nn.Linear4bit):
                weight = four_bit(module.weight)
            elif isinstance(module, bnb.nn.Linear8bitLt):
                weight = eight_bit(module.weight)
            else:
                continue
            first = first or path
            own = modules[path]
            turned = type(own).__name__ == "Conv1D"
            own.weight.data = weight.T.contiguous() if turned else weight
        ids = torch.arange(24).view(1, -1) * 37 % plain.config.vocab_size
        with torch.inference_mode():
            logits = plain(ids).logits
        dequantized = modules[first].weight.data.contiguous()
        save_file(
            {
                "input_ids": ids,
                "logits": logits.contiguous(),
                f"dequantized:{first}.weight": dequantized,
            },
            made / "expected.safetensors",
        )


main(*sys.argv[1:])
