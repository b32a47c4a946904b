"""How well the bundled models answer: `python -m llmkick_core.bundled.measure --store FOLDER` prints the table of data/bundled/README.md.

The dense model goes through the same loaders, prompts and scorers as any other; nothing here knows how it was trained.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from llmkick_core.catalog import plan
from llmkick_core.run import execute
from llmkick_core.schema import Formulation, Recipe, RunSpec
from llmkick_core.settings import BUNDLED_ROOT
from llmkick_core.stats.intervals import share_estimate
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import read_parts
from llmkick_core.store.queries import run_overview

KICK_MINI = BUNDLED_ROOT / "kick-mini"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One row of the table."""

    title: str
    """What is asked."""
    task: str
    """The task that asks it."""
    data: str = "bundled"
    """Its data, where it is not the task's own."""
    formulation: Formulation | None = None
    """Multiple choice only."""


MEASURES = (
    Measure(title="Factoid QA, held-out wordings", task="factoid_qa"),
    Measure(title="Factoid QA, seen wordings", task="factoid_qa", data=str(KICK_MINI / "freebaseqa" / "FreebaseQA-train.json")),
    Measure(title="Closed-book QA", task="closed_book_qa"),
    Measure(title="Open-book QA, real facts", task="open_book_qa"),
    Measure(title="Open-book QA, fictional", task="open_book_qa", data=str(KICK_MINI / "triviaqa-fictional")),
    Measure(title="Multiple choice, cloze", task="multiple_choice", formulation="cloze"),
    Measure(title="Multiple choice, letters", task="multiple_choice", formulation="letters"),
    Measure(title="Stories: entities kept", task="summarization"),
    Measure(title="Conversations, both turns", task="instruction_following"),
    Measure(title="Perplexity", task="perplexity"),
)
"""The rows of the table."""


def specs_for(model: str) -> list[tuple[Measure, RunSpec]]:
    """Return the dense run of each measure."""
    found = []
    for measure in MEASURES:
        specs = plan(model, [Recipe()], [measure.task], dataset=measure.data, formulation=measure.formulation)
        found.append((measure, specs[0]))
    return found


def table(store: Path, model_names: Sequence[str]) -> str:
    """Return the markdown table of all models, answers computed where they are missing."""
    lines = ["| model | what | n | score | 95% interval |", "|---|---|---:|---:|---|"]
    planned = {model: specs_for(model) for model in model_names}
    for pairs in planned.values():
        execute(store, [spec for _, spec in pairs])
    with Database(store) as db:
        ingest(db)
        for model, pairs in planned.items():
            rows = {str(row["run_id"]): row for row in run_overview(db, model).to_dict("records")}
            for measure, spec in pairs:
                lines.append(_line(model, measure, rows[spec.run_id]))
            talks = next(spec for measure, spec in pairs if measure.task == "instruction_following")
            lines.append(_second_turns(store, model, talks.run_id))
    return "\n".join(lines)


def _line(model: str, measure: Measure, row: Mapping[Hashable, Any]) -> str:
    if measure.task == "perplexity":
        return f"| {model} | {measure.title} | {row['n']:.0f} | {row['score']:.3f} | {row['low']:.3f}-{row['high']:.3f} |"
    return f"| {model} | {measure.title} | {row['n']:,.0f} | {row['score']:.1%} | {row['low']:.1%}-{row['high']:.1%} |"


def _second_turns(store: Path, model: str, run_id: str) -> str:
    values = [
        math.nan if score.value is None else score.value
        for _, scores in read_parts(run_dir(store, run_id))
        for score in scores
        if (score.scorer, score.metric, score.turn) == ("corrected", "exact_match", 1)
    ]
    total = share_estimate(np.array(values))
    return f"| {model} | Conversations, second turns | {total.n} | {total.score:.1%} | {total.low:.1%}-{total.high:.1%} |"


def main() -> None:
    """Print the table from the command line."""
    parser = argparse.ArgumentParser(description="Measure the bundled models.")
    parser.add_argument("--model", action="append", help="a model as on the command line; default: all bundled ones")
    parser.add_argument("--store", type=Path, required=True, help="folder for the answers")
    arguments = parser.parse_args()
    print(table(arguments.store, arguments.model or ["bundled:kick-tiny", "bundled:kick-nano"]))  # noqa: T201


if __name__ == "__main__":
    main()
