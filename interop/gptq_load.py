"""Loads GPTQ checkpoints that LQMF wrote with Transformers and GPTQModel, and checks their logits.

    python gptq_load.py WRITTEN...

WRITTEN are directories that `lqmf quantize MODEL --method gptq` made. Each is loaded twice: by
`from_pretrained`, which has GPTQModel's kernels compute with the packed weights, and as a plain model
whose weights are unpacked here, from the definition of the layout. Needs torch, transformers, optimum
and gptqmodel. Ends with status 1 unless all logits agree to a thousandth of the largest one.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file
from transformers.pytorch_utils import Conv1D

transformers.logging.set_verbosity_error()
TOLERANCE = 1e-3


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


def plain_model(directory, settings):
    config = transformers.AutoConfig.from_pretrained(directory)
    del config.quantization_config
    model = getattr(transformers, config.architectures[0])(config).float()
    tensors = {}
    for file in sorted(directory.glob("*.safetensors")):
        tensors.update(load_file(file))
    state = {}
    for name, tensor in tensors.items():
        module, _, part = name.rpartition(".")
        if part == "qweight":
            weight = unpacked(tensors, module, settings)
            conv = isinstance(model.get_submodule(module), Conv1D)
            state[module + ".weight"] = weight if conv else weight.t().contiguous()
        elif module + ".qweight" not in tensors or part == "bias":
            state[name] = tensor.float() if tensor.is_floating_point() else tensor
    unexpected = model.load_state_dict(state, strict=False).unexpected_keys
    if unexpected:
        raise SystemExit(f"{directory}: not in the model: {unexpected}")
    model.tie_weights()
    return model


def logits(model):
    vocabulary = model.config.get_text_config().vocab_size
    ids = torch.randint(3, vocabulary, (1, 24), generator=torch.Generator().manual_seed(5))
    inputs = {"input_ids": ids}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids[:, :12]
    with torch.no_grad():
        return model.eval()(**inputs).logits.float()


def compare(directory):
    settings = json.loads((directory / "config.json").read_text())["quantization_config"]
    config = transformers.AutoConfig.from_pretrained(directory)
    model_class = getattr(transformers, config.architectures[0])
    loaded = model_class.from_pretrained(
        directory,
        dtype=torch.float32,
        quantization_config=transformers.GPTQConfig(bits=settings["bits"], backend="gptq_torch"),
    )
    kernels = {type(m).__name__ for m in loaded.modules() if hasattr(m, "qweight")}
    count = sum(hasattr(m, "qweight") for m in loaded.modules())
    ours, theirs = logits(loaded), logits(plain_model(directory, settings))
    difference = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    equal = difference <= TOLERANCE and count > 0
    print(
        f"{directory.name}: {'equal' if equal else 'DIFFERENT'}, {count} modules"
        f" ({', '.join(sorted(kernels))}), largest relative difference {difference:.1e}",
        flush=True,
    )
    return equal


results = [compare(Path(written)) for written in sys.argv[1:]]
sys.exit(0 if all(results) else 1)
