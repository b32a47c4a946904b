"""Score stored answers anew, with the rules as they are now: no model, no GPU, and no answer is touched.

    rescore(store) -> [Rescored(run_id="3f...", n_answers=1296, n_changed=12), ...]

What came out differently is appended to the run as one more part, and a later part's scores are the ones that count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.catalog import find_task
from llmkick_core.errors import CorruptFileError
from llmkick_core.schema import SCORERS, Answer, Score
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


def rescore(store: Path) -> Iterator[Rescored]:
    """Yield what came of each run of a store, one after the other.

    A run that a worker is at, or whose files are damaged, is left alone.

    Raises:
        StoreError: a part cannot be written.
    """
    for run_id in run_ids(store):
        try:
            spec = read_spec(store, run_id)
            with held(group_lock(store, spec.compression_id)) as is_mine:
                yield _rescored(store, run_id) if is_mine else Rescored(run_id=run_id, skipped=f"run {run_id} is being computed.")
        except CorruptFileError as error:
            yield Rescored(run_id=run_id, skipped=str(error))


def _rescored(store: Path, run_id: str) -> Rescored:
    spec, folder = read_spec(store, run_id), run_dir(store, run_id)
    sample_set = sample_set_of(store, run_id)
    if sample_set is None:
        return Rescored(run_id=run_id)
    answers: dict[tuple[str, int], Answer] = {}
    before: dict[Key, Score] = {}
    for path in part_files(folder):
        part = read_part(path)
        answers |= {(answer.sample_id, answer.turn): answer for answer in part.answers}
        before |= {_key(score): score for score in part.scores}
    by_sample: dict[str, list[Answer]] = {}
    for answer in sorted(answers.values(), key=lambda answer: answer.turn):
        by_sample.setdefault(answer.sample_id, []).append(answer)
    task = find_task(spec.task)
    now = [
        score
        for sample in read_samples(store, sample_set)
        if sample.sample_id in by_sample
        for scorer in SCORERS
        for score in task.score(sample, by_sample[sample.sample_id], scorer)
    ]
    changed = [score for score in now if before.get(_key(score)) != score]
    if changed:
        append_part(folder, [], changed)
    return Rescored(run_id=run_id, n_answers=len(answers), n_changed=len(changed))


def _key(score: Score) -> Key:
    return score.sample_id, score.turn, score.scorer, score.metric
