"""What a list of questions is narrowed to; the same on the Compare page, in its link, in exports and in reports.

Filter(outcome="broke", subject="geography", ranges=(Range(measure="kl", low=0.5),))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llmkick_core.errors import UsageError
from llmkick_core.store.database import Database
from llmkick_core.store.grids import positions_in, shown_values
from llmkick_core.store.notes import ABOUT, tagged
from llmkick_core.store.rescue import Rescue, rescued
from llmkick_core.store.tallies import task_and_set

MEASURES = {
    "damage": "Drop of log p(right), nats",
    "n_words": "Words of the question",
    "dense_tokens": "Tokens of A's answer",
    "other_tokens": "Tokens of B's answer",
    "dense_margin": "Margin of A in log-probability, nats",
    "other_margin": "Margin of B in log-probability, nats",
    "agreed": "Share of dense tokens kept by B",
    "kl": "KL of B from dense, nats a token",
}
"""Columns of a pair that a range may be asked of, with their titles; beside them `score:METRIC`, any stored metric of B's answer."""

SCORE = "score:"
"""What a measure begins with that is a stored metric."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Only questions whose measure lies between two ends, both included; a question without the measure is left out."""

    measure: str
    """One of MEASURES, or `score:METRIC`."""
    low: float | None = None
    """Lower end; None is open."""
    high: float | None = None
    """Upper end; None is open."""

    def __post_init__(self) -> None:
        """Check the measure and the ends.

        Raises:
            UsageError: there is no such measure, or the ends are the wrong way round.
        """
        if self.measure not in MEASURES and not (self.measure.startswith(SCORE) and len(self.measure) > len(SCORE)):
            raise UsageError(f"{self.measure!r} is no measure; choose one of {', '.join(MEASURES)} or score:METRIC.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise UsageError(f"{self.measure}: {write_end(self.low)} is above {write_end(self.high)}; give the lower end first.")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list is narrowed to; None lets everything through."""

    outcome: str | None = None
    """broke, fixed, both_right, both_wrong, unscored, measured, or different (a text differs)."""
    subject: str | None = None
    """Only this subject."""
    category: str | None = None
    """Only this category."""
    kind: str | None = None
    """Only where an answer of the right run is of this kind of outcome: right, wrong, empty, loop, overflow, unparsed."""
    search: str | None = None
    """Only where question, right answer or one of the two answers holds this text, whatever its case."""
    shown: bool | None = None
    """Only where the evidence shows an answer, or only where it does not; a question without evidence is neither."""
    rescue: Rescue | None = None
    """Only questions that A knew and B lost closed-book, and B answers open-book (`regained`) or does not (`not_regained`); of a pair of either task."""
    ranges: tuple[Range, ...] = ()
    """Only where all of these hold."""
    tag: str | None = None
    """Only questions that somebody gave this tag; `*` those with a note or any tag."""

    @property
    def about(self) -> str:
        """Return what beside the runs the list depends on, for `Database.remember`."""
        return ABOUT if self.tag is not None else ""

    def without_outcome(self) -> Filter:
        """Return the filter that the chips are counted under."""
        return replace(self, outcome=None)

    def mask(
        self, db: Database, dense_run: str, other_run: str, scorer: str, frame: pd.DataFrame, measure: str | None = None
    ) -> NDArray[np.bool_]:
        """Return which rows of `pairs.pair_frame` are wanted."""
        kept = np.ones(len(frame), dtype=bool)
        if self.outcome == "different":
            kept &= frame["is_different"].to_numpy(dtype=bool)
        elif self.outcome is not None:
            kept &= (frame["outcome"] == self.outcome).to_numpy()
        for name in ("subject", "category"):
            value = getattr(self, name)
            if value is not None:
                kept &= (frame[name] == value).to_numpy(dtype=bool)
        if self.shown is not None:
            kept &= shown_values(frame) == self.shown
        if self.rescue is not None:
            kept &= frame["sample_id"].isin(rescued(db, dense_run, other_run, scorer, measure)[self.rescue]).to_numpy(dtype=bool)
        if self.kind is not None:
            kept &= np.fromiter((self.kind in kinds.split(" ") for kinds in frame["other_kind"]), dtype=bool, count=len(frame))
        if self.tag is not None:
            sample_set = db.rows("SELECT sample_set FROM runs WHERE run_id = $run", {"run": dense_run})[0][0]
            kept &= frame["sample_id"].isin(tagged(db, sample_set, self.tag)).to_numpy()
        for wanted in self.ranges:
            kept &= _in_range(_measured(db, (dense_run, other_run), scorer, frame, wanted.measure), wanted)
        if self.search and self.search.strip():
            kept &= frame["position"].isin(_found(db, dense_run, other_run, self.search.strip())).to_numpy()
        return kept


EVERYTHING = Filter()
"""Lets every question through."""


def write_ranges(ranges: Sequence[Range]) -> str:
    """Return ranges as one word of a link: `kl:0.5..;n_words:..12`."""
    return ";".join(f"{one.measure}:{write_end(one.low)}..{write_end(one.high)}" for one in ranges)


def write_end(number: float | None) -> str:
    """Return an end of a range so that the same number is read back, as briefly as that goes: `0.1234567`, `5`; empty where it is open."""
    if number is None:
        return ""
    brief = f"{number:.12g}"
    return brief if float(brief) == number else repr(float(number))


def read_ranges(text: str) -> tuple[tuple[Range, ...], tuple[str, ...]]:
    """Return the ranges that a word of a link asks for, one a measure, and a line for each piece that is none."""
    found: dict[str, Range] = {}
    wrong = []
    for piece in filter(None, (piece.strip() for piece in text.split(";"))):
        measure, _, ends = piece.rpartition(":")
        low, dots, high = ends.partition("..")
        try:
            if not dots:
                raise UsageError(f"{piece!r} is no range; write MEASURE:LOW..HIGH, either end may be left out.")
            found[measure] = Range(measure=measure, low=_number(low), high=_number(high))
        except UsageError as error:
            wrong.append(str(error))
    return tuple(found.values()), tuple(wrong)


def _number(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no number.") from error
    if not np.isfinite(number):
        raise UsageError(f"{text!r} is no end of a range; leave it out where it is open.")
    return number


def _in_range(values: NDArray[np.float64], wanted: Range) -> NDArray[np.bool_]:
    low, high = -np.inf if wanted.low is None else wanted.low, np.inf if wanted.high is None else wanted.high
    return np.isfinite(values) & (values >= low) & (values <= high)


def _measured(db: Database, pair: tuple[str, str], scorer: str, frame: pd.DataFrame, measure: str) -> NDArray[np.float64]:
    if not measure.startswith(SCORE):
        return frame[measure].to_numpy(dtype=np.float64)
    sql = (
        "SELECT position, avg(value) FILTER (isfinite(value)) AS value FROM scores "
        "WHERE run_id = $run AND scorer = $scorer AND metric = $metric AND position >= 0 GROUP BY position"
    )
    values = {"run": pair[1], "scorer": scorer, "metric": measure.removeprefix(SCORE)}

    def look() -> dict[int, float]:
        rows = db.rows(sql, values)
        return dict(zip(_as_left(db, pair, [row[0] for row in rows]), [row[1] for row in rows], strict=True))

    found: dict[int, float] = db.remember(("metric", pair[0], *values.values()), look)
    return np.array([found.get(position, np.nan) for position in frame["position"]], dtype=np.float64)


def _found(db: Database, dense_run: str, other_run: str, search: str) -> set[int]:
    """Return the places, in the left run's questions, of those whose text, right answer or answers hold a text, whatever its case."""
    said = "SELECT position FROM answers WHERE run_id = $run AND position >= 0 AND contains(lower(text), lower($text))"

    def look() -> set[int]:
        asked = db.rows(
            "SELECT position FROM samples WHERE sample_set = (SELECT sample_set FROM runs WHERE run_id = $run) "
            "AND (contains(lower(question), lower($text)) OR contains(lower(gold), lower($text)))",
            {"run": dense_run, "text": search},
        )
        own, others = (db.rows(said, {"run": run_id, "text": search}) for run_id in (dense_run, other_run))
        return {row[0] for row in (*asked, *own)} | set(_as_left(db, (dense_run, other_run), [row[0] for row in others]))

    found: set[int] = db.remember(("search", dense_run, other_run, search), look)
    return found


def _as_left(db: Database, pair: tuple[str, str], positions: Sequence[int]) -> list[int]:
    """Return where questions of the right run stand among those of the left one; -1 where that has them not. Most often both asked the same."""
    left, right = (task_and_set(db, run_id)[1] for run_id in pair)
    if left == right:
        return list(positions)
    places = positions_in(db, right, left)
    return [int(places[position]) for position in positions]
