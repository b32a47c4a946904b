"""What stands in a report of a pair: gathered from the store, put into words, not yet markup.

The questions that broke and were fixed come first, then those that lost most, up to a limit; what is left out is counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from llmkick_core.schema import SCORERS
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.export import questions_export
from llmkick_core.store.filters import EVERYTHING, MEASURES, Filter, write_end
from llmkick_core.store.notes import ANY
from llmkick_core.store.pairs import compare_frame
from llmkick_core.store.provenance import provenance_of
from llmkick_core.store.rescue import Rescue
from llmkick_core.tasks.base import Measure
from llmkick_core.words import OUTCOMES, lowered, many, pair_sentence, percent, recipe_title, signed, task_title

MOST_QUESTIONS = 500
"""Questions that a report lists; more would make a file that no mail takes."""
_MOST_FIXED = 100  # of these, questions that were fixed


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What became of the questions of one subject."""

    name: str
    """The subject."""
    n: int
    """Questions with a verdict on both sides."""
    before: float
    """Share right of the left run, 0-1."""
    after: float
    """Of the right run."""
    delta: float
    """Difference."""
    low: float | None
    """Lower end of its 95% interval."""
    high: float | None
    """Upper end."""
    broke: int
    """Questions that broke."""
    fixed: int
    """Questions that were fixed."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """Everything that a report of a pair says."""

    title: str
    """What is compared."""
    model: str
    """The model."""
    a: str
    """Recipe on the left."""
    b: str
    """Recipe on the right."""
    task: str
    """Title of the task."""
    scorer: str
    """By which outcomes are told."""
    measure: Measure
    """What answers are told by."""
    sentence: str
    """The answer, with its numbers."""
    facts: str
    """What became of facts that are asked in several wordings; empty where there are none."""
    narrowed: str
    """What the questions are narrowed to; empty where they are not."""
    counts: dict[str, int]
    """Questions behind each chip, of all that the filter lets through."""
    subjects: tuple[Subject, ...]
    """By difference, the largest loss first; none where there is one subject or none."""
    provenance: tuple[tuple[str, str, str], ...]
    """(what, of the left run, of the right run)."""
    questions: list[dict[str, Any]]
    """Rows of `export_columns.PAIR` of those that are listed, in the order of their damage."""
    left_out: str
    """Which questions are not listed; empty where all are."""


def content(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    measure: str | None = None,
    wanted: Filter = EVERYTHING,
    limit: int = MOST_QUESTIONS,
) -> Content:
    """Return what a report of a pair says.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        scorer: by which verdicts are told.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
        wanted: what the list of questions is narrowed to; sentence and subjects count all.
        limit: questions that are listed.

    Raises:
        StoreError: one of the runs is not in the store.
    """
    summary = queries.pair_summary(db, dense_run, other_run, scorer, measure)
    frame = queries.pair_frame(db, dense_run, other_run, scorer=scorer, measure=measure)
    left, right = provenance_of(db, dense_run), provenance_of(db, other_run)
    a, b = (recipe_title(side["recipe"], side["facts"].get("source_format", "")) for side in (left, right))
    ids = queries.pair_ids(db, dense_run, other_run, scorer=scorer, measure=measure, wanted=wanted, sort="damage")
    listed = _listed(frame, ids, limit)
    batches = questions_export(db, dense_run, other_run, listed, scorer=scorer, measure=measure).batches
    counts = queries.pair_counts(db, dense_run, other_run, scorer=scorer, measure=measure, wanted=wanted)
    return Content(
        title=f"{b} against {lowered(a) if left['recipe'] == 'dense' else a}: {task_title(summary.task)}",
        model=_model(left),
        a=a,
        b=b,
        task=task_title(summary.task),
        scorer=scorer,
        measure=summary.measure,
        sentence=pair_sentence(summary, a, b),
        facts=_facts(summary, a),
        narrowed=_narrowed(wanted),
        counts=counts,
        subjects=() if summary.measure.is_perplexity else _subjects(frame, summary.measure),
        provenance=tuple(_provenance(left, right)),
        questions=[row for batch in batches for row in batch.to_pylist()],
        left_out=_left_out(len(listed), len(ids)),
    )


def _model(side: dict[str, Any]) -> str:
    told = side["facts"].get("source_format", "")
    return f"{side['model']} ({told})" if told else str(side["model"])


def _listed(frame: pd.DataFrame, ids: Sequence[str], limit: int) -> list[str]:
    """Return the questions to list, in the order of their damage: those that broke, some that were fixed, then the others."""
    outcomes = dict(zip(frame["sample_id"], frame["outcome"], strict=True))
    fixed = [one for one in ids if outcomes[one] == "fixed"][: min(_MOST_FIXED, limit)]
    broke = [one for one in ids if outcomes[one] == "broke"][: limit - len(fixed)]
    kept = {*fixed, *broke}
    kept |= {*[one for one in ids if one not in kept][: limit - len(kept)]}
    return [one for one in ids if one in kept]


def _left_out(n_listed: int, n_all: int) -> str:
    if n_listed == n_all:
        return ""
    return (
        f"Listed are {n_listed:,} of {many(n_all, 'question')}: those that broke or were fixed first, then those whose right answer lost most. "
        f"The other {n_all - n_listed:,} are counted above; the command export writes all of them as a table."
    )


def _subjects(frame: pd.DataFrame, measure: Measure) -> tuple[Subject, ...]:
    rows = []
    for name, mine in frame.groupby("subject", sort=True):
        found = compare_frame(mine, measure)
        if name and found.n and found.dense_share is not None and found.compressed_share is not None and found.delta is not None:
            rows.append(
                Subject(
                    name=str(name).replace("_", " "),
                    n=found.n,
                    before=found.dense_share,
                    after=found.compressed_share,
                    delta=found.delta,
                    low=found.low,
                    high=found.high,
                    broke=found.broke,
                    fixed=found.fixed,
                )
            )
    sign = 1 if measure.higher_is_better else -1
    return tuple(sorted(rows, key=lambda row: (sign * row.delta, row.name))) if len(rows) > 1 else ()


def _facts(summary: queries.PairSummary, a: str) -> str:
    facts = summary.facts
    if facts is None or not facts.n_known or not summary.has_wordings:
        return ""
    who = "the dense model" if a.startswith("Dense") else a
    return f"{many(facts.n_known, 'fact')} known to {who} in some wording: {facts.n_lost:,} lost in every wording, {facts.n_fragile:,} now known in some only."


_RESCUE: dict[Rescue, str] = {
    "regained": "lost closed-book and answered again with evidence",
    "not_regained": "lost closed-book and still lost with evidence",
}


def _narrowed(wanted: Filter) -> str:
    words = []
    if wanted.outcome is not None:
        words.append(OUTCOMES.get(wanted.outcome, wanted.outcome).lower())
    words += [f"{name} {value}" for name in ("subject", "category", "kind") if (value := getattr(wanted, name))]
    words += [f"text “{wanted.search}”"] if wanted.search else []
    words += [] if wanted.shown is None else [f"{'an' if wanted.shown else 'no'} answer in the evidence"]
    words += [] if wanted.rescue is None else [_RESCUE[wanted.rescue]]
    words += [] if wanted.tag is None else ["with a note or tag" if wanted.tag == ANY else f"tag {wanted.tag}"]
    for one in wanted.ranges:
        ends = " to ".join(write_end(end) or "…" for end in (one.low, one.high))
        words.append(f"{MEASURES.get(one.measure, one.measure)} {ends}")
    return ", ".join(words)


_ABOUT = {
    "run_id": "Run",
    "model": "Model",
    "model_revision": "Weights",
    "recipe": "Recipe",
    "task": "Task",
    "task_version": "Version of the task",
    "dataset": "Data set",
    "dataset_revision": "Data",
    "formulation": "Format",
    "k_shot": "Few-shot examples",
    "prompt": "Prompts",
    "template_date": "Template date",
    "limit": "Questions at most",
    "temperature": "Temperature",
    "n_questions": "Questions answered",
}


def _provenance(left: dict[str, Any], right: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return where two runs come from, side by side, what neither has left out."""
    rows = [(title, _said(left[name]), _said(right[name])) for name, title in _ABOUT.items()]
    told = [run["spec"]["recipe"]["calibration"] if run["recipe"] != "dense" else {} for run in (left, right)]
    before, after = (", ".join(f"{key} {value}" for key, value in one.items() if value != "") for one in told)
    rows.append(("Calibration", before, after))
    names = dict.fromkeys([*left["facts"], *right["facts"]])
    rows += [(name.replace("_", " "), _said(left["facts"].get(name)), _said(right["facts"].get(name))) for name in names]
    return [row for row in rows if row[1] or row[2]]


def _said(value: Any) -> str:
    return "" if value is None else str(value)


def numbers(row: dict[str, Any]) -> str:
    """Return what stands behind the two answers of a row: probability of the right one, margin, how far B follows the dense answer."""
    words = []
    if row["dense_p_gold"] is not None and row["other_p_gold"] is not None:
        words.append(f"p(right answer) {_probability(row['dense_p_gold'])} → {_probability(row['other_p_gold'])}")
    if row["dense_margin"] is not None and row["other_margin"] is not None:
        words.append(f"margin {signed(row['dense_margin'], decimals=2)} → {signed(row['other_margin'], decimals=2)} nats")
    if row["agreed"] is not None:
        words.append(_followed(row["agreed"]))
    if row["kl"] is not None:
        words.append(f"KL from dense {row['kl']:.2f} nats a token")
    if row["dense_nll"] is not None and row["damage"] is not None:
        words.append(f"{signed(row['damage'], decimals=3)} nats a token")
    return " · ".join(words)


def _followed(agreed: float) -> str:
    if agreed in (0, 1):
        return "would write the dense answer" if agreed else "parts from the dense answer at its first token"
    return f"would write {percent(agreed, decimals=0)} of the dense answer before parting from it"


def _probability(p: float) -> str:
    return f"{p:.2f}" if p >= 0.005 or p == 0 else f"{p:.0e}"


def verdicts(row: dict[str, Any], side: str, measure: Measure) -> str:
    """Return the verdicts on one answer by the two usual scorers: `corrected ✗ wrong · paper ✓ right`; empty where nothing is right or wrong."""
    if row["outcome"] == "measured":
        return ""
    said = {scorer: _verdict(row[f"{side}_{scorer}"], measure) for scorer in SCORERS}
    same = set(said.values())
    return same.pop() if len(same) == 1 else " · ".join(f"{scorer} {verdict}" for scorer, verdict in said.items())


def _verdict(value: float | None, measure: Measure) -> str:
    if value is None or not math.isfinite(value):
        return "? no verdict"
    partly = "" if value in (0, 1) else f" {value:.2f}"
    return f"✓ right{partly}" if measure.is_right(value) else f"✗ wrong{partly}"
