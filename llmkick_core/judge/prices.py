"""stub."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Price:
    """What tokens of a judge cost, US dollars a million."""

    input: float
    """Of prompts."""
    output: float
    """Of replies."""
