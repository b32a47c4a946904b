"""How long a decoder is assumed to take, from its size and the kind of device alone: what decides how many questions are asked together.

    pace_of(n_weights=135_000_000, n_layers=30, device="cpu").n_together([40] * 64, n_new=32)  # -> 27

No clock is read, so that the same questions make the same batches on every machine, and a run that goes on gives the answers of an undisturbed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

TARGET_SECONDS = 8.0
"""Of assumed work between two results that can be made durable; a machine of half the assumed speed takes 16 s."""

CPU_BATCHES = ((2 * 10**8, 64), (2 * 10**9, 16))
"""Weights at most, questions asked together at most; 4 of larger models."""

USED = 0.3
"""Share of the most tokens of an answer that one has on the average."""

_SPEEDS = {"cpu": 1e11, "cuda": 1e14}  # floating-point operations a second: two cores in float32, one GPU in bfloat16
_BYTES = {"cpu": 1e10, "cuda": 1e12}  # of weights read a second, while answers are written token by token
_WIDTH = {"cpu": 4, "cuda": 2}  # bytes of a weight
_LAYER_S = {"cpu": 3e-4, "cuda": 5e-4}  # of a block in one step, besides its arithmetic


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Assumed seconds of a decoder's work."""

    token_s: float
    """To read one token among many."""
    step_s: float
    """To write one token, whatever the number of answers written together."""

    def seconds(self, n_tokens: int, *, n_rows: int = 0, n_new: int = 0) -> float:
        """Return the assumed seconds to read `n_tokens` and to write up to `n_new` tokens to each of `n_rows`, which are looked at twice more."""
        return (n_tokens + 3 * n_rows * USED * n_new) * self.token_s + n_new * self.step_s

    def n_together(self, lengths: Sequence[int], *, n_new: int = 0) -> int:
        """Return how many of the first questions are asked together, at least 1: those that take a few seconds.

        Where writing one answer takes longer than that, as many are written together as are read in the same time: stopping in between loses nothing.

        Args:
            lengths: tokens of each prompt.
            n_new: most tokens of an answer.
        """
        budget = max(TARGET_SECONDS, 2 * n_new * self.step_s)
        n_tokens = 0
        for n, length in enumerate(lengths):
            n_tokens += length
            if n and self.seconds(n_tokens, n_rows=n + 1, n_new=n_new) > budget:
                return n
        return max(1, len(lengths))

    @property
    def n_tokens(self) -> int:
        """Return the tokens that are read in the time between two results, at least 1."""
        return max(1, int(TARGET_SECONDS / self.token_s)) if self.token_s else 2**31


AT_ONCE = Pace(token_s=0.0, step_s=0.0)
"""Of a model behind a server."""


def pace_of(*, n_weights: int, n_layers: int, device: str) -> Pace:
    """Return the pace of a decoder on `cpu` or a CUDA device."""
    kind = "cpu" if device == "cpu" else "cuda"
    step_s = n_weights * _WIDTH[kind] / _BYTES[kind] + n_layers * _LAYER_S[kind]
    return Pace(token_s=2 * n_weights / _SPEEDS[kind], step_s=step_s)
