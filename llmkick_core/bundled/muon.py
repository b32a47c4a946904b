"""Muon: momentum whose matrix updates are orthogonalised.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. torch.optim.Muon always iterates in bfloat16, which a CPU without
matrix units for it computes hundreds of times slower than float32; here the format is a choice (see precision).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315  # quintic whose fixed points lie near 1 (section "Newton-Schulz coefficients")


def orthogonalise(matrix: Tensor, *, n_steps: int = 5) -> Tensor:
    """Return a matrix with the singular vectors of `matrix` and singular values near 1.

    Args:
        matrix: (rows, columns), float32 or bfloat16.
        n_steps: Newton-Schulz iterations.
    """
    is_tall = matrix.shape[0] > matrix.shape[1]
    x: Tensor = matrix.T if is_tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(n_steps):
        gram = x @ x.T  # (rows, rows)
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.T if is_tall else x


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay, for 2-D weights."""

    def __init__(
        self, params: Any, *, lr: float, weight_decay: float = 0.0, momentum: float = 0.95, dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self._dtype = dtype  # of the iteration; not part of the state

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Update every weight once; a closure is not supported."""
        assert closure is None
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                buffer = state["momentum"]
                buffer.lerp_(weight.grad, 1 - group["momentum"])
                update = orthogonalise(weight.grad.lerp(buffer, group["momentum"]).to(self._dtype)).to(weight.dtype)
                scale = max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * scale)
