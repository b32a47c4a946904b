"""The protocols, a file each; PROTOCOLS has them by name."""

from __future__ import annotations

from llmkick_core.judge.base import Protocol
from llmkick_core.judge.protocols import pairwise, reference, single

PROTOCOLS: dict[str, Protocol] = {one.PROTOCOL.name: one.PROTOCOL for one in (reference, single, pairwise)}
"""{name: protocol}, the paper's own first."""
