"""Ladder without a browser: the sentence, the grid, every filter from its link, and what is said where there is no ladder."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.schema import Recipe
from llmkick_core.status import RunStatus
from llmkick_core.store.parts import read_parts
from llmkick_core.store.runs import write_spec, write_status
from tests.synthetic_store import DAMAGE, HOSTILE, HOSTILE_ID, add_run, answers_of, make_store, samples_of, spec_of

Start = Callable[[Path], AppTest]
WANDA = [Recipe(method="wanda", sparsity=sparsity) for sparsity in (0.3, 0.5, 0.7)]


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave waiting runs waiting, and take a running one for what its status says."""
    monkeypatch.setattr(LocalExecutor, "ensure_worker", lambda self: None)
    monkeypatch.setattr("llmkick_core.jobs.local.is_held", lambda lock: True)


def ladder(app: Start, store: Path, **query: str) -> AppTest:
    at = app(store)
    at.run()
    at.switch_page("pages/ladder.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def right(store: Path, recipe: Recipe) -> dict[str, list[float]]:
    """Return the values of each fact's wordings."""
    run = store / "runs" / spec_of("factoid_qa", recipe).run_id
    found: dict[str, list[float]] = {}
    for _, scores in read_parts(run):
        for row in scores:
            if row.metric == "exact_match" and row.scorer == "corrected" and row.value is not None:
                found.setdefault(row.sample_id.partition("#")[0], []).append(row.value)
    return found


def text(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def sentence(at: AppTest) -> str:
    return next(element.value for element in at.html if "kick-sentence" in element.value)


def grid(at: AppTest) -> str:
    return next(element.value for element in at.html if "<thead>" in element.value)


def rows(at: AppTest) -> list[str]:
    return re.findall(r"<tr class=\"(?:here)?\">.*?</tr>", grid(at))


def chips(at: AppTest) -> list[str]:
    return list(at.get_by_key("choice_fate").options)


def died_at(store: Path) -> dict[str, int]:
    """Return the step at which each fact dies that dense knows, 3 where it lives."""
    steps = [right(store, recipe) for recipe in WANDA]
    found = {}
    for fact, values in right(store, Recipe()).items():
        if any(values):
            alive = [any(step[fact]) for step in steps]
            found[fact] = max([place + 1 for place, is_alive in enumerate(alive) if is_alive], default=0)
    return found


def test_the_sentence_says_what_the_stored_scores_say(app: Start, full_store: Path):
    dense, *steps = (right(full_store, recipe) for recipe in (Recipe(), *WANDA))
    known = [fact for fact, values in dense.items() if any(values)]
    alive = [sum(any(step[fact]) for fact in known) for step in steps]
    at = ladder(app, full_store, method="wanda")
    assert f"Wanda: of {len(known)} facts dense knows, {alive[0]} live at 30%, {alive[1]} at 50%, {alive[2]} at 70%; " in sentence(at)
    deaths = sorted(died_at(full_store).values())
    assert f"half are dead by {('30%', '50%', '70%')[deaths[(len(deaths) - 1) // 2]]} (95% interval" in sentence(at)
    back = sum(any(not any(steps[early][fact]) and any(steps[late][fact]) for early, late in ((0, 1), (0, 2), (1, 2))) for fact in known)
    assert f"{back or 'none'} came back." in sentence(at)
    assert len(at.get("plotly_chart")) == 1


def test_the_chips_count_where_facts_die(app: Start, full_store: Path):
    deaths = list(died_at(full_store).values())
    found = chips(ladder(app, full_store, method="wanda"))
    assert found[:4] == [
        f"All {len(right(full_store, Recipe()))}",
        *(f"Dies at {name} {deaths.count(step)}" for step, name in enumerate(("30%", "50%", "70%"))),
    ]
    assert f"Alive at 70% {deaths.count(3)}" in found


def test_the_method_of_the_pair_is_shown_until_another_is_chosen(app: Start, full_store: Path):
    assert sentence(ladder(app, full_store, b="magnitude-50")).count("Magnitude:")
    at = ladder(app, full_store, b="magnitude-50", method="wanda")
    assert sentence(at).count("Wanda:")
    at.get_by_key("choice_method").set_value("magnitude").run()
    assert sentence(at).count("Magnitude:")
    assert at.query_params["method"] == "magnitude"


def test_a_link_restores_filters_sort_and_question(app: Start, full_store: Path):
    facts = [fact for fact, step in died_at(full_store).items() if step == 1 and fact.startswith("capital/")]
    assert facts
    at = ladder(app, full_store, method="wanda", subject="geography", fate="dies-50", sort="position", search="capital")
    mine = [fact for fact in facts if "capital" in fact]
    assert len(rows(at)) == len(mine)
    assert all("dies" in row for row in rows(at))
    assert 'class="here"' in rows(at)[0]
    chosen = re.search(r'data-pick="([^"]+)"', rows(at)[-1])
    assert chosen is not None
    again = ladder(app, full_store, method="wanda", subject="geography", fate="dies-50", sort="position", search="capital", q=chosen[1])
    assert 'class="here"' in rows(again)[-1]
    assert "dies at 50%" in text(again)


def test_every_cell_of_a_step_leads_to_compare(app: Start, full_store: Path):
    at = ladder(app, full_store, method="wanda", others="none")
    for row in rows(at):
        links = re.findall(r'href="(compare\?[^"]+)"', row)
        assert [re.search(r"b=(wanda-\d+)", link)[1] for link in links] == ["wanda-30", "wanda-50", "wanda-70"]  # type: ignore[index]
        assert all("q=" in link for link in links)


def test_recipes_beside_the_steps(app: Start, full_store: Path):
    everything = grid(ladder(app, full_store, method="wanda"))
    assert "2:4" in everything
    assert "RTN 4 bit g64" in everything
    own = grid(ladder(app, full_store, method="wanda", others="own"))
    assert "2:4" in own
    assert "RTN" not in own
    assert "2:4" not in grid(ladder(app, full_store, method="magnitude", others="own"))


def test_facts_or_questions_one_by_one(app: Start, full_store: Path):
    n_facts, n_questions = len(right(full_store, Recipe())), sum(map(len, right(full_store, Recipe()).values()))
    facts, questions = (ladder(app, full_store, method="wanda", by=by) for by in ("fact", "question"))
    assert chips(facts)[0] == f"All {n_facts}"
    assert chips(questions)[0] == f"All {n_questions}"
    assert "~ fragile" in grid(facts)
    assert "~ fragile" not in grid(questions)
    assert sentence(facts) == sentence(questions)  # it counts facts in any case


def test_a_fact_shows_its_wordings_and_the_answers_of_one(app: Start, full_store: Path):
    at = ladder(app, full_store, method="wanda", others="none")
    assert "Its 3 wordings" in text(at)
    steps = [element.value for element in at.html if 'class="kick-step"' in element.value]
    assert [re.sub("<[^>]+>", "", step).partition("  ")[0].split(" ✓")[0].split(" ✗")[0] for step in steps] == [
        "Dense",
        "Wanda 30%",
        "Wanda 50%",
        "Wanda 70%",
    ]
    assert all("probability of the right answer" in step for step in steps)
    assert "Every method" in text(at)


def test_a_task_without_wordings_counts_questions(app: Start, full_store: Path):
    at = ladder(app, full_store, task="closed_book_qa", method="wanda")
    assert "questions dense gets right" in sentence(at)
    assert "choice_by" not in [box.key for box in at.selectbox]
    assert "choice_by" in [box.key for box in ladder(app, full_store, method="wanda").selectbox]


def test_the_pages_of_the_grid_follow_the_question(app: Start, full_store: Path):
    at = ladder(app, full_store, method="wanda")
    assert len(rows(at)) == 25
    first = rows(at)[0]
    for _ in range(2):
        at.get_by_key("next").click().run()
    assert 'class="here"' in rows(at)[2]
    at.get_by_key("previous").click().run()
    assert 'class="here"' in rows(at)[1]
    sample = re.findall(r'data-pick="([^"]+)"', rows(ladder(app, full_store, method="wanda", sort="position"))[-1])[0]
    at = ladder(app, full_store, method="wanda", sort="position", q=sample)
    at.get_by_key("next").click().run()
    assert any("26 of" in caption.value for caption in at.caption)
    assert first not in rows(at)


def test_hostile_text_is_escaped(app: Start, full_store: Path):
    at = ladder(app, full_store, method="wanda", q=HOSTILE_ID, search="onerror")
    assert "&lt;img src=x" in text(at)
    assert "<img" not in text(at)
    assert "<script" not in text(at)
    assert HOSTILE not in text(at)


def test_a_question_of_another_task_is_named(app: Start, full_store: Path):
    at = ladder(app, full_store, method="wanda", q="nobody/asks#0")
    assert "which this task does not have" in at.warning[0].value
    assert rows(at)


def test_a_filter_that_leaves_nothing_says_so(app: Start, full_store: Path):
    at = ladder(app, full_store, method="wanda", search="no such words anywhere")
    assert "Take back a filter" in at.info[0].value


def test_perplexity_leads_to_tasks_that_ask(app: Start, full_store: Path):
    at = ladder(app, full_store, task="perplexity")
    assert "asks no questions" in at.info[0].value
    assert len(at.get("page_link")) >= 4


def test_an_empty_store_says_what_comes_here(app: Start, tmp_path: Path):
    at = ladder(app, tmp_path)
    assert "where it dies" in at.info[0].value


def test_only_dense_asks_for_a_recipe(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[Recipe()], tasks=("factoid_qa",))
    at = ladder(app, tmp_path)
    assert "no compressed one yet" in at.info[0].value


def test_without_dense_nothing_is_known(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[WANDA[1]], tasks=("factoid_qa",))
    at = ladder(app, tmp_path)
    assert "dense model has not answered" in at.info[0].value


def test_one_step_is_drawn_and_more_are_asked_for(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=4, recipes=[Recipe(), WANDA[1]], tasks=("factoid_qa",))
    at = ladder(app, tmp_path)
    assert re.search(r"Wanda: of \d+ facts dense knows, \d+ live at 50%", sentence(at))
    assert any("One step so far" in caption.value for caption in at.caption)
    assert rows(at)


def test_quantized_recipes_alone_are_a_grid_without_steps(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=4, recipes=[Recipe(), Recipe(method="int8")], tasks=("factoid_qa",))
    at = ladder(app, tmp_path)
    assert "none was asked of a model pruned step by step yet" in sentence(at)
    assert "int8" in grid(at)


def partly(store: Path, recipe: Recipe, n: int) -> None:
    """Write a run that has answered its first n questions."""
    spec, samples = spec_of("factoid_qa", recipe), samples_of("factoid_qa", 4)
    add_run(store, spec, samples[:n], answers_of(spec, samples[:n], DAMAGE[recipe]))


@pytest.mark.parametrize(("state", "head"), [("running", "▸ running"), ("failed", "× failed")])
def test_a_step_that_is_not_done_is_marked_and_never_counted_as_wrong(app: Start, tmp_path: Path, state: str, head: str):
    make_store(tmp_path, n_each=4, recipes=[Recipe(), WANDA[0]], tasks=("factoid_qa",))
    partly(tmp_path, WANDA[1], 12)
    write_status(tmp_path, RunStatus(run_id=spec_of("factoid_qa", WANDA[1]).run_id, state=state, n_done=12, n_total=97))  # type: ignore[arg-type]
    at = ladder(app, tmp_path)
    assert head in grid(at)
    assert 'href="run?' in grid(at)
    assert "· not run" in grid(at)
    assert re.search(r"\d of 4 at 50%", sentence(at))  # of the facts that were asked there
    caption = next(caption.value for caption in at.caption if "scoring" in caption.value).replace("\\", "")
    assert f"Wanda 50% partial, 12 of 97 ({state})" in caption


@pytest.mark.parametrize(("state", "head"), [("queued", "… waiting"), ("failed", "× failed")])
def test_a_step_without_answers_has_a_column(app: Start, tmp_path: Path, state: str, head: str):
    make_store(tmp_path, n_each=4, recipes=[Recipe(), WANDA[0]], tasks=("factoid_qa",))
    spec = spec_of("factoid_qa", WANDA[2])
    write_spec(tmp_path, spec)
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state=state, message="out of memory"))  # type: ignore[arg-type]
    at = ladder(app, tmp_path)
    assert "70%" in grid(at)
    assert head in grid(at)
    assert "Not judged to the end" in " ".join(chips(at))
    assert "70%" not in sentence(at)
    assert "outlive 30%" in sentence(at)
    assert "· not run" in text(at)
