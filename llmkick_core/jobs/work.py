"""What a decoder's operations take on a machine of a given speed, from the sizes of the model alone.

work = Work(shape, weights, speed, kind="cpu")
work.reading(n_tokens=40_000, length=600)  # seconds
"""

from __future__ import annotations

from dataclasses import dataclass

from llmkick_core.jobs.speed import Speed
from llmkick_core.models.config import ModelShape
from llmkick_core.models.headers import WeightSizes
from llmkick_core.schema import Recipe
from llmkick_core.tasks.base import Task

_EFFICIENCY = 0.8
"""Of a decoder's matrix products, against the large square one that is measured."""

_LAYER_S = {"cpu": 4e-4, "cuda": 5e-4}
"""Of a block in one forward pass, whatever it computes: some thirty small operations."""

_COLUMN_S = {"cpu": 6e-5, "cuda": 2e-6}
"""Of a column that SparseGPT or GPTQ settles, besides its matrix products."""

_WEIGHT_S = {"cpu": 2e-8, "cuda": 5e-10}
"""To sort or round one weight."""

_WRITE_BYTES_S = 5e8
_MEASURED_TOKENS = 8192  # on which the error of each layer is measured
_FORWARD_TOKENS = 2048
_USED_EXPERTS = 2  # by a token, where a config does not say
_NEW = {"generate": 0.4, "chat": 0.6, "choose": 0.0, "likelihood": 0.0}  # share of the limit that an answer takes
_LONGEST = {"generate": 0.8, "chat": 0.9, "choose": 0.0, "likelihood": 0.0}  # that the longest of a batch takes


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a task asks, in sizes."""

    n: int
    """Questions; of perplexity, windows."""
    n_tokens: int
    """Tokens that are read: prompts, those that begin alike once, or windows."""
    n_turns: int = 1
    """Of a question."""
    n_options: int = 0
    """Option texts that are read after their prompts."""


@dataclass(frozen=True)
class Work:
    """A model on a machine."""

    shape: ModelShape
    weights: WeightSizes
    speed: Speed
    kind: str
    """`cpu` or `cuda`."""

    @property
    def _width(self) -> int:
        return 4 if self.kind == "cpu" else 2

    @property
    def _head(self) -> int:
        """Return the weights that make logits."""
        return self.shape.vocab_size * self.shape.hidden_size

    def reading(self, n_tokens: float, *, length: float, is_scored: bool = False, n_passes: float = 0) -> float:
        """Return the seconds to read tokens.

        Args:
            n_tokens: of all prompts.
            length: tokens of one, which attention looks back on.
            is_scored: whether every token's logits are made.
            n_passes: forward passes, at least; 0 is as few as it takes.
        """
        shape = self.shape
        flops = 2.0 * self.weights.n_block_parameters * self._active
        flops += 2.0 * shape.n_layers * shape.hidden_size * length  # half of all pairs of tokens, scores and sums
        n_bytes = shape.n_layers * (24 * shape.hidden_size + 8 * shape.intermediate_size) * self._width
        if is_scored:
            flops += 2.0 * self._head
            n_bytes += 5 * shape.vocab_size * 4
        passes = max(n_passes, n_tokens / _FORWARD_TOKENS)
        return n_tokens * (flops / (_EFFICIENCY * self.speed.flops) + n_bytes / self.speed.bytes_s) + passes * self._pass_s

    def writing(self, n_steps: float, n_rows: float) -> float:
        """Return the seconds of steps in each of which some rows get a token."""
        n_bytes = (self.weights.n_block_parameters + self._head) * self._width
        flops = 2.0 * n_rows * (self.weights.n_block_parameters * self._active + self._head)
        return n_steps * (max(n_bytes / self.speed.bytes_s, flops / (_EFFICIENCY * self.speed.flops)) + self._pass_s)

    def asking(self, task: Task, asked: Asked, n_together: int, most_new: int) -> float:
        """Return the seconds to ask a task's questions, so many of them together; `most_new` are the most tokens of an answer."""
        length = asked.n_tokens / max(1, asked.n)
        if task.kind == "likelihood":
            return self.reading(asked.n_tokens, length=length, is_scored=True)
        n_passes = max(1.0, asked.n / n_together)
        seconds = self.reading(asked.n_tokens, length=length, n_passes=n_passes)
        if task.kind == "choose":
            return seconds + self.reading(asked.n_options, length=length, is_scored=True, n_passes=n_passes)
        n_new = _NEW[task.kind] * most_new
        n_steps = n_passes * asked.n_turns * _LONGEST[task.kind] * most_new
        rows = min(asked.n, n_together) * 0.6  # those that are done leave
        seconds += self.writing(n_steps, rows)
        # the right answer's likelihood, and the token-by-token record or comparison
        return seconds + self.reading(asked.n * asked.n_turns * (n_new + 4), length=length, is_scored=True, n_passes=2 * n_passes)

    def compressing(self, recipe: Recipe, needs: frozenset[str], n_products: int) -> float:
        """Return the seconds to compress: the passes of the calibration text, the methods' own work, and writing the blocks."""
        shape, n_weights = self.shape, self.weights.n_block_parameters
        seconds = n_weights * _WEIGHT_S[self.kind] + n_weights * self._width / _WRITE_BYTES_S
        if not needs:
            return seconds
        calibration = recipe.calibration
        length = min(calibration.seq_len, shape.context_length or _FORWARD_TOKENS)
        n_tokens = calibration.n_samples * length
        n_passes = (1.0 if recipe.order == "layer" else 2.0) + 0.3 * min(1.0, _MEASURED_TOKENS / n_tokens)
        seconds += n_passes * self.reading(n_tokens, length=length)
        if "hessian" in needs:
            speed = _EFFICIENCY * self.speed.flops
            inputs = shape.n_layers * (3 * shape.hidden_size**2 + shape.intermediate_size**2)  # layers that read the same input share one
            seconds += n_tokens * inputs / speed  # half of a symmetric matrix
            widest = max(shape.hidden_size, shape.intermediate_size)
            seconds += 2.0 * shape.n_layers * (3 * shape.hidden_size**3 + widest**3) / speed
            seconds += 2.0 * (1 + n_products) * shape.hidden_size * n_weights / speed
            seconds += shape.n_layers * (6 * shape.hidden_size + shape.intermediate_size) * _COLUMN_S[self.kind]
        return seconds

    @property
    def _pass_s(self) -> float:
        return self.shape.n_layers * _LAYER_S[self.kind]

    @property
    def _active(self) -> float:
        """Return the share of the blocks' weights that a token meets: all but the experts that its router leaves out."""
        shape = self.shape
        if not shape.n_experts:
            return 1.0
        left_out = 1.0 - min(1.0, (shape.n_used_experts or _USED_EXPERTS) / shape.n_experts)
        one = 3 * shape.hidden_size * (shape.expert_size or shape.intermediate_size)
        share = min(0.98, shape.n_layers * shape.n_experts * one / max(1, self.weights.n_block_parameters))
        return 1.0 - share * left_out
