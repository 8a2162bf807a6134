"""Muon (Jordan et al. 2024) for the matrices inside the blocks, AdamW for everything else."""

import torch


def orthogonalise(g, steps=5):
    """Newton-Schulz iteration towards U V^T of the SVD of each matrix in g [n, rows, cols]."""
    tall = g.shape[1] > g.shape[2]
    x = g.transpose(1, 2) if tall else g
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        a = x @ x.transpose(1, 2)
        x = 3.4445 * x + torch.baddbmm(a, a, a, beta=-4.7750, alpha=2.0315) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, orthogonalised; matrices of one shape go through Newton-Schulz together."""

    def __init__(self, matrices, lr, momentum=0.95, decay=0.0):
        by_shape = {}
        for p in matrices:
            by_shape.setdefault(tuple(p.shape), []).append(p)
        groups = [{"params": same} for same in by_shape.values()]
        super().__init__(groups, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            matrices, beta = group["params"], group["momentum"]
            g = torch.stack([p.grad for p in matrices])
            state = self.state[matrices[0]]
            m = state.setdefault("momentum", torch.zeros_like(g)).lerp_(g, 1 - beta)
            update = orthogonalise(g.lerp(m, beta))  # Nesterov
            rows, cols = g.shape[1:]
            scale = max(1, rows / cols) ** 0.5
            for p, u in zip(matrices, update):
                p.mul_(1 - group["lr"] * group["decay"]).add_(u, alpha=-group["lr"] * scale)


def optimizers(model, muon_lr, adam_lr, decay):
    """[Muon, AdamW]; norms and embeddings are not decayed."""
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    norms = [p for p in model.parameters() if p.ndim == 1]
    adam = torch.optim.AdamW(
        [{"params": [model.embed.weight]}, {"params": norms}],
        lr=adam_lr, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0, fused=True,
    )
    return [Muon(matrices, muon_lr, decay=decay), adam]
