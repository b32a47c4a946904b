"""The factor by which SparseGPT and GPTQ spread a column's error over the columns to its right.

For inputs H = 2 X X^T / n (in, in), U is the upper Cholesky factor of the damped inverse: inv(H + damping) = U^T U. Row j of U, divided by U_jj, says how the
weights to the right of column j make up best for a change of it, once the columns to its left are settled; U_jj^2 is the first entry of the inverse of H over
the columns from j on (Frantar and Alistarh 2023, https://arxiv.org/abs/2301.00774, section 3.3; Frantar et al. 2022, https://arxiv.org/abs/2210.17323, section 3, step 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.errors import CalibrationError

if TYPE_CHECKING:
    from torch import Tensor

DAMPING = 0.01
"""Added to the diagonal, as a share of its mean (both papers' code)."""

_MOST_DAMPING = 1.0


def inverse_factor(hessian: Tensor) -> Tensor:
    """Return U (in, in), upper triangular, float32.

    Where an input never occurs its diagonal is set to 1, so that its column neither gives nor takes. Where rounding leaves the Hessian without a Cholesky factor,
    the damping rises tenfold until it has one.

    Args:
        hessian: (in, in) float32, symmetric; not modified.

    Raises:
        CalibrationError: no damping up to the mean of the diagonal gives a factor.
    """
    import torch

    diagonal = hessian.diagonal()
    filled = hessian + torch.diag((diagonal == 0).to(hessian.dtype))
    size = float(diagonal[diagonal != 0].mean()) if bool((diagonal != 0).any()) else 1.0
    damping = DAMPING
    while damping <= _MOST_DAMPING:
        damped = filled + torch.eye(len(hessian), dtype=hessian.dtype, device=hessian.device) * (damping * size)
        lower, failed = torch.linalg.cholesky_ex(damped)
        if not bool(failed):
            upper, failed = torch.linalg.cholesky_ex(torch.cholesky_inverse(lower), upper=True)
            if not bool(failed) and bool(upper.isfinite().all()):
                return upper
        damping *= 10
    raise CalibrationError(
        "the Hessian of the layer's inputs is not positive definite. Use more calibration samples, or load the model in float32."
    )
