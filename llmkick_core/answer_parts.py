"""Answers on their way to the disk: some of them together in a part, with their traces and scores."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from llmkick_core.catalog import find_task
from llmkick_core.dense import Keeper
from llmkick_core.evaluate import Answered
from llmkick_core.models.watch import Drafts
from llmkick_core.schema import CORRECTED, SCORERS, RunSpec
from llmkick_core.store.parts import append_part
from llmkick_core.store.traces import append_traces

PART_SECONDS = 5.0
"""After which what is answered is written, though it is less than a batch."""


class AnswerParts:
    """The parts that one run writes while it is asked."""

    def __init__(
        self, folder: Path, spec: RunSpec, keeper: Keeper, drafts: Drafts, *, n_done: int, report: Callable[[int, float], None]
    ) -> None:
        """Begin to write parts.

        Args:
            folder: of the run.
            spec: the run, whose task scores the answers.
            keeper: has the traces of answers.
            drafts: of answers, dropped once they are written.
            n_done: questions answered before; of perplexity, windows.
            report: called after each part with how many are answered by now, and how many a second; may raise to stop.
        """
        self._folder = folder
        self._task = find_task(spec.task)
        self._metric = self._task.metric_for(spec.prompt)
        self.outcomes: Counter[str] = Counter()
        """Answers written here by their kind of outcome, by the measure that stands for the task."""
        self.n_cut_off = 0
        """Replies written here that have a thought and no answer."""
        self._keeper = keeper
        self._drafts = drafts
        self._report = report
        self._waiting: list[Answered] = []
        self._n_before = self._n_done = n_done
        self._started = self._written_at = time.monotonic()

    def add(self, batch: Sequence[Answered], *, is_full: bool) -> None:
        """Take in a batch; write it and what waits where it is worth a file, or some seconds have passed."""
        self._waiting += batch
        if is_full or time.monotonic() - self._written_at >= PART_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what waits, and tell how far the run is."""
        if self._waiting:
            self._append()
            self._report(self._n_done, (self._n_done - self._n_before) / max(time.monotonic() - self._started, 1e-6))

    def rescue(self) -> None:
        """Write what waits, and answers that were begun, after something ended the run."""
        if self._waiting:
            self._append()
        self._drafts.save()

    def _append(self) -> None:
        batch, self._waiting = self._waiting, []
        answers = [answer for _, found in batch for answer in found]
        scores = [score for sample, found in batch for scorer in SCORERS for score in self._task.score(sample, found, scorer)]
        self.outcomes.update(score.outcome for score in scores if (score.scorer, score.metric) == (CORRECTED, self._metric))
        self.n_cut_off += sum(bool(answer.thought) and not answer.text.strip() for answer in answers)
        append_traces(self._folder, self._keeper.take())  # before the answers: those that are known have theirs
        append_part(self._folder, answers, scores)
        self._drafts.forget()
        self._n_done += len(answers) if self._task.kind == "likelihood" else len(batch)
        self._written_at = time.monotonic()
