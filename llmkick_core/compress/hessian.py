"""Settling a layer's columns from left to right, the error of each spread over the columns to its right: what SparseGPT and GPTQ share.

For inputs H = 2 X X^T / n (in, in), U is the upper Cholesky factor of the damped inverse: inv(H + damping) = U^T U. Row j of U, divided by U_jj, says how the
weights to the right of column j make up best for a change of it, once the columns to its left are settled; U_jj^2 is the first entry of the inverse of H over
the columns from j on (Frantar and Alistarh 2023, https://arxiv.org/abs/2301.00774, section 3.3; Frantar et al. 2022, https://arxiv.org/abs/2210.17323, section 3, step 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe

BLOCK = 128
"""Columns whose errors reach the rest together (both papers)."""

DAMPING = 0.01
"""Added to the diagonal, as a share of its mean (both papers' code)."""

_MOST_DAMPING = 1.0


def with_factor(weights: Sequence[Tensor], stats: InputStats, recipe: Recipe) -> InputStats:
    """Return the statistics with the factor of their Hessian, which layers that read the same input share.

    Raises:
        CalibrationError: the Hessian is missing, of the wrong width, or not positive definite.
    """
    hessian = hessian_of(stats, weights[0].shape[1], recipe.label)
    if stats.factor is not None and stats.order is None:
        return stats
    factor, damping = inverse_factor(hessian)
    return replace(stats, factor=factor, damping=damping, order=None)


def with_ordered_factor(weights: Sequence[Tensor], stats: InputStats, recipe: Recipe) -> InputStats:
    """Return the statistics with the factor of their Hessian, its columns with the largest inputs first where the recipe says so.

    Raises:
        CalibrationError: as `with_factor`.
    """
    if not recipe.has_activation_order:
        return with_factor(weights, stats, recipe)
    hessian = hessian_of(stats, weights[0].shape[1], recipe.label)
    if stats.factor is not None and stats.order is not None:
        return stats
    order = hessian.diagonal().argsort(descending=True, stable=True)
    factor, damping = inverse_factor(hessian[order][:, order])
    return replace(stats, factor=factor, damping=damping, order=order)


def hessian_of(stats: InputStats, n_in: int, method: str) -> Tensor:
    """Return the Hessian (in, in) of a layer's inputs.

    Raises:
        CalibrationError: it is missing, or of another width.
    """
    if stats.hessian is None or stats.hessian.shape != (n_in, n_in):
        found = "none" if stats.hessian is None else f"one of {len(stats.hessian)}"
        raise CalibrationError(f"{method} needs the Hessian of the {n_in} inputs and got {found}.")
    return stats.hessian


def compensate(weight: Tensor, factor: Tensor, *, width: int, settle: Callable[[int, Tensor, Tensor], Tensor]) -> Tensor:
    """Return `weight` with every column settled, each one's error made up for by those to its right.

    Args:
        weight: (out, in) float32; not modified.
        factor: (in, in), from `inverse_factor`.
        width: columns whose errors reach the rest together.
        settle: called for each column in order with its index, the columns of its block from it on as they stand now (rest, out), and their
            worth (rest,), by which the squares of removed weights are divided; returns what the first of them becomes, (out,).
    """
    import torch

    left = weight.clone()
    n_in = weight.shape[1]
    for start in range(0, n_in, width):
        place = slice(start, min(start + width, n_in))
        local = factor[place, place]
        worth = local.diagonal().square()  # [H^-1]_jj over the columns from j on
        columns = left[:, place].T.clone()  # (width, out), so that a column is contiguous
        errors = torch.empty_like(columns)
        for j in range(len(columns)):
            settled = settle(start + j, columns[j:], worth[j:])
            errors[j] = (columns[j] - settled) / local[j, j]
            columns[j] = settled
            columns[j + 1 :] -= torch.outer(local[j, j + 1 :], errors[j])
        left[:, place] = columns.T
        left[:, place.stop :] -= errors.T @ factor[place, place.stop :]
    return left


def inverse_factor(hessian: Tensor) -> tuple[Tensor, float]:
    """Return U (in, in), upper triangular, float32, and the damping it took as a share of the diagonal's mean.

    An input that never occurs has nothing but the damping, so that its column neither gives nor takes. Where rounding leaves the Hessian without a Cholesky
    factor, the damping rises tenfold until it has one.

    Args:
        hessian: (in, in) float32, symmetric; not modified.

    Raises:
        CalibrationError: no damping up to the mean of the diagonal gives a factor.
    """
    import torch

    diagonal = hessian.diagonal()
    size = float(diagonal[diagonal != 0].mean()) if bool((diagonal != 0).any()) else 1.0
    damping = DAMPING
    upper: Tensor
    while damping <= _MOST_DAMPING:
        damped = hessian.clone()
        damped.diagonal().add_(damping * size)
        lower, failed = torch.linalg.cholesky_ex(damped)
        del damped
        if not bool(failed):
            inverse = torch.cholesky_inverse(lower)
            del lower
            upper, failed = torch.linalg.cholesky_ex(inverse, upper=True)
            if not bool(failed) and bool(upper.isfinite().all()):
                return upper, damping
        damping *= 10
    raise CalibrationError(
        "the Hessian of the layer's inputs is not positive definite. Use more calibration samples, or load the model in float32."
    )
