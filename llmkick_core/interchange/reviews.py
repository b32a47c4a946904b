"""Published reviews and judgments as judgings of a run, the scores those of the file.

    import_reviews(store, Path("review.jsonl"), subject=Subject(run="3f..", references="9a..", judge="gpt-4"))
    -> ImportedReviews(judging_id="c1..", repeat=0, outcomes={"scored": 74, "unparsed": 6}, means={"overall": {"candidate": 7.5, ...}}, ...)

The same file again changes nothing. Another one of the same judge, run and protocol is the same asked again: the next repeat.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from statistics import fmean

from llmkick_core.errors import DataError
from llmkick_core.interchange.answers import answer_ids
from llmkick_core.interchange.fastchat import Review, review
from llmkick_core.interchange.lines import last_of_each, read_lines
from llmkick_core.interchange.verdicts import is_of_task, judgment_of, read_again, reading, wanted_of
from llmkick_core.interchange.whose import Matched, Subject, kept, matched
from llmkick_core.judgment import DATASET, IMPORTED, JudgeSpec, Judgment, Protocol
from llmkick_core.rescore import stored
from llmkick_core.store.judgings import journal, latest, read_judgments

LATER = "judged again further down, which counts"
NO_SUCH_ANSWER = "of an answer that the run does not have"
OTHER_TASK = "scored on what the task of the run is not scored on"

Means = dict[str, dict[str, float | int]]


@dataclass(frozen=True, kw_only=True)
class ImportedReviews:
    """What came of a file."""

    judging_id: str
    """The judging."""
    run_id: str
    """The run."""
    protocol: Protocol
    """How it was judged."""
    opponent: str
    """What it was compared with: a run, `dataset`, or nothing."""
    judge: str
    """Who judged."""
    repeat: int
    """Which time the same was asked, from 0."""
    n_lines: int
    """Lines of the file that are not blank."""
    n_imported: int
    """Judgments that are new."""
    outcomes: dict[str, int]
    """{outcome: judgments of the file, as they stand now}."""
    means: Means
    """{aspect: {"candidate": mean score, "opponent": the same, "n": judgments}}; empty for pairs."""
    winners: dict[str, int]
    """{candidate, opponent, tie: judgments}; empty for scores."""
    left_out: dict[str, int]
    """{why: lines that gave no judgment}."""
    n_readable_after_all: int
    """Judgments that the file has as failed, though a verdict can be read."""
    notes: tuple[str, ...]
    """What else is to be known, a sentence each."""


def import_reviews(store: Path, path: Path, *, subject: Subject) -> ImportedReviews:
    """Write the judgments of a file, as far as they are new, and return what came of it.

    Raises:
        UsageError: the file cannot be used, or it is not clear whose answers it judges, against what, or who judged.
        StoreError: the store cannot be written.
    """
    lines = read_lines(path)
    found = [review(line) for line in lines.lines]
    left_out = lines.left_out + Counter(one for one in found if isinstance(one, str))
    who, rows = matched(store, [one for one in found if isinstance(one, Review)], subject, path, left_out)
    wanted = wanted_of(who.protocol, who.run.task)
    rows = _of_answers(store, who, kept(rows, left_out, OTHER_TASK, lambda row: is_of_task(row, wanted)), left_out)
    if not rows:
        told = "; ".join(f"{n:,} {why}" for why, n in left_out.items() if n)
        raise DataError(f"{path} holds no review of the answers of run {who.run.run_id}: {told}.")
    judged = [judgment_of(row, call, who.candidate_name, who.judge, wanted) for row in rows for call in row.calls]
    readings = [reading(one, wanted) for one in judged]
    if subject.is_read_again:
        judged = [one if seen is None else read_again(one, seen) for one, seen in zip(judged, readings, strict=True)]
    spec = JudgeSpec(
        run_id=who.run.run_id,
        protocol=who.protocol,
        opponent=who.opponent,
        url=IMPORTED,
        model=who.judge,
        prompt_version=0,
        temperature=subject.temperature,
    )
    repeat, n_new, standing = _add(store, spec, judged)
    return ImportedReviews(
        judging_id=spec.judging_id,
        run_id=spec.run_id,
        protocol=spec.protocol,
        opponent=spec.opponent,
        judge=spec.model,
        repeat=repeat,
        n_lines=lines.n_lines,
        n_imported=n_new,
        outcomes=dict(Counter(one.outcome for one in standing)),
        means=_means(standing),
        winners=dict(Counter(one.winner for one in standing if one.winner)),
        left_out={why: n for why, n in left_out.items() if n},
        n_readable_after_all=sum(seen is not None for seen in readings),
        notes=tuple(_notes(store, who, rows, judged)),
    )


def _of_answers(store: Path, who: Matched, rows: Sequence[Review], left_out: Counter[str]) -> list[Review]:
    """Return the rows of answers that the run has, the last of each."""
    asked = {(answer.sample_id, answer.turn) for _, answers in stored(store, who.run.run_id).answered for answer in answers}
    known = kept(rows, left_out, NO_SUCH_ANSWER, lambda row: (row.question_id, row.turn) in asked)
    once = last_of_each(known, lambda row: (row.question_id, row.turn))
    left_out[LATER] += len(known) - len(once)
    return once


def _add(store: Path, spec: JudgeSpec, judged: Sequence[Judgment]) -> tuple[int, int, list[Judgment]]:
    """Add what is new, and return the repeat that the judgments are, how many are new, and all of them as they stand now."""
    with journal(store, spec) as book:
        before = read_judgments(store, spec.judging_id)
        repeat = _repeat_of(before, judged)
        mine = [replace(one, repeat=repeat) for one in judged]
        current = latest(before)
        new = [one for one in mine if _is_news(one, current.get(one.slot))]
        book.add(new)
    current |= latest(new)
    return repeat, len(new), [current[one.slot] for one in mine]


def _is_news(judgment: Judgment, current: Judgment | None) -> bool:
    """Return whether a judgment says something else than what stands; a verdict that was read again stays where its line comes without one."""
    if current is None or current.key != judgment.key:
        return True
    return judgment.outcome == "scored" and current.outcome != "scored"


def _repeat_of(before: Sequence[Judgment], judged: Sequence[Judgment]) -> int:
    """Return which time these judgments are: that of the same file where most lines are known, else the first in which nothing of it was asked.

    Most, not all: a file may have been cut off when it was imported first, and a line may be equal in two files.
    """
    known: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    taken: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    for one in before:
        known[one.repeat].add((*one.slot[:3], one.key))
        taken[one.repeat].add(one.slot[:3])
    mine = {(*one.slot[:3], one.key) for one in judged}
    best = max(known, key=lambda repeat: (len(known[repeat] & mine), -repeat), default=0)
    if known and 2 * len(known[best] & mine) > min(len(known[best]), len(mine)):
        return best
    slots = {one.slot[:3] for one in judged}
    return next(repeat for repeat in count() if not taken[repeat] & slots)


def _means(judgments: Sequence[Judgment]) -> Means:
    """Return the mean scores by aspect."""
    scored = [one for one in judgments if one.scores]
    means: Means = {}
    for aspect in scored[0].scores if scored else ():
        means[aspect] = {"candidate": fmean(one.scores[aspect] for one in scored), "n": len(scored)}
        against = [one.opponent_scores[aspect] for one in scored if aspect in one.opponent_scores]
        means[aspect] |= {"opponent": fmean(against)} if against else {}
    return means


def _notes(store: Path, who: Matched, rows: Sequence[Review], judged: Sequence[Judgment]) -> list[str]:
    """Return what is to be known of the judgments taken."""
    notes = []
    sides = [(who.run.run_id, -1, "run"), *([(who.opponent, 0, "references")] if who.opponent not in ("", DATASET) else [])]
    for run_id, side, word in sides:
        ids = answer_ids(store, run_id)
        n = sum(
            bool(row.answer_ids and row.answer_ids[side] and row.question_id in ids and row.answer_ids[side] not in ids[row.question_id])
            for row in rows
        )
        if n:
            notes.append(
                f"{n:,} reviews name other answers (by their ids) than those imported into the {word} {run_id}: import these too, "
                "which joins the run where the texts are equal and is refused where they are not."
            )
    outside = sum("is not on the scale" in one.reason for one in judged)
    if outside:
        notes.append(f"{outside:,} judgments have a score outside the scale and count as without a verdict.")
    if who.protocol == "reference":
        notes.append("The reference was shown first every time, so what the judge gives to a place cannot be told from these.")
    if who.opponent == DATASET:
        notes.append("The data set's own reference answers stand in for those that the judge saw.")
    return notes
