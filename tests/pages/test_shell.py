"""What all pages share: choices in the link, stores that cannot be opened, damaged files, and what is not loaded."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.schema import Recipe
from llmkick_core.settings import PROJECT_ROOT
from llmkick_core.store.database import Database
from llmkick_core.store.layout import DATABASE
from tests.synthetic_store import make_store

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)


def markup(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def test_the_choice_in_the_link_is_followed_and_an_unknown_one_is_named(app: Start, full_store: Path):
    at = app(full_store)
    at.query_params["b"] = "magnitude-70"
    at.query_params["task"] = "no_such_task"
    at.run()
    assert not at.exception
    assert at.sidebar.selectbox(key="choice_b").value == "magnitude-70"
    assert at.sidebar.selectbox(key="choice_task").value == "factoid_qa"
    assert "no\\_such\\_task" in at.warning[0].value


def test_an_unwritable_store_is_an_error_box_with_the_way_out(app: Start, tmp_path: Path):
    (tmp_path / "file").write_text("")
    at = app(tmp_path / "file" / "store").run()
    assert not at.exception
    assert "Choose a writable folder" in at.error[0].value
    assert [button.label for button in at.button] == ["Try again"]


def test_a_store_of_a_newer_version_is_an_error_box(app: Start, tmp_path: Path):
    import duckdb

    Database(tmp_path).close()
    with duckdb.connect(str(tmp_path / DATABASE)) as connection:
        tables = [row[0] for row in connection.execute("SHOW TABLES").fetchall() if "version" in row[0] or "migration" in row[0]]
        assert len(tables) == 1
        connection.execute(f"INSERT INTO {tables[0]} SELECT * REPLACE (9999 AS version) FROM {tables[0]} LIMIT 1")
    at = app(tmp_path).run()
    assert not at.exception
    assert "schema 9999" in at.error[0].value
    assert "Update the program" in at.error[0].value


def test_a_second_app_on_the_same_store_is_told_so(app: Start, tmp_path: Path):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from llmkick_core.store.database import Database; "
            f"db = Database(Path({str(tmp_path)!r})); print('open', flush=True); sys.stdin.read()",
        ],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        at = app(tmp_path).run()
        assert not at.exception
        assert "another process" in at.error[0].value
    finally:
        holder.communicate()
    at.button[0].click().run()
    assert not at.error


def test_a_damaged_part_is_named_and_the_rest_is_shown(app: Start, tmp_path: Path):
    from tests.synthetic_store import DAMAGE

    specs = make_store(tmp_path, n_each=3, recipes=list(DAMAGE)[:2], tasks=("factoid_qa",))
    part = next((tmp_path / "runs" / specs[1].run_id).glob("part-*"))
    part.write_text(part.read_text()[:-20])
    at = app(tmp_path).run()
    assert not at.exception
    assert any("1 file of the store cannot be read" in expander.label for expander in at.expander)
    assert "Only the dense model has answered so far" in markup(at)


@pytest.mark.parametrize("page", ["overview", "run", "compare", "ladder", "slices", "layers", "live", "data"])
def test_the_web_process_loads_no_torch(page: str, full_store: Path):
    script = (
        "import json, sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"at = AppTest.from_file('app.py', default_timeout=60).run()\n"
        f"at.switch_page('pages/{page}.py').run()\n"
        "assert not at.exception\n"
        "print(json.dumps([name for name in ('torch', 'transformers', 'datasets', 'openai') if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=PROJECT_ROOT,
        env={"LLMKICK_STORE": str(full_store), "PATH": "/usr/bin:/bin", "HOME": str(full_store)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_two_sessions_that_find_the_database_given_up_open_it_again_once(monkeypatch: pytest.MonkeyPatch):
    from pages import _shared

    both_have_looked = threading.Barrier(2)

    class GivenUp:
        @property
        def is_broken(self) -> bool:
            both_have_looked.wait(60)
            return True

    kept = [SimpleNamespace(db=GivenUp())]
    cleared = []

    def services(store: str) -> SimpleNamespace:
        return kept[-1]

    def clear() -> None:
        cleared.append(kept[-1])
        kept.append(SimpleNamespace(db=SimpleNamespace(is_broken=False)))

    services.clear = clear  # type: ignore[attr-defined]
    monkeypatch.setattr(_shared, "_services", services)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(_shared._opened, ["store", "store"]))
    assert cleared == kept[:1]  # the fresh one was left to the session that has it
    assert found == [kept[1], kept[1]]
