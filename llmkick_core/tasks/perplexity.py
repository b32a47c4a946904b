"""Perplexity: exp of the mean token negative log-likelihood of held-out text, in windows of the model's context.

One sample is one text; its answers are the windows, in order, each with its nll and its number of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.rows import is_paper, row
from llmkick_core.tasks.base import Task
from llmkick_core.tasks.datasets.files import cut, plain_only
from llmkick_core.tasks.datasets.plain_text import read_texts


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return one sample a text; a limit counts texts.

    Raises:
        DataError: there is no text.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    samples = [Sample(sample_id=name, question=_opening(text), turns=(text,)) for name, text in read_texts(path).items()]
    return cut(samples, spec, path)


def _opening(text: str) -> str:
    return " ".join(text[:400].split())[:120]


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return the nll of each window, nats; None where it is missing or not finite. Both scorers agree."""
    is_paper(scorer)
    return [row(answer, scorer, "nll", answer.nll if answer.nll is not None and math.isfinite(answer.nll) else None) for answer in answers]


TASK = Task(
    name="perplexity",
    title="Perplexity",
    version=1,
    kind="likelihood",
    group="perplexity",
    metric="perplexity",
    load=load,
    score=score,
    bundled_path="kick-mini/perplexity.txt",
    higher_is_better=False,
    source="paper; WikiText-2, C4",
)
