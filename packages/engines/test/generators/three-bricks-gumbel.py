"""Vectors from the Gumbel mark of Three Bricks, run on CPU from its repository. Prints JSON.

  python three-bricks-gumbel.py REPOSITORY > ../vectors/three-bricks-gumbel.json

REPOSITORY: a git directory of facebookresearch/three_bricks at ee9c7a28. Its licence is CC BY-NC: only numbers are kept.
"""

import hashlib
import json
import struct
import subprocess
import sys
import types

import numpy as np
import torch


def module(path):
    source = subprocess.run(["git", "--git-dir", sys.argv[1], "show", f"HEAD:{path}"], check=True, capture_output=True, text=True).stdout
    made = types.ModuleType(path)
    exec(compile(source, path, "exec"), made.__dict__)
    return made


generator, detector = module("wm/generator.py"), module("wm/detector.py")
V = 300


class Tokenizer:
    vocab_size = V

    def encode(self, text, add_special_tokens=False):
        return [int(word) for word in text.split()]


class Model:
    config = types.SimpleNamespace(max_sequence_length=1000, pad_token_id=0, eos_token_id=2)


def lcg(state):
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state >> 8


def draws():
    """10,000 uniforms as k of k / 2^24, of random keys, contexts of 1 to 6 tokens and tokens below 32,000."""
    draw, digest = lcg(1), hashlib.sha256()
    for _ in range(10_000):
        key = next(draw) << 30 ^ next(draw)
        context = [next(draw) % 32_000 for _ in range(1 + next(draw) % 6)]
        made = generator.OpenaiGenerator(Model(), Tokenizer(), len(context), key, "hash", 35317)
        rng = torch.Generator()
        rng.manual_seed(made.get_seed_rng(torch.tensor(context)))
        token = next(draw) % 32_000
        digest.update(struct.pack("<I", int(torch.rand(token + 1, generator=rng)[token] * 2**24)))
    return digest.hexdigest()


def marked(payload, length=200, width=2):
    draw, text = lcg(7), [100, 200]
    made = generator.OpenaiGenerator(Model(), Tokenizer(), width, 1234567, "hash", 35317, payload=payload)
    for _ in range(length):
        logits = torch.tensor([[(next(draw) % 4096) / 512 for _ in range(V)]])
        text.append(int(made.sample_next(logits, torch.tensor([text[-width:]]), temperature=1.0, top_p=1.0)))
    return text[2:]


def figures(text, scoring, payload_max, kind="OpenaiDetector", key=1234567):
    made = getattr(detector, kind)(Tokenizer(), 2, key, "hash", 35317)
    scores = made.get_scores_by_t([" ".join(map(str, text))], scoring_method=scoring, payload_max=payload_max)
    p = np.asarray(made.get_pvalues(scores))[0]
    return {"n": len(scores[0]), "scores": np.asarray(scores[0]).mean(axis=0).tolist(), "p": p.tolist()}


cases = []
for payload in (0, 5):
    text = marked(payload)
    runs = [
        {"scoring_method": s, "payload_max": m, "method_detect": d, **figures(text, s, m, k)}
        for s in ("none", "v1", "v2") for m in (0, 7) for d, k in (("openai", "OpenaiDetector"), ("openaiz", "OpenaiDetectorZ"))
    ]
    cases.append({"payload": payload, "text": text, "runs": runs})
wrong = figures(cases[0]["text"], "v2", 0, key=7)
print(json.dumps({
    "source": "facebookresearch/three_bricks ee9c7a28, wm/generator.py and wm/detector.py, CPU torch " + torch.__version__,
    "generator": "packages/engines/test/generators/three-bricks-gumbel.py",
    "vocabSize": V, "seed": 1234567, "ngram": 2, "prompt": [100, 200],
    "draws": draws(), "cases": cases, "wrongKey": wrong,
}))
