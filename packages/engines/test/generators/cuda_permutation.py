"""Permutations as torch draws them on a graphics card, by the steps of its sources in plain integers. Prints JSON.

  python cuda_permutation.py > ../vectors/cuda-permutation.json

No card runs here. That the steps are right is shown by counts of green tokens that transformers recorded on an L4 (the KGW lab in
greenlist.test.ts); these vectors hold the places that counts say nothing of: order, islands of equal keys, other numbers of threads.
"""

import hashlib
import json
import math
import struct

M32 = 2**32 - 1


def philox(counter, seed):
    a, b, c, d = counter
    k0, k1 = seed & M32, seed >> 32
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k0, q & M32, (p >> 32) ^ d ^ k1, p & M32
        k0, k1 = (k0 + 0x9E3779B9) & M32, (k1 + 0xBB67AE85) & M32
    return a, b, c, d


def key_bits(n):
    return min(64, math.ceil(math.log2(n - (6 * n * n + 1) / (12 * math.log(0.9)))))


def permutation(n, seed, capacity):
    """The permutation, and how many islands it has. capacity: threads that the card starts."""
    bits = key_bits(n)
    threads = min(-(-n // 256) * 256, capacity)
    keys = []
    words = {}
    for i in range(n):
        lap, thread = divmod(i, threads)
        if (lap // 2, thread) not in words:
            words[lap // 2, thread] = philox((lap // 2, 0, thread, 0), seed)
        w = words[lap // 2, thread]
        word = w[2 * (lap % 2)] << 32 | w[2 * (lap % 2) + 1]
        keys.append((word % (2**64 - 1) - 2**63) & (2**bits - 1))
    order = sorted(range(n), key=keys.__getitem__)
    used = (n - 1) // (2 * threads) + 1
    islands = 0
    start = 0
    while start < n:
        end = start + 1
        while end < n and keys[order[end]] == keys[order[start]]:
            end += 1
        draws = [w for block in range(used, used + (end - start) // 4 + 1) for w in philox((block, 0, start, 0), seed)]
        for draw, i in zip(draws, range(end - 1, start, -1)):
            j = start + draw % (i - start + 1)
            order[i], order[j] = order[j], order[i]
        islands += end - start > 1
        start = end
    return order, islands


def case(n, seed, capacity):
    order, islands = permutation(n, seed, capacity)
    digest = hashlib.sha256(struct.pack(f"<{n}I", *order)).hexdigest()
    return {"n": n, "seed": str(seed), "threads": capacity, "islands": islands, "head": order[:5], "sha256": digest}


def with_island(n, capacity):
    seed = 1
    while permutation(n, seed, capacity)[1] == 0:
        seed += 1
    return case(n, seed, capacity)


print(json.dumps({
    "source": "PyTorch, aten/src/ATen/native/cuda: Randperm.cu (0715ee706c), Randperm.cuh (0d2047d86a), DistributionTemplates.h (0140b62d8b)",
    "generator": "packages/engines/test/generators/cuda_permutation.py",
    "cases": [
        case(30_084, 0, 40_960),
        case(32_000, 15485863 * 103, 89_088),
        case(50_257, 15485863 * 50256, 89_088),
        case(50_257, 15485863 * 50256, 40_960),
        case(50_257, 2**64 - 2, 10_240),
        with_island(32_000, 40_960),
        with_island(50_257, 16_384),
    ],
    "bits": {str(n): key_bits(n) for n in (30_083, 30_084, 262_144, 1_000_003, 2**24 - 1)},
}, indent=1))
