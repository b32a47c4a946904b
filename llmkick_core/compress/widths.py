"""Whether a recipe fits the widths of layers, from their sizes alone. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from llmkick_core.errors import RecipeError
from llmkick_core.schema import parse_structure

if TYPE_CHECKING:
    from llmkick_core.schema import Recipe


def check_multiples(widths: Sequence[tuple[str, int]], recipe: Recipe) -> None:
    """Check that every layer's width is a multiple of m, and of the group size where it is wider.

    Args:
        widths: (name, inputs) of each layer.
        recipe: how they are compressed.

    Raises:
        RecipeError: one is not; the message names it.
    """
    nm = parse_structure(recipe.structure)
    if nm is not None:
        _check(widths, nm[1], f"structure {recipe.structure} needs", "an m", "--structure")
    if recipe.group_size is not None:
        wider = [(name, width) for name, width in widths if width > recipe.group_size]  # the others have one group a row
        _check(wider, recipe.group_size, f"groups of {recipe.group_size} need", "a group size", "--group-size")


def _check(widths: Sequence[tuple[str, int]], size: int, what: str, choice: str, option: str) -> None:
    bad = [(name, width) for name, width in widths if width % size]
    if bad:
        layer, width = bad[0]
        raise RecipeError(
            f"{what} widths that are multiples of {size}, but layer {layer} has {width} inputs "
            f"({len(bad)} such layers). Choose {choice} that divides {width}, or leave {option} out."
        )
