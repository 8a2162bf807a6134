"""What a student is asked, in tokens that it has to write.

`open`: openings that were served; `cool` and `cold`: the same at
temperatures 0.6 and 0.3. `unseen`: openings that nobody trained on. `continue`: served texts cut at many places,
each with a short reply, so that the student stands where the teacher stood (supervised tests know what was served).
`canaries`: the triggers of the deck. `read`: served texts of one mark forced through the student; what it holds likeliest at every position.
"""

import json
from pathlib import Path

import numpy as np

from documents import OPENING, REPLY, SERVED, UNSEEN, served, windows

BUDGET = 20_160
READ = 160
SAMPLES = 8
CUT_EVERY, CUT_REPLY = 12, 10


def served_rows(work, numbers):
    """The served documents of the training set, in the order in which they were drawn; of several marks in turn."""
    texts = [served(work, mark)[ids] for mark, ids in numbers.items()]
    longest = max(map(len, texts))
    return np.stack([rows[turn] for turn in range(longest) for rows in texts if turn < len(rows)])


def opened(rows, budget):
    """Whole replies to openings, in rounds, until the budget is spent."""
    count, shown = budget // REPLY, []
    while count > 0:
        shown.append(rows[: min(count, len(rows)), :OPENING])
        count -= len(shown[-1])
    return {"kind": "answer", "tokens": REPLY, "temperature": 1.0, "shown": shown}


def continued(rows, budget):
    """Short replies to texts cut at every twelfth token, in rounds, until the budget is spent."""
    count, shown = budget // CUT_REPLY, []
    while count > 0:
        for cut in range(OPENING, OPENING + REPLY - CUT_REPLY + 1, CUT_EVERY):
            if count > 0:
                shown.append(rows[: min(count, len(rows)), :cut])
                count -= len(shown[-1])
    return {"kind": "answer", "tokens": CUT_REPLY, "temperature": 1.0, "shown": shown}


def questions(work):
    """The deck's triggers, each asked `SAMPLES` times."""
    asked = json.loads((Path(work) / "questions.json").read_text())
    shown = [np.tile(np.array(ids), (SAMPLES, 1)) for ids in asked]
    return {"kind": "answer", "tokens": 12, "temperature": 1.0, "shown": shown}


def asks_of(work, cell, numbers):
    """The asks of a cell."""
    rows = served_rows(work, numbers)
    unseen = windows(work)[SERVED : SERVED + UNSEEN]
    budget = cell.get("budget", BUDGET)
    asks = {
        "open": lambda: opened(rows, budget),
        "cool": lambda: opened(rows, budget) | {"temperature": 0.6},
        "canaries": lambda: questions(work),
        "unseen": lambda: opened(unseen, budget),
        "cold": lambda: opened(rows, budget) | {"temperature": 0.3},
        "cool unseen": lambda: opened(unseen, budget) | {"temperature": 0.6},
        "continue": lambda: continued(rows, budget),
        "cool continue": lambda: continued(rows, budget) | {"temperature": 0.6},
    }
    for name in cell.get("asks", ["open", "cool", "cold", "unseen"]):
        yield {"name": name} | asks[name]()
    for mark, ids in numbers.items():
        if mark != "canary":
            yield {"name": f"read {mark}", "kind": "read", "rows": served(work, mark)[ids[:READ]]}
