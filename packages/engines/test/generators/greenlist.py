"""Green lists of the real peers on a CPU: their detectors' figures of our marked texts, and texts that they marked.

greenlist-texts.ts > texts.json; python greenlist.py texts.json PEERS > ../vectors/greenlist.json
PEERS: a folder with checkouts named lm-watermarking, Unigram-Watermark, MarkLLM, three_bricks, text-generation-inference.
Needs transformers, torch, scipy, nltk, markllm (PyPI).
"""

import hashlib
import importlib
import json
import os
import random
import sys
import tempfile
import types
import warnings

import numpy as np
import torch
import transformers
from transformers import GPT2Config, WatermarkDetector
from transformers.generation import WatermarkLogitsProcessor

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
PEERS = sys.argv[2]


def module(path, name):
    source = types.ModuleType(name)
    # gptwm.py asks for a class that transformers 5 has no more.
    text = open(os.path.join(PEERS, path)).read().replace("LogitsWarper\n", "LogitsProcessor as LogitsWarper\n", 1)
    exec(compile(text, name, "exec"), source.__dict__)
    return source


class Words:
    """A tokenizer for texts that are lists of ids."""

    bos_token_id = None

    def __init__(self, vocab_size=0):
        self.vocab_size = vocab_size

    def __len__(self):
        return self.vocab_size

    def encode(self, text, **_):
        return [int(i) for i in text.split()]

    def __call__(self, text, **_):
        return {"input_ids": torch.tensor([self.encode(text)])}


def plain(figures):
    return {k: v.item() if hasattr(v, "item") else v for k, v in figures.items()}


def hf(config, vocab):
    fields = {k: config[k] for k in ("greenlist_ratio", "bias", "seeding_scheme", "context_width")}
    fields["hashing_key"] = int(config["hashing_key"])
    processor = WatermarkLogitsProcessor(vocab_size=vocab, device="cpu", **fields)
    model = GPT2Config(vocab_size=vocab, bos_token_id=config.get("bos_token_id", vocab + 1))
    detector = WatermarkDetector(model, "cpu", dict(fields), config.get("ignore_repeated_ngrams", False))

    def figures(ids):
        result = detector(torch.tensor([ids]), return_dict=True)
        return {k: v[0].item() for k, v in vars(result).items() if v is not None}

    return processor, figures


def lm(base, config, vocab):
    sys.path.insert(0, os.path.join(PEERS, "lm-watermarking"))
    code = importlib.import_module("watermark_processor" if base else "extended_watermark_processor")
    fields = {k: config[k] for k in ("gamma", "delta", "select_green_tokens") if k in config}
    if base:
        fields["hash_key"] = config.get("hash_key", 15485863)
    else:
        scheme = config["seeding_scheme"]
        fields["seeding_scheme"] = scheme + (f"-{config['hash_key']}" if "hash_key" in config else "")
    once = "ignore_repeated_bigrams" if base else "ignore_repeated_ngrams"
    extra = {once: config[once]} if once in config else {}
    ids = list(range(vocab))
    processor = code.WatermarkLogitsProcessor(ids, **fields)
    detector = code.WatermarkDetector(ids, device=torch.device("cpu"), tokenizer=Words(vocab), normalizers=[], **extra, **fields)

    def figures(tokens):
        result = plain({k: v for k, v in detector.detect(tokenized_text=torch.tensor(tokens)).items() if k != "z_score_at_T"})
        if not base:
            best = plain({k: v for k, v in detector.detect(tokenized_text=torch.tensor(tokens), window_size="max").items() if k != "z_score_at_T"})
            result.update({f"WinMax {k}": best[k] for k in ("z_score", "num_tokens_scored", "p_value")})
        return result

    return processor, figures


def tgi(config, vocab):
    code = module("text-generation-inference/server/text_generation_server/utils/watermark.py", "tgi_watermark")
    processor = code.WatermarkLogitsProcessor(gamma=config["watermark_gamma"], delta=config["watermark_delta"])
    return (lambda ids, scores: processor(ids[0].tolist(), scores)), None


def three_bricks(config, vocab):
    detector = module("three_bricks/wm/detector.py", "three_bricks_detector")
    generator = module("three_bricks/wm/generator.py", "three_bricks_generator")

    class Model:
        class config:
            max_sequence_length, pad_token_id, eos_token_id = 100, 0, 2

    fields = (config["ngram"], config["seed"], "hash", 35317)
    marking = generator.MarylandGenerator(Model(), Words(vocab), *fields, gamma=0.25, delta=4.0, payload=config["payload"])
    testing = detector.MarylandDetector(Words(vocab), *fields, gamma=0.25)

    def figures(tokens):
        scores = testing.get_scores_by_t([" ".join(map(str, tokens))], config["scoring_method"], payload_max=config["payload_max"])
        p = np.asarray(testing.get_pvalues(scores))[0].tolist()
        payload = int(np.argmin(p))
        return {"num_token": len(scores[0]), "score": float(np.asarray(scores[0])[:, payload].mean()), "payload": payload, "pvalue of payload": p[payload]}

    width = config["ngram"]
    return (lambda ids, scores: marking.logits_processor(scores, ids[:, -width:])), figures


def unigram(config, vocab):
    code = module("Unigram-Watermark/gptwm.py", "gptwm")
    fields = dict(fraction=0.5, strength=config["strength"], vocab_size=vocab, watermark_key=config["watermark_key"])
    detector = code.GPTWatermarkDetector(**fields)
    figures = lambda tokens: {"detect": float(detector.detect(tokens)), "unidetect": float(detector.unidetect(tokens))}
    return code.GPTWatermarkLogitsWarper(**fields), figures


def markllm(name, config, vocab):
    import markllm as package

    folder = os.path.join(os.path.dirname(package.__file__), "config")
    fields = {**json.load(open(os.path.join(folder, f"{name}.json"))), **config}
    fields["hash_key"] = int(fields["hash_key"])
    path = os.path.join(tempfile.mkdtemp(), f"{name}.json")
    json.dump(fields, open(path, "w"))
    model = importlib.import_module("markllm.utils.transformers_config").TransformersConfig(None, Words(vocab), device="cpu")
    peer = getattr(importlib.import_module(f"markllm.watermark.{name.lower()}.{name.lower()}"), name)(path, model)
    return peer.logits_processor, lambda tokens: plain(peer.detect_watermark(" ".join(map(str, tokens))))


OPEN = {
    "hf/greenlist": hf,
    "lm-watermarking/simple_1": lambda *a: lm(True, *a),
    "lm-watermarking/extended": lambda *a: lm(False, *a),
    "tgi/greenlist": tgi,
    "three-bricks/greenlist": three_bricks,
    "unigram/xuandong23b": unigram,
    "markllm/kgw": lambda *a: markllm("KGW", *a),
    "markllm/unigram": lambda *a: markllm("Unigram", *a),
}


def marked(processor, vocab, steps, rng):
    """A text of the peer's own, drawn from a random model."""
    ids = [7, 11, 13, 17, 19, 23]
    for _ in range(steps):
        scores = processor(torch.tensor([ids]), 2 * torch.rand(1, vocab, generator=rng))
        ids.append(torch.multinomial(scores.softmax(-1), 1, generator=rng).item())
    return ids[6:]


def contexts(count, vocab, width):
    """Random ids that a test can draw again: a linear congruential generator."""
    x, out = 12345, []
    for _ in range(count * width):
        x = (x * 1103515245 + 12345) % 2**31
        out.append((x >> 7) % vocab)
    return [out[i : i + width] for i in range(0, len(out), width)]


def many():
    """Hashes of 12,000 green lists of lefthash, one bit a token, and of 12,000 flags of selfhash."""
    rows = []
    for scheme, width, key, vocab, ratio, count in [
        ("lefthash", 1, 15485863, 1000, 0.25, 6000), ("lefthash", 1, 2**40 + 17, 1009, 0.29, 5000), ("lefthash", 1, 2**63 + 11, 50257, 0.25, 1000),
        ("selfhash", 1, 15485863, 1000, 0.25, 3000), ("selfhash", 4, 15485863, 1000, 0.5, 4000),
        ("selfhash", 2, -77, 997, 0.25, 4000), ("selfhash", 3, 2**63 + 11, 50257, 0.25, 1000),
    ]:
        peer = WatermarkLogitsProcessor(vocab, "cpu", ratio, 2.0, key, scheme, width)
        digest = hashlib.sha256()
        for ids in contexts(count, vocab, width):
            green = peer._get_greenlist_ids(torch.tensor(ids)).numpy()
            if scheme == "lefthash":
                mask = np.zeros(vocab, dtype=np.uint8)
                mask[green] = 1
                digest.update(mask.tobytes())
            else:
                digest.update(bytes([int(ids[-1] in green)]))
        rows.append({"seeding_scheme": scheme, "context_width": width, "hashing_key": str(key), "vocab": vocab, "greenlist_ratio": ratio, "count": count, "sha256": digest.hexdigest()})
    return rows


def main():
    random.seed(1)
    cases = []
    for case in json.load(open(sys.argv[1])):
        processor, figures = OPEN[case["mark"]](case["config"], case["vocabSize"])
        rng = torch.Generator().manual_seed(len(cases))
        tokens = marked(processor, case["vocabSize"], len(case["here"]["tokens"]), rng)
        case["there"] = {"tokens": tokens}
        if figures is not None:
            for text in (case["here"], case["there"]):
                text["figures"] = figures(text["tokens"])
        cases.append(case)
    print(json.dumps({
        "source": {
            "transformers": f"{transformers.__version__}, src/transformers/generation/watermarking.py",
            "torch": torch.__version__,
            "lm-watermarking": "fb602de, watermark_processor.py and extended_watermark_processor.py",
            "text-generation-inference": "db931fc, server/text_generation_server/utils/watermark.py",
            "three_bricks": "ee9c7a28, wm/detector.py and wm/generator.py",
            "Unigram-Watermark": "b96cdb4, gptwm.py",
            "MarkLLM": "PyPI 0.1.5",
        },
        "generator": "packages/engines/test/generators/greenlist.py",
        "many": many(),
        "cases": cases,
    }))


if __name__ == "__main__":
    main()
