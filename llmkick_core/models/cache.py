"""Keys and values of what a decoder has read, kept so that many texts can go on from one.

Shapes: B rows of a batch, T tokens of its longest prompt, N new tokens, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformers.cache_utils import Cache, DynamicLayer

if TYPE_CHECKING:
    from torch import Tensor


class RoomyLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one block, grown by many tokens at a time; the library's own layer copies all of them for every new one."""

    room = 64

    def __init__(self) -> None:
        super().__init__()
        self._space: tuple[Tensor, Tensor] | None = None
        self._rows: Tensor | None = None  # of the layer forked from, that this one goes on with; copied when there is more to keep

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Return all keys and values (B, heads, T + N, head_dim), the new ones appended."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states, value_states
            return key_states, value_states
        before = self.keys.shape[-2]
        after = before + key_states.shape[-2]
        if self._space is None or after > self._space[0].shape[-2]:
            self._space = (self._grown(self.keys, after + self.room), self._grown(self.values, after + self.room))
            self._rows = None
        self._space[0][:, :, before:after] = key_states
        self._space[1][:, :, before:after] = value_states
        self.keys, self.values = self._space[0][:, :, :after], self._space[1][:, :, :after]
        return self.keys, self.values

    def fork(self, rows: Tensor | None = None) -> RoomyLayer:
        """Return a layer that goes on from here on its own, with all rows or copies of those named."""
        twin = RoomyLayer()
        if self.is_initialized:
            twin.lazy_initialization(self.keys, self.values)
            assert self._rows is None, "a layer that keeps nothing of its own is not forked again"
            twin.keys, twin.values, twin._rows = self.keys, self.values, rows
        return twin

    def _grown(self, states: Tensor, length: int) -> Tensor:
        """Return a copy of keys or values (B, heads, T, head_dim), of the rows that are gone on with, with room for `length` tokens."""
        rows = self._rows
        n_rows = len(states) if rows is None else len(rows)
        space = states.new_empty(n_rows, states.shape[1], length, states.shape[3])
        # one row for all, as after a shared prefix, needs no copy of its own first
        space[:, :, : states.shape[-2]] = states if rows is None or len(states) == 1 else states[rows]
        return space


@dataclass(frozen=True)
class Context:
    """Prompts that were read."""

    cache: Cache
    """Keys and values of every block; never written to: fork it."""
    mask: Tensor
    """(B, T) int64: 0 where a prompt is padded."""
    logits: Tensor
    """(B, V) float32: of each prompt's next token."""
    rows: tuple[tuple[int, ...], ...]
    """The tokens of each prompt."""

    @property
    def n_bytes(self) -> int:
        """Return the bytes of keys and values."""
        return sum(layer.keys.nbytes + layer.values.nbytes for layer in self.cache.layers if layer.is_initialized)

    def fork(self, rows: Tensor | None = None) -> Cache:
        """Return a cache that goes on from here, with all rows or copies of those named."""
        return Cache(layers=[layer.fork(rows) for layer in self.cache.layers])


def kv_width(config: Any) -> int:
    """Return the features of all key heads of one block."""
    heads = int(getattr(config, "num_key_value_heads", None) or config.num_attention_heads)
    return heads * int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
