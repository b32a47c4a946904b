"""Compare without a browser: counts, filters, the list, and every view from its link."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.schema import Recipe
from llmkick_core.store.parts import read_parts
from tests.synthetic_store import HOSTILE, HOSTILE_ID, make_store, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)


def compare(app: Start, store: Path, **query: str) -> AppTest:
    at = app(store)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    at.switch_page("pages/compare.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def values(store: Path, recipe: Recipe, task: str = "factoid_qa", metric: str = "exact_match") -> dict[str, float]:
    run = store / "runs" / spec_of(task, recipe).run_id
    rows = [score for _, scores in read_parts(run) for score in scores]
    return {row.sample_id: row.value for row in rows if row.metric == metric and row.scorer == "corrected" and row.value is not None}


def listed(at: AppTest) -> list[str]:
    return list(at.radio(key="question_list").options)


def text(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def test_the_chips_count_what_the_stored_scores_say(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    broke = sum(before[q] == 1 and after[q] == 0 for q in before)
    fixed = sum(before[q] == 0 and after[q] == 1 for q in before)
    assert broke > 10
    at = compare(app, full_store)
    chips = at.get_by_key("choice_outcome").options
    assert chips[:3] == [f"All {len(before)}", f"Broke {broke:,}", f"Fixed {fixed}"]
    assert f"Wanda 50% lost {broke} and gained {fixed} of {len(before)} questions" in text(at)


def test_a_link_restores_pair_filter_and_question(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    wanted = sorted(q for q in before if q.startswith("capital/") and before[q] == 1 and after[q] == 0)[0]
    at = compare(app, full_store, outcome="broke", subject="geography", q=wanted)
    assert at.radio(key="question_list").value == wanted
    assert "kick-answer right" in text(at)
    assert "kick-answer wrong" in text(at)
    assert all("\u2212" in line for line in listed(at))


def test_a_question_outside_the_filter_is_still_shown(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    kept = next(q for q in before if before[q] == after[q] == 1)
    at = compare(app, full_store, outcome="broke", q=kept)
    assert any("not in the list" in caption.value for caption in at.caption)
    assert at.radio(key="question_list").value is None


def test_an_unknown_question_is_a_friendly_box(app: Start, full_store: Path):
    at = compare(app, full_store, q="capital/Atlantis#0")
    assert "choose one from the list" in at.error[0].value
    assert listed(at)


def test_j_and_k_move_through_the_list_and_over_its_pages(app: Start, full_store: Path):
    at = compare(app, full_store, sort="position")
    first = listed(at)
    for _ in range(len(first)):
        at.button(key="next").click().run()
    assert listed(at)[0] not in first
    at.button(key="previous").click().run()
    assert listed(at) == first
    assert at.radio(key="question_list").value is not None


def test_search_finds_what_a_model_said(app: Start, full_store: Path):
    at = compare(app, full_store)
    at.text_input(key="search_text").set_value("Kabul").run()
    assert not at.exception
    assert at.query_params["search"] == "Kabul"
    assert any("Afghanistan" in line for line in listed(at))


def test_a_filter_that_leaves_nothing_says_so(app: Start, full_store: Path):
    at = compare(app, full_store, search="no text holds this")
    assert "Take back a filter" in at.info[0].value


def test_multiple_choice_shows_both_models_probabilities(app: Start, full_store: Path):
    at = compare(app, full_store, task="multiple_choice")
    assert text(at).count("kick-bar") >= 8
    assert "margin" in text(at)


def test_perplexity_lists_windows_and_no_right_or_wrong(app: Start, full_store: Path):
    at = compare(app, full_store, task="perplexity")
    assert "nats a token" in text(at)
    assert "Wanda 50%: perplexity" in text(at)


def test_open_book_questions_show_their_evidence(app: Start, full_store: Path):
    at = compare(app, full_store, task="open_book_qa")
    assert [expander.label for expander in at.expander] == ["Prompt", "Evidence", "Stored values"]


def test_hostile_text_is_escaped_wherever_it_stands(app: Start, full_store: Path):
    at = compare(app, full_store, q=HOSTILE_ID, search="onerror")
    assert "&lt;img src=x onerror=" in text(at)
    for bad in ("<img", "<script", "</section>", "</div></section>"):
        assert bad not in text(at).replace("</div>", "")
    for line in listed(at):
        assert "![](" not in line
        assert "<img" not in line.replace("\\<", "")
    assert HOSTILE not in "".join(element.value for element in (*at.markdown, *at.caption))


def test_paper_scoring_reads_other_scores_of_the_same_answers(app: Start, full_store: Path):
    at = compare(app, full_store, scoring="paper")
    assert any("paper scoring" in caption.value for caption in at.caption)


def test_a_store_with_dense_only_says_what_is_missing(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[Recipe()], tasks=("factoid_qa",))
    at = compare(app, tmp_path)
    assert "Here the dense and a compressed model" in at.info[0].value


def test_an_empty_store_says_what_comes(app: Start, tmp_path: Path):
    at = compare(app, tmp_path)
    assert "Here the dense and a compressed model" in at.info[0].value


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x"])
def test_the_export_holds_no_formula(cell: str):
    from pages._detail import guarded

    assert guarded(cell) == f"'{cell}"
    assert guarded(0.5) == 0.5


def test_the_export_has_every_question_with_both_answers(full_store: Path):
    from llmkick_core.store.database import Database
    from llmkick_core.store.ingest import ingest
    from pages._detail import export_rows

    with Database(full_store) as db:
        ingest(db)
        found = list(
            csv.DictReader(
                io.StringIO(export_rows(db, spec_of("factoid_qa", Recipe()).run_id, spec_of("factoid_qa", WANDA).run_id, "corrected"))
            )
        )
    assert len(found) == len(values(full_store, WANDA))
    assert {"sample_id", "question", "gold", "outcome", "dense_answer", "other_answer"} <= set(found[0])
    hostile = next(row for row in found if row["sample_id"] == HOSTILE_ID)
    assert hostile["other_answer"] == HOSTILE
