"""Measures the exported model, and the checkpoint it came from, on the two kept-out books.

Loss is taken in windows of 512 tokens that advance by 256: every scored token but the first 256
sees at least 256 tokens before it. Samples continue 30 tokens of kept-out text by 400 tokens at
temperature 1. Repetition is measured beside what the book itself says at the same places.
"""

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from data import BOOKS, HELD_OUT, MODEL, TRAIN, read_book, token_stream
from export_onnx import load
from quantise import as_stored
from runtime import Session, entropy, log_softmax, sample

WINDOW, STRIDE = 512, 256
SAMPLES, PROMPT, TOKENS, SEED = 50, 30, 400, 1


def losses(logits_of, stream):
    """(nats of each token after the first, entropies of the predictions) by `logits_of(ids [1, S])`."""
    nats, entropies = [], []
    for start in range(0, len(stream) - 1, STRIDE):
        row = stream[start : start + WINDOW + 1]
        new = slice(0 if start == 0 else STRIDE, None)
        targets = row[1:][new]
        if len(targets) == 0:
            break
        log_p = log_softmax(logits_of(row[None, :-1])[0][new])
        nats.append(-log_p[np.arange(len(targets)), targets])
        entropies.append(entropy(log_p))
    nats = np.concatenate(nats)
    assert len(nats) == len(stream) - 1
    return nats, np.concatenate(entropies)


def torch_logits(model):
    @torch.no_grad()
    def logits_of(ids):
        return model(torch.from_numpy(ids)).numpy()

    return logits_of


def quality(logits_of, tokenizer, folder):
    """Perplexity a token, bits a byte and mean entropy, for each kept-out book and both."""
    result, all_nats, all_entropies, all_bytes = {}, [], [], 0
    for name in HELD_OUT:
        nats, entropies = losses(logits_of, token_stream(tokenizer, [name], folder))
        size = len(read_book(name, folder).encode())
        result[name] = figures(nats, entropies, size)
        all_nats.append(nats)
        all_entropies.append(entropies)
        all_bytes += size
    result["both"] = figures(np.concatenate(all_nats), np.concatenate(all_entropies), all_bytes)
    return result


def figures(nats, entropies, size):
    return {
        "tokens": len(nats),
        "nats_per_token": round(float(nats.mean()), 4),
        "perplexity": round(float(np.exp(nats.mean())), 2),
        "bits_per_byte": round(float(nats.sum() / np.log(2) / size), 4),
        "mean_entropy_nats": round(float(entropies.mean()), 4),
    }


def repetition(rows):
    """Share of 4-grams already seen in their row; share of rows where an 8-gram stands 3 times or more."""
    repeated, looping = [], []
    for row in rows:
        four = [tuple(row[i : i + 4]) for i in range(len(row) - 3)]
        repeated.append(1 - len(set(four)) / len(four))
        _, counts = np.unique(np.lib.stride_tricks.sliding_window_view(row, 8), axis=0, return_counts=True)
        looping.append(counts.max() >= 3)
    return {"repeated_4grams": round(float(np.mean(repeated)), 4), "rows_with_8gram_3x": float(np.mean(looping))}


def words(text):
    """Lower-case words; an apostrophe of either kind may stand inside."""
    return [word.lower().replace("’", "'") for word in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", text)]


def unseen_words(rows, tokenizer, folder):
    """Share of words that no training book has; the first and last of a row may be cut and do not count."""
    known = {word for name in TRAIN for word in words(read_book(name, folder))}
    found = [word for row in rows for word in words(tokenizer.decode(row.tolist()))[1:-1]]
    return {"unseen_words": round(float(np.mean([word not in known for word in found])), 4)}


def excerpts(tokenizer, folder):
    """[SAMPLES, PROMPT + TOKENS] tokens of the kept-out books, each from the start of a paragraph, evenly spread."""
    stream = token_stream(tokenizer, HELD_OUT, folder)
    paragraphs = 1 + np.flatnonzero(stream == tokenizer.token_to_id("ĊĊ"))
    paragraphs = paragraphs[paragraphs < len(stream) - PROMPT - TOKENS]
    starts = paragraphs[np.linspace(0, len(paragraphs) - 1, SAMPLES).astype(int)]
    return np.stack([stream[start : start + PROMPT + TOKENS] for start in starts])


def speed(session, vocab, steps=128):
    """Tokens a second generated with the cache after a prompt of 30, without sampling."""
    result = {}
    for batch in (1, 32, 64):
        ids = np.random.default_rng(SEED).integers(1, vocab, (batch, PROMPT))
        _, past = session(ids)
        begin = time.perf_counter()
        for _ in range(steps):
            _, past = session(ids[:, :1], past=past)
        result[f"batch_{batch}"] = round(batch * steps / (time.perf_counter() - begin))
    return result


def agreement(session, model, ids):
    """Largest differences of logits: prefill / one token at a time, and onnx / torch with the stored weights."""
    whole, _ = session(ids)
    first, past = session(ids[:, :10])
    steps = [first]
    for i in range(10, ids.shape[1]):
        logits, past = session(ids[:, i : i + 1], past=past)
        steps.append(logits)
    return {
        "prefill_vs_cache": float(np.abs(whole - np.concatenate(steps, axis=1)).max()),
        "onnx_vs_torch": float(np.abs(whole - torch_logits(model)(ids)).max()),
    }


def write_card(args, report):
    """model-card.json: what the model is, how it was trained, what was measured; the same for the same run."""
    state = torch.load(args.checkpoint, weights_only=False)
    recipe, report = state["recipe"], {k: v for k, v in report.items() if k != "tokens_per_second"}
    card = {
        "name": "tiny-lm",
        "purpose": "language model for tests, benchmarks and demonstrations of watermarks; not for use as a writer",
        "architecture": "LlamaForCausalLM",
        "parameters": sum(p.numel() for p in load(args.checkpoint).parameters()),
        "shape": state["shape"],
        "weights": "int8, one float32 scale per output row; computed in float32",
        "training_books": list(TRAIN),
        "held_out_books": list(HELD_OUT),
        "training_tokens_seen": state["step"] * recipe["tokens_per_step"],
        "recipe": recipe,
        "measured": report,
    }
    (args.model / "model-card.json").write_text(json.dumps(card, indent=2) + "\n")


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--data", type=Path, default=BOOKS)
    args.add_argument("--model", type=Path, default=MODEL)
    args.add_argument("--checkpoint", type=Path, help="also measure the float32 weights before storing")
    args.add_argument("--card", action="store_true", help="write model-card.json (needs --checkpoint)")
    args.add_argument("--show", type=int, default=0, help="print so many samples")
    args = args.parse_args()
    torch.set_num_threads(2)
    tokenizer = Tokenizer.from_file(str(args.model / "tokenizer.json"))
    session = Session(args.model)
    report = {"onnx": quality(lambda ids: session(ids)[0], tokenizer, args.data)}
    rows = excerpts(tokenizer, args.data)
    if args.checkpoint:
        report["torch"] = quality(torch_logits(load(args.checkpoint)), tokenizer, args.data)
        report["agreement"] = agreement(session, as_stored(load(args.checkpoint)), rows[:2])
    ids, nats = sample(session, rows[:, :PROMPT], TOKENS, SEED)
    report["samples"] = {
        "mean_entropy_nats": round(float(nats.mean()), 4),
        "end_of_text": int((ids == 0).sum()),
        **repetition(ids),
        **unseen_words(ids, tokenizer, args.data),
        "book": repetition(rows[:, PROMPT:]) | unseen_words(rows[:, PROMPT:], tokenizer, args.data),
    }
    report["tokens_per_second"] = speed(session, tokenizer.get_vocab_size())
    print(json.dumps(report, indent=2))
    if args.card:
        write_card(args, report)
    for row, new in zip(rows[: args.show], ids):
        print(f"--- {tokenizer.decode(row[:PROMPT].tolist())} ||| {tokenizer.decode(new.tolist())}")


if __name__ == "__main__":
    main()
