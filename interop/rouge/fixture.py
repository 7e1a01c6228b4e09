#!/usr/bin/env python3
"""Writes what Google's rouge-score makes of pairs of texts.

    pip install rouge-score==0.1.2
    fixture.py FILE

FILE is factory/src/test/resources/dev/lqmf/factory/bench/rouge.json. The first cases are those that
stand in rouge-score's own rouge_scorer_test.py (its test data are not in the package), the last ones
are drawn from a fixed seed. Without its stemmer, which is NLTK's with NLTK's own extensions.
"""

import json
import random
import sys
from importlib.metadata import version

from rouge_score import rouge_scorer

KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
SEED = 20240607

OWN = [
    ("testing one two", "testing"),
    ("testing one two", "testing one"),
    ("testing one two", "testing two"),
    ("testing one two", ""),
    ("first text", "text first"),
    ("first something", "text first"),
    ("w1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5"),
    ("", ""),
    ("", "testing one two"),
    ("\nw1 w2 w3 w4 w5", "w1 w2 w6 w7 w8\n\nw1 w3 w8 w9 w5"),
    ("first sentence here\nsecond one", "second one\nfirst sentence"),
]

TEXTS = [
    ("The GGUF file's 4-bit weights: 3.14 times smaller!", "the gguf files 4 bit weights are 3 14 times small"),
    ("naïve café — Ünïcödé", "naive cafe unicode n ve caf"),
    ("日本語 only", "日本語 only"),
    ("İstanbul \u212aelvin ſharp", "i stanbul kelvin harp"),
    ("snake_case and camelCase", "snake case AND camelcase"),
    ("a a a a b b", "a a b b b c"),
    ("line\r\nother\u2028line", "line other\nline"),
    ("   ", "..."),
    ("tabs\tand\nnew\n\n\nlines", "lines new and tabs"),
]


def drawn(random, count):
    words = ["alpha", "beta", "gamma", "delta", "Epsilon", "zeta", "eta7", "x", "of", "THE", "running", "ran"]
    marks = [" ", " ", " ", " ", "\n", ", ", ". ", ".\n", " - ", "\n\n"]
    for _ in range(count):
        pair = []
        few = random.sample(words, random.randint(3, len(words)))
        for _ in range(2):
            text = ""
            for _ in range(random.randint(1, 40)):
                text += random.choice(few) + random.choice(marks)
            pair.append(text)
        yield tuple(pair)


def main():
    scorer = rouge_scorer.RougeScorer(KINDS, use_stemmer=False)
    cases = []
    for reference, prediction in OWN + TEXTS + list(drawn(random.Random(SEED), 45)):
        scores = scorer.score(reference, prediction)
        cases.append(
            {
                "reference": reference,
                "prediction": prediction,
                **{k: [scores[k].precision, scores[k].recall, scores[k].fmeasure] for k in KINDS},
            }
        )
    fixture = {
        "made_by": "rouge-score %s, interop/rouge/fixture.py, seed %d" % (version("rouge-score"), SEED),
        "cases": cases,
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(fixture, file, indent=1)
        file.write("\n")


main()
