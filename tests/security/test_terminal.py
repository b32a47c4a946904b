r"""Text of models, data, stores and errors cannot drive the terminal: what the commands print has no control character but newlines."""

from __future__ import annotations

import ast
import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text
from typer.testing import CliRunner

from llmkick_core.cli import app
from llmkick_core.cli.console import SafeConsole, log_here, visible
from llmkick_core.schema import Sample
from llmkick_core.settings import PROJECT_ROOT
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, WANDA_SAID, Said, add_run, spec

ORDERS = {
    "title": "\x1b]0;pwned\x07",
    "clear": "\x1b[2J\x1b[H",
    "C1": "\x9b2J\x9d0;pwned\x9c",
    "carriage return": "done\rpwned",
    "backspaces": "ok\b\bno",
    "delete": "a\x7f",
    "nul": "a\x00b",
    "bidi": "\u202egpj.exe\u2066\u2069\u200f\u061c",
    "link": "\x1b]8;;http://127.0.0.1:9\x1b\\here\x1b]8;;\x1b\\",
    "separator": "a\u2028b",
    "tags": "\U000e0041\U000e007f",
    "half a letter": "\ud800",
    "markup": "[red]x[/] [link=http://127.0.0.1:9]y[/link] [/nothing] :warning:",
}
WORST = " ".join(text for name, text in ORDERS.items() if name != "half a letter")
HARMFUL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)


def printed(renderable: object, **options: object) -> str:
    out = io.StringIO()
    SafeConsole(file=out, width=400, **options).print(renderable, soft_wrap=True)
    return out.getvalue()


@pytest.mark.parametrize("name", ORDERS)
def test_a_control_character_is_shown_and_not_obeyed(name: str):
    for shown in (printed(ORDERS[name]), printed(Text(ORDERS[name])), visible(ORDERS[name])):
        assert not HARMFUL.search(shown)
    assert visible("a\x1bb\u202ec\nd\te") == "a\\x1bb\\u202ec\nd\te"
    assert visible("naïve – 東京 👩‍💻") == "naïve – 東京 👩‍💻"


@pytest.mark.parametrize("name", ORDERS)
def test_a_table_shows_it_in_titles_heads_and_cells(name: str):
    table = Table(title=ORDERS[name], caption=ORDERS[name])
    table.add_column(ORDERS[name])
    table.add_row(ORDERS[name])
    table.add_row(Text(ORDERS[name]))
    assert not HARMFUL.search(printed(table))


def test_square_brackets_of_data_are_text():
    assert printed(ORDERS["markup"], force_terminal=True) == ORDERS["markup"] + "\n"


def test_a_terminal_gets_our_own_colours_and_nothing_else():
    said = printed(Text(f"ab{ORDERS['title']}", style="red"), force_terminal=True, color_system="standard")
    assert said.count("\x1b") == 2  # red, and its end
    assert "\\x1b]0;pwned" in said


def test_a_progress_bar_shows_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    out = io.StringIO()
    console = SafeConsole(file=out, force_terminal=True, color_system=None, width=200)
    with Progress(TextColumn("{task.description}", markup=False), console=console, auto_refresh=False) as bars:
        bars.add_task(WORST)
    assert "pwned" in out.getvalue()
    assert "\x1b]" not in out.getvalue()
    assert "\x9b" not in out.getvalue()


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store whose questions, answers, subjects, groups, models and data sets are all hostile."""
    store = tmp_path_factory.mktemp("hostile")
    samples = [
        Sample(
            sample_id=f"{one.sample_id}{WORST}", question=WORST, turns=(WORST,), subject=WORST, category=WORST, group=WORST and one.group + WORST,
            gold=((WORST,),),
        )
        for one in SAMPLES
    ]  # fmt: skip
    for recipe, said in ((spec().recipe, DENSE_SAID), (WANDA_50, WANDA_SAID)):
        told = [Said(one.value, f"{one.text}{WORST}", one.gold_logprob) for one in said]
        add_run(store, spec(recipe, dataset=f"/data/{WORST}", dataset_revision="1"), told, samples)
    return store


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "llmkick_core", *map(str, words)]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, errors="surrogateescape", timeout=120, check=False)


REPORTS = [
    (),
    ("--details",),
    ("--matrix",),
    ("--by", "subject"),
    ("--by", "category"),
    ("--mistakes",),
    ("--json",),
    ("--details", "--json"),
    ("--by", "subject", "--json"),
]


@pytest.mark.parametrize("words", REPORTS, ids=" ".join)
def test_a_report_of_a_hostile_store_drives_no_terminal(words: tuple[str, ...], hostile: Path):
    result = CliRunner().invoke(app, ["report", "--store", str(hostile), *words])
    assert result.exit_code == 0, result.output
    assert not HARMFUL.search(result.stdout + result.stderr)
    assert "pwned" in result.stdout or words in (("--details",), ("--mistakes",), ("--matrix",), ())


def test_json_is_read_back_as_it_was(hostile: Path):
    result = run("report", "--json", "--by", "subject", "--store", hostile)
    assert not HARMFUL.search(result.stdout)
    assert WORST in json.dumps(json.loads(result.stdout), ensure_ascii=False).encode().decode() or any(
        WORST in str(value) for value in _values(json.loads(result.stdout))
    )


def _values(found: object) -> Iterator[object]:
    if isinstance(found, dict):
        yield from (one for value in found.values() for one in _values(value))
    elif isinstance(found, list):
        yield from (one for value in found for one in _values(value))
    else:
        yield found


ERRORS = [
    ("run", "--model", f"/models/{WORST.replace(chr(0), '')}", "--task", "factoid_qa"),
    ("run", "--model", f"endpoint:{WORST.replace(chr(0), '')}"),
    ("report", "--by", WORST.replace(chr(0), "")),
    ("report", "--store", f"/nothing/{WORST.replace(chr(0), '')}"),
    ("import", "FILE", "--questions", "FILE"),
    (WORST.replace(chr(0), ""),),
]


@pytest.mark.parametrize("words", ERRORS, ids=range(len(ERRORS)))
def test_an_error_that_repeats_hostile_words_drives_no_terminal(words: tuple[str, ...], tmp_path: Path):
    file = tmp_path / f"{WORST.replace('/', '_').replace(chr(0), '')}.jsonl"
    file.write_text(json.dumps({"question_id": WORST, "model_id": WORST, "choices": WORST}) + "\n" + '{"' + WORST)
    result = run(*(str(file) if word == "FILE" else word for word in words), "--store", tmp_path / "store")
    assert result.returncode in (1, 2)
    assert not HARMFUL.search(result.stdout + result.stderr), result.stderr


def test_what_is_logged_and_a_defect_drive_no_terminal():
    code = (
        "import logging, sys; from llmkick_core.cli.console import log_here; log_here()\n"
        "text = sys.argv[1]\n"
        "logging.getLogger('llmkick_core.run').warning('the server said %s', text)\n"
        "logging.getLogger('elsewhere').error('it said %s', text)\n"
        "raise RuntimeError(text)\n"
    )
    command = [sys.executable, "-c", code, WORST.replace("\x00", "")]
    result = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert result.stderr.count("pwned") >= 3
    assert "Traceback" in result.stderr
    assert not HARMFUL.search(result.stderr)


def test_logging_is_set_up_once():
    before = [list(logger.handlers) for logger in (logging.getLogger(), logging.getLogger("llmkick_core.progress"))]
    hook = sys.excepthook
    try:
        log_here()
        once = len(logging.getLogger().handlers)
        log_here()
        assert len(logging.getLogger().handlers) == once
    finally:
        sys.excepthook = hook
        logging.getLogger().handlers, logging.getLogger("llmkick_core.progress").handlers = before


PRINTS = ("print", "secho", "Console", "input", "pprint")
MAY_PRINT = {
    "cli/console.py": "the console",
    "judge/worker.py": "its stderr is a log file, not a terminal",
    "bundled": "makes the bundled data from our own facts; no command calls it",
}


def test_no_other_module_prints():
    found = []
    for path in sorted((PROJECT_ROOT / "llmkick_core").rglob("*.py")):
        place = path.relative_to(PROJECT_ROOT / "llmkick_core")
        if str(place) in MAY_PRINT or place.parts[0] in MAY_PRINT:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                is_console = called.endswith((".print", ".print_exception")) and called.startswith(
                    ("console", "self._console", "out", "errors", "tables()")
                )
                is_print = called in ("typer.echo", "click.echo") or (called.split(".")[-1] in PRINTS and not is_console)
                if is_print or re.search(r"std(out|err)\.(buffer\.)?write$", called):
                    found.append(f"{place}:{node.lineno}: {called}")
            elif isinstance(node, ast.keyword) and node.arg == "markup" and ast.unparse(node.value) == "True":
                found.append(f"{place}: markup")
    assert found == ["cli/reading.py: markup"]  # the doctor's states, words of ours
