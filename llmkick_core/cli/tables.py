"""Results as tables on a terminal: recipes against tasks, or one line a comparison."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unicodedata import category

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from llmkick_core.catalog import TASKS
from llmkick_core.store.asking import asking_advice
from llmkick_core.store.database import Database
from llmkick_core.store.overview import MIXED, sampling_words
from llmkick_core.store.queries import models, run_overview
from llmkick_core.words import is_unusual_form, lowered, unofficial_measure

Row = Mapping[str, Any]

SIGNS = {"matching": "=", "not matching": "!", "undecided": "~"}
"""How a verdict is written beside a score."""

NOT_SCORED = "not scored"
"""What stands for the score of a run whose answers are scored by other scorers only."""

LEGEND = "Scores in % (perplexity as it is). = matches the dense model within 5%, ! does not, ~ undecided: more questions would settle it."

_SHORT = {task.name: task.short_title or task.name.replace("_", "\n") for task in TASKS.values()}
_STYLES = {"matching": "green", "not matching": "red", "undecided": "yellow"}
_MOST_COLUMNS = 7
_NARROW = 8  # characters of a column


def print_matrix(
    console: Console, db: Database, *, run_ids: Collection[str] | None = None, scorer: str = "corrected", measure: str | None = None
) -> None:
    """Print, for each model, one row a recipe and one column a task (each set of questions a column of its own)."""
    overviews = list(_overviews(db, run_ids, scorer, measure))
    for model, frame in overviews:
        columns = list(frame.groupby("comparison_id", sort=False))
        room = max(1, min(_MOST_COLUMNS, (console.width - 16) // (_NARROW + 1)))
        for start in range(0, len(columns), room):
            console.print(
                _matrix(
                    model_title(model, records(frame)),
                    [part for _, part in columns[start : start + room]],
                    list(dict.fromkeys(frame["recipe"])),
                )
            )
        console.print(LEGEND, style="dim", soft_wrap=True)
    rows = [row for _, frame in overviews for row in records(frame)]
    print_unscored(console, scorer, rows)
    print_mixed(console, rows)


def print_advice(console: Console, db: Database) -> None:
    """Print a line for each dense run that was asked in a way its model was not made for."""
    told = asking_advice(db)
    for model in sorted(models(db)["model"]) if told else []:
        for row in records(run_overview(db, model)):
            if row["run_id"] in told:
                console.print(f"note: {model}, {task_title(row)}: {told[row['run_id']]}", style="yellow", soft_wrap=True)


def print_comparisons(
    console: Console, db: Database, *, run_ids: Collection[str] | None = None, scorer: str = "corrected", measure: str | None = None
) -> None:
    """Print one line a run: its score and interval, and what it lost against the dense model."""
    told: list[Row] = []
    for model, frame in _overviews(db, run_ids, scorer, measure):
        rows = records(frame)
        table = Table(
            "task",
            "recipe",
            "n",
            "score",
            "difference from dense",
            "verdict",
            title=model_title(model, rows),
            title_justify="left",
            box=SIMPLE_HEAD,
        )
        for row in rows:
            table.add_row(plain(task_title(row)), plain(row["recipe"]), *_numbers(row), style=_STYLES.get(row["verdict"] or ""))
        console.print(table)
        told += rows
    print_unscored(console, scorer, told)
    print_mixed(console, told)


def print_slices(console: Console, rows: Sequence[Row]) -> None:
    """Print, for each model, one line a run and slice, as `store.slices` gives them."""
    if not rows:
        console.print("No question of this store has a name to be told by.", style="dim")
    for model in dict.fromkeys(row["model"] for row in rows):
        by = rows[0]["by"]
        table = Table(
            "task",
            by,
            "recipe",
            "n",
            "score",
            "difference from dense",
            "verdict",
            title=model_title(model, [row for row in rows if row["model"] == model]),
            title_justify="left",
            box=SIMPLE_HEAD,
        )
        mine = [row for row in rows if row["model"] == model]
        for row in sorted(mine, key=lambda row: (row["task"], row["comparison_id"], row["slice"])):
            names = (plain(words) for words in (task_title(row), row["slice"], row["recipe"]))
            table.add_row(*names, *_numbers(row), style=_STYLES.get(row["verdict"] or ""))
        console.print(table)
    if rows:
        print_unscored(console, rows[0]["scorer"], rows)
        print_mixed(console, rows)


def print_unscored(console: Console, scorer: str, rows: Sequence[Row]) -> None:
    """Say how to score the runs that this scorer and measure did not score, where there are any."""
    if not all(row["is_scored"] for row in rows):
        hint = f"Some runs are {NOT_SCORED} by {scorer}: `python -m llmkick_core rescore --scorer {scorer}` does it, and asks no model."
        console.print(hint, style="yellow", soft_wrap=True)


def print_mixed(console: Console, rows: Sequence[Row]) -> None:
    """Say which comparisons were scored by different versions of a rule, where there are any."""
    mixed = dict.fromkeys(task_title(row) for row in rows if row.get("is_mixed"))
    if mixed:
        hint = f"{', '.join(mixed)}: {MIXED}"
        console.print(hint, style="yellow", soft_wrap=True)


def plain(words: str, style: str = "") -> Text:
    """Return words that are not ours as they stand: no bracket or colon in them is markup, and nothing in them steers the terminal."""
    return Text("".join("\N{REPLACEMENT CHARACTER}" if _is_control(letter) else letter for letter in words), style=style)


def model_title(model: str, rows: Sequence[Row]) -> Text:
    """Return a model as the title of a table of its runs, with what its weights were made from: `/models/x.gguf (Q4_1, dequantized to bfloat16)`."""
    return title_of(model_words(model, rows))


def model_words(model: str, rows: Sequence[Row]) -> str:
    """Return a model with what its weights were made from, as its rows tell it."""
    told = next((str(row["source_format"]) for row in rows if row["source_format"]), "")
    return f"{model} ({told})" if told else model


def title_of(words: str) -> Text:
    """Return words that are not ours as the title of a table."""
    return plain(words, "table.title")


def _is_control(letter: str) -> bool:
    return letter not in "\n\t" and category(letter) in ("Cc", "Cs")  # half a character cannot be written


def _numbers(row: Row) -> tuple[str, str, str, str]:
    """Return n, score with its interval, difference from dense, and verdict of a run or slice."""
    ends = f"{score_text(row, row['low'])} to {score_text(row, row['high'])}"
    score = f"{score_text(row, row['score'])} ({ends})" if row["is_scored"] else NOT_SCORED
    return f"{row['n']:,}", score, _difference(row), row["verdict"] or ""


def _overviews(db: Database, run_ids: Collection[str] | None, scorer: str, measure: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    for model in sorted(models(db)["model"]):
        frame = run_overview(db, model, scorer, measure)
        if run_ids is not None:
            frame = frame[frame["run_id"].isin(run_ids)]
        if not frame.empty:
            yield model, frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows, None for what is missing."""
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")]


def _matrix(title: Text, columns: list[pd.DataFrame], recipes: list[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("recipe", no_wrap=True, vertical="bottom")
    for part in columns:
        first = records(part)[0]
        head = plain(f"{task_title(first, _SHORT)}\nn={part['n'].max():,}")
        table.add_column(head, justify="right", vertical="bottom", no_wrap=True)
    by_recipe = [{str(row["recipe"]): row for row in records(part)} for part in columns]
    for recipe in recipes:
        table.add_row(plain(recipe), *(_cell(rows.get(recipe)) for rows in by_recipe))
    return table


def task_title(row: Row, names: Mapping[str, str] | None = None) -> str:
    """Return a task's name, with what else tells its questions apart, and the measure that its answers are told by where that is not the task's own."""
    words = [(names or {}).get(row["task"], row["task"])]
    if row["formulation"]:
        words.append(row["formulation"])
    if row["k_shot"]:
        words.append(f"{row['k_shot']}-shot")
    if is_unusual_form(row["task"], row["prompt"]):
        words.append(f"{row['prompt']} prompts")
    if row["dataset"] != "bundled":
        words.append(Path(str(row["dataset"])).name)
    drawn, mark = sampling_words(row), row.get("mark") or ""
    told = lowered(unofficial_measure(row["task"], row.get("metric") or ""))
    if names:
        return "\n".join([*words, *drawn, *(mark.split(", ") if mark else []), *told.split(maxsplit=1)])
    words += [", ".join(drawn)] if drawn else []
    return " · ".join(part for part in (" ".join(words), mark, told) if part)


def _cell(row: Row | None) -> str | Text:
    if row is None:
        return ""
    if not row["is_scored"]:
        return NOT_SCORED.replace(" ", "\n")
    said = row["verdict"]
    text = score_text(row, row["score"])
    return Text(f"{text} {SIGNS[said]}", style=_STYLES[said]) if said else f"{text}  "


def score_text(row: Row, value: float | None) -> str:
    """Return a score as it is read: a share in %, perplexity and other numbers as they are, a dash where there is none."""
    if value is None:
        return "-"
    if row["is_share"]:
        return f"{100 * value:.1f}"
    return f"{value:.2f}" if value < 100 else f"{value:.1f}" if value < 1000 else f"{value:,.0f}"


def _difference(row: Row) -> str:
    if row["verdict"] is None or row["delta"] is None:
        return ""
    ends = (row["delta_low"], row["delta_high"])
    told = [f"{100 * value:+.1f}" if row["is_share"] else f"{value:+.2f}" for value in (row["delta"], *ends) if value is not None]
    # one question, or one window of a text, has no interval
    return f"{told[0]} ({told[1]} to {told[2]})" if len(told) == 3 else told[0]
