"""From the words of `sweep` to recipes.

--method magnitude,wanda,int8 --sparsity 0.3,0.5 --structure 2:4   ->   magnitude-30 magnitude-50 magnitude-2:4 wanda-30 ... int8
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from llmkick_core.catalog import METHODS, find_method
from llmkick_core.errors import RecipeError
from llmkick_core.schema import Calibration, Recipe

T = TypeVar("T", int, float)

Order = Literal["layer", "block"]


def words(values: Sequence[str] | None) -> list[str]:
    """Return the words of an option that was given several times, or once with commas; each once, in order."""
    return list(dict.fromkeys(word.strip() for value in values or () for word in value.split(",") if word.strip()))


def numbers(values: Sequence[str] | None, kind: Callable[[str], T], name: str) -> list[T]:
    """Return the numbers of such an option.

    Raises:
        RecipeError: a word is no number.
    """
    try:
        return [kind(word) for word in words(values)]
    except ValueError as error:
        raise RecipeError(f"{name} {','.join(words(values))!r} holds something that is no number; write it like 8,4 or 0.3,0.5.") from error


def sweep_recipes(
    methods: Sequence[str],
    *,
    sparsities: Sequence[float] = (),
    structures: Sequence[str] = (),
    bits: Sequence[int] = (),
    group_size: int | None = None,
    order: Order = "block",
    calibration: Calibration | None = None,
) -> list[Recipe]:
    """Return every recipe that the words come to, the dense one first.

    Pruning methods take each sparsity (unstructured) and each n:m structure, quantizers each number of bits; a method is given only what it takes.

    Raises:
        RecipeError: no method or an unknown one is named, or nothing takes a value that was named.
    """
    if not methods:
        raise RecipeError(f"no method was named. Known: dense, {', '.join(sorted(METHODS))}.")
    chosen = [find_method(name) for name in methods if name != "dense"]
    takes = {field for method in chosen for field in method.takes}
    for field, is_named in (("sparsity", sparsities), ("structure", structures), ("bits", bits), ("group_size", group_size)):
        if is_named and field not in takes:
            option = f"--{field.replace('_', '-')}"
            raise RecipeError(f"none of the methods {', '.join(methods)} takes {option}; leave it out, or name a --method that does.")
    recipes = [Recipe()]
    for method in chosen:
        base = Recipe(method=method.name, order=order, calibration=calibration or Calibration())
        if "group_size" in method.takes:
            base = replace(base, group_size=group_size)
        pruned = [base]
        if "sparsity" in method.takes:
            pruned = [replace(base, sparsity=sparsity) for sparsity in sparsities]
            pruned += [replace(base, structure=structure) for structure in structures if structure != "unstructured"]
        widths = bits if "bits" in method.requires and bits else (None,)
        recipes += [replace(recipe, bits=width) for recipe in pruned or [base] for width in widths]
    return recipes
