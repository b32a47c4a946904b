"""AWQ: scale the columns that read large inputs up before rounding, and the result down again, so that they lose less.

Lin et al. 2023, https://arxiv.org/abs/2306.00978 (equations 4 and 5). The scale is s = (mean |x|)^a, one for all layers that read the same input; a is searched
for in twenty steps, by what Q(W s) / s misses on the calibration inputs. The grid is RTN's. Not in: the clipping of weights, which the paper's code
offers beside it. In use s goes into the layer before; here, where nothing is packed, the weight is given as Q(W s) / s, and its bits include s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llmkick_core.compress.accounting import VALUE_BITS
from llmkick_core.compress.base import Compressed, Method
from llmkick_core.compress.hessian import hessian_of
from llmkick_core.compress.rtn import bits_of, round_to_grid
from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from llmkick_core.compress.base import InputStats
    from llmkick_core.schema import Recipe

N_STEPS = 20
"""Exponents that are tried: 0, 0.05, ... 0.95 (the paper's code)."""

_LEAST = 1e-4
"""Of mean^a: an input that never occurs must not divide its column by nothing (the paper's code)."""


def find_scale(weights: Sequence[Tensor], stats: InputStats, recipe: Recipe) -> InputStats:
    """Return the statistics with the scale (in,) that loses least over all the weights (out, in) that read these inputs.

    Raises:
        CalibrationError: Hessian or means are missing, or of the wrong width.
        RecipeError: no bits are named.
    """
    n_in = weights[0].shape[1]
    hessian = hessian_of(stats, n_in, recipe.label)
    mean = stats.column_mean
    if mean is None or mean.shape != (n_in,):
        raise CalibrationError(f"awq needs the mean size of each of the {n_in} inputs and got {'none' if mean is None else len(mean)}.")
    best, least = None, float("inf")
    for step in range(N_STEPS):
        scale = _scale(mean, step / N_STEPS)
        missed = sum(_missed(weight.float(), scale, hessian, recipe) for weight in weights)
        if missed < least:
            best, least = scale, missed
    if best is None:
        raise CalibrationError("no scale gives finite weights. Load the model in float32, or use other calibration text.")
    return replace(stats, scale=best)


def _scale(mean: Tensor, exponent: float) -> Tensor:
    """Return mean^exponent (in,), its largest and smallest entries' product brought to 1."""
    raised = mean.pow(exponent).clamp(min=_LEAST)
    return raised / (raised.max() * raised.min()).sqrt()


def _missed(weight: Tensor, scale: Tensor, hessian: Tensor, recipe: Recipe) -> float:
    """Return the squared output error of the rounded weight (out, in), up to a constant factor: the trace of D H D^T for its difference D."""
    difference = weight - _scaled(weight, scale, recipe)
    return float(((difference @ hessian) * difference).sum())


def _scaled(weight: Tensor, scale: Tensor, recipe: Recipe) -> Tensor:
    """Return Q(W s) / s, float32."""
    return round_to_grid(weight * scale, recipe) / scale


def awq(weight: Tensor, stats: InputStats, recipe: Recipe) -> Compressed:
    """Return one linear layer's weight, scaled, quantized and dequantized again.

    Args:
        weight: (out, in), any float dtype; not modified.
        stats: with the `scale` (in,) that `find_scale` found; where it is missing it is found for this weight alone.
        recipe: `bits` 8, 4, 3 or 2; `group_size` inputs share a step (the last group may be shorter), None is one step a row; `is_symmetric`.

    Raises:
        CalibrationError, RecipeError: as `find_scale`.
    """
    scale = stats.scale if stats.scale is not None else find_scale([weight], stats, recipe).scale
    assert scale is not None
    quantized = _scaled(weight.float(), scale, recipe).to(weight.dtype)
    bits = bits_of(recipe, weight.shape[1]) + VALUE_BITS / weight.shape[0]
    return Compressed(weight=quantized, bits=bits)


METHOD = Method(
    name="awq",
    title="AWQ",
    help="scales up the columns with large inputs before rounding",
    compress=awq,
    needs=frozenset({"hessian"}),
    n_products=N_STEPS,
    share=find_scale,
    takes=frozenset({"bits", "group_size", "is_symmetric"}),
    requires=frozenset({"bits"}),
    default_bits=4,
    version=2,
    source="https://arxiv.org/abs/2306.00978",
    colour="#CC79A7",
)
