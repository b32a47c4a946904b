from __future__ import annotations

import pytest

from llmkick_core.compress.accounting import expected_bits, pruned_bits, quantized_bits, totals
from llmkick_core.schema import LayerReport, Recipe


@pytest.mark.parametrize(
    ("sparsity", "structure", "bits"),
    [
        (0.5, "unstructured", 9.0),  # 8 bits of values, a bitmap
        (0.5, "2:4", 9.0),  # two kept, two bits of position each
        (0.5, "1:2", 8.5),  # one kept, one bit of position
        (0.5, "4:8", 9.0),  # 3 bits x 4 are more than a bitmap of 8
        (0.75, "1:4", 4.5),
        (0.0, "unstructured", 16.0),  # one would store it dense
        (0.05, "unstructured", 16.0),
    ],
)
def test_pruned_bits_count_values_and_positions(sparsity, structure, bits):
    assert pruned_bits(sparsity, structure) == pytest.approx(bits)


def test_quantized_bits_count_a_scale_for_each_group():
    assert quantized_bits(4, 4096, 128) == 4.125
    assert quantized_bits(8, 64) == 8.25
    assert quantized_bits(4, 192, 128) == pytest.approx(4 + 2 * 16 / 192)  # the second group is shorter


def test_bits_can_be_told_before_a_run():
    assert expected_bits(Recipe(), 64) == 16
    assert expected_bits(Recipe(method="wanda", structure="2:4"), 64) == 9
    assert expected_bits(Recipe(method="rtn", bits=4, group_size=32), 64) == 4.5
    assert expected_bits(Recipe(method="int8"), 64, default_bits=8) == 8.25


def layer(n_out: int, n_in: int, sparsity: float, bits: float) -> LayerReport:
    return LayerReport(name="x", block=0, n_out=n_out, n_in=n_in, sparsity=sparsity, structure_ok=None, error=None, bits=bits, seconds=0.0)


def test_totals_weight_layers_by_their_size():
    whole = totals([layer(2, 4, 0.5, 9.0), layer(3, 8, 0.25, 13.0)])
    assert (whole.n_weights, whole.sparsity, whole.bits_per_weight, whole.n_bytes) == (32, 10 / 32, 12.0, 48)


def test_a_dense_model_has_sixteen_bits():
    assert totals([]).bits_per_weight == 16
