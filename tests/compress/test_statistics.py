from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from llmkick_core.compress.blocks import Linear
from llmkick_core.compress.statistics import ErrorMeter, InputAccumulator, gather, measured, read_inputs
from llmkick_core.errors import CalibrationError

BATCHES = [torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(k)) for k in range(3)]
ALL = torch.cat(BATCHES).reshape(-1, 6).double().numpy()  # (tokens=30, in=6)


def test_column_norms_equal_a_float64_reference():
    accumulator = InputAccumulator(frozenset({"column_norm"}), 6, "cpu")
    for batch in BATCHES:
        accumulator.add(batch)
    stats = accumulator.result("q")
    assert stats.n_tokens == 30
    assert stats.hessian is None
    np.testing.assert_allclose(stats.column_norm.numpy(), np.linalg.norm(ALL, axis=0), rtol=1e-6)


def test_the_hessian_equals_a_float64_reference():
    accumulator = InputAccumulator(frozenset({"hessian"}), 6, "cpu")
    for batch in BATCHES:
        accumulator.add(batch)
    stats = accumulator.result("q")
    assert stats.hessian.dtype == torch.float32
    np.testing.assert_allclose(stats.column_mean.numpy(), np.abs(ALL).mean(0), rtol=1e-5)
    np.testing.assert_allclose(stats.hessian.numpy(), 2 / 30 * ALL.T @ ALL, rtol=1e-5, atol=1e-6)


def test_float16_inputs_do_not_overflow():
    accumulator = InputAccumulator(frozenset({"column_norm"}), 2, "cpu")
    accumulator.add(torch.tensor([[60000.0, 1.0]], dtype=torch.float16))
    assert accumulator.result("q").column_norm.tolist() == [60000.0 - 60000.0 % 32, 1.0]


def test_inputs_that_are_not_finite_are_refused_with_the_layers_name():
    accumulator = InputAccumulator(frozenset({"column_norm"}), 2, "cpu")
    accumulator.add(torch.tensor([[float("nan"), 1.0]]))
    with pytest.raises(CalibrationError, match=r"layer model\.q are not finite"):
        accumulator.result("model.q")


def test_the_largest_sizes_are_those_of_all_tokens():
    accumulator = InputAccumulator(frozenset({"column_max", "column_norm"}), 6, "cpu")
    for batch in BATCHES:
        accumulator.add(batch)
    np.testing.assert_allclose(accumulator.result("q").column_max.numpy(), np.abs(ALL).max(0), rtol=1e-6)


@pytest.mark.parametrize("n_in", [127, 128, 300, 640])
def test_the_hessian_is_summed_in_strips(n_in):
    accumulator = InputAccumulator(frozenset({"hessian"}), n_in, "cpu")
    batches = [torch.randn(50, n_in, generator=torch.Generator().manual_seed(k)) for k in range(2)]
    for batch in batches:
        accumulator.add(batch)
    x = torch.cat(batches).double()
    hessian = accumulator.result("q").hessian
    assert torch.equal(hessian, hessian.T)
    torch.testing.assert_close(hessian.double(), 2 / 100 * x.T @ x, rtol=1e-4, atol=1e-5)


def test_an_expert_that_saw_no_token_counts_its_inputs_as_alike():
    stats = InputAccumulator(frozenset({"hessian", "column_norm", "column_max"}), 2, "cpu").result("expert", may_be_unseen=True)
    assert stats.n_tokens == 0
    assert stats.hessian.tolist() == [[2, 0], [0, 2]]
    assert stats.column_norm.tolist() == stats.column_max.tolist() == stats.column_mean.tolist() == [1, 1]


def test_a_layer_that_saw_no_token_is_refused():
    with pytest.raises(CalibrationError, match="no calibration token reached layer expert"):
        InputAccumulator(frozenset({"hessian"}), 2, "cpu").result("expert")


class Toy(nn.Module):
    """q and k read one tensor, v a changed copy of it in the same memory, twice is called twice, idle never."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("idle", "q", "k", "v", "twice"):
            setattr(self, name, nn.Linear(6, 6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k = self.q(x), self.k(x)
        x.mul_(2)
        return self.twice(self.twice(self.v(x))) + q + k


@pytest.fixture
def toy() -> tuple[Toy, list[Linear]]:
    torch.manual_seed(0)
    toy = Toy()
    return toy, [Linear(name=name, module=module, is_transposed=False) for name, module in toy.named_children()]


@torch.no_grad()
def test_layers_that_read_the_very_same_tensor_share_one_group(toy):
    module, linears = toy
    reading = read_inputs(linears, lambda: module(BATCHES[0].clone()))
    assert [[linear.name for linear in group] for group in reading.groups] == [["idle"], ["q", "k"], ["v"], ["twice"]]
    assert not reading.is_once
    assert reading.n_bytes == 4 * 4 * BATCHES[0].numel()  # q and k, v, and twice the two calls


@torch.no_grad()
def test_a_layer_that_no_token_reached_stands_after_the_one_before_it(toy):
    module, (idle, q, k, v, _) = toy
    reading = read_inputs([q, idle, k, v], lambda: module(BATCHES[0].clone()))
    assert [[linear.name for linear in group] for group in reading.groups] == [["q", "k"], ["idle"], ["v"]]
    assert reading.is_once


@torch.no_grad()
def test_every_group_gets_its_own_statistics(toy):
    module, linears = toy
    groups = read_inputs(linears[1:4], lambda: module(BATCHES[0].clone())).groups
    shared, doubled = gather(groups, frozenset({"column_norm"}), lambda: [module(batch.clone()) for batch in BATCHES])
    np.testing.assert_allclose(shared.column_norm.numpy(), np.linalg.norm(ALL, axis=0), rtol=1e-6)
    np.testing.assert_allclose(doubled.column_norm.numpy(), 2 * np.linalg.norm(ALL, axis=0), rtol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("has_bias", [True, False])
def test_the_error_is_that_of_the_output(has_bias):
    torch.manual_seed(0)
    module = nn.Linear(6, 4, bias=has_bias)
    linear = Linear(name="q", module=module, is_transposed=False)
    dense = linear.weight.clone()
    linear.overwrite(dense.masked_fill(dense.abs() < 0.2, 0))
    meter = ErrorMeter(linear, dense)
    with measured({"q": meter}, [linear], lambda: True):
        for batch in BATCHES:
            module(batch)
    with measured({"q": meter}, [linear], lambda: False):
        module(100 * BATCHES[0])
    errors = {"q": meter.result()}
    missed = (dense - linear.weight).double().numpy() @ ALL.T
    whole = dense.double().numpy() @ ALL.T
    assert errors["q"] == pytest.approx(np.linalg.norm(missed) / np.linalg.norm(whole), rel=1e-5)


@torch.no_grad()
def test_the_error_is_zero_for_an_untouched_layer_and_unknown_for_a_dead_one():
    module = nn.Linear(6, 4, bias=False)
    linear = Linear(name="q", module=module, is_transposed=False)
    same = linear.weight.clone()
    meter = ErrorMeter(linear, same)
    meter.add(BATCHES[0], module(BATCHES[0]))
    assert meter.result() == 0.0
    linear.overwrite(same + 1)
    meter = ErrorMeter(linear, torch.zeros_like(same))
    meter.add(BATCHES[0], module(BATCHES[0]))
    assert meter.result() is None


def test_hooks_are_taken_out_even_when_the_run_fails(toy):
    _, linears = toy
    with pytest.raises(ZeroDivisionError):
        read_inputs(linears, lambda: 1 / 0)
    assert all(not linear.module._forward_pre_hooks for linear in linears)
