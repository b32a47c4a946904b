"""Whose answers a file of reviews is about, against whose, and who judged: found by the names in it, or asked for, never guessed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.errors import DataError, UsageError
from llmkick_core.interchange.fastchat import Review
from llmkick_core.interchange.lines import listed
from llmkick_core.judgment import ASPECTS, DATASET, Protocol
from llmkick_core.models.locate import imported_name
from llmkick_core.schema import RunSpec
from llmkick_core.store.runs import read_samples, read_spec, run_ids, sample_set_of

OTHER_WAY = "judged in another way than most"
OTHER_JUDGE = "by another judge"
OTHER_MODEL = "of another model"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a file of reviews does not say of itself."""

    run: str
    """The run whose answers were judged: its id, or the beginning of one."""
    references: str = ""
    """The run whose answers they were compared with, or `dataset`; of reviews against a reference only."""
    opponent: str = ""
    """The other run of a pair; of pairs only."""
    judge: str = ""
    """The judge; empty takes the one that the file names."""
    name: str = ""
    """What the file calls the run's model; empty takes the name under which its answers were imported."""
    opponent_name: str = ""
    """The same of the other run of a pair."""
    temperature: float = 0.0
    """Of the judge."""
    is_read_again: bool = False
    """Whether verdicts that can be read where the file has -1 count."""


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Who is who."""

    run: RunSpec
    """The run whose answers were judged."""
    protocol: Protocol
    """How, as most rows of the file tell."""
    opponent: str
    """The run it was compared with, `dataset`, or nothing."""
    judge: str
    """The judge's name."""
    candidate_name: str
    """What the file calls the run's model; empty where it names none."""


def find_run(store: Path, word: str) -> str:
    """Return the run that a word means: its id, or the beginning of one.

    Raises:
        UsageError: none begins so, or several do.
    """
    found = [run_id for run_id in run_ids(store) if run_id.startswith(word)]
    if not word or len(found) != 1:
        raise UsageError(f"{len(found)} runs of {store} begin with {word!r}; `report --json` lists their ids.")
    return found[0]


def matched(store: Path, rows: Sequence[Review], subject: Subject, path: Path, left_out: Counter[str]) -> tuple[Matched, list[Review]]:
    """Return who is who, and the rows that are about it; the others are counted in `left_out`.

    Raises:
        UsageError: the file leaves it open, or says something else than the subject.
    """
    if not rows:
        raise DataError(f"{path} holds no review: rows need a `score`, a `judgment`, or the winners of two games.")
    run = read_spec(store, find_run(store, subject.run))
    if run.task not in ASPECTS:
        raise UsageError(f"run {run.run_id} is of {run.task}, which no judge rates; only {' and '.join(ASPECTS)} are.")
    protocol: Protocol = Counter(row.protocol for row in rows).most_common(1)[0][0]
    mine = kept(rows, left_out, OTHER_WAY, lambda row: row.protocol == protocol)
    opponent = _opponent(store, run, subject, protocol)
    judge = _judge(mine, subject.judge, path)
    mine = kept(mine, left_out, OTHER_JUDGE, lambda row: row.judge in ("", judge))
    name = ""
    if protocol != "reference":
        name = subject.name or imported_name(run.model)
        models = _models(store, mine, name, subject, opponent if protocol == "pairwise" else "", path)
        mine = kept(mine, left_out, OTHER_MODEL, lambda row: sorted(row.calls[0].models) == sorted(models))
    return Matched(run=run, protocol=protocol, opponent=opponent, judge=judge, candidate_name=name), mine


def kept(rows: Sequence[Review], left_out: Counter[str], why: str, keep: Callable[[Review], bool]) -> list[Review]:
    """Return the rows to keep; the others are counted."""
    found = [row for row in rows if keep(row)]
    left_out[why] += len(rows) - len(found)
    return found


def _opponent(store: Path, run: RunSpec, subject: Subject, protocol: Protocol) -> str:
    """Return what the run was compared with, which the file never tells.

    Raises:
        UsageError: it is not named, or named where there is none, or asks other questions.
    """
    if protocol != "reference" and subject.references:
        raise UsageError("--references goes with reviews against a reference answer; this file holds none.")
    if protocol != "pairwise" and subject.opponent:
        raise UsageError("--opponent goes with judgments of pairs; this file holds none.")
    if protocol == "single":
        return ""
    word = subject.references or subject.opponent
    if not word:
        raise UsageError(
            "these reviews compare with a reference answer: import the answers of the model that gave it, and name that run with --references; "
            f"`--references {DATASET}` lets the data set's own answers stand in for them."
            if protocol == "reference"
            else "these judgments are of pairs: name the run of the other model with --opponent."
        )
    if protocol == "reference" and word == DATASET:
        return DATASET
    other = find_run(store, word)
    asked, asked_there = (_questions(store, run_id) for run_id in (run.run_id, other))
    if read_spec(store, other).task != run.task or not asked & asked_there:
        raise UsageError(f"run {other} was asked none of the questions of run {run.run_id}; name one that was.")
    return other


def _questions(store: Path, run_id: str) -> set[str]:
    sample_set = sample_set_of(store, run_id)
    return set() if sample_set is None else {sample.sample_id for sample in read_samples(store, sample_set)}


def _judge(rows: Sequence[Review], wanted: str, path: Path) -> str:
    """Return the judge: the one that is named, which the file must know where it names any, or the only one of the file."""
    names = {row.judge for row in rows} - {""}
    wanted = " ".join(wanted.split())
    if wanted and (wanted in names or not names):
        return wanted
    if wanted:
        raise UsageError(f"{path} holds no judgment by {wanted!r}; it names {listed(names)}.")
    if len(names) != 1:
        said = f"names {len(names)} judges ({listed(names)})" if names else "does not say who judged"
        raise UsageError(f"{path} {said}; name one with --judge.")
    return next(iter(names))


def _models(store: Path, rows: Sequence[Review], name: str, subject: Subject, opponent: str, path: Path) -> tuple[str, ...]:
    """Return the names of the models whose rows are wanted: the candidate's, and that of the other of a pair where there is one.

    Raises:
        UsageError: the file has no such model, or leaves open which the other one is.
    """
    names = {model for row in rows for model in row.calls[0].models}
    if name not in names:
        said = f"holds nothing of a model called {name!r}" if name else "does not know the run's model by a name"
        raise UsageError(f"{path} {said}; it has {listed(names)}. Say with --name which of them the run is.")
    if not opponent:
        return (name,)
    others = {model for row in rows if name in row.calls[0].models for model in row.calls[0].models if model != name}
    other = subject.opponent_name or imported_name(read_spec(store, opponent).model)
    if other == name and not subject.opponent_name:
        other = ""  # two recipes of one model
    if other not in others and (subject.opponent_name or len(others) != 1):
        raise UsageError(
            f"{path} compares {name!r} with {listed(others) or 'nothing'}; say with --opponent-name which of them run {opponent} is."
        )
    return (name, other if other in others else next(iter(others)))
