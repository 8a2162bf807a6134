"""Vectors for vLLM's marks that no release has: SBW, SynthID variant, red-green. Prints JSON.

  python vllm-drafts.py > ../vectors/vllm-drafts.json

Their branches publish properties, no numbers (but for four SBW generations, see vllm.py). So this is an implementation in plain
integers, written from the formulas of the branches.
"""

import hashlib
import json
import math
import struct

M32, M64 = 2**32 - 1, 2**64 - 1


def philox(c, k):
    a, b, d, e = c
    k0, k1 = k
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * d
        a, b, d, e = (q >> 32) ^ b ^ k0, q & M32, (p >> 32) ^ e ^ k1, p & M32
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return a, b, d, e


def prf_word(key, context, token):
    k0, k1 = key & M32, key >> 32
    state = (0x574D4358, len(context), 0, 0)
    for at in range(0, len(context), 4):
        block = [context[at + i] & M32 if at + i < len(context) else M32 - i for i in range(4)]
        state = philox(tuple(x ^ y for x, y in zip(state, block)), (k0 ^ at, k1))
    return philox((token >> 2, *state[:3]), (k0 ^ state[3], k1 ^ 0x574D544B))[token & 3]


def f32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def wrap(x, bits):
    x &= 2**bits - 1
    return x - 2**bits if x >> (bits - 1) else x


def jenkins(x):
    i = wrap(x + 1, 32)
    i = wrap(i - (i << 6), 32)
    i ^= i >> 17
    i = wrap(i - (i << 9), 32)
    i = wrap(i ^ (i << 4), 32)
    i = wrap(i - (i << 3), 32)
    i = wrap(i ^ (i << 10), 32)
    return i ^ (i >> 15)


def sbw_word(scheme, key, context, token):
    if scheme == "lefthash":
        seed = wrap(key * sum(context), 64)
    else:
        own = jenkins(token)
        seed = min([wrap(key * own * own, 64)] + [wrap(key * jenkins(c) * own, 64) for c in context[1:]])
    seed &= M64
    return philox((token >> 2, 0, 0, 0), (seed & M32, seed >> 32))[token & 3]


def lcg(state):
    while True:
        state = (1103515245 * state + 12345) % 2**31
        yield state >> 8


def sbw(scheme):
    """Words of 10,000 keys, contexts of 1 to 8 tokens (some of them missing) and tokens: sha256 of the green flags' bytes."""
    draw, digest = lcg(1), hashlib.sha256()
    for i in range(10_000):
        key = (next(draw) << 41 ^ next(draw) << 20 ^ next(draw)) % 2**63
        width = 1 + next(draw) % 8
        missing = next(draw) % width
        context = [-1] * missing + [next(draw) % 200_000 for _ in range(width - missing)]
        gamma = (1 + i % 9) / 10
        word = sbw_word(scheme, key, context, next(draw) % 200_000)
        digest.update(bytes([(word & 0x7FFFFFFF) < int(gamma * 0x7FFFFFFF)]))
    return digest.hexdigest()


def synthid(key, context, logits, depth):
    top = max(logits)
    p = [math.exp(x - top) for x in logits]
    p = [x / math.fsum(p) for x in p]
    words = [prf_word(key, context, token) for token in range(len(p))]
    for layer in range(depth):
        g = [word >> layer & 1 for word in words]
        mass = math.fsum(x for x, bit in zip(p, g) if bit)
        p = [x * (1 + bit - mass) for x, bit in zip(p, g)]
    return p


def tail(k, n, p):
    terms = [math.lgamma(n + 1) - math.lgamma(j + 1) - math.lgamma(n - j + 1) + j * math.log(p) + (n - j) * math.log1p(-p) for j in range(k, n + 1)]
    top = max(terms)
    return min(1.0, math.exp(top + math.log(math.fsum(math.exp(t - top) for t in terms))))


def scored(text, width):
    seen, rows = set(), []
    for i, token in enumerate(text):
        context = ([-1] * width + text[:i])[-width:]
        if tuple(context) not in seen:
            rows.append((context, token))
        seen.add(tuple(context))
    return rows


def red_green_lists():
    out = []
    for gamma in (0.25, 0.7):
        words = [prf_word(77, [3, 1, 4, 1], token) for token in range(200)]
        out.append({"gamma": gamma, "green": [t for t, w in enumerate(words) if f32(((w >> 8) + 1) / (2**24 + 1)) < f32(gamma)]})
    return out


draw = lcg(9)
text = [next(draw) % 50 for _ in range(120)] * 2
rows = scored(text, 4)
ones = sum(bin(prf_word(77, c, t)).count("1") for c, t in rows)
green = sum(f32(((prf_word(77, c, t) >> 8) + 1) / (2**24 + 1)) < f32(0.25) for c, t in rows)
logits = [(next(draw) % 4096) / 1024 for _ in range(64)]
print(json.dumps({
    "source": "formulas of vLLM branches 01c268bc (SBW), 0265d6bd (SynthID), f631210d (red-green); no numbers are published",
    "generator": "packages/engines/test/generators/vllm-drafts.py",
    "sbw": {scheme: sbw(scheme) for scheme in ("selfhash", "lefthash")},
    "text": text,
    "synthid": {
        "n": len(rows), "score": ones / (32 * len(rows)), "p": tail(ones, 32 * len(rows), 0.5),
        "logits": logits, "depth": 12, "context": [3, 1, 4, 1], "probabilities": synthid(77, [3, 1, 4, 1], logits, 12),
    },
    "redGreen": {"n": len(rows), "score": green, "p": tail(green, len(rows), 0.25), "context": [3, 1, 4, 1], "lists": red_green_lists()},
}))
