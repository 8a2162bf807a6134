"""Vectors of SynthID from its three public implementations, on a CPU. Prints JSON; reads texts marked here from stdin.

    node --conditions=@taggant/source --import tsx packages/engines/test/generators/synthid-texts.ts \
      | SYNTHID_TEXT=checkout MARKLLM=checkout python packages/engines/test/generators/synthid.py \
      > packages/engines/test/vectors/synthid.json

Needs transformers 5.23, torch 2.15 (CPU), synthid-text 0.2.1, jax, flax; SYNTHID_TEXT names a checkout of synthid-text
(commit addb4a1), MARKLLM one of MarkLLM (commit 112fa74).
"""

import hashlib
import importlib
import importlib.metadata
import json
import os
import random
import sys
import tempfile

import numpy as np
import torch
import transformers
from transformers import BayesianDetectorConfig, BayesianDetectorModel, SynthIDTextWatermarkDetector
from transformers.generation import SynthIDTextWatermarkLogitsProcessor

KEYS = [654, 400, 836, 123, 340, 443, 597, 160, 57, 29, 590, 639, 13, 715, 468, 990, 966, 226, 324, 585,
        118, 504, 421, 521, 129, 669, 732, 225, 90, 960]
BIG_KEYS = [2**62 + 1, -5, 0, 7, -(2**63), 2**63 - 1]
CPU = torch.device("cpu")
EOS = 3


def load_synthid_text():
    """The released logits_processing, then that of the checkout."""
    released = importlib.import_module("synthid_text.logits_processing")
    for name in [name for name in sys.modules if name.startswith("synthid_text")]:
        del sys.modules[name]
    sys.path.insert(0, os.path.join(os.environ["SYNTHID_TEXT"], "src"))
    return released, importlib.import_module("synthid_text.logits_processing")


released, repository = load_synthid_text()
mean = importlib.import_module("synthid_text.detector_mean")
bayes = importlib.import_module("synthid_text.detector_bayesian")
jax_clip = bayes.jnp.clip  # jax since 0.5 or so has other names for the bounds
bayes.jnp.clip = lambda x, a_min=None, a_max=None: jax_clip(x, a_min, a_max)


def hf(keys, n=5, history=1024, size=65536, seed=0, **more):
    return SynthIDTextWatermarkLogitsProcessor(
        ngram_len=n, keys=keys, context_history_size=history, sampling_table_size=size, sampling_table_seed=seed, device=CPU, **more)


def deepmind(module, keys, n=5, history=1024, leaves=2, top_k=100, **more):
    return module.SynthIDLogitsProcessor(
        ngram_len=n, keys=keys, context_history_size=history, temperature=1.0, top_k=top_k, num_leaves=leaves, device=CPU, **more)


class Tokenizer:
    """Stands for a tokenizer: a text is a JSON list of ids."""

    eos_token_id = EOS

    def __len__(self):
        return 500

    def __call__(self, text, **_):
        return {"input_ids": torch.tensor([json.loads(text)])}


def markllm(folder, keys, **changes):
    sys.path.insert(0, os.environ["MARKLLM"]) if os.environ["MARKLLM"] not in sys.path else None
    config = {**json.load(open(os.path.join(os.environ["MARKLLM"], "config", "SynthID.json"))), "keys": keys, **changes}
    path = os.path.join(folder, "SynthID.json")
    json.dump(config, open(path, "w"))
    model = importlib.import_module("utils.transformers_config").TransformersConfig(None, Tokenizer(), device="cpu")
    return importlib.import_module("watermark.synthid.synthid").SynthID(path, model)


def scattered(count, vocab):
    """Ids that a test can make again: the top 24 bits of i * 2654435761 mod 2^32, modulo the vocabulary."""
    return [((i * 2654435761) % 2**32 >> 8) % vocab for i in range(count)]


def hash_of_bits(peer, ids):
    g = peer.compute_g_values(torch.tensor([ids]))[0]
    return {"count": len(g), "ones": int(g.sum()), "head": "".join(map(str, g[0].tolist())),
            "sha256": hashlib.sha256("".join(map(str, g.flatten().tolist())).encode()).hexdigest()}


def g_values():
    out = []
    for keys, n, vocab, seed in ((KEYS, 5, 50257, 0), (KEYS[:9], 4, 256000, 12345), (BIG_KEYS, 2, 128256, 2**31)):
        ids = scattered(10000 + n - 1, vocab)
        table = hf(keys, n, seed=seed)
        assert hash_of_bits(table, ids) == hash_of_bits(
            deepmind(released, keys, n, sampling_table_size=65536, sampling_table_seed=seed), ids)
        out.append({"keys": [str(key) for key in keys], "ngram_len": n, "vocab": vocab, "sampling_table_seed": seed,
                    "table": hash_of_bits(table, ids), "hashed": hash_of_bits(deepmind(repository, keys, n), ids)})
    return out


def steps(rnd):
    """One-step scores: the peer's probabilities after logits, step by step, in float64 where the peer allows it."""
    runs = []
    for name, peer in (
        ("hf", hf(KEYS)),
        ("release", deepmind(released, KEYS, top_k=12, sampling_table_size=65536, sampling_table_seed=0)),
        ("repository", deepmind(repository, KEYS, top_k=12)),
        ("repositoryOfThree", deepmind(repository, KEYS[:9], leaves=3, top_k=12)),
    ):
        ids, run, context = [7, 7], [], [0, 0, 0, 0]
        for _ in range(8):
            logits = [round(rnd.gauss(0, 2), 3) for _ in range(12)]
            row = torch.tensor([logits])
            if name == "hf":
                after = peer(torch.tensor([ids]), row)[0]
            else:
                scores, kept, _ = peer.watermarked_call(torch.tensor([ids]), row)
                after = torch.full((12,), -1e12).scatter(0, kept[0], scores[0])
            run.append({"context": context, "logits": logits, "after": [round(p, 9) for p in after.double().exp().tolist()]})
            ids.append(rnd.randrange(12))
            context = [*context[1:], ids[-1]]
        runs.append({"mark": name, "steps": run})
    return runs


def figures(peer, ids, weights):
    """What the detectors of transformers and synthid-text say of a text, under the peer's g-values and masks."""
    batch = torch.tensor([ids])
    g, n = peer.compute_g_values(batch), peer.ngram_len
    mask = peer.compute_context_repetition_mask(batch) * peer.compute_eos_token_mask(batch, EOS)[:, n - 1 :]
    depth = g.shape[-1]
    g_np, mask_np = g.numpy(), mask.int().numpy()
    out = {"unmasked": int(mask_np.sum()), "mean": float(mean.mean_score(g_np, mask_np)[0]),
           "weightedMean": float(mean.weighted_mean_score(g_np.astype(np.float32), mask_np)[0])}
    if weights is None:
        return out
    model = BayesianDetectorModel(BayesianDetectorConfig(watermarking_depth=depth))
    tensors = {key: torch.tensor(value) for key, value in weights["likelihood_model_watermarked"].items()}
    model.likelihood_model_watermarked.beta.data = tensors["beta"]
    model.likelihood_model_watermarked.delta.data = tensors["delta"]
    model.prior.data = torch.tensor(weights["prior"])
    with torch.no_grad():
        out["hfPosterior"] = float(SynthIDTextWatermarkDetector(model, peer, Tokenizer())(batch)[0][0])
    params = {"params": {"prior": weights["prior"][0], "likelihood_model_watermarked": {
        key: np.array(value) for key, value in weights["likelihood_model_watermarked"].items()}}}
    out["posterior"] = float(np.asarray(bayes.BayesianDetectorModule(depth, params).score(g_np, mask_np))[0])
    return out


def weights_of(rnd, depth):
    """A detector's weights, such as training might give, rounded."""
    return {"prior": [0.3], "likelihood_model_watermarked": {
        "beta": [[[round(rnd.gauss(-1.5, 0.5), 3) for _ in range(depth)]]],
        "delta": [[[[round(rnd.gauss(0, 0.2), 3) for _ in range(depth)] for _ in range(depth)]]]}}


def detectors(rnd, folder):
    """Texts of few different tokens, so that contexts come again, some of them beyond the history, and an end of text."""
    texts = [[rnd.randrange(4, 7) for _ in range(60)], [rnd.randrange(4, 6) for _ in range(50)] + [EOS, 5, 4, 5, 5],
             [rnd.randrange(4, 400) for _ in range(40)]]
    weights = weights_of(rnd, 9)
    out = []
    for name, peer in (
        ("hf", hf(KEYS[:9], 4, history=8)),
        ("release", deepmind(released, KEYS[:9], 4, history=8, sampling_table_size=65536, sampling_table_seed=0)),
        ("repository", deepmind(repository, KEYS[:9], 4, history=8)),
    ):
        out.append({"mark": name, "ngram_len": 4, "context_history_size": 8, "keys": KEYS[:9], "bayesian_detector": weights,
                    "texts": [{"ids": ids, **figures(peer, ids, weights)} for ids in texts]})
    for changes in ({}, {"detector_type": "weighted_mean"}, {"watermark_mode": "distortionary", "num_leaves": 3}):
        peer = markllm(folder, KEYS[:9], ngram_len=4, context_history_size=8, **changes)
        out.append({"mark": "markllm", "ngram_len": 4, "context_history_size": 8, "keys": KEYS[:9], "changes": changes,
                    "texts": [{"ids": ids, **peer.detect_watermark(json.dumps(ids))} for ids in texts]})
    return out


def peer_of(name, folder):
    return {
        "hf": lambda: hf(KEYS),
        "release": lambda: deepmind(released, KEYS[:20], 4, sampling_table_size=65536, sampling_table_seed=7),
        "repository": lambda: deepmind(repository, KEYS),
        "repositoryOfThree": lambda: deepmind(repository, KEYS[:9], leaves=3),
        "markllm": lambda: markllm(folder, KEYS),
        "markllmDistortionary": lambda: markllm(folder, KEYS[:8], watermark_mode="distortionary", num_leaves=3),
    }[name]()


def marked_by_peer(name, folder, length=300, vocab=500):
    """A text that the peer marks, of random logits."""
    peer, gen, ids = peer_of(name, folder), torch.Generator().manual_seed(4), [1, 2, 3]
    for _ in range(length):
        logits = 2.5 * torch.randn(1, vocab, generator=gen)
        logits[0, EOS] = -torch.inf
        if name == "hf":
            scores, kept = peer(torch.tensor([ids]), logits), torch.arange(vocab)[None]
        elif name.startswith("markllm"):
            scores, kept = peer.logits_processor(torch.tensor([ids]), logits), torch.arange(vocab)[None]
        else:
            scores, kept, _ = peer.watermarked_call(torch.tensor([ids]), logits)
        ids.append(int(kept[0, torch.multinomial(torch.softmax(scores[0], -1), 1, generator=gen)]))
    return ids[3:]


def said_of(name, folder, ids):
    peer = peer_of(name, folder)
    return peer.detect_watermark(json.dumps(ids)) if name.startswith("markllm") else figures(peer, ids, None)


def main():
    ours = json.load(sys.stdin)
    rnd = random.Random(16)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({
            "source": f"transformers {transformers.__version__} (generation/logits_process.py, generation/watermarking.py); "
            f"synthid-text {importlib.metadata.version('synthid-text')} and its repository at addb4a1; "
            f"MarkLLM at 112fa74 (watermark/synthid); torch {torch.__version__}, CPU",
            "generator": "packages/engines/test/generators/synthid.py",
            "gValues": g_values(), "steps": steps(rnd), "detectors": detectors(rnd, folder),
            "markedByPeers": {name: marked_by_peer(name, folder) for name in ours},
            "markedHere": {name: {"ids": ids, **said_of(name, folder, ids)} for name, ids in ours.items()},
        }))


if __name__ == "__main__":
    main()
