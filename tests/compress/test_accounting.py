from __future__ import annotations

import pytest

from llmkick_core.compress.accounting import joint_bits, pruned_bits, quantized_bits, totals
from llmkick_core.layer_report import LayerReport


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


def test_a_zero_point_takes_as_many_bits_as_a_weight():
    assert quantized_bits(4, 128, 64, is_symmetric=False) == 4 + 2 * 20 / 128


@pytest.mark.parametrize(
    ("sparsity", "structure", "width", "quantized", "bits"),
    [
        (0.5, "unstructured", 4, 4.25, 3.25),  # 2 bits of values, a bitmap, the scales of all
        (0.5, "1:2", 4, 4.25, 2.75),
        (0.8, "2:4", 2, 2.25, 2.25),  # places for half of the weights, though more were rounded to zero
        (0.75, "unstructured", 8, 8.125, 3.125),
        (0.1, "unstructured", 4, 4.25, 4.25),  # a bitmap would cost more than the zeros save
    ],
)
def test_joint_bits_count_the_kept_integers(sparsity, structure, width, quantized, bits):
    assert joint_bits(sparsity, structure, width, quantized) == pytest.approx(bits)


def layer(n_out: int, n_in: int, sparsity: float, bits: float) -> LayerReport:
    return LayerReport(name="x", block=0, n_out=n_out, n_in=n_in, sparsity=sparsity, structure_ok=None, error=None, bits=bits, seconds=0.0)


def test_totals_weight_layers_by_their_size():
    whole = totals([layer(2, 4, 0.5, 9.0), layer(3, 8, 0.25, 13.0)])
    assert (whole.n_weights, whole.sparsity, whole.bits_per_weight, whole.n_bytes) == (32, 10 / 32, 12.0, 48)


def test_a_dense_model_has_sixteen_bits():
    assert totals([]).bits_per_weight == 16
