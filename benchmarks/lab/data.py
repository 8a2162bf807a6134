"""Seventeen public-domain novels as text and as token streams; two of them never train anything."""

from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve()
BOOKS = HERE.parents[3] / "shared" / "data" / "text" / "books"
MODEL = HERE.parents[2] / "packages" / "tiny-lm" / "model"

HELD_OUT = ("treasure-island", "the-adventures-of-sherlock-holmes")
TRAIN = (
    "a-tale-of-two-cities",
    "adventures-of-huckleberry-finn",
    "anna-karenina",
    "bleak-house",
    "crime-and-punishment",
    "david-copperfield",
    "dracula",
    "great-expectations",
    "jane-eyre",
    "little-women",
    "middlemarch",
    "moby-dick-or-the-whale",
    "the-brothers-karamazov",
    "vanity-fair",
    "war-and-peace",
)


def read_book(name, folder=BOOKS):
    """The whole book, exactly as on disk: paragraphs one a line, joined by a blank line."""
    return (Path(folder) / f"{name}.txt").read_text(encoding="utf-8").strip("\n")


def token_stream(tokenizer, names, folder=BOOKS):
    """All books as one int64 array; the separator `<|endoftext|>` (id 0) stands before each book."""
    separator = tokenizer.token_to_id("<|endoftext|>")
    parts = []
    for name in names:
        parts += [[separator], tokenizer.encode(read_book(name, folder)).ids]
    return np.concatenate([np.asarray(part, dtype=np.int64) for part in parts])
