"""Which text calibrates a model, and how much of it: settled before anything runs, from the tokenizer's files alone. No torch.

    fitted("/models/smollm2", [Recipe(method="wanda", sparsity=0.5)], Wanted())
    -> recipes with 127 x 2,048 tokens of the bundled text, ["calibration: 127 x 2,048 tokens, all that the bundled text holds for this tokenizer."]

Requested sizes stay as they are: `check` refuses them where the text is too short. Default sizes are cut to the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from llmkick_core.catalog import canonical, procedure_of
from llmkick_core.compress.calibration import check_length, token_stream
from llmkick_core.compress.corpora import AUTO as AUTO
from llmkick_core.compress.corpora import HUB_TEXTS, text_revision, usual_source
from llmkick_core.errors import CalibrationError
from llmkick_core.models.config import read_shape
from llmkick_core.models.locate import Location, is_endpoint, locate
from llmkick_core.models.packages import find_package, is_package
from llmkick_core.models.token_counts import read_tokenizer
from llmkick_core.schema import Calibration, Recipe

TEXT_NAMES = (AUTO, "bundled", *HUB_TEXTS)
"""Calibration texts that have a name."""

USUAL = Calibration()
"""The sizes of the papers."""

SHORTEST = 8
"""Fewest tokens of a sequence."""

_UNKNOWN_CONTEXT = 2048


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a person asked for of the calibration; None and `auto` leave it to the program."""

    source: str = AUTO
    """`auto`, `bundled`, `c4`, `wikitext2`, or a path."""
    n_samples: int | None = None
    """Sequences."""
    seq_len: int | None = None
    """Tokens of each."""
    seed: int = 0
    """Of their choice."""

    def sizes(self, source: str) -> Calibration:
        """Return the calibration from a source, the usual sizes where none were asked for.

        Raises:
            RecipeError: a size is out of range.
        """
        n_samples = USUAL.n_samples if self.n_samples is None else self.n_samples
        seq_len = USUAL.seq_len if self.seq_len is None else self.seq_len
        return Calibration(source=source, n_samples=n_samples, seq_len=seq_len, seed=self.seed)


def fitted(model: str, recipes: Sequence[Recipe], wanted: Wanted) -> tuple[list[Recipe], list[str]]:
    """Return recipes with their calibration settled, and what a person should know of it, in lines; none where no recipe looks at a text.

    Raises:
        UsageError: model, recipe or text cannot be used.
        CalibrationError: the text is empty.
    """
    plain = [replace(recipe, calibration=wanted.sizes("bundled")) for recipe in recipes]
    if not any(looks_at_text(recipe) for recipe in plain) or is_endpoint(model):
        return plain, []
    location = locate(model)
    source, told = usual_source(location.model) if wanted.source == AUTO else (wanted.source, [])
    calibration, more = _cut_to_text(location, wanted, wanted.sizes(source))
    settled = [replace(recipe, calibration=calibration) if looks_at_text(recipe) else recipe for recipe in plain]
    return settled, [*told, *more]


def looks_at_text(recipe: Recipe) -> bool:
    """Return whether a recipe's methods need a calibration text.

    Raises:
        RecipeError: the methods cannot do it.
    """
    return not recipe.is_dense and bool(procedure_of(canonical(recipe)).needs)


def check(model: str, recipes: Iterable[Recipe]) -> None:
    """Refuse recipes whose calibration text is too short for the sizes asked for, as far as that is known before the model is downloaded.

    Raises:
        CalibrationError: a text is too short; the message says what it holds.
        UsageError: a text cannot be read.
    """
    location = locate(model)
    for calibration in dict.fromkeys(recipe.calibration for recipe in recipes if looks_at_text(recipe)):
        seq_len = min(calibration.seq_len, context_of(location))
        counted = count_tokens(location, calibration, calibration.n_samples * seq_len)
        if counted is not None:
            check_length(calibration, *counted, seq_len)


def count_tokens(location: Location, calibration: Calibration, limit: int) -> tuple[int, int] | None:
    """Return (tokens, documents) of a calibration text for a model, counted up to about `limit` tokens; None where the text or the tokenizer is not here yet.

    Raises:
        UsageError: the text or the tokenizer cannot be read.
    """
    known = find_package(location.model).n_calibration_tokens if is_package(location.model) and calibration.source == "bundled" else 0
    if known:
        return min(known, limit), 0
    if location.path is None or not location.path.is_dir() or calibration.source in HUB_TEXTS:
        return None  # what is on the hub holds millions of tokens
    return _count(location.path, location.revision, calibration.source, text_revision(calibration.source), limit)


@lru_cache(maxsize=32)
def _count(folder: Path, model_revision: str, source: str, text: str, limit: int) -> tuple[int, int] | None:
    """Return the count; the revisions of model and text make it lasting."""
    tokenizer = read_tokenizer(folder)
    if tokenizer is None:
        return None
    stream, n_documents = token_stream(Calibration(source=source), tokenizer.encode, tokenizer.end_id, limit=limit)
    return len(stream), n_documents


def context_of(location: Location) -> int:
    """Return the tokens of a model's context; the usual number where its config does not say or is not here."""
    folder = location.path
    return (read_shape(folder).context_length if folder is not None and folder.is_dir() else 0) or _UNKNOWN_CONTEXT


def _cut_to_text(location: Location, wanted: Wanted, calibration: Calibration) -> tuple[Calibration, list[str]]:
    """Return a calibration with default sizes cut to what its text holds, and a line that says so."""
    if wanted.n_samples is not None:
        return calibration, []
    seq_len = min(calibration.seq_len, context_of(location))
    needed = calibration.n_samples * seq_len
    counted = count_tokens(location, calibration, needed)
    if counted is None:
        is_doubtful = calibration.source not in HUB_TEXTS
        return replace(calibration, is_at_most=is_doubtful), []
    n_tokens, n_documents = counted
    if n_tokens >= needed:
        return calibration, []
    if n_tokens >= seq_len:
        cut = replace(calibration, n_samples=n_tokens // seq_len)
    elif wanted.seq_len is None and n_tokens >= SHORTEST:
        cut, seq_len = replace(calibration, n_samples=1, seq_len=n_tokens), n_tokens
    elif not n_tokens:
        raise CalibrationError(
            f"calibration text {calibration.source} holds no text ({n_documents} documents, 0 tokens). Name another one with --calibration."
        )
    else:
        return calibration, []  # `check` says what is wrong
    name = "the bundled text" if calibration.source == "bundled" else Path(calibration.source).name
    return cut, [f"calibration: {cut.n_samples} x {seq_len:,} tokens, all that {name} holds for this model's tokenizer."]
