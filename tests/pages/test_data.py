"""The Data page without a browser: the state of the store, every run's provenance, exports, the database explained, saved views."""

from __future__ import annotations

import io
import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.schema import Recipe
from llmkick_core.status import RunStatus
from llmkick_core.store.database import Database
from llmkick_core.store.dictionary import QUERIES, TABLES
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import checkpoint_dir, run_dir
from llmkick_core.store.queries import Filter, Range, pair_ids
from llmkick_core.store.runs import write_facts, write_spec, write_status
from llmkick_core.store.views import save_view, saved_views
from pages import _exports, _views
from tests.synthetic_store import make_store, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)


def data(app: Start, store: Path, **query: str) -> AppTest:
    at = app(store)
    at.run()
    at.switch_page("pages/data.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def text(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


@pytest.fixture
def own_store(tmp_path: Path) -> Path:
    make_store(tmp_path, n_each=3, recipes=[Recipe(), WANDA], tasks=("factoid_qa",))
    return tmp_path


def test_the_sentence_counts_what_the_store_holds(app: Start, full_store: Path):
    with Database(full_store, in_memory=True) as db:
        ingest(db)
        n_answers = db.rows("SELECT count(*) FROM answers")[0][0]
    at = data(app, full_store)
    assert f"50 runs, {n_answers:,} answers to " in text(at)
    assert "every file is whole and taken in." in text(at)


def test_an_empty_store_leads_to_the_demo_and_every_part_says_what_comes(app: Start, tmp_path: Path):
    at = data(app, tmp_path)
    assert "The store is empty" in text(at)
    assert any(link.label == "Go to the demo" for link in at.main.get("page_link"))
    for part, told in (("runs", "No run yet"), ("export", "Once two recipes have answered"), ("views", "A view is a link")):
        at.query_params["part"] = part
        at.run()
        assert not at.exception
        assert told in at.info[0].value
    at.query_params["part"] = "database"
    at.run()
    assert not at.exception


def test_a_damaged_file_is_named_with_the_way_out(app: Start, own_store: Path):
    part = next(run_dir(own_store, spec_of("factoid_qa", WANDA).run_id).glob("part-*.jsonl"))
    part.write_bytes(part.read_bytes()[:-40])
    at = data(app, own_store)
    assert "1 file cannot be read, everything else is whole." in text(at)
    assert any("Cannot be read: 1" in one.value for one in at.subheader)
    assert part.name in text(at)


def test_running_work_is_said_to_come_in(app: Start, own_store: Path):
    spec = spec_of("factoid_qa", Recipe(method="magnitude", sparsity=0.5))
    write_spec(own_store, spec)
    write_status(own_store, RunStatus(run_id=spec.run_id, state="failed", message="no room"))
    at = data(app, own_store, part="runs", run=spec.run_id)
    assert "failed" in text(at)
    write_status(own_store, RunStatus(run_id=spec_of("factoid_qa", WANDA).run_id, state="running", n_done=3, n_total=9, pid=1))
    at.query_params["part"] = "store"
    at.run()
    assert any("1 run at work or waiting" in caption.value for caption in at.caption)


def test_the_index_is_rebuilt_from_the_run_folders(app: Start, own_store: Path):
    at = data(app, own_store)
    shutil.rmtree(run_dir(own_store, spec_of("factoid_qa", WANDA).run_id))
    at.button(key="rebuild_now").click().run()
    assert not at.exception
    assert at.success[0].value.startswith("Took in ")
    assert "1 run, " in text(at)


def test_check_again_sees_what_has_changed(app: Start, own_store: Path):
    at = data(app, own_store)
    assert "Compressed models" in text(at)
    folder = checkpoint_dir(own_store, spec_of("factoid_qa", WANDA).compression_id)
    folder.mkdir(parents=True)
    (folder / "block-000.safetensors").write_bytes(b"x" * 2_000_000)
    next(button for button in at.button if button.label == "Check again").click().run()
    assert "2.0 MB" in text(at)
    assert "Wanda 50% · bundled:kick-tiny" in text(at)


def test_a_run_shows_everything_that_determines_it_and_its_link_brings_it_back(app: Start, own_store: Path):
    spec = spec_of("factoid_qa", WANDA)
    write_facts(own_store, spec.run_id, {"device": "cpu", "torch": "2.13.0", "odd <b>fact</b>": "<img src=x>"})
    at = data(app, own_store, part="runs", run=spec.run_id)
    shown = text(at)
    for told in (spec.run_id, spec.compression_id, spec.comparison_id, "synthetic", "sequences 128", "2.13.0", "Wanda 50% · Factoid QA"):
        assert told in shown
    assert "<img" not in shown
    table = at.dataframe[0].value
    assert list(table["Run"]) == [spec_of("factoid_qa", Recipe()).run_id, spec.run_id]
    assert list(table["State"]) == ["done", "done"]
    assert any("compare?" in link.url and "b=wanda-50" in link.url for link in at.get("link_button"))


def test_a_link_to_a_run_that_is_not_here_says_so(app: Start, own_store: Path):
    at = data(app, own_store, part="runs", run="nowhere")
    assert "asks for run nowhere" in at.warning[0].value


def test_filters_of_a_link_narrow_what_is_taken_along(app: Start, full_store: Path):
    at = data(app, full_store, part="export", outcome="broke", subject="geography")
    caption = next(one.value for one in at.caption if "as listed" in one.value)
    with Database(full_store, in_memory=True) as db:
        ingest(db)
        runs = spec_of("factoid_qa", Recipe()).run_id, spec_of("factoid_qa", WANDA).run_id
        n = len(pair_ids(db, *runs, wanted=Filter(outcome="broke", subject="geography")))
    assert caption.startswith(f"{n} question")
    assert "--outcome broke --subject geography" in "".join(code.value for code in at.code)
    labels = [button.label for button in at.get("download_button")]
    assert labels == ["CSV", "Parquet", "JSONL", "Report as one HTML file", "CSV", "Parquet", "JSONL", "CSV", "Parquet", "JSONL"]
    at.text_input(key="data_search").set_value("no text holds this").run()
    assert at.query_params["search"] == "no text holds this"
    assert any("nothing to take along" in one.value for one in at.caption)


def test_the_command_line_of_a_filter_can_be_pasted():
    class Here:
        scorer = "paper"
        db = type("Db", (), {"store": Path("/a b/it's")})

    a, b = (type("Side", (), {"run_id": name}) for name in ("r1", "r2"))
    wanted = Filter(search="it's; rm -rf /", ranges=(Range(measure="kl", low=0.5), Range(measure="score:a b", high=1.0)))
    words = shlex.split(_exports.command(Here(), a, b, wanted))  # type: ignore[arg-type]
    assert words[words.index("--search") + 1] == "it's; rm -rf /"
    assert words[words.index("--store") + 1] == "/a b/it's"
    assert [words[n + 1] for n, word in enumerate(words) if word == "--where"] == ["kl:0.5..", "score:a b:..1"]


def test_a_file_is_made_when_its_button_is_pressed():
    made = []

    def fill(out: io.BytesIO) -> None:
        made.append(1)
        out.write(b"x")

    content = _exports.filled(fill)
    assert made == []
    assert (content(), made) == (b"x", [1])


@pytest.mark.parametrize(
    ("words", "name"), [(("factoid_qa", "dense", "wanda-2:4"), "factoid_qa-dense-wanda-2-4"), (("../../x", ""), "x"), (("…",), "results")]
)
def test_file_names_hold_nothing_odd(words: tuple[str, ...], name: str):
    assert _exports.named(*words) == name


def test_every_table_and_query_is_explained(app: Start, full_store: Path):
    at = data(app, full_store, part="database")
    titles = [expander.label for expander in at.expander]
    assert all(title in titles for title in QUERIES)
    assert all(any(table.replace("_", "\\_") in title for title in titles) for table in TABLES)
    assert all(meaning in text(at) or "'" in meaning for words in TABLES.values() for meaning in words.columns.values())


def test_a_copy_of_the_database_is_made_told_and_deleted(app: Start, own_store: Path):
    at = data(app, own_store, part="database")
    assert not at.get("download_button")
    at.button(key="make_copy").click().run()
    assert not at.exception
    copy = own_store / "exports" / "results-copy.duckdb"
    assert copy.is_file()
    assert any(code.value == str(copy) for code in at.code)
    assert at.get("download_button")[0].label.startswith("Download it (")
    at.button(key="delete_copy").click().run()
    assert (copy.exists(), at.get("download_button")) == (False, [])


def test_half_a_copy_is_not_offered(app: Start, own_store: Path):
    (own_store / "exports").mkdir()
    (own_store / "exports" / ".results-copy.duckdb.partial").write_bytes(b"torn")
    assert not data(app, own_store, part="database").get("download_button")


def test_the_command_that_copies_can_be_pasted_whatever_the_store_is_called(app: Start, tmp_path: Path):
    store = tmp_path / "it's; mine"
    make_store(store, n_each=1, recipes=[Recipe()], tasks=("factoid_qa",))
    line = next(code.value for code in data(app, store, part="database").code if "--database" in code.value)
    words = shlex.split(line, comments=True)
    assert words[words.index("--store") + 1] == str(store)


def test_views_are_saved_listed_and_deleted(app: Start, own_store: Path):
    at = data(app, own_store, part="views")
    at.text_input(key="view_name").set_value("<b>Lost</b> in **geography**")
    at.text_input(key="view_link").set_value("http://localhost:8501/compare?task=factoid_qa&b=wanda-50&outcome=broke")
    next(button for button in at.button if button.label == "Save view").click().run()
    assert not at.exception
    [view] = saved_views(own_store)
    assert (view.page, view.query) == ("compare", "task=factoid_qa&b=wanda-50&outcome=broke")
    assert 'href="compare?task=factoid_qa&amp;b=wanda-50&amp;outcome=broke"' in text(at)
    assert "&lt;b&gt;Lost&lt;/b&gt;" in text(at)
    at.button(key=f"delete_{view.view_id}").click().run()
    assert saved_views(own_store) == []
    at.text_input(key="view_link").set_value("https://elsewhere.example/secret?x=1")
    at.text_input(key="view_name").set_value("x")
    next(button for button in at.button if button.label == "Save view").click().run()
    assert "is no page of the app" in at.error[0].value


def test_a_link_is_read_with_and_without_its_server():
    assert _views.read_link("compare?a=dense") == ("compare", "a=dense")
    assert _views.read_link("http://host:8501/prefix/ladder?x=1#top") == ("ladder", "x=1")
    assert _views.read_link("http://host:8501/") == ("overview", "")


def test_a_hostile_view_of_the_file_does_no_harm(app: Start, own_store: Path):
    save_view(own_store, "fine", "compare", "a=dense")
    hostile = {"view_id": "x", "name": '"><script>window.pwned=1</script>', "page": "compare", "query": '"onclick="x', "saved_at": 1.0}
    with (own_store / "views.jsonl").open("a", encoding="utf-8") as stream:
        for line in (hostile, hostile, hostile | {"view_id": "y", "saved_at": 1e20}, hostile | {"view_id": "z", "name": "\ud800"}):
            stream.write(json.dumps(line) + "\n")
    at = data(app, own_store, part="views")
    assert at.warning[0].proto.title == "3 lines of the saved views cannot be read"
    assert "<script" not in text(at)
    assert '"onclick' not in text(at)
