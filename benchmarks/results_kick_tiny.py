"""Write docs/results-kick-tiny.md from the JSON and the store of the full demo.

python -m llmkick_core demo --full --json --store STORE > full.json
PYTHONPATH=. python benchmarks/results_kick_tiny.py full.json STORE > docs/results-kick-tiny.md
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmkick_core.catalog import model_card
from llmkick_core.models.headers import read_sizes
from llmkick_core.settings import BUNDLED_ROOT
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.queries import comparisons, fact_curve

TASKS = ("factoid_qa", "closed_book_qa", "open_book_qa", "multiple_choice", "summarization", "instruction_following", "perplexity")
ORDER = {name: k for k, name in enumerate(("dense", "magnitude", "wanda", "sparsegpt", "random", "int8", "rtn", "gptq", "awq"))}


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
            "+" in r,
            ORDER.get(recipes[r]["method"], len(ORDER)),
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
    found = comparisons(db)
    asked = found[(found["model"] == model) & (found["task"] == "factoid_qa")]["comparison_id"]
    if asked.empty:
        return ""
    curve = fact_curve(db, str(asked.iloc[0]))
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


def small_against_large(report: dict[str, Sequence[dict[str, Any]]]) -> str:
    """Return the markdown table of the small dense model between the large one's recipes nearest above and below it in weights."""
    sizes = {model: model_card(model).n_parameters for model in sorted({row["model"] for row in report["runs"]})}
    large, small = (max(sizes, key=sizes.__getitem__), min(sizes, key=sizes.__getitem__))
    if large == small:
        return ""
    in_blocks = read_sizes(BUNDLED_ROOT / large.removeprefix("bundled:")).n_block_parameters
    equal = (sizes[large] - sizes[small]) / in_blocks  # share of the large one's blocks that may go
    rows = [row for row in report["runs"] if row["model"] == large and row["bits"] is None and row["structure"] == "unstructured"]
    steps = sorted({row["sparsity"] for row in rows if row["sparsity"] is not None})
    near = [step for step in steps if step <= equal][-1:] + [step for step in steps if step > equal][:1]
    lines = ["| model | weights that are not zero | " + " | ".join(TASKS) + " |", "|---|---:|" + "---:|" * len(TASKS)]
    lines.append(_row(f"{small.partition(':')[2]}, dense", sizes[small], [row for row in report["runs"] if row["model"] == small]))
    for step in near:
        for method in sorted({row["method"] for row in rows if row["sparsity"] == step}, key=lambda name: ORDER.get(name, 9)):
            mine = [row for row in rows if row["sparsity"] == step and row["method"] == method]
            lines.append(_row(f"{large.partition(':')[2]}, {mine[0]['recipe']}", round(sizes[large] - step * in_blocks), mine))
    return "\n".join(lines) + f"\n\nAt {equal:.0%} sparsity the large model has as many weights left as the small one has."


def _row(name: str, n_weights: int, runs: Sequence[dict[str, Any]]) -> str:
    by_task = {row["task"]: row for row in runs}
    return f"| {name} | {n_weights / 1e6:.2f} M | " + " | ".join(cell(by_task.get(task), None) for task in TASKS) + " |"


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
        models = sorted({row["model"] for row in report["runs"]}, reverse=True)
        for model in models:
            print(f"## {model}\n\n{table(report, model)}\n")
            if any(row["sparsity"] for row in report["runs"] if row["model"] == model):
                print(f"### Facts that at least one wording still brings out, in percent\n\n{facts_alive(db, model)}\n")
        if len(models) > 1:
            print(f"## Small and dense against large and sparse\n\n{small_against_large(report)}")


if __name__ == "__main__":
    main()
