"""Score stored answers anew, with the rules as they are now: no model, no GPU, and no answer is touched.

    rescore(store) -> [Rescored(run_id="3f...", n_answers=1296, n_changed=12), ...]
    rescore(store, ["paper:substring"]) adds the scores of another scorer

What came out differently is appended to the run as one more part, and a later part's scores are the ones that count.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.catalog import find_task
from llmkick_core.errors import CorruptFileError, TaskError
from llmkick_core.models.thoughts import apart
from llmkick_core.schema import SCORERS, Answer, Sample, Score
from llmkick_core.scoring.paper import canonical
from llmkick_core.store.layout import run_dir
from llmkick_core.store.locks import group_lock, held
from llmkick_core.store.parts import append_part, part_files, read_part
from llmkick_core.store.runs import read_samples, read_spec, run_ids, sample_set_of

Key = tuple[str, int, str, str]
"""Sample, turn, scorer, metric."""


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """What came of one run."""

    run_id: str
    """The run."""
    n_answers: int = 0
    """Answers that were scored."""
    n_changed: int = 0
    """Scores that are new or other than before."""
    skipped: str = ""
    """Why it was left alone, in one line; empty where it was not."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a run's folder holds."""

    answered: tuple[tuple[Sample, tuple[Answer, ...]], ...]
    """Each question that was answered, with its answers in the order of turns."""
    scores: dict[Key, Score]
    """The scores that count."""

    @property
    def n_answers(self) -> int:
        """Return the number of answers."""
        return sum(len(answers) for _, answers in self.answered)


def rescore(store: Path, scorers: Sequence[str] = ()) -> Iterator[Rescored]:
    """Yield what came of each run of a store, one after the other.

    A run that a worker is at, or whose files are damaged, is left alone.

    Args:
        store: the store.
        scorers: `corrected`, `paper`, `paper:NAME,...`; where none is named, the first two and all that a run has scores by.

    Raises:
        StoreError: a part cannot be written.
        TaskError: there is no such scorer.
    """
    named = list(dict.fromkeys(canonical(scorer) for scorer in scorers))
    for run_id in run_ids(store):
        try:
            spec = read_spec(store, run_id)
            with held(group_lock(store, spec.compression_id)) as is_mine:
                yield _rescored(store, run_id, named) if is_mine else Rescored(run_id=run_id, skipped=f"run {run_id} is being computed.")
        except CorruptFileError as error:
            yield Rescored(run_id=run_id, skipped=str(error))


def stored(store: Path, run_id: str) -> Stored:
    """Return the answers of a run with their questions, and their scores; of an answer or score that came twice the last counts.

    Raises:
        CorruptFileError: a file of the run is damaged.
    """
    answers: dict[tuple[str, int], Answer] = {}
    scores: dict[Key, Score] = {}
    for path in part_files(run_dir(store, run_id)):
        part = read_part(path)
        answers |= {(answer.sample_id, answer.turn): answer for answer in part.answers}
        scores |= {_key(score): score for score in part.scores}
    by_sample: dict[str, list[Answer]] = {}
    for answer in sorted(answers.values(), key=lambda answer: answer.turn):
        by_sample.setdefault(answer.sample_id, []).append(answer)
    sample_set = sample_set_of(store, run_id)
    samples = read_samples(store, sample_set) if sample_set is not None else []
    answered = tuple((sample, tuple(map(apart, by_sample[sample.sample_id]))) for sample in samples if sample.sample_id in by_sample)
    return Stored(answered=answered, scores=scores)


def _rescored(store: Path, run_id: str, named: Sequence[str]) -> Rescored:
    task, found = find_task(read_spec(store, run_id).task), stored(store, run_id)
    scorers = named or _known({*SCORERS, *(score.scorer for score in found.scores.values())})
    now = [score for sample, answers in found.answered for scorer in scorers for score in task.score(sample, answers, scorer)]
    changed = [score for score in now if found.scores.get(_key(score)) != score]
    if changed:
        append_part(run_dir(store, run_id), [], changed)
    return Rescored(run_id=run_id, n_answers=found.n_answers, n_changed=len(changed))


def _known(scorers: set[str]) -> list[str]:
    """Return the scorers that there still are; scores by rules that went stay as they are."""
    known = []
    for scorer in sorted(scorers):
        try:
            known.append(canonical(scorer))
        except TaskError:
            continue
    return known


def _key(score: Score) -> Key:
    return score.sample_id, score.turn, score.scorer, score.metric
