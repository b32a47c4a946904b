"""A run's judged answers beside the dense model's, by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmkick_core.judgment import DATASET, JudgeSpec, Judgment
from llmkick_core.schema import Answer, Recipe, RunSpec, Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.judgings import journal
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from tests.small_store import DENSE, WANDA_50, spec

SAMPLES = tuple(Sample(sample_id=f"s{k}", question=f"Story {k}", turns=("Summarize",), reference="the end") for k in range(4))


def add_run(store: Path, recipe: Recipe) -> RunSpec:
    one = spec(recipe, task="summarization")
    write_spec(store, one)
    write_samples(store, one.run_id, SAMPLES)
    append_part(run_dir(store, one.run_id), [Answer(run_id=one.run_id, sample_id=sample.sample_id, text="said") for sample in SAMPLES], [])
    return one


def judge(
    store: Path, run: RunSpec, scores: list[tuple[float | None, float | None]], protocol: str = "reference", opponent: str = DATASET
) -> None:
    """Write a judgment of every question in both orders, the reference always at 7; None where there is no verdict."""
    what = JudgeSpec(run_id=run.run_id, protocol=protocol, opponent=opponent, url="http://127.0.0.1:9/v1", model="judge", prompt_version=1)  # type: ignore[arg-type]
    with journal(store, what) as file:
        for sample, both in zip(SAMPLES, scores, strict=True):
            for place, score in enumerate(both, start=1):
                slot = {"sample_id": sample.sample_id, "place": place}
                if score is None:
                    file.add([Judgment(**slot, outcome="failed", reason="no reply")])  # type: ignore[arg-type]
                elif protocol == "pairwise":
                    winner = "candidate" if score > 0 else "opponent" if score < 0 else "tie"
                    file.add([Judgment(**slot, outcome="scored", winner=winner)])  # type: ignore[arg-type]
                else:
                    aspects = ("coherence", "fluency")
                    file.add(
                        [
                            Judgment(
                                **slot, outcome="scored", scores=dict.fromkeys(aspects, score), opponent_scores=dict.fromkeys(aspects, 7.0)
                            )
                        ]
                    )  # type: ignore[arg-type]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[RunSpec, RunSpec]:
    return add_run(tmp_path, DENSE), add_run(tmp_path, WANDA_50)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    db = Database(tmp_path)
    yield db
    db.close()


def test_an_answer_stands_beside_what_dense_got_for_the_same(tmp_path: Path, runs: tuple[RunSpec, RunSpec], opened: Database):
    dense, wanda = runs
    judge(tmp_path, dense, [(8, 8), (7, 9), (6, 6), (8, None)])
    judge(tmp_path, wanda, [(5, 6), (8, 8), (8, 6), (3, 3)])
    ingest(opened)
    setup = queries.judge_setups(opened, dense.comparison_id)[0]
    found = queries.judged_answers(opened, setup, wanda.run_id)
    # 5.5 - 8, 8 - 8, 7 - 6, nothing of dense
    assert found.rows["change"].tolist()[:3] == [-2.5, 0.0, 1.0]
    assert found.rows["change"].isna().tolist() == [False, False, False, True]
    assert found.rows["outcome"].tolist() == ["loss", "win", "inconsistent", "loss"]
    assert found.counts == {"all": 4, "worse": 1, "better": 1, "lost": 2, "won": 1, "inconsistent": 1, "failed": 0}
    assert found.listed("all", "loss")["sample_id"].tolist() == ["s0", "s1", "s2", "s3"]
    assert found.listed("all", "disagreement")["sample_id"].iloc[0] == "s2"
    assert found.listed("lost", "position")["sample_id"].tolist() == ["s0", "s3"]
    assert queries.judged_answers(opened, setup, dense.run_id).counts["failed"] == 1


def test_in_pairwise_worse_and_better_need_both_orders(tmp_path: Path, runs: tuple[RunSpec, RunSpec], opened: Database):
    dense, wanda = runs
    judge(tmp_path, wanda, [(-1, -1), (1, 1), (1, -1), (None, 1)], "pairwise", dense.run_id)
    ingest(opened)
    setup = queries.judge_setups(opened, dense.comparison_id)[0]
    found = queries.judged_answers(opened, setup, wanda.run_id)
    assert found.counts == {"all": 4, "worse": 1, "better": 1, "inconsistent": 1, "failed": 1}
    assert found.listed("worse", "loss")["sample_id"].tolist() == ["s0"]
    assert found.listed("all", "loss")["sample_id"].tolist() == ["s0", "s2", "s1", "s3"]


def test_a_run_that_was_not_judged_so_has_no_rows(tmp_path: Path, runs: tuple[RunSpec, RunSpec], opened: Database):
    dense, wanda = runs
    judge(tmp_path, dense, [(8, 8)] * 4)
    ingest(opened)
    found = queries.judged_answers(opened, queries.judge_setups(opened, dense.comparison_id)[0], wanda.run_id)
    assert found.rows.empty
    assert not found.judging_id
