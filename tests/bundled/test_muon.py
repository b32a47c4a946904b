"""Muon against the singular value decomposition of numpy in float64."""

import numpy as np
import pytest
import torch

from llmkick_core.bundled.muon import Muon, orthogonalise

SHAPES = [(8, 8), (6, 24), (24, 6), (64, 160), (160, 64), (1, 5), (5, 1)]


def matrix(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def newton_schulz(values, n_steps=5):
    """Return where the quintic takes singular values: on the diagonal the iteration is one of numbers."""
    for _ in range(n_steps):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return values


@pytest.mark.parametrize("shape", SHAPES)
def test_the_singular_vectors_stay_and_the_values_follow_the_quintic(shape):
    given = matrix(shape)
    u, s, vt = np.linalg.svd(given.double().numpy(), full_matrices=False)
    expected = u @ np.diag(newton_schulz(s / np.linalg.norm(s))) @ vt
    np.testing.assert_allclose(orthogonalise(given).double().numpy(), expected, atol=2e-4)


@pytest.mark.parametrize("shape", [(6, 24), (24, 6), (64, 160), (160, 64)])
def test_the_singular_values_come_near_one(shape):
    s = np.linalg.svd(orthogonalise(matrix(shape)).double().numpy(), compute_uv=False)
    assert s.min() > 0.65
    assert s.max() < 1.25


def test_the_result_does_not_depend_on_the_scale_and_the_input_is_left_alone():
    given = matrix((6, 9))
    before = given.clone()
    torch.testing.assert_close(orthogonalise(given * 1000), orthogonalise(given), rtol=1e-4, atol=1e-5)
    assert torch.equal(given, before)


def test_a_matrix_of_zeros_stays_zero():
    assert torch.equal(orthogonalise(torch.zeros(3, 4)), torch.zeros(3, 4))


def test_a_step_is_the_orthogonalised_nesterov_momentum_scaled_and_decayed():
    weight = torch.nn.Parameter(matrix((8, 2), seed=1))
    optimizer = Muon([weight], lr=0.1, weight_decay=0.5, momentum=0.9)
    expected, momentum = weight.detach().clone(), torch.zeros(8, 2)
    for seed in (2, 3):
        gradient = matrix((8, 2), seed=seed)
        weight.grad = gradient.clone()
        optimizer.step()
        momentum = 0.9 * momentum + 0.1 * gradient
        update = orthogonalise(0.1 * gradient + 0.9 * momentum)
        expected = expected * (1 - 0.1 * 0.5) - 0.1 * 2.0 * update  # sqrt(8 / 2) = 2
    torch.testing.assert_close(weight.detach(), expected, rtol=1e-5, atol=1e-6)


def test_a_wide_matrix_is_not_scaled_down():
    weight = torch.nn.Parameter(torch.zeros(2, 8))
    weight.grad = matrix((2, 8))
    Muon([weight], lr=1.0, momentum=0.0).step()
    torch.testing.assert_close(weight.detach(), -orthogonalise(weight.grad))


def test_a_weight_without_gradient_is_left_alone():
    weight = torch.nn.Parameter(matrix((3, 3)))
    before = weight.detach().clone()
    Muon([weight], lr=1.0, weight_decay=1.0).step()
    assert torch.equal(weight.detach(), before)


def test_bfloat16_gives_nearly_the_same_step():
    weights = [torch.nn.Parameter(torch.zeros(24, 16)) for _ in range(2)]
    gradient = torch.randn(24, 16, generator=torch.Generator().manual_seed(0))
    for weight, dtype in zip(weights, (torch.float32, torch.bfloat16), strict=True):
        weight.grad = gradient.clone()
        Muon([weight], lr=1.0, dtype=dtype).step()
    assert weights[1].dtype == torch.float32
    assert (weights[0] - weights[1]).norm() < 0.05 * weights[0].norm()
