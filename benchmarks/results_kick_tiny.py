"""Write docs/results-kick-tiny.md from the JSON of the full demo.

python -m llmkick_core demo --full --json > full.json
python benchmarks/results_kick_tiny.py full.json > docs/results-kick-tiny.md
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

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


def main() -> None:
    """Print the document."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        report = json.load(stream)
    print("# What compression does to kick-tiny\n")
    print(
        "Made by `python -m llmkick_core demo --full --json`. Shares are in percent, perplexity as it is. ✗: not matching the dense model (5%"
    )
    print("relative, decided by the paired 95% interval); ?: undecided; no mark: matching.\n")
    for model in sorted({row["model"] for row in report["runs"]}):
        print(f"## {model}\n\n{table(report, model)}\n")


if __name__ == "__main__":
    main()
