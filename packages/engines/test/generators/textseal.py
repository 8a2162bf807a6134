"""Vectors from textseal 0.0.5's generators and detectors, on CPU. Prints JSON.

  python textseal.py OURS.json > ../vectors/textseal.json     OURS.json: what ours-textseal.ts prints
"""

import hashlib
import importlib
import importlib.util
import json
import os
import struct
import sys
import types

import numpy as np
import torch

sys.path.pop(0)  # This file is called as the package is.
# The package's own __init__ files import model code that is not needed here.
BASE = importlib.util.find_spec("textseal").submodule_search_locations[0]
for name in ("textseal", "textseal.posthoc", "textseal.common", "textseal.common.watermark"):
    made = types.ModuleType(name)
    made.__path__ = [os.path.join(BASE, *name.split(".")[1:])]
    sys.modules[name] = made
prf = importlib.import_module("textseal.common.watermark.pseudorandom")
core = importlib.import_module("textseal.common.watermark.core")
detector = importlib.import_module("textseal.posthoc.detector")
generator = importlib.import_module("textseal.posthoc.generator")
V, PROMPT = 300, [100, 200]


class Tokenizer:
    vocab_size = V

    def add_special_tokens(self, *_):
        pass

    def encode(self, text, add_special_tokens=False):
        return [int(word) for word in text.split()]

    def decode(self, _):
        return ""


class Model:
    config = types.SimpleNamespace(max_position_embeddings=1000, pad_token_id=0, eos_token_id=1, vocab_size=V, _name_or_path="x")


def lcg(state):
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state >> 8


def levels():
    """10,000 levels u * 8191 of random keys (signed), contexts of 1 to 10 tokens and tokens."""
    draw, digest = lcg(1), hashlib.sha256()
    for _ in range(10_000):
        key = (next(draw) << 41 ^ next(draw) << 20 ^ next(draw)) - 2**63
        context = [next(draw) % 200_000 for _ in range(1 + next(draw) % 10)]
        u = prf.prf_uniform(torch.tensor([context]), torch.tensor([next(draw) % 200_000]), key).item()
        digest.update(struct.pack("<I", round(u * 8191)))
    return digest.hexdigest()


def row(draw):
    return torch.tensor([[(next(draw) % 4096) / 512 for _ in range(V)]])


def config(mark, ngram, **fields):
    return core.WatermarkConfig(secret_key=987654321987, ngram=ngram, watermark_type=mark, **fields)


def marked(mark, ngram, length=200, **fields):
    torch.manual_seed(5)
    made, draw, text = generator.build_generator(Model(), Tokenizer(), config(mark, ngram, **fields)), lcg(7), list(PROMPT)
    for _ in range(length):
        text.append(int(made.sample_next(row(draw), torch.tensor([text[-ngram:]]), 0.8, 0.95)))
    return text[2:]


def distributions(mark, **fields):
    """What is drawn from, for the contexts 0 to 4."""
    made, draw = generator.build_generator(Model(), Tokenizer(), config(mark, 1, **fields)), lcg(11)
    return [[round(x, 7) for x in made.sample_next(row(draw), torch.tensor([[c]]), 0.8, 1.0, return_probs=True)[1][0].tolist()] for c in range(3)]


def figures(text, mark, ngram, scoring, **fields):
    made = detector.build_detector(Tokenizer(), config(mark, ngram, **fields))
    scores = made.get_scores_by_t([" ".join(map(str, text))], scoring, seen_windows=set() if scoring != "none" else None)[0]
    total = float(np.sum(np.array(scores)))
    return {"n": len(scores), "sum": total, "p": float(made.get_pvalue(total, len(scores), eps=1e-200))}


def runs(text, mark, ngram, **fields):
    return {s: figures(text, mark, ngram, s, **fields) for s in ("none", "v1", "v2")}


ours = json.load(open(sys.argv[1]))
cases = []
for mark, ngram, fields in (
    ("gumbelmax", 1, {}), ("gumbelmax", 2, {}), ("greenlist", 2, {"gamma": 0.25, "delta": 3.0}), ("synthid", 2, {}), ("synthid-weighted", 2, {"depth": 20}),
):
    text = marked(mark, ngram, **fields)
    cases.append({"watermark_type": mark, "config": {"ngram": ngram, **fields}, "text": text, "runs": runs(text, mark, ngram, **fields)})
print(json.dumps({
    "source": "textseal 0.0.5 (PyPI), CPU torch " + torch.__version__,
    "generator": "packages/engines/test/generators/textseal.py",
    "secret_key": "987654321987", "vocabSize": V, "prompt": PROMPT,
    "levels": levels(),
    "cases": cases,
    "ours": [{**o, "runs": runs(o["text"], o["watermark_type"], **o["config"])} for o in ours],
    "distributions": [
        {"watermark_type": mark, "fields": fields, "rows": distributions(mark, **fields)}
        for mark, fields in (("greenlist", {}), ("greenlist", {"after_topp": False, "delta": 1.0}), ("synthid", {"depth": 7}))
    ],
}))
