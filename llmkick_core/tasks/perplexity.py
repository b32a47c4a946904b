"""Perplexity: exp of the mean token negative log-likelihood of held-out text, in windows of the model's context, at most 2,048 tokens.

One sample is one text, whole: its model tokenizes it once. Its answers are its windows, in order, each with its nll and its number of tokens, and a
run's limit counts them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rows import main_row
from llmkick_core.tasks.base import Measure, Task
from llmkick_core.tasks.datasets.files import cut, plain_only
from llmkick_core.tasks.datasets.plain_text import read_texts

LONGEST_WINDOW = 2048
"""Tokens of a window, at most: the field's usual ones."""

MOST_LETTERS = 64
"""Letters of a token, at most, where only the beginning of a text is to be read."""


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return one sample a text; of a text that is longer than the windows of a limit, the beginning.

    Raises:
        DataError: there is no text.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    most = None if spec.limit is None else (spec.limit + 1) * LONGEST_WINDOW * MOST_LETTERS
    texts = [(name, text[:most]) for name, text in read_texts(path).items()]
    samples = [Sample(sample_id=name, question=_opening(text), turns=(text,)) for name, text in texts]
    return cut(samples, spec, path)  # no text is without a window


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
    version=3,
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
