"""Perplexity's texts as a model reads them: each tokenized once, cut into windows that are scored a few at a time.

places = windows_of(model, samples, limit=8)
places[3] -> Place(sample=Sample(sample_id="wiki.txt", ...), turn=3, window=(318, 262, ...))
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from llmkick_core.errors import DataError
from llmkick_core.models.base import LanguageModel, Window
from llmkick_core.schema import Answer, Sample
from llmkick_core.trace import Turn

CHARACTERS_A_TOKEN = 3
"""Of a server's window, of which only the text is known."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One window of one text."""

    sample: Sample
    """The text."""
    turn: int
    """Which of its windows, from 0."""
    window: Window
    """What is scored."""

    @property
    def n_tokens(self) -> int:
        """Return its tokens, roughly where only a server knows them."""
        return len(self.window) // CHARACTERS_A_TOKEN if isinstance(self.window, str) else len(self.window)


def windows_of(model: LanguageModel, samples: Sequence[Sample], limit: int | None = None) -> list[Place]:
    """Return the windows of texts, in order, the first `limit` of them.

    Raises:
        DataError: a text has none.
    """
    places: list[Place] = []
    for sample in samples:
        if limit is not None and len(places) >= limit:
            break
        windows = model.windows(sample.turns[0])
        if not windows:
            raise DataError(f"sample {sample.sample_id} has no text to score.")
        places += [Place(sample=sample, turn=turn, window=window) for turn, window in enumerate(windows)]
    return places[:limit]


def scored(
    model: LanguageModel, places: Sequence[Place], run_id: str, answered: Collection[Turn] = (), batch_size: int | None = None
) -> Iterator[list[tuple[Sample, tuple[Answer, ...]]]]:
    """Yield the answers to windows, a few at a time: those of one text come together, with their windows as turns.

    Which windows are scored together depends on all of them alone, never on time or on what is answered already.

    Args:
        model: what reads them.
        places: all windows of the run.
        run_id: written into the answers.
        answered: (sample_id, window) of those that are not scored again.
        batch_size: windows in a batch; None is what the model's pace says.
    """
    start = 0
    while start < len(places):
        lengths = [place.n_tokens for place in places[start : start + model.batch_size]]
        size = batch_size or model.pace.n_together(lengths)
        batch = [place for place in places[start : start + size] if (place.sample.sample_id, place.turn) not in answered]
        start += size
        if batch:
            yield _scored(model, batch, run_id)


def _scored(model: LanguageModel, batch: Sequence[Place], run_id: str) -> list[tuple[Sample, tuple[Answer, ...]]]:
    started = time.perf_counter()
    found = model.window_nlls([place.window for place in batch])
    each_s = (time.perf_counter() - started) / len(batch)
    by_text: dict[str, tuple[Sample, list[Answer]]] = {}
    for place, (nll, n_tokens) in zip(batch, found, strict=True):
        answer = Answer(
            run_id=run_id,
            sample_id=place.sample.sample_id,
            turn=place.turn,
            n_tokens=n_tokens,
            finish="scored",
            nll=nll if n_tokens else None,
            seconds=each_s,
        )
        by_text.setdefault(answer.sample_id, (place.sample, []))[1].append(answer)
    return [(sample, tuple(answers)) for sample, answers in by_text.values()]
