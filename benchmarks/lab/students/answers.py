"""A student's answers: continuations of openings, drawn with a cache of keys and values."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.append(str(Path(__file__).resolve().parents[1]))
from model import rotate  # noqa: E402


@torch.no_grad()
def next_logits(model, ids, cache):
    """Logits [B, vocab] after the new ids [B, S]; `cache` holds one (keys, values) a block and grows."""
    s, (batch, length) = model.shape, ids.shape
    start = cache[0][0].shape[2] if cache else 0
    cos, sin = model.cos[start : start + length], model.sin[start : start + length]
    x = model.embed(ids)
    for i, block in enumerate(model.blocks):
        h = block.norm1(x)
        q = rotate(block.q(h).view(batch, length, s.heads, s.head_dim).transpose(1, 2), cos, sin)
        k = rotate(block.k(h).view(batch, length, s.kv_heads, s.head_dim).transpose(1, 2), cos, sin)
        v = block.v(h).view(batch, length, s.kv_heads, s.head_dim).transpose(1, 2)
        if start:
            k, v = torch.cat([cache[i][0], k], dim=2), torch.cat([cache[i][1], v], dim=2)
            cache[i] = (k, v)
        else:
            cache.append((k, v))
        repeat = s.heads // s.kv_heads
        keys, values = k.repeat_interleave(repeat, dim=1), v.repeat_interleave(repeat, dim=1)
        a = F.scaled_dot_product_attention(q, keys, values, is_causal=start == 0)
        x = x + block.o(a.transpose(1, 2).reshape(batch, length, s.dim))
        h = block.norm2(x)
        x = x + block.down(F.silu(block.gate(h)) * block.up(h))
    return F.linear(model.norm(x[:, -1]), model.embed.weight)


@torch.no_grad()
def answer(model, openings, tokens, temperature, seed, end=0):
    """[B, opening + tokens]: openings [B, n] continued; `end` opens a document and is never drawn."""
    random = torch.Generator().manual_seed(seed)
    batch = torch.as_tensor(openings, dtype=torch.long)
    cache, drawn = [], []
    ids = torch.cat([torch.full((len(batch), 1), end), batch], dim=1)
    for _ in range(tokens):
        logits = next_logits(model, ids, cache)
        logits[:, end] = -torch.inf
        if temperature > 0:
            noise = torch.empty_like(logits).exponential_(generator=random).log_()
            ids = (logits / temperature - noise).argmax(dim=1, keepdim=True)
        else:
            ids = logits.argmax(dim=1, keepdim=True)
        drawn.append(ids)
    return torch.cat([batch, *drawn], dim=1)


@torch.no_grad()
def read(model, rows):
    """Reading mode: the likeliest next token at every position of forced rows [B, S] (tokens 1..S after 0..S-1)."""
    ids = torch.as_tensor(rows, dtype=torch.long)
    ids = torch.cat([torch.zeros(len(ids), 1, dtype=torch.long), ids], dim=1)
    return torch.cat([model(part)[:, :-1].argmax(dim=-1) for part in ids.split(16)])
