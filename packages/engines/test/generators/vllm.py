"""vLLM's published goldens, made smaller, with PRF words of its own code on CPU. Prints JSON.

  python vllm.py SOURCE ROWS > ../vectors/vllm-goldens.json

SOURCE: vllm-0.33.0.tar.gz, unpacked. ROWS: JSON of the four SBW candidates in the same form. No release has them: they are those whose
name begins with sbw- in tests/watermarking/watermarking_goldens.json of pull request 56859 (github.com/vllm-project/vllm) at commit
01c268bc, with the fields that `smaller` keeps copied by hand.
"""

import hashlib
import importlib.util
import json
import struct
import sys
import types

import torch

BASE = f"{sys.argv[1]}/vllm/v1/watermarking"
for name, path in (("vllm", ""), ("vllm.v1", ""), ("vllm.v1.watermarking", BASE), ("vllm.v1.watermarking.prfs", f"{BASE}/prfs")):
    made = types.ModuleType(name)
    made.__path__ = [path]
    sys.modules[name] = made
from vllm.v1.watermarking.prfs import philox  # noqa: E402


def lcg(state):
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state >> 8


def uniforms():
    """10,000 uniforms of random keys, contexts of 1 to 8 tokens (some of them missing) and tokens: sha256 of their float32."""
    draw, digest = lcg(1), hashlib.sha256()
    for _ in range(10_000):
        key = next(draw) << 41 ^ next(draw) << 20 ^ next(draw)
        width = 1 + next(draw) % 8
        missing = next(draw) % width
        context = [-1] * missing + [next(draw) % 200_000 for _ in range(width - missing)]
        token = torch.tensor([next(draw) % 200_000])
        u = philox._philox_uniform(key & 0xFFFFFFFF, key >> 32, torch.tensor([context]), token)
        digest.update(struct.pack("<f", u.item()))
    return digest.hexdigest()


def smaller(candidate):
    c = candidate["configuration"]
    s = c["scheme_config"]
    return {
        "scheme": c["scheme"], "key": c["key"], "detectionKey": c["detection_key"],
        "contextWidth": s["context_width"], "alpha": s["generation_alpha"], "detectionAlpha": s["detection_alpha"],
        "dedup": s["generation_deduplicate_contexts"], "maxHistory": s["generation_deduplicate_contexts_max_history"],
        "detectionDedup": s["detection_deduplicate_contexts"], "threshold": s["p_value_threshold"],
        "fixture": {"prompt": [], **c["fixture"]}, "generation": candidate["generation"], "detection": candidate["detection"],
    }


goldens = json.load(open(f"{sys.argv[1]}/tests/watermarking/watermarking_goldens.json"))
print(json.dumps({
    "source": "vLLM 0.33.0, tests/watermarking/watermarking_goldens.json; SBW: pull request 56859, commit 01c268bc, same file",
    "generator": "packages/engines/test/generators/vllm.py",
    "uniforms": uniforms(),
    "candidates": {name: smaller(c) for name, c in goldens["candidates"].items()} | json.load(open(sys.argv[2])),
}))
