"""Slices without a browser: the sentence, the map, the table, what open-book brings back, and every view from its link."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from llmkick_core import catalog
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.schema import Recipe, RunSpec, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part, read_parts
from llmkick_core.store.runs import write_samples, write_spec, write_status
from pages._slices_words import table_csv
from tests.synthetic_store import DAMAGE, HOSTILE, HOSTILE_ID, add_run, answers_of, make_store, samples_of, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)
INT8 = Recipe(method="int8")


def slices(app: Start, store: Path, **query: str) -> AppTest:
    at = app(store)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    at.switch_page("pages/slices.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def text(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def sentence(at: AppTest) -> str:
    return next(unescape(re.sub("<[^>]+>", "", element.value)) for element in at.html if "kick-sentence" in element.value)


def captions(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.caption).replace("\\", "")


def table(at: AppTest) -> list[list[str]]:
    """Return the rows of the table with numbers, without its head."""
    markup = next(element.value for element in at.html if "kick-table" in element.value)
    rows = re.findall(r"<tr>(.*?)</tr>", markup)[1:]
    return [[unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows]


def links(at: AppTest) -> list[dict[str, str]]:
    markup = next(element.value for element in at.html if "kick-table" in element.value)
    found = [unescape(one).partition("?")[2] for one in re.findall(r'href="(compare[^"]*)"', markup)]
    return [{name: value[0] for name, value in parse_qs(one).items()} for one in found]


def figure(at: AppTest, number: int = 0) -> dict:
    return json.loads(at.get("plotly_chart")[number].proto.spec)


def values(store: Path, recipe: Recipe, task: str = "factoid_qa") -> dict[str, float]:
    run = store / "runs" / spec_of(task, recipe).run_id
    rows = [score for _, scores in read_parts(run) for score in scores]
    return {row.sample_id: row.value for row in rows if row.metric == "exact_match" and row.scorer == "corrected" and row.value is not None}


def test_the_table_counts_what_the_stored_scores_say(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    subjects = {sample.sample_id: sample.subject for sample in samples_of("factoid_qa", 10)}
    at = slices(app, full_store)
    rows = {row[0]: row for row in table(at)}
    assert set(rows) == {subject.replace("_", " ") for subject in subjects.values()}
    for subject in set(subjects.values()):
        mine = [q for q in before if subjects[q] == subject]
        broke = sum(before[q] == 1 and after[q] == 0 for q in mine)
        fixed = sum(before[q] == 0 and after[q] == 1 for q in mine)
        row = rows[subject.replace("_", " ")]
        assert row[1] == str(len(mine))
        assert (row[7], row[8]) == (str(broke), str(fixed))
        assert row[5] == f"{100 * (fixed - broke) / len(mine):+.1f}".replace("-", "\u2212").replace("+0.0", "0.0")
    assert re.match(
        r"At Wanda 50%, (all |both )?\d* ?(of \d+ )?subjects lost more than chance allows \(5% false discovery rate\); worst: ",
        sentence(at),
    )
    assert "points (95% interval" in sentence(at)


def test_the_worst_slice_leads_and_its_link_narrows_compare_to_it(app: Start, full_store: Path):
    at = slices(app, full_store)
    told = [row for row in table(at) if row[-1] != "fewer than 10 questions"]
    points = [float(row[5].replace("\u2212", "-")) for row in told]
    assert points == sorted(points)
    assert told[0][0] in sentence(at)
    first = links(at)[0]
    assert first["subject"].replace("_", " ") == told[0][0]
    assert (first["a"], first["b"], first["task"]) == ("dense", "wanda-50", "factoid_qa")


def test_the_map_draws_every_cell_with_its_n_and_marks_the_weak(app: Start, full_store: Path):
    at = slices(app, full_store, columns="all")
    assert len(at.get("plotly_chart")) == 2
    [bars] = figure(at)["data"]
    assert len(bars["text"]) == len(table(at)) * (len(DAMAGE) - 1)
    said = [row[0] for row in bars["customdata"]]
    assert all("n = " in one and "95% interval" in one for one in said)
    for one, hatch, colour in zip(said, bars["marker"]["pattern"]["shape"], bars["marker"]["color"], strict=True):
        if "fewer than 10" in one:
            assert (hatch, colour) == ("/", "rgba(128,128,128,0.16)")
        elif "may be chance" in one and "0.0 points" not in one.partition("(")[0]:
            assert hatch == "/"
        elif "lost (" in one or "gained (" in one:
            assert hatch == ""
    assert "fewer than 10 questions" in text(at)  # the legend says so too


def test_a_link_restores_what_is_sliced_by_which_recipes_and_in_what_order(app: Start, full_store: Path):
    at = slices(app, full_store, by="length", columns="magnitude", column="magnitude-70", order="name")
    assert sentence(at).startswith("At Magnitude 70%, ")
    assert figure(at)["layout"]["xaxis"]["ticktext"] == ["30%", "50%", "70%"]
    names = [row[0] for row in table(at)]
    assert all(name.endswith(" words") for name in names)
    assert names == sorted(names, key=lambda name: int(re.match(r"\d+", name)[0]))
    assert not at.warning
    assert links(at)[0]["where"].startswith("n_words:")


def test_a_link_that_asks_for_what_there_is_not_says_so(app: Start, full_store: Path):
    at = slices(app, full_store, by="colour", columns="sorcery")
    said = [warning.value.replace("\\", "") for warning in at.warning]
    assert any("colour" in one for one in said)
    assert any("sorcery" in one for one in said)
    assert table(at)


def test_another_task_keeps_quiet_about_a_way_that_it_has_not(app: Start, full_store: Path):
    at = slices(app, full_store, by="evidence")  # known, but factoid QA has no evidence
    assert not at.warning
    assert at.get_by_key("choice_by").value == "subject"


def test_the_download_has_every_cell(app: Start, full_store: Path):
    slices(app, full_store)
    st.cache_resource.clear()  # gives the database back
    with Database(full_store) as db:
        [comparison] = [row.comparison_id for row in queries.comparisons(db).itertuples() if row.task == "factoid_qa"]
        ids = [spec_of("factoid_qa", recipe).run_id for recipe in (Recipe(), WANDA, INT8)]
        found = queries.slice_table(db, comparison, ids[0], ids[1:], "subject")
    titles = {one.key: one.key for one in found.slices} | {"hostile": "=1+1"}
    rows = list(csv.DictReader(io.StringIO(table_csv(found, titles, {ids[1]: "wanda-50", ids[2]: "int8"}))))
    assert len(rows) == 2 * len(found.slices)
    assert {row["recipe"] for row in rows} == {"wanda-50", "int8"}
    assert {row["slice"] for row in rows} == {"'=1+1", *(one.key for one in found.slices if one.key != "hostile")}
    whole = next(row for row in rows if row["slice"] == "geography" and row["recipe"] == "wanda-50")
    assert float(whole["delta"]) == pytest.approx((int(whole["fixed"]) - int(whole["broke"])) / int(whole["n"]))


def test_a_hostile_subject_is_text(app: Start, tmp_path: Path):
    samples = [replace(sample, subject=HOSTILE) for sample in samples_of("factoid_qa", 3) if sample.sample_id != HOSTILE_ID]
    for recipe in (Recipe(), WANDA):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, samples, answers_of(spec, samples, DAMAGE[recipe]))
    at = slices(app, tmp_path)
    assert "<img" not in text(at)
    assert "<script" not in text(at)
    spec = at.get("plotly_chart")[0].proto.spec
    assert "<img" not in spec
    assert "<script" not in spec
    assert "subject lost more than chance allows" in sentence(at) or "the one subject has" in sentence(at)


def test_an_empty_store_says_what_comes_here(app: Start, tmp_path: Path):
    at = app(tmp_path).switch_page("pages/slices.py").run()
    assert not at.exception
    assert "every subject stands here" in at.info[0].value
    assert at.get("page_link")


def test_only_the_dense_model_leads_to_the_run_page(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=2, recipes=[Recipe()], tasks=("factoid_qa",))
    at = slices(app, tmp_path)
    assert "only one recipe" in at.info[0].value
    assert at.get("page_link")


def test_perplexity_has_nothing_to_slice(app: Start, full_store: Path):
    at = slices(app, full_store, task="perplexity")
    assert "no subjects" in at.info[0].value
    assert not at.get("plotly_chart")


def test_too_few_questions_are_said_not_told(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=1, recipes=[Recipe(), WANDA], tasks=("closed_book_qa",))
    at = slices(app, tmp_path, task="closed_book_qa")
    assert "10 questions or more, too few to tell" in sentence(at)
    assert all(row[-1] == "fewer than 10 questions" for row in table(at))


def test_a_run_that_is_not_done_is_marked_and_its_part_is_drawn(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[Recipe(), WANDA], tasks=("factoid_qa",))
    write_status(tmp_path, RunStatus(run_id=spec_of("factoid_qa", WANDA).run_id, state="cancelled", n_done=40, n_total=73))
    at = slices(app, tmp_path)
    assert "Wanda 50% partial, 40 of 73 (cancelled)" in captions(at)
    assert table(at)


def test_a_map_fills_while_a_run_is_under_way(app: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    monkeypatch.setattr("llmkick_core.jobs.local.is_held", lambda lock: True)
    samples = samples_of("factoid_qa", 4)
    spec = spec_of("factoid_qa", WANDA)
    add_run(tmp_path, spec_of("factoid_qa", Recipe()), samples, answers_of(spec_of("factoid_qa", Recipe()), samples, 0.0))
    add_part(tmp_path, spec, samples, samples[:40])
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="running", stage="asking", n_done=40, n_total=97, submitted_at=1.0))
    at = slices(app, tmp_path)
    assert "Wanda 50% partial, 40 of 97 (running)" in captions(at)
    assert sum(int(row[1]) for row in table(at) if len(row) > 3) == 40
    add_part(tmp_path, spec, samples, samples[40:])
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="done", n_done=97, n_total=97, submitted_at=1.0))
    at.run()
    assert sum(int(row[1]) for row in table(at)) == len(samples) == 97
    assert "partial" not in captions(at)


def add_part(store: Path, spec: RunSpec, samples: list[Sample], asked: list[Sample]) -> None:
    """Write the answers to some of a run's questions."""
    write_spec(store, spec)
    write_samples(store, spec.run_id, samples)
    answers = answers_of(spec, asked, DAMAGE[spec.recipe])
    scores = [row for one, said in zip(asked, answers, strict=True) for row in catalog.TASKS[spec.task].score(one, [said], "corrected")]
    append_part(run_dir(store, spec.run_id), answers, scores)


def test_another_recipe_than_dense_can_be_what_is_compared_with(app: Start, full_store: Path):
    before, after = values(full_store, Recipe(method="wanda", sparsity=0.3)), values(full_store, Recipe(method="wanda", sparsity=0.7))
    at = slices(app, full_store, a="wanda-30", b="wanda-70")
    assert "against Wanda 30%" in captions(at)
    assert sum(int(row[7]) for row in table(at)) == sum(before[q] == 1 and after[q] == 0 for q in before)
    assert all((link["a"], link["b"]) == ("wanda-30", "wanda-70") for link in links(at))


def test_a_failed_run_without_answers_is_named(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[Recipe(), WANDA], tasks=("factoid_qa",))
    spec = spec_of("factoid_qa", Recipe(method="magnitude", sparsity=0.5))
    write_spec(tmp_path, spec)
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="failed", message="out of memory"))
    at = slices(app, tmp_path)
    assert "Magnitude 50% failed" in captions(at)
    assert at.get("page_link")
    assert table(at)


def test_a_run_that_has_answered_nothing_in_common_says_where_it_stands(app: Start, tmp_path: Path):
    samples = samples_of("factoid_qa", 2)
    for recipe, mine in ((Recipe(), samples[:3]), (WANDA, samples[5:8])):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, samples, [answer for answer in answers_of(spec, samples, DAMAGE[recipe]) if answer.sample_id in {s.sample_id for s in mine}])  # fmt: skip
    at = slices(app, tmp_path)
    assert "No question has been answered by both runs yet" in at.info[0].value


def test_ways_to_ask_are_rows_that_lead_to_their_own_comparison(app: Start, tmp_path: Path):
    samples = samples_of("multiple_choice", 4)
    for k_shot in (0, 5):
        for recipe in (Recipe(), WANDA):
            spec = replace(spec_of("multiple_choice", recipe), k_shot=k_shot)
            add_run(tmp_path, spec, samples, answers_of(spec, samples, DAMAGE[recipe]))
    at = slices(app, tmp_path, task="multiple_choice", by="asked")
    assert {row[0] for row in table(at)} == {"cloze, 0-shot", "cloze, 5-shot"}
    assert len({link["task"] for link in links(at)}) == 2
    assert "ways to ask" in sentence(at)


def evident(n_each: int = 5) -> list[Sample]:
    """Return open-book questions of which every third has no answer in its evidence."""
    return [replace(sample, is_answer_shown=i % 3 > 0) for i, sample in enumerate(samples_of("open_book_qa", n_each))]


@pytest.fixture
def both_ways(tmp_path: Path) -> Path:
    for recipe in (Recipe(), WANDA, Recipe(method="magnitude", sparsity=0.7)):
        for task, samples in (("closed_book_qa", samples_of("closed_book_qa", 5)), ("open_book_qa", evident())):
            spec = spec_of(task, recipe)
            add_run(tmp_path, spec, samples, answers_of(spec, samples, DAMAGE[recipe]))
    return tmp_path


@pytest.mark.parametrize("task", ["closed_book_qa", "open_book_qa"])
def test_what_open_book_brings_back_by_hand(app: Start, both_ways: Path, task: str):
    closed = [values(both_ways, recipe, "closed_book_qa") for recipe in (Recipe(), WANDA)]
    opened = values(both_ways, WANDA, "open_book_qa")
    lost = [q for q in opened if closed[0][q] == 1 and closed[1][q] == 0]
    regained = [q for q in lost if opened[q] == 1]
    at = slices(app, both_ways, view="rescue", task=task)
    assert sentence(at).startswith(
        f"Of {len(lost)} questions asked both ways that Wanda 50% lost closed-book, the evidence brings back {len(regained)}: "
    )
    row = next(row for row in table(at) if row[0] == "Wanda 50%")
    assert row[1:4] == [str(len(lost)), str(len(regained)), str(len(lost) - len(regained))]
    assert any(link["rescue"] == "regained" and link["b"] == "wanda-50" and link["task"] == "open_book_qa" for link in links(at))


def test_evidence_without_the_answer_is_apart_and_in_the_link(app: Start, both_ways: Path):
    at = slices(app, both_ways, view="rescue", task="open_book_qa", evidence="not_shown")
    assert at.get_by_key("choice_evidence").value == "not_shown"
    assert all(link["shown"] == "no" for link in links(at))
    shown = {sample.sample_id for sample in evident() if not sample.is_answer_shown}
    closed = [values(both_ways, recipe, "closed_book_qa") for recipe in (Recipe(), WANDA)]
    lost = [q for q in shown if closed[0][q] == 1 and closed[1][q] == 0]
    assert next(row for row in table(at) if row[0] == "Wanda 50%")[1] == str(len(lost))


def test_evidence_is_a_way_to_slice_open_book_questions(app: Start, both_ways: Path):
    at = slices(app, both_ways, task="open_book_qa", by="evidence")
    assert {row[0] for row in table(at)} == {"an answer in the evidence", "no answer in the evidence"}
    assert {link["shown"] for link in links(at)} == {"yes", "no"}


def test_questions_not_asked_both_ways_say_what_to_run(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=2, recipes=[Recipe(), WANDA], tasks=("closed_book_qa",))
    at = slices(app, tmp_path, view="rescue")
    assert "asked closed-book and open-book" in at.info[0].value
    assert at.get("page_link")


@pytest.mark.parametrize("part", ["²", "0", "x", "9" * 5000, "-1"])
def test_a_page_of_rows_that_there_is_not_is_the_first_or_last(app: Start, full_store: Path, part: str):
    at = app(full_store)
    at.query_params.update({"part": part})
    at.switch_page("pages/slices.py").run()
    assert not at.exception
