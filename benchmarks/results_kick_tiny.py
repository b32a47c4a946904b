"""Write docs/results-kick-tiny.md from the JSON and the store of the full demo.

python -m llmkick_core demo --full --json --store STORE > full.json
python benchmarks/results_kick_tiny.py full.json STORE > docs/results-kick-tiny.md
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.queries import fact_curve

TASKS = ("factoid_qa", "closed_book_qa", "open_book_qa", "multiple_choice", "summarization", "instruction_following", "perplexity")
ORDER = {"dense": 0, "magnitude": 1, "wanda": 2, "rtn": 3, "int8": 4}


def cell(row: dict[str, Any] | None, verdict: str | None) -> str:
    """Return a score with the mark of its verdict."""
    if row is None or row["score"] is None:
        return ""
    mark = {"matching": "", "not matching": " ✗", "undecided": " ?"}.get(verdict or "", "")
    return (f"{row['score']:.2f}" if row["task"] == "perplexity" else f"{100 * row['score']:.1f}") + mark


def table(report: dict[str, Sequence[dict[str, Any]]], model: str) -> str:
    """Return the markdown table of one model: a row a recipe, a column a task."""
    runs = {(row["recipe"], row["task"]): row for row in report["runs"] if row["model"] == model}
    verdicts = {row["run_id"]: row["verdict"] for row in report.get("comparisons", ())}
    recipes = {row["recipe"]: row for row in report["runs"] if row["model"] == model}
    order = sorted(
        recipes,
        key=lambda r: (
            ORDER.get(recipes[r]["method"], 9),
            recipes[r]["structure"],
            recipes[r]["sparsity"] or 0,
            -(recipes[r]["bits"] or 0),
        ),
    )
    lines = ["| recipe | " + " | ".join(TASKS) + " |", "|---|" + "---:|" * len(TASKS)]
    for recipe in order:
        found = [runs.get((recipe, task)) for task in TASKS]
        lines.append(f"| {recipe} | " + " | ".join(cell(row, verdicts.get(row["run_id"]) if row else None) for row in found) + " |")
    return "\n".join(lines)


def facts_alive(db: Database, model: str) -> str:
    """Return the markdown table of facts alive in at least one of their wordings, a row a method, a column a sparsity."""
    curve = fact_curve(db, model, "factoid_qa")
    if curve.empty:
        return ""
    dense = curve[curve["method"] == "dense"].iloc[0]
    pruned = curve[curve["bits"].isna() & (curve["structure"] == "unstructured") & (curve["sparsity"] > 0)]
    steps = sorted(pruned["sparsity"].unique())
    lines = [
        "| method | 0% | " + " | ".join(f"{step:.0%}" for step in steps) + " | half is gone at |",
        "|---|---:|" + "---:|" * (len(steps) + 1),
    ]
    for method, rows in pruned.groupby("method", sort=True):
        alive = {row["sparsity"]: row["alive"] + row["fragile"] for row in rows.to_dict("records")}
        first = f"{100 * (dense['alive'] + dense['fragile']):.1f}"
        half = rows["median_lifetime"].iloc[0]
        told = "later" if half != half else f"{half:.0%}"
        lines.append(
            f"| {method} | {first} | " + " | ".join(f"{100 * alive[step]:.1f}" if step in alive else "" for step in steps) + f" | {told} |"
        )
    return "\n".join(lines) + f"\n\nOf {dense['n_facts']:,} facts, each asked in wordings that training never had."


def main() -> None:
    """Print the document."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        report = json.load(stream)
    print("# What compression does to the bundled models\n")
    print(
        "Made by `python -m llmkick_core demo --full --json`. Shares are in percent, perplexity as it is. ✗: not matching the dense model (5%"
    )
    print("relative, decided by the paired 95% interval); ?: undecided; no mark: matching.\n")
    with Database(Path(sys.argv[2])) as db:
        ingest(db)
        for model in sorted({row["model"] for row in report["runs"]}, reverse=True):
            print(
                f"## {model}\n\n{table(report, model)}\n\n### Facts that at least one wording still brings out, in percent\n\n{facts_alive(db, model)}\n"
            )


if __name__ == "__main__":
    main()
