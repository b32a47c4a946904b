"""Overview without a browser: empty, running, failed, full."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.errors import JobError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Calibration, Recipe
from llmkick_core.status import RunStatus
from llmkick_core.store.database import Database
from llmkick_core.store.runs import write_layers, write_spec, write_status
from tests.synthetic_store import HOSTILE, add_run, answers_of, make_store, samples_of, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)


def markup(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def test_an_empty_store_says_what_comes_and_offers_the_demo(app: Start, tmp_path: Path):
    at = app(tmp_path).run()
    assert not at.exception
    assert [button.label for button in at.button] == ["Run the demo"]
    assert at.title[0].value == "Which knowledge does compression break?"
    assert not at.sidebar.selectbox


def test_a_full_store_answers_in_one_sentence_with_numbers_and_interval(app: Start, full_store: Path):
    at = app(full_store).run()
    assert not at.exception
    sentence = next(element.value for element in at.html if "kick-sentence" in element.value)
    assert "Factoid QA: Wanda 50% lost" in sentence
    assert "95% interval" in sentence
    assert "Its perplexity: +2." in sentence
    assert "n = 24 windows" in sentence


def test_there_is_a_figure_for_each_group_of_tasks(app: Start, full_store: Path):
    at = app(full_store).run()
    assert len(at.get("plotly_chart")) == 4


def test_all_tasks_are_one_click_and_a_link_away(app: Start, full_store: Path):
    at = app(full_store).run()
    assert [group.options for group in at.get("button_group") if group.key == "choice_curves"] == [["A task of each kind", "All 5 tasks"]]
    at.query_params["curves"] = "tasks"
    at.run()
    assert not at.exception
    assert len(at.get("plotly_chart")) == 5


def test_the_breaks_are_those_of_the_recipe_in_sight(app: Start, full_store: Path):
    at = app(full_store)
    at.query_params.update({"task": "closed_book_qa", "b": "wanda-70"})
    at.run()
    assert "Biggest breaks of Wanda 70\\%" in [heading.value for heading in at.subheader]
    breaks = next(element.value for element in at.html if "log p(right)" in element.value)
    links = re.findall(r'href="compare\?([^"]*)"', breaks)
    assert len(links) == 8
    assert all("b=wanda-70" in link and "task=closed_book_qa" in link and "q=" in link for link in links)


def test_a_compressed_model_is_set_against_a_smaller_dense_one(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=5, recipes=(Recipe(), WANDA), tasks=("factoid_qa",))
    layer = LayerReport(name="q", block=0, n_out=512, n_in=512, sparsity=0.5, structure_ok=None, error=0.1, bits=9.0, seconds=0.1)
    write_layers(tmp_path, spec_of("factoid_qa", WANDA).run_id, [layer])
    at = app(tmp_path).run()
    assert "Small and dense against large and compressed" in [heading.value for heading in at.subheader]
    assert any("Run a smaller dense model" in caption.value for caption in at.caption)
    small = spec_of("factoid_qa", Recipe(), model="bundled:kick-nano")
    asked = samples_of("factoid_qa", 5)
    add_run(tmp_path, small, asked, answers_of(small, asked, 0.2))
    at = app(tmp_path).run()
    said = next(caption.value for caption in at.caption if "kick" in caption.value and "no recipe" in caption.value)
    assert r"kick\-nano\, dense\, has" in said
    assert not at.exception


def test_the_matrix_links_every_compressed_cell_to_compare(app: Start, full_store: Path):
    at = app(full_store).run()
    matrix = next(element.value for element in at.html if "kick-matrix" in element.value)
    assert matrix.count('href="compare?') == 45  # nine compressed recipes on five tasks
    assert "b=magnitude-70" in matrix
    assert "task=open_book_qa" in matrix


def matrix_of(at: AppTest) -> str:
    return next(element.value for element in at.html if "kick-matrix" in element.value)


def row_of(at: AppTest, title: str) -> str:
    return next(row for row in matrix_of(at).split("<tr>") if f"</span>{title}</td>" in row)


def test_the_matrix_says_n_and_explains_its_signs(app: Start, full_store: Path):
    at = app(full_store).run()
    assert "Factoid QA<br>n = 241</th>" in matrix_of(at)
    assert "Perplexity<br>n = 24 windows</th>" in matrix_of(at)
    assert re.search(r'title="n = 241, 95% interval \d+\.\d% to \d+\.\d%">', row_of(at, "Dense"))
    assert re.search(r'title="not matching">!</span>', row_of(at, "Magnitude 70%"))
    legend = next(caption.value for caption in at.caption if "not matching" in caption.value)
    assert "perplexity: at most 5% above" in legend
    assert "failed" not in legend
    assert not at.error


def half_store(store: Path) -> dict[str, str]:
    from tests.synthetic_store import make_store

    recipes = [Recipe(), WANDA, Recipe(method="wanda", sparsity=0.3)]
    specs = make_store(store, n_each=3, recipes=recipes, tasks=("factoid_qa", "perplexity"))
    return {f"{spec.recipe.label} {spec.task}": spec.run_id for spec in specs}


def test_the_matrix_marks_what_is_not_done(app: Start, tmp_path: Path):
    runs = half_store(tmp_path)
    write_status(tmp_path, RunStatus(run_id=runs["wanda-50 factoid_qa"], state="cancelled", n_done=40, n_total=200))
    write_status(tmp_path, RunStatus(run_id=runs["wanda-30 factoid_qa"], state="failed", n_done=7, n_total=200, message="no memory"))
    at = app(tmp_path).run()
    half = row_of(at, "Wanda 50%")
    assert half.count("■ cancelled") == 1
    assert 'title="partial, 40 of 200 (cancelled)"' in half
    assert "not matching" not in half.partition("cancelled</span>")[0]  # no verdict on a part
    assert row_of(at, "Wanda 30%").count("× failed") == 1
    legend = next(caption.value for caption in at.caption if "~ undecided" in caption.value)
    assert ("× failed" in legend, "■ cancelled" in legend) == (True, True)
    assert any("partial, 40 of 200 (cancelled)" in caption.value.replace("\\", "") for caption in at.caption)


def test_a_run_that_failed_before_it_answered_is_marked_and_leads_to_run(app: Start, tmp_path: Path):
    half_store(tmp_path)
    for recipe in (Recipe(method="wanda", sparsity=0.7), Recipe(method="magnitude", sparsity=0.5)):
        spec = spec_of("factoid_qa", recipe)
        write_status(tmp_path, RunStatus(run_id=spec.run_id, state="failed", message=f"the disk is full {HOSTILE}"))
        write_spec(tmp_path, spec)
    at = app(tmp_path).run()
    assert not at.exception
    for title in ("Wanda 70%", "Magnitude 50%"):
        assert row_of(at, title).count("× failed") == 1
        assert 'href="run?' in row_of(at, title)
    assert "<img" not in matrix_of(at)
    said = at.error[0].value
    assert "on Factoid QA: the disk is full" in said
    assert ("Wanda 70" in said, "Magnitude 50" in said, "![](" in said) == (True, True, False)
    assert any(link.label == "See why and try again" for link in at.get("page_link"))


def test_a_demo_of_which_every_run_failed_says_so(app: Start, tmp_path: Path):
    for task in ("factoid_qa", "perplexity"):
        spec = spec_of(task, Recipe())
        write_status(tmp_path, RunStatus(run_id=spec.run_id, state="failed", message="the weights are damaged"))
        write_spec(tmp_path, spec)
    at = app(tmp_path).run()
    assert not at.exception
    assert "Dense on 2 tasks: the weights are damaged" in at.error[0].value
    assert any(link.label == "See why and try again" for link in at.get("page_link"))
    assert [button.label for button in at.button] == ["Run the demo"]


@pytest.mark.parametrize(("error", "word"), [("", "Waiting"), ("the worker stopped with exit code 3", "Stopped")])
def test_a_queue_in_which_nothing_runs_is_not_said_to_run(
    error: str, word: str, app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def ensure(self: LocalExecutor) -> None:
        if error:
            raise JobError(error)

    monkeypatch.setattr(LocalExecutor, "ensure_worker", ensure)
    spec = spec_of("factoid_qa", Recipe())
    write_status(tmp_path, RunStatus(run_id=spec.run_id, submitted_at=1.0))
    write_spec(tmp_path, spec)
    at = app(tmp_path).run().run()  # the strip, at the foot, finds that the worker stopped
    assert not at.exception
    said = [bar.text for bar in at.get("progress")]
    assert said
    assert not any("Running" in text or "starting" in text for text in said)
    assert any(word in text for text in said)
    if error:
        assert any(error in box.value for box in at.sidebar.error)
        assert any(link.label == "Open the queue" for link in at.sidebar.get("page_link"))
        assert any(link.label == "Start it again on the Run page" for link in at.main.get("page_link"))


def test_a_run_that_is_asked_to_stop_says_so_in_the_strip_and_on_the_overview(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    monkeypatch.setattr("llmkick_core.jobs.local.is_held", lambda lock: True)
    half_store(tmp_path)
    spec = spec_of("factoid_qa", Recipe(method="wanda", sparsity=0.7))
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="running", stage="asking", n_done=8, n_total=20, submitted_at=1.0))
    write_spec(tmp_path, spec)

    def said(at: AppTest) -> list[str]:
        assert not at.exception
        strip = [*(bar.text for bar in at.sidebar.get("progress")), *(caption.value for caption in at.sidebar.caption)]
        box = [*(bar.text for bar in at.main.get("progress")), *(element.value for element in at.main.markdown)]
        return ["\n".join(strip), "\n".join(box)]

    for text in said(app(tmp_path).run()):
        assert ("Running" in text, "ancelling" in text) == (True, False)
    LocalExecutor(tmp_path).cancel([spec.run_id])
    for text in said(app(tmp_path).run()):
        assert ("Cancelling" in text, "Running" in text, " left" in text) == (True, False, False)
        assert "cancelling, it stops after this step" in text.replace("\\", "")
        assert "asking 8 of 20" in text.replace("\\", "")


def test_the_strip_has_the_page_drawn_again_when_a_run_comes_in(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from pages import _jobs, _shared

    asked: list[tuple[_jobs.Standing, _jobs.Standing]] = []
    monkeypatch.setattr(_jobs, "is_stale", lambda drawn, now, *, age_s: asked.append((drawn, now)) or len(asked) == 1)
    half_store(tmp_path)
    at = app(tmp_path).run()
    assert len(asked) == 2  # once for the first drawing, once for the second
    drawn, now = asked[-1]
    assert drawn == now == _jobs.Standing(n_answered=6, n_ended=6, is_busy=False)
    assert _shared.BUSY_S < _jobs.REDRAW_S
    assert not at.exception


def test_what_came_in_reaches_the_headline_without_a_new_page(app: Start, tmp_path: Path):
    from llmkick_core.store.ingest import ingest
    from pages._services import Services
    from pages._shared import Page
    from tests.synthetic_store import make_store

    services = Services(db=Database(tmp_path), executor=LocalExecutor(tmp_path))
    make_store(tmp_path, n_each=3, recipes=[Recipe(), WANDA], tasks=("factoid_qa",))
    ingest(services.db)
    page = Page(services=services, model="bundled:kick-tiny", scorer="corrected", runs=None, comparisons=None, comparison_id=None, task="factoid_qa", sides={}, a=None, b=None, jobs=[])  # fmt: skip
    page = dataclasses.replace(page, comparison_id=spec_of("factoid_qa", Recipe()).comparison_id).fresh()
    left, right = page.sides["dense"], page.sides["wanda-50"]
    page = dataclasses.replace(page, a=left, b=right)
    make_store(tmp_path, n_each=3, recipes=[Recipe(method="wanda", sparsity=0.3)], tasks=("factoid_qa",))
    write_status(tmp_path, RunStatus(run_id=right.run_id, state="cancelled", n_done=5, n_total=9))
    ingest(services.db)
    later = page.fresh()
    services.db.close()
    assert set(later.sides) == {"dense", "wanda-30", "wanda-50"}
    assert later.b is not None
    assert later.b is not right
    assert later.partial() == "Wanda 50% partial, 5 of 9 (cancelled)"


def test_a_full_disk_is_a_box_with_the_way_out_and_the_next_look_opens_the_store_again(
    app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    import duckdb

    from llmkick_core.store import ingest as module

    half_store(tmp_path)
    insert = module.insert_parts

    def refuse(*_: object) -> None:
        raise duckdb.FatalException("FATAL Error: Could not write to the log: No space left on device")

    monkeypatch.setattr(module, "insert_parts", refuse)
    at = app(tmp_path).run()
    assert not at.exception
    assert "No space left on device" in at.error[0].value
    assert "make room" in at.error[0].value
    monkeypatch.setattr(module, "insert_parts", insert)
    at.button[0].click().run()
    assert not at.exception
    assert not at.error
    assert "Wanda 50%" in matrix_of(at)


def test_two_calibrations_of_one_recipe_are_two_rows_two_titles_and_two_links(app: Start, tmp_path: Path):
    from tests.synthetic_store import add_run, answers_of, samples_of

    runs = half_store(tmp_path)
    quick = Recipe(method="wanda", sparsity=0.5, calibration=Calibration(n_samples=16, seq_len=512))
    for task in ("factoid_qa", "perplexity"):
        spec, samples = spec_of(task, quick), samples_of(task, 3)
        add_run(tmp_path, spec, samples, answers_of(spec, samples, 0.9))
    at = app(tmp_path)
    at.query_params["b"] = "wanda-50"  # a link from before the second calibration
    at.run()
    assert not at.exception
    assert not at.warning
    rows = [row_of(at, f"Wanda 50% · {words}") for words in ("calibrated on 16 × 512 tokens", "calibrated on 128 × 2048 tokens")]
    keys = [set(re.findall(r"b=(wanda-50[^&]*)&", row)) for row in rows]
    assert all(row.count('href="compare?') == 2 for row in rows)
    assert [len(found) for found in keys] == [1, 1]  # the same on every task
    assert keys[0] != keys[1]
    assert at.query_params["b"].startswith("wanda-50~")
    for piece in (spec_of("factoid_qa", quick).run_id[:6], keys[0].pop().rpartition("7E")[2].rpartition("~")[2]):
        again = app(tmp_path)
        again.query_params["b"] = f"wanda-50~{piece}"
        again.run()
        assert not again.warning
        assert "Wanda 50% · calibrated on 16 × 512 tokens lost" in markup(again)
    assert runs


def test_links_keep_their_meaning_when_a_task_is_asked_in_another_way(app: Start, tmp_path: Path):
    from tests.synthetic_store import add_run, answers_of, samples_of

    half_store(tmp_path)
    whole = spec_of("factoid_qa", Recipe())
    at = app(tmp_path)
    at.query_params["task"] = f"factoid_qa~{whole.comparison_id[:6]}"  # written where there were several
    at.run()
    assert not at.warning
    assert at.query_params["task"] == "factoid_qa"
    for recipe in (Recipe(), WANDA):
        spec, samples = dataclasses.replace(spec_of("factoid_qa", recipe), limit=2), samples_of("factoid_qa", 3)[:2]
        add_run(tmp_path, spec, samples, answers_of(spec, samples, 0.5))
    for one in (whole, spec):
        at = app(tmp_path)
        at.query_params["task"] = f"factoid_qa~{one.comparison_id[:6]}"
        at.run()
        assert not at.warning
        assert at.query_params["task"] == f"factoid_qa~{one.comparison_id[:6]}"
        assert all(
            "task=factoid_qa%7E" in link or "task=factoid_qa~" in link or "perplexity" in link
            for link in re.findall(r'href="(compare[^"]*)"', matrix_of(at))
        )
    at = app(tmp_path)
    at.query_params["task"] = "factoid_qa"
    at.run()
    assert not at.warning
    assert at.query_params["task"] == f"factoid_qa~{whole.comparison_id[:6]}"  # the one with most runs
