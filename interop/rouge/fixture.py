#!/usr/bin/env python3
"""Writes what Google's rouge-score makes of pairs of texts.

    pip install rouge-score==0.1.2
    fixture.py FILE STEMS TEXT

FILE is factory/src/test/resources/dev/lqmf/factory/bench/rouge.json. The first cases are those that
stand in rouge-score's own rouge_scorer_test.py (its test data are not in the package), the last ones
are drawn from a fixed seed. "stemmed" is with its stemmer, which is NLTK's with NLTK's own extensions.

STEMS is stems.tsv beside it: words of TEXT (factory/src/main/resources/dev/lqmf/factory/eval/
wikitext2-test.txt), drawn from a fixed seed, and the stemmer's exceptions, each with its stem.
"""

import json
import random
import re
import sys
from importlib.metadata import version

from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer

KINDS = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
SEED = 20240607
STEMS = 3000

EXTREMES = ["y", "yy", "yyyy", "sayyyyed", "eed", "ing", "ied", "ies", "ss", "eyed", "ion", "alli", "4ing", "a1ed"]

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
    ("The models were quantized quickly", "quantizing the model is quick"),
    ("He died, lies were told; skies are dying", "dies lying sky die"),
    ("generally relational\nhappiness enjoyed", "general relations happy\nenjoys it"),
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


def numbers(scores):
    return {k: [scores[k].precision, scores[k].recall, scores[k].fmeasure] for k in KINDS}


def stems(file, text):
    stemmer = PorterStemmer()
    words = sorted(set(re.findall("[a-z0-9]+", text.lower())))
    chosen = random.Random(SEED).sample(words, STEMS)
    made = "nltk %s, interop/rouge/fixture.py, seed %d" % (version("nltk"), SEED)
    file.write("# PorterStemmer of %s\n" % made)
    for word in sorted(set(chosen) | set(stemmer.pool) | set(EXTREMES)):
        file.write("%s\t%s\n" % (word, stemmer.stem(word)))


def main():
    scorer = rouge_scorer.RougeScorer(KINDS, use_stemmer=False)
    stemming = rouge_scorer.RougeScorer(KINDS, use_stemmer=True)
    cases = []
    for reference, prediction in OWN + TEXTS + list(drawn(random.Random(SEED), 45)):
        cases.append(
            {
                "reference": reference,
                "prediction": prediction,
                **numbers(scorer.score(reference, prediction)),
                "stemmed": numbers(stemming.score(reference, prediction)),
            }
        )
    fixture = {
        "made_by": "rouge-score %s, interop/rouge/fixture.py, seed %d" % (version("rouge-score"), SEED),
        "cases": cases,
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(fixture, file, indent=1)
        file.write("\n")
    with open(sys.argv[3], encoding="utf-8") as text, open(sys.argv[2], "w", encoding="utf-8") as file:
        stems(file, text.read())


main()
