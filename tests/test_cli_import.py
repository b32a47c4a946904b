"""The command `import`: answers in, reviews in, what it prints and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from llmkick_core.cli import app
from tests.interchange.fastchat_files import STORIES, aspects, old_answer, old_review, write_rows

Import = Callable[..., Result]
REVIEWS = [
    old_review(1, "8 7\n8 7\n9 8\n8 7\nGood.", aspects((8, 7), (8, 7), (9, 8), (8, 7))),
    old_review(2, "9 9\n9 9\n9 9\n9 9\nGood.", aspects((9, 9), (9, 9), (9, 9), (9, 9))),
    old_review(3, "7 6\n7 6\n7 6\n7 6\nFair.", [-1, -1]),
    "\n\nChatGpt score: 8.5\t Ours: 8.0",
]


@pytest.fixture
def call(tmp_path: Path) -> Import:
    def run(*words: object) -> Result:
        return CliRunner().invoke(app, ["import", "--store", str(tmp_path / "store"), *map(str, words)])

    return run


@pytest.fixture
def answers(tmp_path: Path) -> list[object]:
    """Return the words that import three summaries."""
    file = write_rows(tmp_path / "answer.jsonl", [old_answer(k, f"Summary {k}.") for k in (1, 2, 3)])
    return [file, "--task", "summarization", "--questions", write_rows(tmp_path / "new_question.jsonl", STORIES)]


def document(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_answers_and_then_reviews_of_them(call: Import, answers: list[object], tmp_path: Path):
    done = document(call(*answers, "--json"))
    assert {name: done[name] for name in ("file", "n_lines", "n_imported", "left_out")} == {
        "file": "answer.jsonl",
        "n_lines": 3,
        "n_imported": 3,
        "left_out": [],
    }
    files = [
        write_rows(tmp_path / f"{tag}.jsonl", [{**row, "review_id": tag} if isinstance(row, dict) else row for row in REVIEWS])
        for tag in "mws"
    ]
    words = ["--run", done["run_id"], "--references", "dataset", "--judge", "gpt-4"]
    found = document(call(*files, *words, "--json"))["imported"]
    assert [one["repeat"] for one in found] == [0, 1, 2]
    assert {one["judging_id"] for one in found} == {found[0]["judging_id"]}
    assert found[0]["outcomes"] == {"scored": 2, "unparsed": 1}
    assert found[0]["means"]["coherence"] == {"candidate": 8.0, "opponent": 8.5, "n": 2}
    assert found[0]["left_out"] == [{"reason": "no JSON object, such as a note or a total", "n": 1}]
    assert found[0]["n_readable_after_all"] == 1
    again = document(call(files[1], *words, "--read-again", "--json"))
    assert (again["repeat"], again["n_imported"], again["outcomes"]) == (1, 1, {"scored": 3})


def test_people_read_sentences(call: Import, answers: list[object], tmp_path: Path):
    said = call(*answers, "--method", "wanda", "--sparsity", "0.5")
    assert said.exit_code == 0
    assert "answer.jsonl: 3 new answers from 3 lines; run " in said.stdout
    assert "(import:lmsys/vicuna-7b-v1.3, wanda-50) answers 3 of 3 questions." in said.stdout
    run_id = said.stdout.split("run ")[1].split(" ")[0]
    said = call(write_rows(tmp_path / "r.jsonl", REVIEWS), "--run", run_id, "--references", "dataset", "--judge", "gpt-4")
    assert "Mean coherence: 8.0000 (against 8.5000), n = 2." in said.stdout
    assert "1 that the file has as failed can be read after all" in said.stdout
    assert "Left out: 1 no JSON object, such as a note or a total." in said.stdout


def test_report_shows_the_run(call: Import, answers: list[object], tmp_path: Path):
    call(*answers)
    said = CliRunner().invoke(app, ["report", "--store", str(tmp_path / "store"), "--json"])
    assert [(run["model"], run["n"] + run["n_unscored"]) for run in json.loads(said.stdout)["runs"]] == [("import:lmsys/vicuna-7b-v1.3", 3)]


def test_a_run_of_an_imported_model_cannot_be_computed(call: Import, tmp_path: Path):
    said = CliRunner().invoke(app, ["run", "--model", "import:vicuna", "--store", str(tmp_path / "store")])
    assert said.exit_code == 2
    assert "known by its imported answers alone" in said.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name --task (summarization or instruction_following) and --questions"),
        (("--task", "summarization"), "and --questions"),
        (("--task", "summarization", "--questions", "nowhere"), "neither bundled, hub nor a path"),
        (("--run", "abc"), "this file holds answers"),
        (("--kind", "poems"), "kind 'poems' is none of answers, reviews"),
        (("--kind", "reviews"), "name their run with --run"),
        (("--kind", "reviews", "--run", "x", "--task", "summarization"), "go with answers"),
        (("--task", "summarization", "--questions", "bundled", "--sparsity", "0.5"), "a dense recipe takes neither sparsity nor bits"),
    ],
)
def test_what_is_missing_is_one_line_and_exit_code_2(call: Import, answers: list[object], words: tuple[str, ...], message: str):
    said = call(answers[0], *words)
    assert said.exit_code == 2
    assert message in said.stderr
    assert said.stderr.startswith("error: ")
    assert "error" in json.loads(call(answers[0], *words, "--json").stdout)


def test_a_file_that_is_not_there_is_one_line(call: Import, tmp_path: Path):
    said = call(tmp_path / "none.jsonl")
    assert (said.exit_code, "cannot be read: No such file" in said.stderr) == (2, True)
