from __future__ import annotations

import pytest

from llmkick_core.models.pace import AT_ONCE, TARGET_SECONDS, Pace, pace_of


def test_a_small_model_is_asked_everything_together():
    assert pace_of(n_weights=3_000_000, n_layers=6, device="cpu").n_together([60] * 64, n_new=32) == 64
    assert AT_ONCE.n_together([600] * 64, n_new=256) == 64


@pytest.mark.parametrize(("n_weights", "n_layers"), [(135_000_000, 30), (1_100_000_000, 22), (7_000_000_000, 32)])
@pytest.mark.parametrize("length", [40, 2048])
def test_what_is_read_together_takes_seconds_or_is_one(n_weights: int, n_layers: int, length: int):
    pace = pace_of(n_weights=n_weights, n_layers=n_layers, device="cpu")
    n = pace.n_together([length] * 64)
    assert n == 1 or pace.seconds(n * length) <= TARGET_SECONDS
    assert n == 64 or pace.seconds((n + 1) * length) > TARGET_SECONDS


def test_long_answers_are_written_side_by_side_for_one_more_costs_little():
    pace = Pace(token_s=0.001, step_s=0.1)
    assert pace.n_together([100] * 100, n_new=10) == 64  # 8 s: a second of steps, 0.109 s each
    assert pace.n_together([100] * 100, n_new=200) == 71  # 20 s of steps, and as much for what they read


def test_the_first_question_is_always_asked():
    assert pace_of(n_weights=70 * 10**9, n_layers=80, device="cpu").n_together([4000, 4000]) == 1
    assert AT_ONCE.n_together([]) == 1
