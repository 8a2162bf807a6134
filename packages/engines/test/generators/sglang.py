"""Vectors from SGLang's own watermark code, on CPU. Prints JSON.

  python sglang.py WHEEL > ../vectors/sglang-gumbel.json     WHEEL: sglang-0.5.23-*.whl, unpacked (torch and msgspec needed)
"""

import hashlib
import json
import struct
import sys

import torch

sys.path.insert(0, f"{sys.argv[1]}/sglang/srt/sampling")
from watermarking import core, detector  # noqa: E402

A, B = "0123456789abcdef", "fedcba9876543210"


def lcg(state):
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state >> 8


def signed(key):
    return key - 2**64 if key >> 63 else key


def hashes():
    """10,000 token hashes under random keys, contexts of 1 to 8 tokens: sha256 of them as little-endian words."""
    draw, digest = lcg(1), hashlib.sha256()
    for _ in range(10_000):
        key = next(draw) << 41 ^ next(draw) << 20 ^ next(draw)
        context = [next(draw) % 200_000 for _ in range(1 + next(draw) % 8)]
        digest.update(struct.pack("<I", detector.watermark_hash(key, detector.hash_context(context), next(draw) % 200_000)))
    return digest.hexdigest()


def marked(key_b, mixing, vocab=300, length=200):
    """A text of the peer's reference sampler on logits of a linear congruential generator; repeated contexts: argmax."""
    keys = [int(k, 16) for k in (A, key_b or A)]
    draw, text, used = lcg(7), [100, 200, 250, 299], set()
    for _ in range(length):
        logits = torch.tensor([[(next(draw) % 4096) / 512 for _ in range(vocab)]])
        context = detector.hash_context(text[-4:])
        key = keys[0]
        if key_b and detector.position_coin(*keys, context) >= int(mixing * 2**32):
            key = keys[1]
        if context in used:
            text.append(int(logits.argmax()))
        else:
            probs = torch.softmax(logits, -1)
            text.append(int(core.select_watermark_tokens_torch(probs, torch.tensor([context]), torch.tensor([signed(key)]))))
        used.add(context)
    return text[4:]


def figures(text, prompt, key, **options):
    found = detector.WatermarkDetector(key, **options).detect_tokens(text, prompt_token_ids=prompt).combined
    return {f: getattr(found, f) for f in ("num_contexts", "score", "z_score", "p_value", "log_p_value")}


def detections():
    draw, cases = lcg(3), []
    for i in range(40):
        vocab = (3, 30, 3000)[i % 3]
        text = [next(draw) % vocab for _ in range(next(draw) % 200)]
        prompt = [next(draw) % vocab for _ in range(next(draw) % 8)]
        key, key_b = f"{next(draw) << 40 ^ next(draw):x}", f"{next(draw) << 38:x}"
        options = {"context_window": 1 + i % 6, "max_contexts": (4096, 20)[i % 2]}
        if i % 4 == 3:
            options |= {"key_b": key_b, "mixing_probability": 0.1 + 0.02 * i}
        cases.append({"text": text, "prompt": prompt, "config": {"key": key, **options}, "figures": figures(text, prompt, key, **options)})
    return cases


single, dual = marked(None, 0.5), marked(B, 0.3)
prompt = [100, 200, 250, 299]
print(json.dumps({
    "source": "sglang 0.5.23 (PyPI wheel), python/sglang/srt/sampling/watermarking/{core,detector}.py",
    "generator": "packages/engines/test/generators/sglang.py",
    "hashes": hashes(),
    "prompt": prompt,
    "single": {"text": single, "config": {"key": A}, "figures": figures(single, prompt, A)},
    "dual": {
        "text": dual,
        "config": {"key": A, "key_b": B, "mixing_probability": 0.3},
        "figures": figures(dual, prompt, A, key_b=B, mixing_probability=0.3),
    },
    "detections": detections(),
}))
