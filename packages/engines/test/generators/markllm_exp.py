"""Vectors of MarkLLM's EXP and EXPGumbel, on a CPU. Prints JSON; reads texts marked here from stdin.

    node --conditions=@taggant/source --import tsx packages/engines/test/generators/markllm-exp-texts.ts \
      | MARKLLM=checkout python packages/engines/test/generators/markllm_exp.py > packages/engines/test/vectors/markllm-exp.json

Needs torch 2.15 (CPU), transformers, scipy; MARKLLM names a checkout of MarkLLM (commit 112fa74).
"""

import importlib
import json
import os
import random
import sys
import tempfile

import torch

sys.path.insert(0, os.environ["MARKLLM"])


class Tokenizer:
    """Stands for a tokenizer: a text is a JSON list of ids."""

    def __init__(self, vocab):
        self.vocab = vocab

    def __len__(self):
        return self.vocab

    def encode(self, text, **_):
        return torch.tensor([json.loads(text)])


def build(folder, module, name, vocab, **changes):
    config = {**json.load(open(os.path.join(os.environ["MARKLLM"], "config", f"{name}.json"))), **changes}
    path = os.path.join(folder, f"{name}.json")
    json.dump(config, open(path, "w"))
    model = importlib.import_module("utils.transformers_config").TransformersConfig(None, Tokenizer(vocab), device="cpu")
    return getattr(importlib.import_module(f"watermark.{module}.{module}"), name)(path, model)


def peers(folder):
    return {
        "exp": (build(folder, "exp", "EXP", 997), 997),
        "expOfTwo": (build(folder, "exp", "EXP", 1024, prefix_length=2, hash_key=2**40 + 9), 1024),
        "expGumbel": (build(folder, "exp_gumbel", "EXPGumbel", 60), 60),
    }


def choice(peer, ids, logits):
    """The token that the peer takes after ids."""
    if not hasattr(peer.utils, "rng"):
        return int(peer.logits_processor(torch.tensor([ids]), logits[None])[0, -1].argmax())
    peer.utils.seed_rng(torch.tensor(ids))
    u = torch.rand(peer.config.vocab_size, generator=peer.utils.rng)
    return int(peer.utils.exp_sampling(torch.softmax(logits / peer.config.temperature, -1), u))


def record(peer, vocab, ours):
    gen, rnd = torch.Generator().manual_seed(6), random.Random(17)
    ids = [11, 12, 13, 14]
    for _ in range(120):
        ids.append(choice(peer, ids, 2 * torch.randn(1, vocab, generator=gen)))
    steps = []
    for _ in range(4):
        context, logits = [rnd.randrange(1, vocab) for _ in range(4)], [round(rnd.gauss(0, 2), 3) for _ in range(vocab)]
        steps.append({"context": context, "logits": logits, "token": choice(peer, context, torch.tensor([logits]))})
    plain = [rnd.randrange(1, vocab) for _ in range(60)]
    said = lambda text: {"ids": text, **{key: float(value) if key == "score" else bool(value) for key, value in peer.detect_watermark(json.dumps(text)).items()}}
    return {"vocab": vocab, "steps": steps, "plain": said(plain), "repeated": said(plain[:20] * 3),
            "markedByPeer": said(ids[4:]), "markedHere": said(ours)}


def main():
    ours = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({
            "source": f"MarkLLM at 112fa74 (watermark/exp/exp.py, watermark/exp_gumbel/exp_gumbel.py); torch {torch.__version__}, CPU",
            "generator": "packages/engines/test/generators/markllm_exp.py",
            **{name: record(peer, vocab, ours[name]) for name, (peer, vocab) in peers(folder).items()},
        }))


if __name__ == "__main__":
    main()
