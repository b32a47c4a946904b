"""What compression did to one linear layer, as the engine tells it and the Layers page shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from llmkick_core.decoding import MEASURED, NAME, Decoder, number, optional


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """What compression did to one linear layer."""

    name: str
    """Dotted module path."""
    block: int
    """Index of the decoder block."""
    n_out: int
    """Output features."""
    n_in: int
    """Input features."""
    sparsity: float
    """Share of weights that are exactly zero, counted after the fact."""
    structure_ok: bool | None
    """Whether every group of m has at most n non-zero weights; None where no n:m was asked for."""
    error: float | None
    """||(W - W')X|| / ||WX|| on calibration inputs (8,192 tokens or more, where there are as many); None where the method looks at none."""
    bits: float
    """Effective bits a weight would take in a packed format, scales and masks included."""
    seconds: float
    """Wall time of this layer."""
    note: str = ""
    """What had to be done to get there, in one line; empty where nothing out of the ordinary had."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON-able values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Self:
        """Return the report that `to_dict` wrote.

        Raises:
            ValueError: a field is missing, unknown or of another kind.
        """
        return _LAYER(raw)  # type: ignore[return-value]


_LAYER = Decoder(LayerReport, {"name": NAME, "sparsity": number(0, 1), "error": optional(MEASURED), "seconds": number(0)})
