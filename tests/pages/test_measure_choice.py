"""The control in the sidebar by which measure answers are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from llmkick_core.status import RunStatus
from llmkick_core.store.runs import write_status
from tests.small_store import DENSE, WANDA_50, spec
from tests.store.test_measures import N, add, ones


def test_another_measure_is_chosen_stays_in_the_link_and_is_taken_back(app: Callable[[Path], AppTest], tmp_path: Path):
    for recipe, n in ((DENSE, 16), (WANDA_50, 4)):
        run_id = add(tmp_path, spec(recipe, "closed_book_qa"), {"exact_match": ones(n), "f1": [0.5] * N}, ("exact_match",))
        write_status(tmp_path, RunStatus(run_id=run_id, state="done", n_done=N, n_total=N, submitted_at=1.0, updated_at=2.0))
    at = app(tmp_path)
    at.run()
    at.switch_page("pages/compare.py").run()
    assert not at.exception

    def sentence() -> str:
        return next(one.proto.body for one in at.get("html") if "kick-sentence" in one.proto.body and "<style" not in one.proto.body)

    assert "20.0% right against 80.0% dense" in sentence()
    assert "measure" not in at.query_params
    box = at.selectbox(key="choice_measure")
    assert box.options == ["Exact match", "F1"]
    box.select("f1").run()
    assert "50.0% of full score against 50.0% dense" in sentence()
    assert any("corrected scoring, F1" in one.value for one in at.caption)
    assert at.query_params["measure"] == "f1"
    at.selectbox(key="choice_measure").select("exact_match").run()
    assert "20.0% right against 80.0% dense" in sentence()
    assert "measure" not in at.query_params
