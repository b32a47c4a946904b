"""Scores and statuses of answers as arrays, against the same rules written out answer by answer."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

import pytest

from llmkick_core.judgment import Judgment
from llmkick_core.store.database import Database
from llmkick_core.store.judge_tables import STATUSES, judge_table
from llmkick_core.store.judgings import latest
from tests.judge_store import STORIES, WANDA_RUN, add_answers, judge

WINNERS = ("candidate", "tie", "opponent")


def one_by_chance(rng: random.Random, protocol: str) -> Judgment:
    slot = {"sample_id": f"s{rng.randrange(9)}", "turn": rng.randrange(2), "place": rng.choice((1, 2)), "repeat": rng.randrange(3)}
    outcome = rng.choice(("scored", "scored", "scored", "scored", "same", "refused"))
    if outcome != "scored":
        return Judgment(outcome=outcome, **slot)
    if protocol == "pairwise":
        return Judgment(outcome=outcome, winner=rng.choice(WINNERS), **slot)
    scores, others = ({aspect: float(rng.randint(6, 8)) for aspect in ("coherence", "fluency")} for _ in range(2))
    return Judgment(outcome=outcome, scores=scores, opponent_scores=others, **slot)


def by_order(judgments: Sequence[Judgment], value: Callable[[Judgment], float]) -> list[float | None]:
    found = [[value(one) for one in judgments if one.place == place and one.outcome == "scored"] for place in (1, 2)]
    return [mean(values) if values else None for values in found]


def sign(value: float) -> int:
    return 0 if abs(value) < 1e-9 else 1 if value > 0 else -1


def status(judgments: Sequence[Judgment], protocol: str) -> str:
    if protocol == "pairwise":
        orders: list[object] = []
        for place in (1, 2):
            votes = Counter(one.winner for one in judgments if one.place == place and one.outcome == "scored").most_common()
            is_settled = len(votes) == 1 or (len(votes) > 1 and votes[0][1] > votes[1][1])
            orders.append(votes[0][0] if is_settled else "unsettled" if votes else None)
    else:
        apart = by_order(judgments, lambda one: mean(one.scores.values()) - mean(one.opponent_scores.values()))
        orders = [None if value is None else sign(value) for value in apart]
    if orders == [None, None]:
        return "same" if any(one.outcome == "same" for one in judgments) else "failed"
    if None in orders:
        return "partial"
    if protocol == "pairwise":
        words = {"candidate": "win", "opponent": "loss", "tie": "tie"}
        return words.get(str(orders[0]), "inconsistent") if orders[0] == orders[1] else "inconsistent"
    if set(orders) == {1, -1}:
        return "inconsistent"
    return {1: "win", 0: "tie", -1: "loss"}[sign(sum(apart))]


@pytest.mark.parametrize("protocol", ["reference", "pairwise"])
@pytest.mark.parametrize("seed", range(3))
def test_arrays_say_what_the_rules_say_of_each_answer(tmp_path: Path, open_store: Callable[[Path], Database], protocol: str, seed: int):
    rng = random.Random(seed)
    add_answers(tmp_path, WANDA_RUN, STORIES, {("s0", 0): "x"})
    judgments = [one_by_chance(rng, protocol) for _ in range(120)]
    spec = judge(tmp_path, WANDA_RUN, judgments, protocol=protocol)
    table = judge_table(open_store(tmp_path), [spec.judging_id])
    by_answer: dict[tuple[str, int], list[Judgment]] = {}
    for one in latest(judgments).values():
        by_answer.setdefault((one.sample_id, one.turn), []).append(one)
    keys = list(zip(table.items["sample_id"], table.items["turn"], strict=True))
    assert set(keys) == set(by_answer)
    assert [STATUSES[code] for code in table.statuses()[0]] == [status(by_answer[key], protocol) for key in keys]
    for k, aspect in enumerate(table.aspects):
        values = table.by_answer(table.scores[:, k])[0]
        for key, value in zip(keys, values, strict=True):
            orders = by_order(by_answer[key], lambda one, a=aspect: one.scores[a] if a != "all" else mean(one.scores.values()))
            assert math.isnan(value) if None in orders else value == pytest.approx(mean(orders))
