"""What narrows the list of Compare, and how each of it stands in the link and comes back from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.schema import Answer, Recipe, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec, write_status
from tests.pages.test_compare import compare, listed, text
from tests.small_store import Said, answers_and_scores
from tests.synthetic_store import add_run, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)
SAMPLES = tuple(
    Sample(
        sample_id=f"q{n}", question=f"{'word ' * n}end?", turns=("Q",), subject="law", category="STEM" if n < 2 else "other", gold=(("x",),)
    )
    for n in range(4)
)


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Return a store of one pair on four questions of 1 to 4 words; B has a KL of 0, 1, 2 and none, and says nothing to the last."""
    for recipe in (Recipe(), WANDA):
        spec = spec_of("factoid_qa", recipe)
        write_spec(tmp_path, spec)
        write_samples(tmp_path, spec.run_id, SAMPLES)
        said = [Said(1, "x", -0.1)] * 3 + [Said(1 if recipe.is_dense else 0, "x" if recipe.is_dense else "", -0.5)]
        answers, scores = answers_and_scores(spec.run_id, SAMPLES, said)
        if not recipe.is_dense:
            kls = (0.0, 1.0, 2.0, None)
            answers = [Answer(**{**vars(answer), "dense_kl": kl}) for answer, kl in zip(answers, kls, strict=True)]
            scores = [type(row)(**{**vars(row), "outcome": "right" if row.value == 1 else "empty"}) for row in scores]
        append_part(run_dir(tmp_path, spec.run_id), answers, scores)
        write_status(tmp_path, RunStatus(run_id=spec.run_id, state="done", n_done=4, n_total=4))
    return tmp_path


def n_words(at: AppTest) -> list[int]:
    return [line.split("] ", 1)[1].count("word") + 1 for line in listed(at)]


def test_a_range_in_the_link_narrows_list_and_chips(app: Start, measured: Path):
    at = compare(app, measured, where="kl:0.5..;n_words:..2", sort="position")
    assert n_words(at) == [2]
    assert at.get_by_key("choice_outcome").options[0] == "All 1"
    assert (at.number_input(key="low_kl").value, at.number_input(key="high_kl").value) == (0.5, None)
    assert at.number_input(key="high_n_words").value == 2


def test_a_range_is_chosen_narrowed_and_removed_on_the_page_and_the_link_follows(app: Start, measured: Path):
    at = compare(app, measured, sort="position")
    at.selectbox(key="new_range").set_value("kl").run()
    assert at.query_params["where"] == "kl:.."
    assert n_words(at) == [1, 2, 3]  # the last question has no KL
    at.number_input(key="low_kl").set_value(2.0).run()
    at.number_input(key="high_kl").set_value(1.0).run()  # the wrong way round
    assert at.query_params["where"] == "kl:1..2"
    assert n_words(at) == [2, 3]
    at.button(key="drop_kl").click().run()
    assert "where" not in at.query_params
    assert len(listed(at)) == 4


def test_any_stored_metric_of_b_can_be_asked_for(app: Start, measured: Path):
    at = compare(app, measured, where="score:exact_match:..0.5")
    assert n_words(at) == [4]


@pytest.mark.parametrize(
    ("where", "said"),
    [("colour:1..", "is no measure"), ("kl:x..", "is no number"), ("kl:2..1", "is above"), ("score:judge:1..", "no answer of Wanda")],
)
def test_a_range_that_makes_no_sense_is_said_and_not_followed(app: Start, measured: Path, where: str, said: str):
    at = compare(app, measured, where=where)
    assert said in at.warning[0].value
    assert len(listed(at)) == 4


def test_category_kind_and_order_stand_in_the_link(app: Start, measured: Path):
    assert n_words(compare(app, measured, category="STEM", sort="position")) == [1, 2]
    assert n_words(compare(app, measured, kind="empty")) == [4]
    assert n_words(compare(app, measured, sort="kl")) == [3, 2, 1, 4]
    at = compare(app, measured, kind="loop")
    assert "The link asks for outcome loop" in at.warning[0].value


def test_clear_filters_takes_all_of_them_back(app: Start, measured: Path):
    at = compare(app, measured, category="STEM", where="kl:5..", outcome="broke", search="word", sort="kl")
    assert "No question is like that" in at.info[0].value
    next(button for button in at.button if button.label == "Clear all filters").click().run()
    assert not set(at.query_params) & {"category", "where", "outcome", "search", "kind", "tag", "subject"}
    assert len(listed(at)) == 4
    assert at.query_params["sort"] == "kl"


def test_a_question_of_a_link_stays_in_sight_where_the_filter_leaves_nothing(app: Start, measured: Path):
    at = compare(app, measured, where="kl:5..", q="q1")
    assert "No question is like that" in at.info[0].value
    assert "word end?" in text(at)


def test_only_orders_that_the_pair_has_are_offered(app: Start, measured: Path):
    options = compare(app, measured).selectbox(key="choice_sort").options
    assert options == ["Damage", "Data set order", "KL from dense", "Length of B", "Length of question"]


def test_a_tag_finds_the_question_that_it_was_given_to(app: Start, measured: Path):
    at = compare(app, measured, q="q2", sort="position")
    tags = next(box for box in at.multiselect if box.key.startswith("tags_"))
    tags.set_value(["Near miss!"]).run()
    assert not at.exception
    again = compare(app, measured, tag="near-miss")
    assert n_words(again) == [3]
    assert "edit_note" in listed(again)[0]
    assert n_words(compare(app, measured, tag="*")) == [3]
    assert "The link asks for tag nosuch" in compare(app, measured, tag="nosuch").warning[0].value


def test_a_category_or_subject_that_the_data_has_not_is_said(app: Start, full_store: Path):
    at = compare(app, full_store, task="factoid_qa", category="STEM", subject="astrology")
    assert sorted(re.sub(r",.*", "", box.value) for box in at.warning) == [
        "The link asks for category STEM",
        "The link asks for subject astrology",
    ]
    assert at.get_by_key("choice_outcome").options[0] != "All 0"


def test_the_filters_of_slices_are_followed(app: Start, full_store: Path, tmp_path: Path):
    pair = {"task": "closed_book_qa", "b": "magnitude-70"}
    counts = {
        rescue: int(
            compare(app, full_store, **pair, rescue=rescue).get_by_key("choice_outcome").options[1].removeprefix("Broke ").replace(",", "")
        )
        for rescue in ("", "regained", "not_regained")
    }
    assert counts[""] == counts["regained"] + counts["not_regained"]
    assert counts["regained"] > 0
    for n, recipe in enumerate((Recipe(), WANDA)):
        samples = [
            Sample(sample_id=f"q{k}", question="Who?", turns=("Q",), gold=(("x",),), evidence="x", is_answer_shown=k > 0) for k in range(3)
        ]
        spec = spec_of("open_book_qa", recipe)
        add_run(tmp_path, spec, samples, [Answer(run_id=spec.run_id, sample_id=one.sample_id, text="xy"[n]) for one in samples])
    assert len(listed(compare(app, tmp_path, shown="yes"))) == 2
    assert len(listed(compare(app, tmp_path, shown="no"))) == 1
    assert "evidence maybe" in compare(app, tmp_path, shown="maybe").warning[0].value
