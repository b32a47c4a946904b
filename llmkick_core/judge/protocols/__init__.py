"""The protocols, a file each; PROTOCOLS has them by name."""

from __future__ import annotations

import importlib
import pkgutil

from llmkick_core.judge.base import Protocol
from llmkick_core.judgment import WAYS


def _declared() -> dict[str, Protocol]:
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    found = [module.PROTOCOL for module in modules if hasattr(module, "PROTOCOL")]
    order = [*WAYS, *sorted(protocol.name for protocol in found)]
    return {protocol.name: protocol for protocol in sorted(found, key=lambda protocol: order.index(protocol.name))}


PROTOCOLS: dict[str, Protocol] = _declared()
"""{name: protocol}, the paper's own first."""
