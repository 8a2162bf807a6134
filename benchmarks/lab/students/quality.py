"""How well the served texts read: perplexity under a model that never saw a mark, the student of human text alone.

  python quality.py WORK [--scorer s0-1]

Each reply is scored after its opening; the first 100 replies of each mark. Prints and writes `<work>/quality.json`.
"""

import argparse
import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from documents import OPENING, SERVED, served, windows  # puts the lab on the path
from model import Llama, Shape

REPLIES = 100


def load(work, name):
    state = torch.load(Path(work) / "students" / f"{name}.pt", weights_only=False)
    model = Llama(Shape(**{field.name: state["shape"][field.name] for field in fields(Shape)}))
    model.load_state_dict(state["model"])
    return model.eval()


@torch.no_grad()
def nats(model, rows):
    """Mean nats per token of the replies in `rows` [n, WINDOW], and its standard error over texts."""
    ids = torch.from_numpy(rows.astype(np.int64))
    inputs = torch.cat([torch.zeros(len(ids), 1, dtype=torch.long), ids[:, :-1]], dim=1)
    logits = torch.cat([model(part) for part in inputs.split(10)])[:, OPENING:]
    losses = F.cross_entropy(logits.transpose(1, 2), ids[:, OPENING:], reduction="none").mean(dim=1)
    return losses.mean().item(), (losses.std() / len(losses) ** 0.5).item()


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("work", type=Path)
    args.add_argument("--scorer", default="s0-1")
    args = args.parse_args()
    torch.set_num_threads(1)
    model = load(args.work, args.scorer)
    texts = {"human": windows(args.work)[SERVED : SERVED + REPLIES]}
    for path in sorted((args.work / "served").glob("*.u16")):
        if path.stem != "canary" and "#" not in path.stem:
            texts[path.stem] = served(args.work, path.stem)[:REPLIES]
    rows = []
    for name, text in texts.items():
        mean, error = nats(model, text)
        rows.append({"text": name, "nats": round(mean, 3), "error": round(error, 3), "perplexity": round(np.exp(mean), 1)})
        print(f"{name:16} {mean:.3f} +- {error:.3f} nats, perplexity {np.exp(mean):.1f}", flush=True)
    (args.work / "quality.json").write_text(json.dumps({"scorer": args.scorer, "replies": REPLIES, "texts": rows}) + "\n")


if __name__ == "__main__":
    main()
