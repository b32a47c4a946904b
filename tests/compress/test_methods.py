"""The methods against hand-computed cases and naive float64 references."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from llmkick_core.compress.base import InputStats
from llmkick_core.compress.int8 import METHOD as INT8
from llmkick_core.compress.int8 import int8
from llmkick_core.compress.magnitude import magnitude
from llmkick_core.compress.random import random
from llmkick_core.compress.rtn import round_to_grid, rtn
from llmkick_core.compress.wanda import wanda
from llmkick_core.errors import CalibrationError, RecipeError
from llmkick_core.schema import Calibration, Recipe

WEIGHT = torch.tensor([[4.0, -3.0, 2.0, 1.0], [1.0, 2.0, 3.0, 4.0]])  # (out=2, in=4)
NOTHING = InputStats()


def norms(*values: float) -> InputStats:
    return InputStats(n_tokens=1, column_norm=torch.tensor(values))


def normal(n_out: int, n_in: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n_out, n_in, generator=torch.Generator().manual_seed(seed))


def lowest(importance: np.ndarray, count: int) -> np.ndarray:
    return np.argsort(importance, kind="stable")[:count]


def test_magnitude_removes_the_smallest_of_the_layer():
    pruned = magnitude(WEIGHT, NOTHING, Recipe(method="magnitude", sparsity=0.5))
    assert pruned.weight.tolist() == [[4, -3, 0, 0], [0, 0, 3, 4]]
    assert pruned.bits == 9.0  # half of 16, and a bitmap


def test_magnitude_equals_a_float64_reference():
    weight = normal(16, 40)
    reference = weight.double().numpy().copy().ravel()
    reference[lowest(np.abs(reference), int(0.6 * weight.numel()))] = 0
    pruned = magnitude(weight, NOTHING, Recipe(method="magnitude", sparsity=0.6)).weight
    assert np.array_equal(pruned.double().numpy().ravel(), reference)


def test_a_loud_input_saves_its_small_weight():
    # |W| * norm, row 0: 4, 3, 2, 10 -> 2 and 3 go, though 1 is the smallest weight
    pruned = wanda(WEIGHT, norms(1, 1, 1, 10), Recipe(method="wanda", sparsity=0.5)).weight
    assert pruned[0].tolist() == [4, 0, 0, 1]


def test_the_weights_of_dead_inputs_go_first():
    pruned = wanda(WEIGHT, norms(0, 1, 1, 0), Recipe(method="wanda", sparsity=0.5)).weight
    assert pruned.tolist() == [[0, -3, 2, 0], [0, 2, 3, 0]]


def test_an_all_dead_layer_still_loses_exactly_half():
    pruned = wanda(WEIGHT, norms(0, 0, 0, 0), Recipe(method="wanda", sparsity=0.5)).weight
    assert pruned.tolist() == [[0, 0, 2, 1], [0, 0, 3, 4]]


@pytest.mark.parametrize("structure", ["unstructured", "2:4"])
def test_wanda_equals_a_float64_reference(structure):
    weight, inputs = normal(16, 40), normal(100, 40, seed=1)
    norm = inputs.square().sum(0).sqrt()
    chosen = Recipe(method="wanda", sparsity=0.5, structure=structure)
    pruned = wanda(weight, InputStats(n_tokens=100, column_norm=norm), chosen).weight.double().numpy()
    importance = np.abs(weight.double().numpy()) * np.linalg.norm(inputs.double().numpy(), axis=0)
    reference = weight.double().numpy().copy()
    width = 40 if structure == "unstructured" else 4
    for values, scores in zip(reference.reshape(-1, width), importance.reshape(-1, width), strict=True):
        values[lowest(scores, width // 2)] = 0
    assert np.array_equal(pruned, reference)


def test_wanda_without_usable_norms_is_refused():
    chosen = Recipe(method="wanda", sparsity=0.5)
    with pytest.raises(CalibrationError, match="4 inputs and got no column norms"):
        wanda(WEIGHT, NOTHING, chosen)
    with pytest.raises(CalibrationError, match="got 3 column norms"):
        wanda(WEIGHT, norms(1, 1, 1), chosen)
    with pytest.raises(CalibrationError, match="not finite"):
        wanda(WEIGHT, norms(1, 1, 1, float("inf")), chosen)


@pytest.mark.parametrize("method", [magnitude, wanda, random, int8])
def test_the_input_is_not_modified_and_the_dtype_stays(method):
    weight = WEIGHT.bfloat16()
    bits_or_sparsity = {"bits": 8} if method is int8 else {"sparsity": 0.5}
    stats = InputStats(n_tokens=1, column_norm=torch.ones(4), column_max=torch.ones(4))
    made = method(weight, stats, Recipe(method=method.__name__, **bits_or_sparsity))
    assert torch.equal(weight, WEIGHT.bfloat16())
    assert made.weight.dtype == torch.bfloat16
    assert made.weight.data_ptr() != weight.data_ptr()


def test_random_repeats_itself_by_seed_and_differs_by_seed_and_layer():
    def zeros(weight: torch.Tensor, seed: int) -> torch.Tensor:
        return random(weight, NOTHING, Recipe(method="random", sparsity=0.5, calibration=Calibration(seed=seed))).weight == 0

    one, other = normal(8, 64), normal(8, 64, seed=5)
    assert torch.equal(zeros(one, 0), zeros(one, 0))
    assert not torch.equal(zeros(one, 0), zeros(one, 1))
    assert not torch.equal(zeros(one, 0), zeros(other, 0))
    assert zeros(one, 0).sum(1).tolist() == [32] * 8


def test_rtn_moves_each_weight_to_the_nearest_step():
    # scale 0.9375 / 7.5 = 0.125: 0.3 is 2.4 steps, -0.2 is -1.6 steps, 0.9375 is 7.5 and the last step 7
    rounded = rtn(torch.tensor([[0.9375, -0.2, 0.0, 0.3]]), NOTHING, Recipe(method="rtn", bits=4))
    assert rounded.weight.tolist() == [[0.875, -0.25, 0.0, 0.25]]
    assert rounded.bits == 4 + 16 / 4


@pytest.mark.parametrize("bits", [8, 4, 3, 2])
@pytest.mark.parametrize("group_size", [None, 16, 12, 100])
def test_rtn_equals_a_float64_reference(bits, group_size):
    weight = normal(6, 40)
    weight[2, 5:20] = 0  # pruned before
    weight[3] = 0  # a row of zeros has no scale
    reference = np.zeros((6, 40))
    half = 2 ** (bits - 1)
    size = group_size or 40
    for row in range(6):
        for start in range(0, 40, size):
            group = weight[row, start : start + size].double().numpy()
            scale = float(np.float16(np.float32(np.abs(group).max()) / np.float32(half - 0.5))) or 1.0
            reference[row, start : start + size] = np.clip(np.round(group / scale), -half, half - 1) * scale
    rounded = round_to_grid(weight, Recipe(method="rtn", bits=bits, group_size=group_size))
    np.testing.assert_allclose(rounded.double().numpy(), reference, rtol=1e-6, atol=0)
    assert bool((rounded[weight == 0] == 0).all())
    for row in rounded:
        assert len(row.unique()) <= (2 * half - 1) * -(-40 // size) + 1


def test_rounding_misses_by_half_a_step_at_most():
    weight = normal(4, 64)
    scale = weight.abs().amax(1, keepdim=True) / 127.5
    assert bool(
        ((round_to_grid(weight, Recipe(method="rtn", bits=8)) - weight).abs() <= scale * (0.5 + 128 * 2**-11)).all()
    )  # and the scale's own rounding


def test_tiny_and_huge_weights_stay_finite():
    for weight in (torch.full((1, 4), 1e-12), torch.full((1, 4), 3e38)):
        assert bool(round_to_grid(weight, Recipe(method="rtn", bits=4)).isfinite().all())


@pytest.mark.parametrize("bits", [8, 4, 3, 2])
@pytest.mark.parametrize("group_size", [None, 16, 12])
def test_an_asymmetric_grid_equals_a_float64_reference(bits, group_size):
    weight = normal(6, 40) + 0.5  # to one side of zero
    weight[1] = weight[1].abs() + 1  # all above it, and zero is still a step
    weight[2, 5:20] = 0
    weight[3] = 0
    reference = np.zeros((6, 40))
    top = 2**bits - 1
    size = group_size or 40
    for row in range(6):
        for start in range(0, 40, size):
            group = weight[row, start : start + size].double().numpy()
            low, high = min(group.min(), 0), max(group.max(), 0)
            scale = float(np.float16(np.float32(high - low) / np.float32(top))) or 1.0
            zero = np.clip(np.round(-low / scale), 0, top)
            reference[row, start : start + size] = (np.clip(np.round(group / scale) + zero, 0, top) - zero) * scale
    recipe = Recipe(method="rtn", bits=bits, group_size=group_size, is_symmetric=False)
    rounded = rtn(weight, NOTHING, recipe)
    np.testing.assert_allclose(rounded.weight.double().numpy(), reference, rtol=1e-6, atol=0)
    assert bool((rounded.weight[weight == 0] == 0).all())
    assert rounded.bits == bits + (16 + bits) * -(-40 // size) / 40


def test_zero_points_help_weights_that_lie_to_one_side():
    weight = normal(6, 64).abs()
    missed = [
        float((rtn(weight, NOTHING, Recipe(method="rtn", bits=3, is_symmetric=is_symmetric)).weight - weight).norm())
        for is_symmetric in (True, False)
    ]
    assert missed[1] < 0.6 * missed[0]


def most(*sizes: float) -> InputStats:
    return InputStats(n_tokens=9, column_max=torch.tensor(sizes))


def test_int8_without_outliers_is_eight_bits_by_rows():
    made = int8(WEIGHT, most(1, 1, 1, 5.99), Recipe(method="int8"))
    scale = (WEIGHT.abs().amax(1, keepdim=True) / 127).half().float()
    assert torch.equal(made.weight, (WEIGHT / scale).round().clamp(-127, 127) * scale)
    assert made.bits == 8 + 16 / 4
    assert INT8.default_bits == 8


def test_int8_keeps_the_columns_that_read_outliers_and_scales_rows_by_the_others():
    weight = torch.tensor([[100.0, 0.3, -1.27, 0.004], [1e-3, 0.0, 0.0, 0.0]])
    made = int8(weight, most(6.0, 1, 1, 1), Recipe(method="int8", bits=8))
    assert made.weight[:, 0].tolist() == weight[:, 0].tolist()
    scale = float(np.float16(1.27 / 127))
    np.testing.assert_allclose(made.weight[0, 1:].numpy(), np.round(weight[0, 1:].numpy() / scale) * scale, rtol=1e-6)
    assert made.weight[1, 1:].tolist() == [0, 0, 0]
    assert made.bits == 8 + 16 / 4 + 0.25 * 8


def test_int8_needs_the_size_of_its_inputs():
    with pytest.raises(CalibrationError, match="each of the 4 inputs and got none"):
        int8(WEIGHT, NOTHING, Recipe(method="int8"))
    with pytest.raises(CalibrationError, match="each of the 4 inputs and got 2"):
        int8(WEIGHT, most(1, 1), Recipe(method="int8"))


def test_bits_that_a_method_cannot_give_are_refused():
    with pytest.raises(RecipeError, match="int8 stores 8 bits, not 4"):
        int8(WEIGHT, NOTHING, Recipe(method="int8", bits=4))
    with pytest.raises(RecipeError, match="rtn needs bits"):
        rtn(WEIGHT, NOTHING, Recipe(method="rtn"))
