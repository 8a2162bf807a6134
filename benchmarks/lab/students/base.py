"""Trains the base that students start from: a small Llama on Wikipedia, Shakespeare and Austen, nothing of ours.

  python base.py WORK
"""

import sys

import torch

from documents import WINDOW, base_stream, tiny_lm_tokenizer
from student import fit

BASE = {"id": "base", "seed": 1, "size": "small", "from": "scratch", "epochs": 2}

if __name__ == "__main__":
    torch.set_num_threads(1)
    stream = base_stream(tiny_lm_tokenizer())
    fit(sys.argv[1], BASE, stream[: len(stream) // WINDOW * WINDOW].reshape(-1, WINDOW))
