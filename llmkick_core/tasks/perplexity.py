"""Perplexity: exp of the mean token negative log-likelihood of held-out text, in windows of the model's context, at most 2,048 tokens.

One sample is one text, or a part of a long one, so that answers are durable on the way; its answers are the windows, in order, each with its nll and
its number of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rows import main_row
from llmkick_core.tasks.base import Measure, Task
from llmkick_core.tasks.datasets.files import cut, plain_only
from llmkick_core.tasks.datasets.plain_text import read_texts

PART_LETTERS = 65_536
"""A longer text is cut into parts of about this many letters, between paragraphs where it has any."""


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return one sample a text, or several of a long one; a limit counts samples.

    Raises:
        DataError: there is no text.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    samples = []
    for name, text in read_texts(path).items():
        parts = list(split_text(text, PART_LETTERS))
        ids = [name] if len(parts) == 1 else [f"{name}#{number:04}" for number in range(1, len(parts) + 1)]
        samples += [Sample(sample_id=one, question=_opening(part), turns=(part,)) for one, part in zip(ids, parts, strict=True)]
    return cut(samples, spec, path)


def split_text(text: str, size: int) -> Iterator[str]:
    """Yield parts of at most `size` letters that make up the text, cut after the last blank line, line or space that fits."""
    start = 0
    while len(text) - start > size:
        places = (text.rfind(gap, start, start + size) + len(gap) for gap in ("\n\n", "\n", " "))
        end = next((place for place in places if place > start + size // 2), start + size)
        yield text[start:end]
        start = end
    yield text[start:]


def _opening(text: str) -> str:
    return " ".join(text[:400].split())[:120]


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return the nll of each window, nats; None where it is missing or not finite. All scorers agree."""
    mistakes_of(scorer)
    return [main_row(answer, scorer, "nll", _finite(answer.nll), is_due=False) for answer in answers]


def _finite(nll: float | None) -> float | None:
    return nll if nll is not None and math.isfinite(nll) else None


PERPLEXITY = Measure(name="nll", title="Perplexity", higher_is_better=False, right_at=None, is_share=False, aggregate="perplexity")

TASK = Task(
    name="perplexity",
    title="Perplexity",
    version=2,
    kind="likelihood",
    group="perplexity",
    measures=(PERPLEXITY,),
    load=load,
    score=score,
    bundled_path="kick-mini/perplexity.txt",
    data_form="a text file, or JSON lines with a text each",
    short_title="perpl.",
    source="paper; WikiText-2, C4",
)
