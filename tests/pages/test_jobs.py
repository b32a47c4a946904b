"""Where the queue stands, without a page: batches, pace, and when a page is drawn again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmkick_core.schema import Recipe, RunSpec
from llmkick_core.status import RunStatus, State
from pages._jobs import LONGEST_LOOK_S, REDRAW_S, Group, Pace, Run, Standing, active, doing, is_stale, progress, working

NIGHT_S = 9 * 3600.0


def run(k: int, state: State, *, at: float = 100.0, n_done: int = 0) -> Run:
    spec = RunSpec(model="m", recipe=Recipe(method="wanda", sparsity=0.5), task="factoid_qa", limit=k + 1)
    return spec, RunStatus(run_id=spec.run_id, state=state, submitted_at=at, n_done=n_done, n_total=100)


DRAWN = Standing(n_answered=4, n_ended=3, is_busy=True)


@pytest.mark.parametrize(
    ("now", "age_s", "expected"),
    [
        (DRAWN, 1e6, False),
        (Standing(n_answered=5, n_ended=3, is_busy=True), REDRAW_S, True),
        (Standing(n_answered=4, n_ended=4, is_busy=True), REDRAW_S, True),
        (Standing(n_answered=5, n_ended=4, is_busy=True), REDRAW_S / 2, False),  # not too often
        (Standing(n_answered=4, n_ended=4, is_busy=False), 0.0, True),  # the queue ended
    ],
)
def test_a_page_is_drawn_again_for_what_came_in(now: Standing, age_s: float, expected: bool):
    assert is_stale(DRAWN, now, age_s=age_s) is expected


def test_a_page_that_shows_nothing_is_drawn_again_at_once():
    nothing = Standing(n_answered=0, n_ended=0, is_busy=True)
    assert is_stale(nothing, Standing(n_answered=1, n_ended=0, is_busy=True), age_s=0.0)


def test_a_batch_is_what_was_submitted_together():
    old = run(0, "done", at=10.0)
    batch = [run(1, "done", at=100.0), run(2, "done", at=101.5), run(3, "running", at=103.0, n_done=50), run(4, "queued", at=104.0)]
    found = progress([old, *batch])
    assert (found.n_runs, found.n_done) == (4, 2)
    assert found.share == pytest.approx((1 + 1 + 0.55 + 0) / 4)


def test_every_recipe_that_is_worked_on_is_shown_and_else_the_next_one():
    waits, *rest = (
        (replace(spec, recipe=Recipe(method="wanda", sparsity=share)), status)
        for share, (spec, status) in zip((0.3, 0.5, 0.7), (run(0, "queued"), run(1, "running"), run(2, "running")), strict=True)
    )
    assert [group.spec.recipe.label for group in working(active([waits, *rest]))] == ["wanda-50", "wanda-70"]
    assert [group.spec.recipe.label for group in working(active([waits]))] == ["wanda-30"]
    assert working(active([])) == []


def test_the_time_left_follows_from_what_was_seen():
    pace = Pace()
    for k in range(6):
        pace.look([run(0, "running", n_done=10 * k)], 100.0 + 2 * k)
    # the first look is at 0%, answers count nine tenths of a run: the last is at 55% after 10 s
    assert pace.left() == "about 8 s left"


def test_a_night_in_which_nothing_ran_does_not_count():
    pace = Pace()
    for k in range(6):
        pace.look([run(0, "running", n_done=10 * k)], 100.0 + 2 * k)
    before = pace.left()
    pace.look([run(0, "queued", n_done=50)], 112.0)
    pace.look([run(0, "queued", n_done=50)], 112.0 + LONGEST_LOOK_S)
    pace.look([run(0, "running", n_done=50)], 112.0 + NIGHT_S)
    assert pace.left() == before


def test_a_queue_taken_up_the_next_day_is_not_measured_from_its_submission():
    pace = Pace()
    pace.look([run(0, "running", at=0.0, n_done=50)], NIGHT_S)
    assert pace.left() == "time left not known yet"
    pace.look([run(0, "running", at=0.0, n_done=60)], NIGHT_S + 4)
    assert pace.left() == "about 16 s left"


def test_a_new_batch_is_measured_anew():
    pace = Pace()
    pace.look([run(0, "running", n_done=10)], 0.0)
    pace.look([run(0, "running", n_done=90)], 10.0)
    pace.look([run(1, "running", at=500.0), run(2, "queued", at=500.0)], 12.0)
    assert pace.left() == "starting"


def test_the_word_says_whether_anything_runs():
    assert doing(active([run(0, "queued")]), "") == "Waiting"
    assert doing(active([run(0, "queued"), run(1, "running")]), "") == "Running"
    assert doing(active([run(0, "queued")]), "exit code 3") == "Stopped"
    assert doing(active([run(0, "running")]), "", is_cancelling=True) == "Cancelling"
    assert doing(active([run(0, "running")]), "exit code 3", is_cancelling=True) == "Stopped"


def test_a_dense_model_that_was_dequantized_is_called_so_while_it_waits():
    specs = [RunSpec(model="package:smollm2-135m", recipe=recipe, task="factoid_qa") for recipe in (Recipe(), Recipe(method="rtn", bits=4))]
    groups = [Group(compression_id=spec.compression_id, runs=((spec, RunStatus(run_id=spec.run_id, state="queued")),)) for spec in specs]
    assert groups[0].title == "Dense (Q4_1, dequantized)"
    assert "dequantized" not in groups[1].title
