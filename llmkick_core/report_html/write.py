"""The file itself: markup, style, script and data in one, for any browser, without a server and without the network.

All text is escaped by the template (jinja2, autoescape); marked answers by text_marks. A Content-Security-Policy lets the one style and the one script run
that are in the file, by their hashes, and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, BinaryIO

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from llmkick_core import __version__
from llmkick_core.report_html.content import Content, Subject, content, numbers, verdicts
from llmkick_core.store.database import Database
from llmkick_core.store.filters import EVERYTHING, Filter
from llmkick_core.store.formats import plain_json
from llmkick_core.tasks.base import Measure
from llmkick_core.text_marks import differences, marked, underlined
from llmkick_core.words import OUTCOMES, SIGNS, score_text, signed

_LONGEST = 4_000  # characters of one answer that are shown; the data in the file have all of it
_RIGHT = {"broke": (True, False), "fixed": (False, True), "both_right": (True, True), "both_wrong": (False, False)}
_STATES = {True: "right", False: "wrong", None: ""}


def write_report(
    db: Database,
    dense_run: str,
    other_run: str,
    out: BinaryIO,
    *,
    scorer: str = "corrected",
    measure: str | None = None,
    wanted: Filter = EVERYTHING,
) -> int:
    """Write the report of a pair and return the number of questions it lists.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        out: an open file.
        scorer: by which outcomes are told.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
        wanted: what the list of questions is narrowed to.

    Raises:
        StoreError: one of the runs is not in the store.
    """
    found = content(db, dense_run, other_run, scorer=scorer, measure=measure, wanted=wanted)
    out.write(render(found, made_at=datetime.now(UTC)).encode("utf-8", "replace"))
    return len(found.questions)


def render(found: Content, *, made_at: datetime) -> str:
    """Return the report as HTML."""
    style, script = _asset("style.css"), _asset("script.js")
    scale = _Scale(found.subjects)
    return _template().render(
        found=found,
        subjects=[scale.drawn(row, found.measure) for row in found.subjects],
        zero=scale.x(0.0),
        chips=_chips(found),
        names=sorted({row["subject"] for row in found.questions if row["subject"]}),
        items=[_item(row, found.measure) for row in found.questions],
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
        data=Markup(_embedded(found)),
        made_at=f"{made_at:%Y-%m-%d %H:%M} UTC",
        version=__version__,
    )


@cache
def _template() -> Template:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(_asset("template.html"))


@cache
def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(found: Content) -> str:
    """Return the data as JSON that no parser of HTML takes for the end of its element or for a comment."""
    told = {"title": found.title, "sentence": found.sentence, "provenance": [list(row) for row in found.provenance]}
    text = json.dumps(plain_json({**told, "questions": found.questions}), ensure_ascii=True, allow_nan=False)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _chips(found: Content) -> list[dict[str, Any]]:
    """Return the chips that have questions among those listed, with how many are listed, and of how many."""
    n_listed = {key: sum(row["outcome"] == key for row in found.questions) for key in OUTCOMES}
    n_listed |= {"all": len(found.questions), "different": sum(bool(row["is_different"]) for row in found.questions)}
    return [
        {
            "key": key,
            "title": title,
            "n": f"{n_listed[key]:,}" + (f" of {found.counts[key]:,}" if n_listed[key] != found.counts[key] else ""),
        }
        for key, title in OUTCOMES.items()
        if n_listed[key] or key in ("all", "broke", "fixed")
    ]


def _item(row: dict[str, Any], measure: Measure) -> dict[str, Any]:
    """Return what the template shows of one question."""
    texts = [(row[f"{side}_answer"] or "").strip()[:_LONGEST] for side in ("dense", "other")]
    spans = differences(*texts)
    bodies = []
    for side, text, differs, mark in zip(("dense", "other"), texts, spans, ("dense", ""), strict=True):
        more = len((row[f"{side}_answer"] or "").strip()) - len(text)
        body = marked(text, differs + underlined(text, row[f"{side}_extracted"] or ""), side=mark)
        cut = f" … ({more:,} more characters)" if more else ""
        bodies.append(Markup(body) + cut if body else "(empty answer)")
    first, *others = row["accepted"][0] if row["accepted"] and row["accepted"][0] else ("",)
    about = [row["subject"].replace("_", " "), row["category"], f"question {row['position'] + 1:,}"]
    right = _RIGHT.get(row["outcome"], (None, None))
    return {
        "row": row,
        "sign": SIGNS[row["outcome"]],
        "outcome": OUTCOMES[row["outcome"]],
        "about": " · ".join(word for word in about if word),
        "gold": first,
        "also": ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else ""),
        "a": bodies[0],
        "b": bodies[1],
        "verdict_a": verdicts(row, "dense", measure),
        "verdict_b": verdicts(row, "other", measure),
        "state_a": _STATES[right[0]],
        "state_b": _STATES[right[1]],
        "numbers": numbers(row),
    }


class _Scale:
    """Where a difference stands in a drawing 200 wide: zero and all intervals fit."""

    def __init__(self, rows: tuple[Subject, ...]) -> None:
        ends = [end for row in rows for end in (row.low, row.high, row.delta, 0.0) if end is not None]
        self.low, self.high = min(ends, default=-1.0), max(ends, default=1.0)

    def x(self, delta: float) -> float:
        """Return the place of a difference."""
        return round(6 + 188 * (delta - self.low) / ((self.high - self.low) or 1.0), 1)

    def drawn(self, row: Subject, measure: Measure) -> dict[str, Any]:
        """Return a subject as the template shows it."""
        is_open = row.low is None or row.high is None
        scale, decimals = (100, 1) if measure.is_share else (1, 2)

        def moved(delta: float) -> str:
            return signed(scale * delta, decimals=decimals)

        span = "" if row.low is None or row.high is None else f" ({moved(row.low)} to {moved(row.high)})"
        return {
            "name": row.name,
            "n": f"{row.n:,}",
            "before": score_text(row.before, is_share=measure.is_share),
            "after": score_text(row.after, is_share=measure.is_share),
            "delta": f"{moved(row.delta)}{span}",
            "x": self.x(row.delta),
            "x1": None if is_open else self.x(row.low or 0.0),
            "x2": None if is_open else self.x(row.high or 0.0),
            "broke": f"{row.broke:,}",
            "fixed": f"{row.fixed:,}",
        }
