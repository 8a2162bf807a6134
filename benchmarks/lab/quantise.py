"""Weights as int8 with one float scale per output row: for storage only, computing stays float32."""

import torch


def quantise(weight):
    """int8 [out, in] and scales [out, 1], rounding to the nearest of 255 levels up to the row's maximum."""
    scale = (weight.abs().amax(dim=1, keepdim=True) / 127).clamp_min(1e-12)
    return (weight / scale).round().to(torch.int8), scale


@torch.no_grad()
def as_stored(model):
    """Replaces every matrix by what export_onnx.py stores of it; returns the model."""
    for p in model.parameters():
        if p.ndim == 2:
            levels, scale = quantise(p)
            p.copy_(levels.float() * scale)
    return model
