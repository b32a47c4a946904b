"""A method, a task with a metric of its own and no bundled data, and a judge protocol, each in one file, as docs/architecture.md says: found wherever they belong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmkick_core.settings import PROJECT_ROOT

METHOD = '''
"""Halve: every second weight goes."""

from llmkick_core.compress.base import Compressed, Method


def halve(weight, stats, recipe):
    """Return the weight without every second column."""
    pruned = weight.clone()
    pruned[:, ::2] = 0
    return Compressed(weight=pruned, bits=9.0)


METHOD = Method(name="halve", title="Halving", help="removes every second column", compress=halve, requires=frozenset({"sparsity"}))
'''
TASK = '''
"""Endings: which of some endings goes on."""

import json

from llmkick_core.schema import Sample
from llmkick_core.scoring.multiple_choice import choose
from llmkick_core.scoring.rows import main_row
from llmkick_core.tasks.base import Measure, Task


def load(path, spec):
    """Return the samples of a file of JSON lines."""
    rows = [json.loads(line) for line in path.read_text().splitlines()][: spec.limit]
    return [
        Sample(sample_id=row["id"], question=row["start"], turns=(row["start"],), choices=tuple(row["endings"]), gold_choice=row["gold"],
               gold=((row["endings"][row["gold"]],),))
        for row in rows
    ]


def score(sample, answers, scorer):
    """Return whether the likeliest ending, by its length, is the right one."""
    chosen = [choose(answer.choice_logprobs, tuple(map(len, sample.choices))) for answer in answers]
    return [main_row(answer, scorer, "acc_norm", None if one is None else float(one == sample.gold_choice)) for answer, one in zip(answers, chosen)]


TASK = Task(name="endings", title="Sentence endings", version=1, kind="choose", group="multiple choice",
            measures=(Measure(name="acc_norm", title="Accuracy by length"),), load=load, score=score)
'''
PROTOCOL = '''
"""Strict: one answer, scored by somebody who is hard to please."""

from llmkick_core.judge.base import Protocol, Wanted
from llmkick_core.judge.prompts import put
from llmkick_core.judgment import ASPECTS


def question(item):
    """Return what a judge is asked about one answer."""
    return put(item, Wanted(kind="scores", n_sides=1, aspects=ASPECTS[item.task]), labels=("1",))


PROTOCOL = Protocol(name="strict", title="Scores by a strict judge", help="scored alone, strictly", way="single", version=1, question=question)
'''
FILES = {"compress/halve.py": METHOD, "tasks/endings.py": TASK, "judge/protocols/strict.py": PROTOCOL}
ROWS = [{"id": f"e{i}", "start": f"Number {i} is", "endings": [" even", " odd"], "gold": i % 2} for i in range(4)]
PAGES = """
import json
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

make = PagesManager.__init__
def warm(self, *args, **more):
    make(self, *args, **more)
    PagesManager.uses_pages_directory = False
PagesManager.__init__ = warm

told = {}
for page in ("overview", "compare"):
    at = AppTest.from_file("app.py", default_timeout=120)
    at.query_params["task"], at.query_params["b"] = "endings", "halve-50"
    at.run()
    at.switch_page(f"pages/{page}.py").run()
    assert not at.exception, at.exception
    told[page] = "\\n".join([*(one.proto.body for one in at.get("html")), *(one.value for one in (*at.markdown, *at.caption))])
    told[page + " charts"] = "\\n".join(str(one.proto) for one in at.get("plotly_chart"))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project with the three files, data for the task, and a store in which the method has run on it."""
    root = tmp_path_factory.mktemp("extended")
    for name in ("llmkick_core", "pages", ".streamlit"):
        shutil.copytree(PROJECT_ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT_ROOT / "app.py", root)
    (root / "data").symlink_to(PROJECT_ROOT / "data")
    for name, text in FILES.items():
        (root / "llmkick_core" / name).write_text(text.lstrip())
    (root / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in ROWS))
    said(
        root,
        "run",
        "--model",
        "bundled:kick-tiny",
        "--method",
        "halve",
        "--sparsity",
        "0.5",
        "--task",
        "endings",
        "--data",
        "rows.jsonl",
        "--limit",
        "4",
    )
    return root


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"LLMKICK_STORE": str(root / "store"), "COLUMNS": "200", "PYTHONPATH": str(root), "NO_COLOR": "1"}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, env=env, cwd=root, timeout=300, check=False)


def said(root: Path, *args: str) -> str:
    done = run(root, "-m", "llmkick_core", *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_names_all_three(extended: Path):
    for command in ("run", "sweep"):
        text = " ".join(said(extended, command, "--help").replace("│", " ").split())
        assert "halve (removes every second column)" in text
        assert "endings" in text
    assert "strict: scored alone, strictly" in " ".join(said(extended, "judge", "--help").replace("│", " ").split())


def test_the_report_has_the_score_by_the_metric_that_the_task_declares(extended: Path):
    rows = {row["recipe"]: row for row in json.loads(said(extended, "report", "--json"))["runs"]}
    assert rows["dense"]["metric"] == rows["halve-50"]["metric"] == "acc_norm"
    for row in rows.values():
        assert row["n"] == 4
        assert row["score"] * 4 == row["outcomes"]["right"]
    assert "halve-50" in said(extended, "report")


def test_exports_have_its_outcomes(extended: Path):
    out = extended / "pair.jsonl"
    said(extended, "export", "--task", "endings", "--recipe", "halve-50", "--out", str(out))
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["metric"] for row in rows} == {"acc_norm"}
    assert sorted(row["sample_id"] for row in rows) == ["e0", "e1", "e2", "e3"]
    assert {row["outcome"] for row in rows} <= {"broke", "fixed", "both_right", "both_wrong"}
    assert all(row["dense_corrected"] in (0.0, 1.0) for row in rows)
    said(extended, "export", "--task", "endings", "--recipe", "halve-50", "--out", str(extended / "pair.html"))
    assert "Sentence endings" in (extended / "pair.html").read_text()


def test_overview_and_compare_show_title_score_and_a_colour_of_its_own(extended: Path):
    rows = {row["recipe"]: row for row in json.loads(said(extended, "report", "--json"))["runs"]}
    done = run(extended, "-c", PAGES)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    for page in ("overview", "compare"):
        assert "Sentence endings" in told[page]
        assert "Halving 50%" in told[page]
        assert f"{100 * rows['halve-50']['score']:.1f}% right against {100 * rows['dense']['score']:.1f}% dense" in told[page]
    [colour] = {part.partition('"')[0] for part in told["overview"].split('class="kick-dot halve" style="background: ')[1:]}
    from llmkick_core.catalog import METHODS

    assert colour not in {method.colour for method in METHODS.values()}
    assert colour in told["overview charts"]


def test_the_demo_and_runs_of_all_tasks_leave_it_out_and_its_own_run_says_what_it_needs(extended: Path):
    asked = run(extended, "-c", "from llmkick_core.jobs.demo import demo_specs; print({spec.task for spec in demo_specs()})").stdout
    assert "factoid_qa" in asked
    assert "endings" not in asked
    done = run(extended, "-m", "llmkick_core", "run", "--model", "bundled:kick-tiny", "--task", "endings", "--limit", "2")
    assert done.returncode != 0
    assert "task endings has no bundled data" in done.stderr
    assert "--data" in done.stderr


def test_a_judge_can_be_asked_by_its_protocol(extended: Path):
    step = (
        "from llmkick_core.judge.request import JudgeRequest; from llmkick_core.judgment import JudgeSpec\n"
        "request = JudgeRequest(run_ids=('r',), protocol='strict', url='http://localhost:1/v1', model='m')\n"
        "print(request.way, JudgeSpec(run_id='r', protocol='strict', url='u', model='m', prompt_version=1).places)"
    )
    assert run(extended, "-c", step).stdout.strip() == "single (1,)"
