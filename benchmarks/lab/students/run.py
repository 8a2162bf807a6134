"""Works through the cells: trains each student, asks it, reads with it. May be killed at any moment and started again.

  python run.py WORK [--only PREFIX] [--list]

Several workers may run at once: each claims a cell by its process number. A finished cell has
`<work>/answers/<id>.jsonl.gz` and a line in `<work>/manifest.jsonl`. `<work>/STOP` ends a worker after its cell.
"""

import argparse
import gzip
import json
import os
import time
from pathlib import Path

import numpy as np
import torch

import other_tokenizer
from answers import answer, read
from asks import asks_of
from cells import CELLS
from documents import windows
from student import describe, documents, fit


def claimed(work, cell):
    """Whether another living worker has it; else it is ours."""
    path = Path(work) / "claims" / cell["id"]
    path.parent.mkdir(exist_ok=True)
    try:
        with open(path, "x") as file:
            file.write(str(os.getpid()))
        return False
    except FileExistsError:
        owner = path.read_text()
        if owner and Path(f"/proc/{owner}").exists() and int(owner) != os.getpid():
            return True
        path.write_text(str(os.getpid()))
        return False


def answers_of(model, work, cell, numbers):
    """Lines {ask, shown, reply}; of reading mode {ask, reply}, where reply[i] is said after i tokens of the text read;
    of a student with another tokenizer {ask, shownText, replyText}."""
    for ask in asks_of(work, cell, numbers):
        if "vocab" in cell:
            for shown in ask.get("shown", []):
                yield from other_tokenizer.lines_of(model, work, cell, ask["name"], shown, ask["temperature"])
            continue
        if ask["kind"] == "read":
            for said in read(model, ask["rows"].astype(np.int64)).tolist():
                yield {"ask": ask["name"], "reply": said}
            continue
        for part, shown in enumerate(ask["shown"]):
            whole = answer(model, shown.astype(np.int64), ask["tokens"], ask["temperature"], 1000 * cell["seed"] + part)
            for row, reply in zip(shown, whole[:, shown.shape[1] :].tolist()):
                yield {"ask": ask["name"], "shown": row.tolist(), "reply": reply}


def work_on(work, cell, log):
    rows, numbers = documents(work, cell)
    if "vocab" in cell:
        rows = other_tokenizer.rows_of(work, rows)
    started = time.time()
    model = fit(work, cell, rows, log)
    path = Path(work) / "answers" / f"{cell['id']}.jsonl.gz"
    path.parent.mkdir(exist_ok=True)
    lines = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in answers_of(model, work, cell, numbers))
    unfinished = path.with_suffix(".tmp")
    unfinished.write_bytes(gzip.compress(lines.encode(), mtime=0))
    unfinished.rename(path)
    line = describe(work, cell) | {"served": numbers, "wall": round(time.time() - started)}
    with open(Path(work) / "manifest.jsonl", "a") as manifest:
        manifest.write(json.dumps(line) + "\n")
    log(f"{cell['id']} done, {line['wall']} s")


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("work", type=Path)
    args.add_argument("--only", default="", help="cells whose id begins so")
    args.add_argument("--one", action="store_true", help="end after one cell")
    args.add_argument("--list", action="store_true", help="say what is done and end")
    args = args.parse_args()
    torch.set_num_threads(1)
    windows(args.work)
    for cell in CELLS:
        done = (args.work / "answers" / f"{cell['id']}.jsonl.gz").exists()
        if args.list:
            print(cell["id"], "done" if done else "")
        elif not done and cell["id"].startswith(args.only) and not claimed(args.work, cell):
            if (args.work / "STOP").exists():
                break
            try:
                work_on(args.work, cell, lambda line: print(time.strftime("%H:%M:%S"), line, flush=True))
                if args.one:
                    break
            except (FileNotFoundError, RuntimeError) as missing:
                print(f"{cell['id']} waits: {missing}", flush=True)


if __name__ == "__main__":
    main()
