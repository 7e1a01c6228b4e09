"""Makes the test fixtures of GPTQ checkpoints that GPTQModel wrote under names of its own.

    python gptq_fixtures.py WIDE_MODEL TARGET

WIDE_MODEL is one that wide_models.py made. GPTQModel quantizes it (4 bits, groups of 32, random tokens)
on the CPU; expected.safetensors gets token ids and the logits of the plain model of Transformers with
the weights that gptq_load.py unpacks, all in float32.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

# GPTQModel wants more than one worker beside its main thread.
os.cpu_count = lambda: 8
os.sched_getaffinity = lambda _: set(range(8))
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
import torch
from gptqmodel import BACKEND, GPTQModel, QuantizeConfig
from safetensors.torch import save_file


def write(model, target):
    """Has GPTQModel write a checkpoint of a model."""
    loaded = GPTQModel.load(
        str(model), QuantizeConfig(bits=4, group_size=32), device="cpu", dtype=torch.bfloat16
    )
    random = torch.Generator().manual_seed(1)
    windows = [torch.randint(3, 300, (32,), generator=random).tolist() for _ in range(8)]
    samples = [{"input_ids": ids, "attention_mask": [1] * 32} for ids in windows]
    with tempfile.TemporaryDirectory() as directory:
        loaded.quantize(samples, batch_size=1, backend=BACKEND.GPTQ_TORCH)
        loaded.save(directory)
        target.mkdir(parents=True)
        shutil.copyfile(Path(directory) / "model.safetensors", target / "model.safetensors")
        config = json.loads((Path(directory) / "config.json").read_text())
        # It names a temporary directory.
        del config["quantization_config"]["meta"]["offload_to_disk_path"]
        (target / "config.json").write_text(json.dumps(config, indent=1))


def expect(target):
    """In another process, since GPTQModel replaces classes of Transformers."""
    sys.argv = ["gptq_load.py"]
    import gptq_load

    settings = json.loads((target / "config.json").read_text())["quantization_config"]
    model = gptq_load.plain_model(target, settings, torch.float32, torch.float32)
    ids = gptq_load.token_ids(model)
    save_file(
        {"input_ids": ids, "logits": gptq_load.logits(model)}, target / "expected.safetensors"
    )


if sys.argv[1] == "expect":
    expect(Path(sys.argv[2]))
else:
    write(Path(sys.argv[1]), Path(sys.argv[2]))
    os.execv(sys.executable, [sys.executable, __file__, "expect", sys.argv[2]])
