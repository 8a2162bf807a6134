"""Byte-level BPE (Sennrich et al. 2016; bytes as in GPT-2) trained on the training books only.

No normaliser, no post-processor: decode(encode(text)) == text for every Unicode string, and no
token is added. Paragraph breaks ("\\n\\n") are one piece, so that they become one token.
"""

import argparse
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from data import BOOKS, MODEL, TRAIN, read_book

VOCAB = 4096
END = "<|endoftext|>"
PIECES = "|".join(
    [
        r"['’](?:s|t|re|ve|m|ll|d)(?!\p{L})",  # 's, ’ll
        r" ?\p{L}+",  # words
        r" ?\p{N}",  # single digits
        r" ?[^\s\p{L}\p{N}]+",  # punctuation, emoji
        r"\s*\n+",  # paragraph breaks
        r"\s+(?!\S)|\s+",  # other space
    ]
)


def train_tokenizer(folder):
    """BPE merges learnt from the training books; id 0 is `<|endoftext|>`, ids 1-256 the bytes."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator((read_book(name, folder) for name in TRAIN), trainer)
    return tokenizer


def tokenizer_config(context):
    """What transformers and transformers.js read beside tokenizer.json."""
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END,
        "eos_token": END,
        "pad_token": END,
        "padding_side": "left",
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": context,
    }


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--data", type=Path, default=BOOKS)
    args.add_argument("--out", type=Path, default=MODEL)
    args = args.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(args.data)
    tokenizer.save(str(args.out / "tokenizer.json"))
    config = json.dumps(tokenizer_config(512), indent=2)
    (args.out / "tokenizer_config.json").write_text(config + "\n")
    sample = read_book(TRAIN[2], args.data)
    ids = tokenizer.encode(sample).ids
    assert tokenizer.decode(ids) == sample
    print(f"{tokenizer.get_vocab_size()} entries, {len(sample.encode()) / len(ids):.3f} bytes per token")


if __name__ == "__main__":
    main()
