#!/usr/bin/env python3
"""Writes what a model, run by Transformers in float32, finds the likelihoods of choices to be.

    likelihoods.py MODEL QUESTIONS.jsonl FILE

MODEL is examples/models/docs-llama-4m, QUESTIONS.jsonl those that LQMF brings along, FILE
factory/src/test/resources/dev/lqmf/factory/bench/likelihoods.json. Texts are encoded as
lm-evaluation-harness does (lm_eval/api/model.py, _encode_pair): spaces at the end of a context
belong to the continuation, both are encoded together, and what is beyond the tokens of the context
alone is the continuation.
"""

import json
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

MORE = [
    {"context": "The weights of a model are ", "choices": ["numbers", "stored in files", "quantized to 4 bits"], "answer": 0},
    {"context": "import numpy as", "choices": ["np", "pd", "tf"], "answer": 0},
    {"context": "def add(a, b):\n    return", "choices": ["a + b", "a - b"], "answer": 0},
    {"context": "un", "choices": ["der", "related words", "é"], "answer": 1},
]


def pair(tokenizer, context, continuation):
    spaces = len(context) - len(context.rstrip())
    if spaces > 0:
        continuation = context[-spaces:] + continuation
        context = context[:-spaces]
    return tokenizer.encode(context), tokenizer.encode(context + continuation)


def main():
    directory, questions, out = sys.argv[1:]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    cases = []
    with open(questions, encoding="utf-8") as lines:
        given = [json.loads(line) for line in lines] + MORE
    for item in given:
        context = item["context"] if "context" in item else "Question: %s\nAnswer:" % item["question"]
        values = []
        for choice in item["choices"]:
            before, whole = pair(tokenizer, context, " " + choice)
            with torch.no_grad():
                scores = model(torch.tensor([whole[:-1]])).logits[0].double().log_softmax(-1)
            values.append(sum(scores[i - 1, whole[i]].item() for i in range(len(before), len(whole))))
        cases.append({"context": context, "choices": item["choices"], "answer": item["answer"], "log_likelihoods": values})
    fixture = {
        "made_by": "Transformers %s, torch %s, interop/choices/likelihoods.py"
        % (transformers.__version__, torch.__version__),
        "cases": cases,
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump(fixture, file, indent=1)
        file.write("\n")


main()
