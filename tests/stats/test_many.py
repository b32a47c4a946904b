import numpy as np
import pytest

from llmkick_core.stats.many import compare_many, sign_tests
from llmkick_core.stats.paired import compare, mcnemar

NAN = float("nan")


def test_two_slices_and_two_recipes_by_hand():
    found = compare_many(
        np.array([1.0, 1, 0, 1, NAN, 1]),
        np.array([[0.0, 1, 1, 0, 1, 1], [1.0, 1, 0, NAN, 1, 0]]),
        np.array([[True] * 6, [True, True, True, True, False, True]]),
        slices=np.array([0, 0, 0, 1, 1, -1]),
        n_slices=2,
    )
    assert found.n.tolist() == [[3, 1], [3, 0]]
    assert found.n_unscored.tolist() == [[0, 1], [0, 1]]  # what was not asked counts nowhere
    assert found.broke.tolist() == [[1, 1], [0, 0]]
    assert found.fixed.tolist() == [[1, 0], [0, 0]]
    assert found.delta[0].tolist() == pytest.approx([0.0, -1.0])
    assert np.isnan(found.delta[1, 1])
    assert np.isnan(found.p_value[1, 1])
    assert found.p_value[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("wordings", [0, 3])
@pytest.mark.parametrize("is_graded", [False, True])
def test_every_cell_is_what_compare_says(wordings, is_graded):
    rng = np.random.default_rng(wordings)
    q = 900
    facts = np.arange(q) // wordings if wordings else np.full(q, -1)
    slices = (np.arange(q) // 90).astype(np.intp)
    fate = rng.uniform(size=q)[facts] if wordings else rng.uniform(size=q)
    dense = (fate + 0.3 * rng.uniform(size=q) > 0.3).astype(float)
    others = np.stack([np.where(fate + 0.3 * rng.uniform(size=q) > limit, 1.0, 0.0) for limit in (0.33, 0.6, 0.9)])
    if is_graded:
        dense, others = 0.2 + 0.7 * dense, 0.2 + 0.6 * others
    dense[::31] = NAN
    others[:, ::17] = NAN
    found = compare_many(dense, others, np.ones(others.shape, dtype=bool), slices=slices, n_slices=10, groups=facts, right_at=0.5)
    for r in range(3):
        for k in range(10):
            of = slices == k
            one = compare(dense[of], others[r, of], groups=facts[of], right_at=0.5)
            cell = {name: getattr(found, name)[r, k] for name in found.__dataclass_fields__}
            for name in ("n", "n_unscored", "broke", "fixed"):
                assert cell[name] == getattr(one, name)
            for name in ("dense_share", "compressed_share", "delta", "p_value"):
                assert cell[name] == pytest.approx(getattr(one, name), abs=1e-12)
            is_drawn = is_graded or wordings
            assert (cell["low"], cell["high"]) == pytest.approx((one.low, one.high), abs=0.015 if is_drawn else 1e-12)


def test_wordings_in_two_slices_are_a_unit_in_each():
    dense, others = np.ones(4), np.zeros((1, 4))
    found = compare_many(
        dense, others, np.ones((1, 4), dtype=bool), slices=np.array([0, 1, 0, 1]), n_slices=2, groups=np.zeros(4, dtype=int)
    )
    assert found.n.tolist() == [[2, 2]]
    assert found.p_value.tolist() == [[1.0, 1.0]]  # one fact lost in each


def test_no_recipes_and_no_questions():
    none = compare_many(np.ones(3), np.empty((0, 3)), np.empty((0, 3), dtype=bool), slices=np.zeros(3, dtype=np.intp), n_slices=1)
    assert none.n.shape == (0, 1)
    empty = compare_many(np.empty(0), np.empty((1, 0)), np.empty((1, 0), dtype=bool), slices=np.empty(0, dtype=np.intp), n_slices=2)
    assert empty.n.tolist() == [[0, 0]]
    assert np.isnan(empty.low).all()


def test_sign_tests_are_mcnemars():
    lost, gained = np.array([0, 5, 112, 3]), np.array([0, 1, 9, 3])
    assert sign_tests(lost, gained).tolist() == pytest.approx([mcnemar(a, b) for a, b in zip(lost, gained, strict=True)])
