"""Which weights go: the lowest of a row, of a whole layer, or of every m consecutive inputs.

Three rules hold for every mask here.
Exact count: the number removed is floor(sparsity * n), where n is the width of a row (or the size of the layer), and sparsity is read as the
decimal number a person wrote, so 0.29 of 100 is 29 though 0.29 * 100 is 28.999999999999996 in binary.
Ties: of equally important weights the one with the lower index goes first, as in a stable sort.
Structure n:m: n weights stay and m - n go in every m consecutive inputs of a row.

    importance [4, 1, 1, 1], sparsity 0.5 -> [False, True, True, False]
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import parse_structure

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.schema import Recipe


_AT_ONCE = 2**22
"""Importances that are selected from at once, where no row has more."""


def removed_count(sparsity: float, n: int) -> int:
    """Return how many of `n` weights go: floor(sparsity * n), the sparsity taken as its shortest decimal."""
    return int(Fraction(repr(float(sparsity))) * n)


def lowest_per_row(importance: Tensor, recipe: Recipe) -> Tensor:
    """Return a bool mask (out, in) that is True where a weight goes; weights compete within their own row.

    Args:
        importance: (out, in), any float dtype; higher stays.
        recipe: `sparsity` is the share of each row removed; a structure n:m keeps n of every m consecutive inputs instead.

    Raises:
        CalibrationError: an importance is not finite.
        RecipeError: the recipe names no sparsity, or `in` is not a multiple of m.
    """
    structure = parse_structure(recipe.structure)
    if structure is not None:
        return lowest_per_group(importance, *structure)
    check_finite(importance)
    return _lowest(importance, removed_count(sparsity_of(recipe), importance.shape[1]))


def lowest_in_layer(importance: Tensor, recipe: Recipe) -> Tensor:
    """Return a bool mask (out, in) that is True where a weight goes; all weights of the layer compete.

    Args and Raises: as `lowest_per_row`; n:m has no layer-wide form and is the same in both.
    """
    structure = parse_structure(recipe.structure)
    if structure is not None:
        return lowest_per_group(importance, *structure)
    return lowest_of(importance, removed_count(sparsity_of(recipe), importance.numel()))


def lowest_of(importance: Tensor, n_removed: int) -> Tensor:
    """Return a bool mask (out, in) that is True for the `n_removed` lowest of all.

    Raises:
        CalibrationError: an importance is not finite.
    """
    check_finite(importance)
    return _lowest(importance.reshape(1, -1), n_removed).view(importance.shape)


def lowest_per_group(importance: Tensor, n: int, m: int) -> Tensor:
    """Return a bool mask (out, in) that is False for the n highest of every m consecutive inputs of a row.

    Args:
        importance: (out, in), any float dtype.
        n: weights that stay in each group.
        m: size of a group.

    Raises:
        CalibrationError: an importance is not finite.
        RecipeError: `in` is not a multiple of m.
    """
    n_in = importance.shape[1]
    if n_in % m:
        raise RecipeError(f"structure {n}:{m} needs a width that is a multiple of {m}, but this weight has {n_in} inputs.")
    check_finite(importance)
    groups = importance.reshape(-1, m)  # (out * in / m, m)
    return _lowest_by_rank(groups, m - n).view(importance.shape)


def complies(weight: Tensor, n: int, m: int) -> bool:
    """Return whether every m consecutive inputs of a row hold at most n non-zero weights.

    Args:
        weight: (out, in); `in` a multiple of m.
        n: non-zero weights allowed in a group.
        m: size of a group.
    """
    kept = (weight.reshape(-1, m) != 0).sum(dim=1)  # (out * in / m,)
    return bool((kept <= n).all())


def _lowest(importance: Tensor, n_removed: int) -> Tensor:
    """Return the mask of the `n_removed` lowest of each row (rows, width), some rows at a time: what selection copies stays small."""
    import torch

    if n_removed == 0:
        return torch.zeros_like(importance, dtype=torch.bool)
    at_once = max(1, _AT_ONCE // importance.shape[1])
    return torch.cat([_lowest_of_rows(rows, n_removed) for rows in torch.split(importance, at_once)])


def _lowest_of_rows(importance: Tensor, n_removed: int) -> Tensor:
    """Return the mask of the `n_removed` lowest of each row, one at least; selection by threshold, O(width) and no sort."""
    import torch

    threshold = importance.kthvalue(n_removed, dim=1, keepdim=True).values  # (rows, 1)
    below = importance < threshold
    tied = importance == threshold
    wanted = n_removed - below.sum(dim=1, keepdim=True)  # (rows, 1): how many of the tied go, at least one
    if bool((tied.sum(dim=1, keepdim=True) == wanted).all()):
        return below | tied
    return below | (tied & (tied.cumsum(dim=1, dtype=torch.int32) <= wanted))


def _lowest_by_rank(groups: Tensor, n_removed: int) -> Tensor:
    """Return the mask of the `n_removed` lowest of each small group (groups, m), each weight's rank counted by comparing pairs."""
    import torch

    columns = [column.contiguous() for column in groups.unbind(dim=1)]  # m of (groups,)
    mask = torch.empty_like(groups, dtype=torch.bool)
    for j, column in enumerate(columns):
        rank = torch.zeros_like(column, dtype=torch.uint8)  # m is at most 32
        for i, other in enumerate(columns):
            if i != j:
                rank += (other <= column) if i < j else (other < column)
        mask[:, j] = rank < n_removed
    return mask


def check_finite(importance: Tensor) -> None:
    """Check importances, or what came of them.

    Raises:
        CalibrationError: one is not finite.
    """
    n_bad = importance.numel() - int(importance.isfinite().sum())
    if n_bad:
        raise CalibrationError(
            f"{n_bad} of {importance.numel()} importances are not finite: the weights or the calibration activations hold NaN or infinity. "
            "Try a wider dtype (float32) or other calibration text."
        )


def sparsity_of(recipe: Recipe) -> float:
    """Return the share of weights to remove.

    Raises:
        RecipeError: the recipe names none.
    """
    if recipe.sparsity is None:
        raise RecipeError(f"method {recipe.method} needs a sparsity, such as --sparsity 0.5, or a structure such as --structure 2:4.")
    return recipe.sparsity
