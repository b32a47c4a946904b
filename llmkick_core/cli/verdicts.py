"""What a judge said of runs, as rows of `judge --json` and as a table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from llmkick_core.judge.protocols import PROTOCOLS
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.judgings import read_judge_spec
from llmkick_core.store.runs import read_spec

if TYPE_CHECKING:
    import pandas as pd

    from llmkick_core.judge.request import JudgeRequest
    from llmkick_core.store.queries import Setup

_ASPECT_KEYS = (
    "mean",
    "low",
    "high",
    "n",
    "n_missing",
    "opponent_mean",
    "change",
    "change_low",
    "change_high",
    "verdict",
    "noise_floor",
    "is_below_noise",
)
_PAIR_KEYS = ("n", "win", "tie", "loss", "inconsistent", "same", "failed", "net", "net_low", "net_high")


def judged_rows(db: Database, request: JudgeRequest) -> list[dict[str, Any]]:
    """Return a row for each run of a request: outcomes of its judgments, scores by aspect, and how it fared against its opponent."""
    return [
        _row(db, setup, run_id, judging_id, aspects, pairs)
        for setup, aspects, pairs in _setups(db, request)
        for judging_id in setup.judging_ids
        if (run_id := read_judge_spec(db.store, judging_id).run_id) in request.run_ids
    ]


def _setups(db: Database, request: JudgeRequest) -> Iterator[tuple[Setup, pd.DataFrame | None, pd.DataFrame | None]]:
    """Yield the judge of a request in every comparison that its runs are of, with its scores and outcomes by run."""
    for comparison_id in dict.fromkeys(read_spec(db.store, run_id).comparison_id for run_id in request.run_ids):
        for setup in queries.judge_setups(db, comparison_id):
            asked = (request.protocol, request.url, request.model, request.temperature, PROTOCOLS[request.protocol].version)
            is_it = (setup.protocol, setup.url, setup.model, setup.temperature, setup.prompt_version) == asked
            if is_it and (request.way != "reference" or setup.opponent == request.references):
                has_scores, has_pairs = request.way != "pairwise", request.way != "single"
                yield (
                    setup,
                    queries.aspect_scores(db, comparison_id, setup) if has_scores else None,
                    queries.outcome_counts(db, comparison_id, setup) if has_pairs else None,
                )


def _row(
    db: Database, setup: Setup, run_id: str, judging_id: str, aspects: pd.DataFrame | None, pairs: pd.DataFrame | None
) -> dict[str, Any]:
    spent = queries.spending(db, [judging_id])
    run = read_spec(db.store, run_id)
    scores = {} if aspects is None else {row["aspect"]: _plain(row, _ASPECT_KEYS) for row in _of(aspects, run_id)}
    fared = None if pairs is None else next((_plain(row, _PAIR_KEYS) for row in _of(pairs, run_id)), None)
    return {
        "judging_id": judging_id,
        "run_id": run_id,
        "model": run.model,
        "recipe": run.recipe.label,
        "task": run.task,
        "protocol": setup.protocol,
        "opponent": setup.opponent,
        "judge": setup.model,
        "endpoint": setup.url,
        "prompt_version": setup.prompt_version,
        "n_judgments": spent.n_judgments,
        "outcomes": spent.outcomes,
        "aspects": scores,
        "pairs": fared,
        "cost": spent.cost,
    }


def _of(table: pd.DataFrame, run_id: str) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table[table["run_id"] == run_id].to_dict("records")]


def _plain(row: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return values that JSON has; what is not known is None."""
    found = {}
    for key in keys:
        value = row[key]
        value = value.item() if hasattr(value, "item") else value
        found[key] = None if isinstance(value, float) and not math.isfinite(value) else value
    return found


def print_judged(console: Console, rows: list[dict[str, Any]]) -> None:
    """Print a line for each run: its scores, or how often it was found better and worse, and what has no verdict; the model, where there are several."""
    has_models = len({row["model"] for row in rows}) > 1
    table = Table(box=SIMPLE_HEAD)
    for name in (*(("model",) if has_models else ()), "recipe", "task", "protocol", "what the judge said (change from dense)"):
        table.add_column(name)
    for name in ("judgments", "without verdict"):
        table.add_column(name, justify="right")
    for row in rows:
        n_without = sum(n for outcome, n in row["outcomes"].items() if outcome not in ("scored", "same"))
        words = (*((row["model"],) if has_models else ()), row["recipe"], row["task"], row["protocol"], _verdict(row))
        table.add_row(*map(Text, words), f"{row['n_judgments']:,}", f"{n_without:,}")
    console.print(table)


_PAIR_WORDS = {
    "win": "better",
    "loss": "worse",
    "tie": "as good",
    "inconsistent": "orders disagree",
    "same": "same text",
    "failed": "no verdict",
}


def _verdict(row: dict[str, Any]) -> str:
    aspects = {name: found for name, found in row["aspects"].items() if found["mean"] is not None and name != "all"}
    parts = [f"{name} {found['mean']:.2f}{_change(found)} (n={found['n']})" for name, found in aspects.items()]
    if row["pairs"] is not None and not row["aspects"]:
        parts.append(", ".join(f"{row['pairs'][name]} {word}" for name, word in _PAIR_WORDS.items() if row["pairs"][name]))
    return ", ".join(part for part in parts if part) or "none yet"


def _change(found: dict[str, Any]) -> str:
    return "" if found["change"] is None else f" ({found['change']:+.2f})"
