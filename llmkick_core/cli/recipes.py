"""From the words of `sweep` to recipes.

--method magnitude,wanda,int8 --sparsity 0.3,0.5 --structure 2:4   ->   magnitude-30 magnitude-50 magnitude-2:4 wanda-30 ... int8
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

from llmkick_core.catalog import METHODS, find_method
from llmkick_core.cli.console import errors
from llmkick_core.compress.layers import OPTIONS
from llmkick_core.errors import RecipeError
from llmkick_core.schema import Recipe

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


def calibrated(model: str, recipes: Sequence[Recipe], source: str, n_samples: int | None, seq_len: int | None, seed: int) -> list[Recipe]:
    """Return recipes with their calibration settled; what a person should know of it goes to stderr.

    Args:
        model: as it was named.
        recipes: how it is compressed.
        source: `auto`, `bundled`, `c4`, `wikitext2`, or a path.
        n_samples: sequences; None takes the usual number, or what the text holds.
        seq_len: tokens of each; None takes the usual number.
        seed: of the choice of sequences.

    Raises:
        UsageError: model, recipe or text cannot be used.
        CalibrationError: the text is empty.
    """
    from llmkick_core.calibration_plan import Wanted, fitted

    settled, lines = fitted(model, recipes, Wanted(source=source, n_samples=n_samples, seq_len=seq_len, seed=seed))
    for line in lines:
        errors.print(line, soft_wrap=True)
    return settled


def sweep_recipes(
    methods: Sequence[str],
    *,
    sparsities: Sequence[float] = (),
    structures: Sequence[str] = (),
    bits: Sequence[int] = (),
    group_size: int | None = None,
    quantizer: str | None = None,
    is_symmetric: bool = True,
    has_activation_order: bool = False,
    order: Order = "layer",
) -> list[Recipe]:
    """Return every recipe that the words come to, the dense one first.

    Pruning methods take each sparsity (unstructured) and each n:m structure, quantizers each number of bits, and with `quantizer` what was pruned takes each
    number of bits too; a method is given only what it takes.

    Raises:
        RecipeError: no method or an unknown one is named, or nothing takes a value that was named.
    """
    if not methods:
        raise RecipeError(f"no method was named. Known: dense, {', '.join(sorted(METHODS))}.")
    chosen = [find_method(name) for name in methods if name != "dense"]
    after = find_method(quantizer) if quantizer is not None else None
    takes = {method.name: method.takes | (after.takes if after and method.prunes else frozenset()) for method in chosen}
    named = {
        "sparsity": bool(sparsities),
        "structure": bool(structures),
        "bits": bool(bits),
        "group_size": group_size is not None,
        "is_symmetric": not is_symmetric,
        "has_activation_order": has_activation_order,
    }
    for field, is_named in named.items():
        if is_named and not any(field in fields for fields in takes.values()):
            raise RecipeError(
                f"none of the methods {', '.join(methods)} takes {OPTIONS[field]}; leave it out, or name a --method (or --quantizer) that does."
            )
    if after is not None and not any(method.prunes for method in chosen):
        raise RecipeError(
            f"none of the methods {', '.join(methods)} prunes, so --quantizer {after.name} has nothing to come after; leave it out."
        )
    recipes = [Recipe()]
    for method in chosen:
        fields = takes[method.name]
        base = Recipe(
            method=method.name,
            group_size=group_size if "group_size" in fields else None,
            quantizer=quantizer if method.prunes else None,
            is_symmetric=is_symmetric or "is_symmetric" not in fields,
            has_activation_order=has_activation_order and "has_activation_order" in fields,
            order=order,
        )
        pruned = [base]
        if method.prunes:
            pruned = [replace(base, sparsity=sparsity) for sparsity in sparsities]
            pruned += [replace(base, structure=structure) for structure in structures if structure != "unstructured"]
        requires = method.requires | (after.requires if after and method.prunes else frozenset())
        widths = bits if "bits" in requires and bits else (None,)
        recipes += [replace(recipe, bits=width) for recipe in pruned or [base] for width in widths]
    return recipes
