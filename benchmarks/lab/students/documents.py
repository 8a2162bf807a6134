"""The documents that students train on: an opening of 16 tokens and a continuation of 112.

Windows of the 15 training books, shuffled once. The first `SERVED` give the openings that the teacher answered, the next
`UNSEEN` openings that nobody ever trained on; all the others are human documents. No window has two roles.
"""

import sys
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

sys.path.append(str(Path(__file__).resolve().parents[1]))
from data import BOOKS, MODEL, TRAIN, token_stream  # noqa: E402

OPENING, REPLY = 16, 112
WINDOW = OPENING + REPLY
SERVED, UNSEEN = 10_000, 2_000
TEXT = BOOKS.parent
BASE_TEXTS = ("wikitext2_valid.txt", "tinyshakespeare.txt", "pg1342_pride_prejudice.txt")


def tiny_lm_tokenizer():
    return Tokenizer.from_file(str(MODEL / "tokenizer.json"))


def windows(work):
    """All windows [n, WINDOW], uint16, in the order that decides their roles; kept in `work` for serve.ts too."""
    path = Path(work) / "windows.u16"
    if not path.exists():
        stream = token_stream(tiny_lm_tokenizer(), TRAIN)
        rows = stream[: len(stream) // WINDOW * WINDOW].reshape(-1, WINDOW).astype(np.uint16)
        rows = rows[(rows != 0).all(axis=1)]
        rows[np.random.default_rng(5).permutation(len(rows))].tofile(path)
    return np.fromfile(path, np.uint16).reshape(-1, WINDOW)


def served(work, mark):
    """What the teacher served under a mark so far, [n, WINDOW]: row i answers opening i."""
    return np.fromfile(Path(work) / "served" / f"{mark}.u16", np.uint16).reshape(-1, WINDOW)


def base_stream(tokenizer):
    """Text of other kinds and authors for an independent base: Wikipedia, Shakespeare, Austen."""
    return np.concatenate(
        [tokenizer.encode((TEXT / name).read_text(encoding="utf-8")).ids for name in BASE_TEXTS]
    ).astype(np.int64)


if __name__ == "__main__":
    rows = windows(sys.argv[1])
    print(rows.shape, "windows;", len(base_stream(tiny_lm_tokenizer())), "tokens for the base")
