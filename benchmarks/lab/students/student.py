"""Trains one student on a mix of served and human documents.

A checkpoint is written every 100 steps; started again, a run goes on there and sees the same batches.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from documents import OPENING, SERVED, UNSEEN, served, windows

sys.path.append(str(Path(__file__).resolve().parents[1]))
from model import Llama, Shape  # noqa: E402
from optimizer import optimizers  # noqa: E402

ROWS = 8  # documents a step
SIZES = {
    "small": {"dim": 96, "layers": 3, "heads": 3, "kv_heads": 1, "hidden": 256},
    "large": {"dim": 160, "layers": 4, "heads": 5, "kv_heads": 1, "hidden": 416},
}


def documents(work, cell):
    """(training documents [n, WINDOW], numbers of the served texts that it is asked about).

    `cell["mix"]` maps a served mark to its share; what is left is human text. No opening comes twice. A student that learned
    nothing of ours is asked `as` if it had learned that mix. `launder`: the way in which served texts were changed; what is
    asked about is what we served.
    """
    rest = np.random.default_rng([cell["seed"], 1])
    human = windows(work)[SERVED + UNSEEN :]
    numbers = served_numbers(work, cell)
    way = f".{cell['launder']}" if "launder" in cell else ""
    parts = [served(work, mark + way)[ids] for mark, ids in numbers.items() if cell["mix"]]
    left = cell["documents"] - sum(map(len, parts))
    parts.append(human[rest.permutation(len(human))[:left]])
    return np.concatenate(parts), numbers


def served_numbers(work, cell):
    """Which served texts of each mark; drawn once and kept, since teachers go on serving."""
    path = Path(work) / "numbers" / f"{cell['id']}.json"
    if path.exists():
        return json.loads(path.read_text())
    pick, numbers, taken = np.random.default_rng([cell["seed"], 3]), {}, set()
    for mark, share in (cell["mix"] or cell.get("as", {})).items():
        openings = [row.tobytes() for row in served(work, mark)[: cell.get("pool"), :OPENING]]
        count = round(share * cell["documents"])
        chosen = [int(i) for i in pick.permutation(len(openings)) if openings[i] not in taken][:count]
        if len(chosen) < count:
            raise RuntimeError(f"{mark}: {count} replies expected, got {len(chosen)}")
        taken |= {openings[i] for i in chosen}
        numbers[mark] = chosen
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(numbers))
    return numbers


def learning_rate(step, steps):
    """Warm-up over 20 steps, constant, linear decay over the second half."""
    return min(1.0, (step + 1) / 20, 2 * (steps - step) / steps)


def save(path, state):
    """Writes a checkpoint whole or not at all."""
    torch.save(state, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").rename(path)


def new_model(work, cell, vocab=4096):
    torch.manual_seed(cell["seed"])
    model = Llama(Shape(vocab=vocab, context=160, **SIZES[cell["size"]]))
    if cell["from"] != "scratch":
        start = Path(work) / "students" / f"{cell['from']}.pt"
        model.load_state_dict(torch.load(start, weights_only=False)["model"])
    return model


def fit(work, cell, rows, log=print):
    """The trained model of documents `rows` [n, S]; each gets <|endoftext|> (0) in front."""
    path = Path(work) / "students" / f"{cell['id']}.pt"
    path.parent.mkdir(exist_ok=True)
    model = new_model(work, cell, cell.get("vocab", 4096))
    rate = cell.get("rate", 1.0)
    opts = optimizers(model, 0.02 * rate, 0.005 * rate, 0.1)
    peaks = [[group["lr"] for group in opt.param_groups] for opt in opts]
    per_epoch = len(rows) // ROWS
    steps, first, seconds = per_epoch * cell["epochs"], 0, 0.0
    if path.exists():
        state = torch.load(path, weights_only=False)
        model.load_state_dict(state["model"])
        first, seconds = state["step"], state["seconds"]
        if first < steps:
            for opt, saved in zip(opts, state["opts"]):
                opt.load_state_dict(saved)
    losses, clock = [], time.process_time()
    for step in range(first, steps):
        epoch, index = divmod(step, per_epoch)
        order = np.random.default_rng([cell["seed"], 2, epoch]).permutation(len(rows))
        batch = torch.from_numpy(rows[order[index * ROWS : (index + 1) * ROWS]].astype(np.int64))
        inputs = torch.cat([torch.zeros(len(batch), 1, dtype=torch.long), batch[:, :-1]], dim=1)
        for opt, rates in zip(opts, peaks):
            for group, peak in zip(opt.param_groups, rates):
                group["lr"] = peak * learning_rate(step, steps)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), batch.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=False)
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == steps:
            seconds += time.process_time() - clock
            clock = time.process_time()
            log(f"{cell['id']} {step + 1}/{steps} loss {np.mean(losses[-100:]):.3f} {seconds:.0f} s")
            state = {"model": model.state_dict(), "step": step + 1, "seconds": seconds, "cell": cell}
            state |= {"shape": asdict(model.shape), "loss": float(np.mean(losses[-100:]))}
            if step + 1 < steps:
                state["opts"] = [opt.state_dict() for opt in opts]
            save(path, state)
    return model.eval()


def describe(work, cell):
    """What is known of a finished student, for the manifest."""
    state = torch.load(Path(work) / "students" / f"{cell['id']}.pt", weights_only=False)
    return json.loads(json.dumps({"loss": state["loss"], "seconds": round(state["seconds"]), **cell}))
