"""Facts over the steps of a method, in a store small enough to count by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from llmkick_core.schema import Calibration, Recipe
from llmkick_core.stats.intervals import wilson
from llmkick_core.stats.survival import ALIVE, FRAGILE, LOST, NOT_RUN, UNSCORED
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.queries import LadderFilter
from tests.small_store import SAMPLES, Said, add_run, spec

RECIPES = [Recipe(method="wanda", sparsity=sparsity) for sparsity in (0.3, 0.5, 0.7)]
STRUCTURED = Recipe(method="wanda", structure="2:4")
SAID = {
    # Mongolia in two wordings, tungsten, Emma, Ulysses
    Recipe(): (1, 1, 1, 1, 0),
    RECIPES[0]: (1, 1, 0, 1, 0),
    RECIPES[1]: (0, 1, 1, 1, 1),
    RECIPES[2]: (0, 0, 0, None, 0),
    STRUCTURED: (0, 1, 0, 1, 0),
}
COMPARISON = spec().comparison_id
DENSE, LIGHT, MIDDLE, HEAVY, NM = (spec(recipe).run_id for recipe in SAID)


def said(values: tuple[float | None, ...]) -> list[Said]:
    return [Said(value, " x", -1.0) for value in values]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for recipe, values in SAID.items():
        add_run(tmp_path, spec(recipe), said(values))
    return tmp_path


@pytest.fixture
def db(store: Path, open_store) -> Database:
    return open_store(store)


def ladder(db: Database, **more) -> queries.Ladder:
    return queries.ladder(db, COMPARISON, DENSE, (LIGHT, MIDDLE, HEAVY), others=(NM,), **more)


def ids(found: queries.Ladder, places: np.ndarray) -> list[str]:
    return [found.rows["sample_id"].iloc[place].partition("/")[2] for place in places]


def test_facts_over_the_steps(db):
    found = ladder(db)
    assert found.rows["sample_id"].tolist() == [SAMPLES[i].sample_id for i in (0, 2, 3, 4)]
    assert found.rows["n_wordings"].tolist() == [2, 1, 1, 1]
    assert found.has_facts
    assert found.states.T.tolist() == [
        [ALIVE, ALIVE, FRAGILE, LOST, FRAGILE],
        [ALIVE, LOST, ALIVE, LOST, LOST],
        [ALIVE, ALIVE, ALIVE, UNSCORED, ALIVE],
        [LOST, LOST, ALIVE, LOST, LOST],
    ]
    assert found.n_right[:, 0].tolist() == [2, 2, 1, 0, 1]
    assert found.fates.order.tolist() == [2, 2, 4, 5]
    assert found.fates.is_back.tolist() == [False, True, False, False]
    assert found.fates.is_gained.tolist() == [False, False, False, True]


def test_a_fact_is_shown_in_a_wording_that_dense_has_right(tmp_path, open_store):
    add_run(tmp_path, spec(), said((0, 1, 0, 1, None)))
    add_run(tmp_path, spec(RECIPES[0]), said((1, 0, 0, 1, 1)))
    found = queries.ladder(open_store(tmp_path), COMPARISON, DENSE, (LIGHT,))
    assert found.rows["sample_id"].tolist() == [SAMPLES[i].sample_id for i in (1, 2, 3, 4)]
    assert found.states[0].tolist() == [FRAGILE, LOST, ALIVE, UNSCORED]


def test_questions_one_by_one(db):
    found = ladder(db, by="question")
    assert len(found.rows) == 5
    assert not found.has_facts
    assert found.states[2].tolist() == [LOST, ALIVE, ALIVE, ALIVE, ALIVE]
    frame, states = queries.wordings(db, ladder(db), 0)
    assert frame["question"].tolist() == [SAMPLES[0].question, SAMPLES[1].question]
    assert states.tolist() == found.states[:, :2].tolist()


def test_rows_are_sorted_by_death_by_life_by_subject_and_by_place(db):
    found = ladder(db)

    def order(sort: str) -> list[str]:
        return ids(found, queries.ladder_places(db, found, LadderFilter(), sort))

    assert order("death") == ["Mongolia#0", "tungsten#0", "Emma#0", "Ulysses#0"]
    assert order("life") == ["Mongolia#0", "tungsten#0", "Emma#0", "Ulysses#0"]
    assert order("subject") == ["tungsten#0", "Mongolia#0", "Emma#0", "Ulysses#0"]
    assert order("position") == ["Mongolia#0", "tungsten#0", "Emma#0", "Ulysses#0"]
    single = queries.ladder(db, COMPARISON, DENSE, (LIGHT,))
    assert ids(single, queries.ladder_places(db, single, LadderFilter())) == ["tungsten#0", "Mongolia#0", "Emma#0", "Ulysses#0"]
    assert ids(single, queries.ladder_places(db, single, LadderFilter(), "life")) == ["Mongolia#0", "Emma#0", "tungsten#0", "Ulysses#0"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (LadderFilter(subject="literature"), ["Emma#0", "Ulysses#0"]),
        (LadderFilter(search="GOVERNED"), ["Mongolia#0"]),  # in its second wording
        (LadderFilter(search="ulan bator"), []),  # the preferred answer is searched, not the others
        (LadderFilter(search="100%"), ["Ulysses#0"]),
        (LadderFilter(fate="dies", step=2), ["Mongolia#0", "tungsten#0"]),
        (LadderFilter(fate="dies", step=0), []),
        (LadderFilter(fate="dies"), ["Mongolia#0", "tungsten#0"]),
        (LadderFilter(fate="back"), ["tungsten#0"]),
        (LadderFilter(fate="open"), ["Emma#0"]),
        (LadderFilter(fate="alive"), []),
        (LadderFilter(fate="never"), ["Ulysses#0"]),
        (LadderFilter(fate="gained", subject="literature"), ["Ulysses#0"]),
        (LadderFilter(fate="unjudged"), []),
    ],
)
def test_rows_are_narrowed(db, wanted: LadderFilter, expected: list[str]):
    found = ladder(db)
    assert ids(found, queries.ladder_places(db, found, wanted)) == expected


def test_counts_are_of_what_subject_and_search_leave(db):
    found = ladder(db)
    counts = queries.ladder_counts(db, found, LadderFilter(fate="back"))
    assert (counts.n, counts.n_known, counts.died) == (4, 3, (0, 0, 2))
    assert counts.fates == {"alive": 0, "open": 1, "back": 1, "never": 1, "gained": 1, "unjudged": 0}
    assert [(one.n_alive, one.n_fragile, one.n_lost, one.n_unscored) for one in counts.columns] == [
        (3, 0, 0, 0),
        (2, 0, 1, 0),
        (2, 1, 0, 0),
        (0, 0, 2, 1),
        (1, 1, 1, 0),
    ]
    literature = queries.ladder_counts(db, found, LadderFilter(subject="literature"))
    assert (literature.n, literature.n_known, literature.fates["open"]) == (2, 1, 1)


def test_a_step_that_has_not_answered_is_no_wrong_answer(db):
    found = queries.ladder(db, COMPARISON, DENSE, (LIGHT, "not-there"))
    assert (found.states[2] == NOT_RUN).all()
    assert found.fates.order.tolist() == [3, 0, 3, 4]


def test_what_is_written_in_a_row(db):
    found = ladder(db)
    frame = queries.ladder_texts(db, found, [2, 0])
    assert frame["place"].tolist() == [2, 0]
    assert frame["question"].tolist() == [SAMPLES[3].question, SAMPLES[0].question]
    assert frame["gold"].tolist() == ["Jane Austen", "Ulaanbaatar"]
    assert queries.ladder_texts(db, found, []).empty


def test_the_curve_is_of_what_dense_knows(db):
    curve = queries.fact_curve(db, COMPARISON).set_index("recipe")
    assert curve["n_known"].tolist() == [3] * 5
    assert curve.loc["wanda-30", ["n", "n_left", "share"]].tolist() == pytest.approx([3, 2, 2 / 3])
    assert curve.loc["wanda-70", ["n", "n_left", "share"]].tolist() == pytest.approx([2, 0, 0])
    assert curve.loc["wanda-30", ["low", "high"]].tolist() == pytest.approx(list(wilson(2, 3)))
    # Mongolia and tungsten die at 70%, Emma was last judged at 50%
    assert curve.loc["wanda-50", "median_lifetime"] == 0.7
    assert math.isnan(curve.loc["wanda-2:4", "median_lifetime"])
    assert math.isnan(curve.loc["dense", "median_lifetime"])


def test_without_the_dense_run_nothing_is_known(tmp_path, open_store):
    add_run(tmp_path, spec(RECIPES[0]), said(SAID[RECIPES[0]]))
    curve = queries.fact_curve(open_store(tmp_path), COMPARISON)
    assert curve[["n_facts", "n_known", "n"]].to_numpy().tolist() == [[4, 0, 0]]
    assert curve["share"].isna().all()


def test_only_pruning_without_structure_is_a_step():
    def run(recipe: Recipe) -> dict:
        names = ("method", "sparsity", "structure", "bits")
        return {name: getattr(recipe, name) for name in names} | {"recipe": recipe.label}

    assert queries.is_step(run(RECIPES[0]))
    assert queries.is_step(run(Recipe(method="wanda", sparsity=0.3, calibration=Calibration(n_samples=16, seq_len=512))))
    for other in (Recipe(), STRUCTURED, Recipe(method="rtn", bits=4), Recipe(method="wanda", sparsity=0.5, bits=4)):
        assert not queries.is_step(run(other))
