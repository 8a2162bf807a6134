"""Llama (Touvron et al. 2023) in plain PyTorch: RMSNorm, rotary positions, grouped queries, SwiGLU.

No biases; the output head is the embedding matrix. Layout and rotation are those of Hugging Face's
`LlamaForCausalLM` (halves rotated, not pairs), so that its config.json describes this model.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    vocab: int = 4096
    dim: int = 192
    layers: int = 6
    heads: int = 6
    kv_heads: int = 2
    hidden: int = 512
    context: int = 512
    theta: float = 10_000.0
    eps: float = 1e-5

    @property
    def head_dim(self):
        return self.dim // self.heads


def rotary_tables(shape):
    """cos and sin of position * theta^(-2i/d), each [context, head_dim]; the two halves are equal."""
    i = torch.arange(0, shape.head_dim, 2, dtype=torch.float64)
    angle = torch.outer(torch.arange(shape.context, dtype=torch.float64), shape.theta ** (-i / shape.head_dim))
    angle = torch.cat([angle, angle], dim=-1)
    return angle.cos().float(), angle.sin().float()


def rotate(x, cos, sin):
    """Rotary embedding (Su et al. 2021) of x [B, heads, S, head_dim]."""
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-b, a], dim=-1) * sin


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        kv = s.kv_heads * s.head_dim
        self.shape = s
        self.norm1 = nn.RMSNorm(s.dim, s.eps)
        self.norm2 = nn.RMSNorm(s.dim, s.eps)
        self.q = nn.Linear(s.dim, s.dim, bias=False)
        self.k = nn.Linear(s.dim, kv, bias=False)
        self.v = nn.Linear(s.dim, kv, bias=False)
        self.o = nn.Linear(s.dim, s.dim, bias=False)
        self.gate = nn.Linear(s.dim, s.hidden, bias=False)
        self.up = nn.Linear(s.dim, s.hidden, bias=False)
        self.down = nn.Linear(s.hidden, s.dim, bias=False)

    def forward(self, x, cos, sin):
        s, (batch, length, _) = self.shape, x.shape
        h = self.norm1(x)
        q = self.q(h).view(batch, length, s.heads, s.head_dim).transpose(1, 2)
        k = self.k(h).view(batch, length, s.kv_heads, s.head_dim).transpose(1, 2)
        v = self.v(h).view(batch, length, s.kv_heads, s.head_dim).transpose(1, 2)
        k = rotate(k, cos, sin).repeat_interleave(s.heads // s.kv_heads, dim=1)
        v = v.repeat_interleave(s.heads // s.kv_heads, dim=1)
        a = F.scaled_dot_product_attention(rotate(q, cos, sin), k, v, is_causal=True)
        x = x + self.o(a.transpose(1, 2).reshape(batch, length, s.dim))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.dim)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.dim, shape.eps)
        cos, sin = rotary_tables(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.reset()

    def reset(self):
        """Normal(0, 1/sqrt(fan-in)) matrices, small embeddings; what writes to the residual starts at zero."""
        nn.init.normal_(self.embed.weight, std=0.02)
        for block in self.blocks:
            for linear in (block.q, block.k, block.v, block.gate, block.up):
                nn.init.normal_(linear.weight, std=self.shape.dim**-0.5)
            nn.init.zeros_(block.o.weight)
            nn.init.zeros_(block.down.weight)

    def forward(self, ids):
        """Logits [B, S, vocab] of token ids [B, S] at positions 0..S-1."""
        x = self.embed(ids)
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, cos, sin)
        return F.linear(self.norm(x), self.embed.weight)
