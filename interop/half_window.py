"""Perplexity by Transformers as the reference values of the example models define it.

Non-overlapping windows of 512 tokens, the first one replaced by BOS, the loss over the second half, at most
200,000 tokens, float32.

    python half_window.py MODEL TEXT [--rounded-frequencies]

A model that is turned into bfloat16 and back has the frequencies of its rotary embedding rounded, which are a
buffer and in no file. With --rounded-frequencies the model is used as it is then: the reference values of
the Llama models were computed so, which is seen on text they were not trained on.
"""

import argparse

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

WINDOW = 512
BATCH = 8
MOST = 200_000

parser = argparse.ArgumentParser()
parser.add_argument("model")
parser.add_argument("text")
parser.add_argument("--rounded-frequencies", action="store_true")
options = parser.parse_args()

tokenizer = AutoTokenizer.from_pretrained(options.model)
model = AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
if options.rounded_frequencies:
    rotary = model.model.rotary_emb
    rotary.inv_freq = rotary.inv_freq.to(torch.bfloat16).float()
with open(options.text, encoding="utf-8") as file:
    tokens = tokenizer(file.read(), add_special_tokens=False)["input_ids"][:MOST]
windows = torch.tensor(tokens[: len(tokens) // WINDOW * WINDOW]).view(-1, WINDOW).clone()
if tokenizer.bos_token_id is not None:
    windows[:, 0] = tokenizer.bos_token_id
total = 0.0
with torch.no_grad():
    for batch in windows.split(BATCH):
        logits = model(batch).logits[:, WINDOW // 2 : -1].float()
        targets = batch[:, WINDOW // 2 + 1 :]
        total += torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).double(), targets.flatten(), reduction="sum"
        ).item()
count = windows.shape[0] * (WINDOW // 2 - 1)
print(f"{options.model}: {torch.tensor(total / count).exp().item():.5f}, {windows.shape[0]} windows")
