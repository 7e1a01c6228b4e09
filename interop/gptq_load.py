"""Loads GPTQ checkpoints that LQMF wrote with Transformers and GPTQModel, and checks their logits.

    python gptq_load.py WRITTEN...

WRITTEN are directories that `lqmf quantize MODEL --method gptq` made. Each is loaded by
`from_pretrained` and by `GPTQModel.load`, which both compute with GPTQModel's Torch kernel on the
packed weights, and is compared with a plain model whose weights are unpacked here, from the definition
of the layout. Transformers leaves scales in float16, so the kernel rounds the weights it unpacks to
float16; GPTQModel takes everything else in float16; biases of packed layers are float16 for both. So
they are here, and arithmetic is float32. Needs torch, transformers, optimum and gptqmodel. What a
program refuses is shown with its reason. Ends with status 1 if logits that came out differ by more
than 1e-4 of the largest one.
"""

import contextlib
import io
import json
import logging
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
warnings.simplefilter("ignore")
import torch
import transformers
from safetensors.torch import load_file
from transformers.pytorch_utils import Conv1D

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
TOLERANCE = 1e-4


def fields(words, bits, count):
    """Numbers of some bits, packed without gaps along dimension 0 of int32 words."""
    unsigned = words.long() & 0xFFFFFFFF
    values = []
    for i in range(count):
        word, shift = divmod(i * bits, 32)
        value = unsigned[word] >> shift
        if shift + bits > 32:
            value |= unsigned[word + 1] << (32 - shift)
        values.append(value & (2**bits - 1))
    return torch.stack(values)


def unpacked(tensors, module, settings):
    """[in, out], float32."""
    bits = settings["bits"]
    scales = tensors[module + ".scales"].float()
    groups = tensors[module + ".g_idx"].long()
    codes = fields(tensors[module + ".qweight"], bits, len(groups))
    zeros = fields(tensors[module + ".qzeros"].t(), bits, scales.shape[1]).t()
    if settings["checkpoint_format"] == "gptq":
        zeros = (zeros + 1) & (2**bits - 1)
    return scales[groups] * (codes - zeros[groups])


def model_class(directory):
    config = transformers.AutoConfig.from_pretrained(directory)
    return config, getattr(transformers, config.architectures[0])


def mixtral_name(name):
    """As in unquantized checkpoints; GPTQModel has those of the model that Transformers builds."""
    name = name.replace(".mlp.", ".block_sparse_moe.")
    for new, old in [("gate_proj", "w1"), ("down_proj", "w2"), ("up_proj", "w3")]:
        name = name.replace(f".{new}.", f".{old}.")
    return name


def plain_model(directory, settings, quantized, others):
    """Transformers reads it as an unquantized checkpoint, so that it renames and stacks what it must.

    `quantized` is the type that unpacked weights are rounded to, `others` that of all others.
    """
    config, architecture = model_class(directory)
    del config.quantization_config
    with torch.device("meta"):
        empty = architecture(config)
    tensors = {}
    for file in sorted(directory.glob("*.safetensors")):
        tensors.update(load_file(file))
    state = {}
    for name, tensor in tensors.items():
        module, _, part = name.rpartition(".")
        if part == "qweight":
            weight = unpacked(tensors, module, settings).to(quantized).float()
            modules = dict(empty.named_modules())
            prefixed = f"{empty.base_model_prefix}.{module}"
            layer = modules.get(module, modules.get(prefixed))
            state[module + ".weight"] = weight if isinstance(layer, Conv1D) else weight.t().contiguous()
        elif module + ".qweight" not in tensors:
            state[name] = tensor.to(others).float() if tensor.is_floating_point() else tensor
        elif part == "bias":
            state[name] = tensor.half().float()
    for name in [n for n in state if n.endswith(".gate_proj.weight") and config.model_type == "phi3"]:
        # GPTQModel splits what is one matrix in the model.
        halves = [state.pop(name), state.pop(name.replace("gate_proj", "up_proj"))]
        state[name.replace("gate_proj", "gate_up_proj")] = torch.cat(halves)
    if config.model_type == "mixtral":
        state = {mixtral_name(name): tensor for name, tensor in state.items()}
    model, info = architecture.from_pretrained(
        None, config=config, state_dict=state, dtype=torch.float32, output_loading_info=True
    )
    if info["unexpected_keys"] or info["missing_keys"]:
        raise SystemExit(f"{directory}: {info}")
    return model


def with_transformers(directory, settings):
    _, architecture = model_class(directory)
    return architecture.from_pretrained(
        directory,
        dtype=torch.float32,
        quantization_config=transformers.GPTQConfig(bits=settings["bits"], backend="gptq_torch"),
    )


def with_gptqmodel(directory, settings):
    from gptqmodel import BACKEND, GPTQModel

    logging.disable(logging.CRITICAL)
    return GPTQModel.load(
        str(directory), device="cpu", dtype=torch.float16, backend=BACKEND.GPTQ_TORCH
    ).model.float()


def token_ids(model):
    vocabulary = model.config.get_text_config().vocab_size
    return torch.randint(3, vocabulary, (1, 24), generator=torch.Generator().manual_seed(5))


def logits(model):
    ids = token_ids(model)
    inputs = {"input_ids": ids}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids[:, :12]
    with torch.no_grad():
        return model.eval()(**inputs).logits.float()


def compare(directory, program, load, settings, expected):
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            model = load(directory, settings)
            if type(model).__name__ not in model.config.architectures:
                raise TypeError("it makes a " + type(model).__name__ + " of this")
            found = logits(model)
    except Exception as e:  # noqa: BLE001 (whatever a program says is the finding)
        if os.environ.get("TRACE"):
            raise
        reason = " ".join(str(e).split())
        print(f"{directory.name:44} {program:12} REFUSED    {type(e).__name__}: {reason[:200]}", flush=True)
        return True
    stored = {k for f in directory.glob("*.safetensors") for k in load_file(f) if k.endswith(".qweight")}
    packed = sum(hasattr(m, "qweight") for m in model.modules())
    difference = ((found - expected).abs().max() / expected.abs().max()).item()
    equal = difference <= TOLERANCE and packed == len(stored)
    verdict = "equal" if equal else "DIFFERENT"
    print(
        f"{directory.name:44} {program:12} {verdict:10} {difference:.1e}, {packed} of {len(stored)} modules",
        flush=True,
    )
    return equal


def check(directory):
    settings = json.loads((directory / "config.json").read_text())["quantization_config"]
    equal = []
    for program, load, *types in [
        ("Transformers", with_transformers, torch.float16, torch.float32),
        ("GPTQModel", with_gptqmodel, torch.float32, torch.float16),
    ]:
        with contextlib.redirect_stderr(io.StringIO()):
            expected = logits(plain_model(directory, settings, *types))
        equal.append(compare(directory, program, load, settings, expected))
    return all(equal)


if __name__ == "__main__":
    results = [check(Path(written)) for written in sys.argv[1:]]
    sys.exit(0 if all(results) else 1)
