"""A student with a tokenizer of its own: byte-level BPE of 2048 entries, learned from the base's texts.

It sees our documents as text, is asked in text and answers in text; the test reads its answers with the mark's tokenizer.
"""

from pathlib import Path

import numpy as np
from tokenizers import ByteLevelBPETokenizer, Tokenizer

from answers import answer
from documents import BASE_TEXTS, TEXT, WINDOW, tiny_lm_tokenizer

VOCAB = 2048
TOKENS = 128
CONTEXT = 160


def tokenizer_of(work):
    path = Path(work) / "other-tokenizer.json"
    if not path.exists():
        made = ByteLevelBPETokenizer()
        made.train([str(TEXT / name) for name in BASE_TEXTS], vocab_size=VOCAB, special_tokens=["<|endoftext|>"], show_progress=False)
        made.save(str(path))
    return Tokenizer.from_file(str(path))


def rows_of(work, rows):
    """The documents in the other tokens, one behind the other with <|endoftext|> (0) between, cut to equal rows."""
    texts = tiny_lm_tokenizer().decode_batch(rows.astype(int).tolist())
    stream = np.concatenate([[0, *encoded.ids] for encoded in tokenizer_of(work).encode_batch(texts)])
    return stream[: len(stream) // WINDOW * WINDOW].reshape(-1, WINDOW)


def lines_of(model, work, cell, name, shown, temperature):
    """Answers in text to openings [n, tokens] of tiny-lm's tokens, in rounds of equally long ones."""
    tokenizer = tokenizer_of(work)
    texts = tiny_lm_tokenizer().decode_batch(shown.astype(int).tolist())
    by_length = {}
    for encoded in tokenizer.encode_batch(texts):
        by_length.setdefault(len(encoded.ids), []).append(encoded.ids)
    for length, prompts in sorted(by_length.items()):
        tokens = min(TOKENS, CONTEXT - 1 - length)
        whole = answer(model, np.array(prompts), tokens, temperature, 1000 * cell["seed"] + length)
        for ids in whole.tolist():
            yield {"ask": name, "shownText": tokenizer.decode(ids[:length]), "replyText": tokenizer.decode(ids[length:])}
