"""SparseGPT: remove the weights whose loss the others can make up for best, and let the others make up for it.

Frantar and Alistarh 2023, https://arxiv.org/abs/2301.00774 (algorithm 1). Columns are settled from left to right, in blocks: in each block the weights with the
smallest w^2 / [H^-1]_jj go, and what a removed weight added to the output is spread over the columns to its right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.compress import fused
from llmkick_core.compress.accounting import pruned_bits
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.hessian import BLOCK, compensate, with_factor
from llmkick_core.compress.masks import check_finite, lowest_of, lowest_per_group, removed_count, sparsity_of
from llmkick_core.errors import RecipeError
from llmkick_core.schema import parse_structure

if TYPE_CHECKING:
    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe


def sparsegpt(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return a pruned copy of one linear layer's weight, the kept weights adjusted.

    The weights of all rows compete within a block of 128 columns; as many go up to each block's end as the sparsity asks for, rounded down. With n:m every m consecutive inputs of a row compete on their own, at the moment
    the columns before them are settled.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: `hessian` is (in, in) float32, 2 / n_tokens times the sum of x x^T.
        recipe: `sparsity` is the share removed, 0-1; a structure "n:m" keeps n weights of every m consecutive inputs instead.

    Raises:
        CalibrationError: the Hessian is missing, of the wrong width, or not positive definite.
        RecipeError: no sparsity is named, or `in` is not a multiple of m.
    """
    n_in = weight.shape[1]
    stats = with_factor([weight], stats, recipe)
    assert stats.hessian is not None
    assert stats.factor is not None
    structure = parse_structure(recipe.structure)
    if structure is not None and n_in % structure[1]:
        raise RecipeError(
            f"structure {recipe.structure} needs a width that is a multiple of {structure[1]}, but this weight has {n_in} inputs."
        )
    dense = weight.float().masked_fill(stats.hessian.diagonal() == 0, 0)  # what never enters is worth nothing
    pruned = compensate(dense, stats.factor, _Removal(recipe, structure)).to(weight.dtype)
    return Compressed(weight=pruned, bits=pruned_bits(float((pruned == 0).float().mean()), recipe.structure))


class _Removal:
    """Of the columns that compete, those weights become zero whose loss is made up for best."""

    def __init__(self, recipe: Recipe, structure: tuple[int, int] | None) -> None:
        self._recipe, self._structure = recipe, structure
        self.period = BLOCK if structure is None else structure[1]
        self._mask: Tensor | None = None  # (period, out), True where a weight goes, of the columns that compete now

    def settle(self, j: int, rest: Tensor, worth: Tensor) -> Tensor:
        """Return a column with its weights that go at zero."""
        if j % self.period == 0:
            self._mask = self._choose(j, rest[: self.period], worth[: self.period])
        assert self._mask is not None
        return rest[0].masked_fill(self._mask[j % self.period], 0)

    def settle_block(self, start: int, columns: Tensor, local: Tensor) -> Tensor | None:
        """Return the errors of a block that one kernel settled."""
        if not fused.can_fuse(columns):
            return None
        if self._structure is None:
            return fused.prune(columns, local, mask=self._choose(start, columns, local.diagonal().square()))
        errors = fused.prune(columns, local, n=self._structure[0], m=self._structure[1])
        check_finite(errors)
        return errors

    def _choose(self, j: int, columns: Tensor, worth: Tensor) -> Tensor:
        """Return the mask of the weights (columns, out) that compete."""
        importance = (columns.square() / worth[:, None]).T.contiguous()  # (out, columns)
        if self._structure is not None:
            return lowest_per_group(importance, *self._structure).T.contiguous()
        n_out, n_columns = importance.shape
        before, after = (removed_count(sparsity_of(self._recipe), n_out * n) for n in (j, j + n_columns))
        return lowest_of(importance, after - before).T.contiguous()


METHOD = Method(
    name="sparsegpt",
    title="SparseGPT",
    help="removes weights and corrects the others by the inputs' Hessian",
    compress=sparsegpt,
    needs=frozenset({"hessian"}),
    n_products=1,
    share=with_factor,
    requires=frozenset({"sparsity"}),
    quantizer="gptq",
    source="https://arxiv.org/abs/2301.00774",
    colour="#009E73",
)
