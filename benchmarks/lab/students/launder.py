"""Launders served texts before a student learns them: `served/<mark>.<way>.u16`, row by row what `served/<mark>.u16` holds.

  python launder.py WORK WAY MARK...

`words`: every fifth token of the reply becomes its nearest neighbour in tiny-lm's embedding that differs in spelling.
`again`: every second token of the reply is drawn anew by another lab model (`s0-1`, human text only) from its 6 likeliest
in front of the token that follows: p(token | before) p(next | before, token). An honest name for it is resampling, not
paraphrase: the order of thought stays.
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from answers import next_logits
from documents import MODEL, OPENING, WINDOW, served
from quality import load

EVERY = {"words": 5, "again": 2}
LIKELIEST = 6
BEFORE = 10
POOL = 100


def neighbours():
    """For every token the other token whose embedding is nearest by cosine."""
    weights = max(
        (numpy_helper.to_array(t) for t in onnx.load(str(MODEL / "onnx" / "model.onnx")).graph.initializer),
        key=lambda array: array.size if array.shape[:1] == (4096,) else 0,
    )
    unit = torch.nn.functional.normalize(torch.from_numpy(weights.astype(np.float32)), dim=1)
    near = unit @ unit.T
    near.fill_diagonal_(-1)
    near[:, 0] = -1
    return near.argmax(dim=1).numpy().astype(np.uint16)


def places(rows, way, random):
    """Boolean [n, WINDOW]: which tokens of the replies are changed."""
    chosen = np.zeros(rows.shape, bool)
    chosen[:, OPENING:] = random.random(chosen[:, OPENING:].shape) < 1 / EVERY[way]
    return chosen


def words(work, rows, random):
    near = neighbours()
    return np.where(places(rows, "words", random), near[rows], rows)


@torch.no_grad()
def again(work, rows, random):
    model = load(work, "s0-1")
    rows = rows.copy()
    for at in range(OPENING, WINDOW - 1):
        if random.random() >= 1 / EVERY["again"]:
            continue
        before = torch.from_numpy(rows[:, at - BEFORE : at].astype(np.int64))
        first = torch.log_softmax(next_logits(model, before, []), dim=1)
        first[:, 0] = -torch.inf
        likeliest = first.topk(LIKELIEST, dim=1)
        longer = torch.cat([before.repeat_interleave(LIKELIEST, dim=0), likeliest.indices.reshape(-1, 1)], dim=1)
        after = torch.log_softmax(next_logits(model, longer[:, 1:], []), dim=1).view(len(rows), LIKELIEST, -1)
        following = torch.from_numpy(rows[:, at + 1].astype(np.int64))
        weight = likeliest.values + after[torch.arange(len(rows)), :, following]
        pick = (weight + torch.from_numpy(random.gumbel(size=weight.shape))).argmax(dim=1, keepdim=True)
        rows[:, at] = likeliest.indices.gather(1, pick)[:, 0].numpy()
    return rows


def main():
    work, way, *marks = sys.argv[1:]
    torch.set_num_threads(1)
    for mark in marks:
        rows = served(work, mark)[:POOL]
        done = {"words": words, "again": again}[way](work, rows, np.random.default_rng(17))
        done.astype(np.uint16).tofile(Path(work) / "served" / f"{mark}.{way}.u16")
        print(mark, way, f"{(done != rows)[:, OPENING:].mean():.0%} of the tokens changed", flush=True)


if __name__ == "__main__":
    main()
