"""SparseGPT: remove the weights whose loss the others can make up for best, and let the others make up for it.

Frantar and Alistarh 2023, https://arxiv.org/abs/2301.00774 (algorithm 1). Columns are settled from left to right, in blocks: in each block the weights with the
smallest w^2 / [H^-1]_jj go, and what a removed weight added to the output is spread over the columns to its right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import pruned_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.hessian import inverse_factor
from llmkick_core.compress.masks import lowest_in_layer, lowest_per_group
from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import parse_structure

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe

BLOCK = 128
"""Columns among which the weights of a layer compete, and whose errors reach the rest together."""


def sparsegpt(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return a pruned copy of one linear layer's weight, the kept weights adjusted.

    The weights of all rows compete within a block of 128 columns. With n:m every m consecutive inputs of a row compete on their own, at the moment
    the columns before them are settled.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: `hessian` is (in, in) float32, 2 / n_tokens times the sum of x x^T.
        recipe: `sparsity` is the share removed, 0-1; a structure "n:m" keeps n weights of every m consecutive inputs instead.

    Raises:
        CalibrationError: the Hessian is missing, of the wrong width, or not positive definite.
        RecipeError: no sparsity is named, or `in` is not a multiple of m.
    """
    import torch

    hessian = stats.hessian
    n_in = weight.shape[1]
    if hessian is None or hessian.shape != (n_in, n_in):
        found = "none" if hessian is None else f"one of {len(hessian)}"
        raise CalibrationError(f"sparsegpt needs the Hessian of the {n_in} inputs and got {found}.")
    structure = parse_structure(recipe.structure)
    if structure is not None and n_in % structure[1]:
        raise RecipeError(
            f"structure {recipe.structure} needs a width that is a multiple of {structure[1]}, but this weight has {n_in} inputs."
        )
    factor = inverse_factor(hessian)  # (in, in)
    left = weight.float().masked_fill(hessian.diagonal() == 0, 0)  # (out, in); what never enters is worth nothing
    width = BLOCK if structure is None else BLOCK // structure[1] * structure[1]
    for start in range(0, n_in, width):
        columns = slice(start, min(start + width, n_in))
        block, errors = _prune_block(left[:, columns], factor[columns, columns], recipe)
        left[:, columns] = block
        left[:, columns.stop :] -= errors @ factor[columns, columns.stop :]
    pruned = left.to(weight.dtype)
    return Compressed(weight=pruned, bits=pruned_bits(float((pruned == 0).to(torch.float32).mean()), recipe.structure))


def _prune_block(block: Tensor, factor: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Return a block of columns, pruned, and the error of each of its weights in units of the factor's diagonal.

    Args:
        block: (out, width); not modified.
        factor: (width, width), the same columns of the inverse's factor.
        recipe: sparsity or structure.
    """
    import torch

    structure = parse_structure(recipe.structure)
    worth = factor.diagonal().square()  # (width,): [H^-1]_jj over the columns from j on
    columns = block.T.clone()  # (width, out), so that a column is contiguous
    errors = torch.zeros_like(columns)
    goes = torch.zeros_like(columns, dtype=torch.bool) if structure else lowest_in_layer(block.square() / worth, recipe).T
    for j in range(len(columns)):
        if structure is not None and j % structure[1] == 0:
            group = slice(j, j + structure[1])
            goes[group] = lowest_per_group((columns[group].T.square() / worth[group]).contiguous(), *structure).T
        lost = torch.where(goes[j], columns[j], 0) / factor[j, j]  # (out,)
        errors[j] = lost
        columns[j + 1 :] -= torch.outer(factor[j, j + 1 :], lost)
        columns[j].masked_fill_(goes[j], 0)
    return columns.T, errors.T


METHOD = Method(
    name="sparsegpt",
    title="SparseGPT",
    compress=sparsegpt,
    needs="hessian",
    requires=frozenset({"sparsity"}),
    source="https://arxiv.org/abs/2301.00774",
)
