"""Files as somebody who means harm would change them: one field of JSON, or bytes."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

DEEP = 20_000
LONG = 10**6


class Raw(str):
    """JSON that `json.dumps` would not write."""


VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    10**400,
    -(10**40),
    0.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "yesterday",
    "../../victim",
    "/etc/passwd",
    "\ud800",
    "\x00",
    "\x1b[2J",
    "=cmd()",
    "a" * LONG,
    [],
    {},
    [1, 2],
    [[]],
    {"a": 1},
    [None],
    list(range(10_000)),
    Raw("[" * DEEP + "]" * DEEP),
    Raw('{"a":' * DEEP + "1" + "}" * DEEP),
    Raw("1" * 5000),
    Raw("1e999999"),
)
"""What is put in the place of a field."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of a JSON value, inner ones too."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:40]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed_json(text: str, rng: random.Random) -> bytes:
    """Return a JSON text with one of its values changed or left out."""
    value = copy.deepcopy(json.loads(text))
    path = rng.choice(list(places(value)) or [()])
    new = rng.choice(VALUES)
    if not path:
        value = new
    else:
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        if rng.random() < 0.15:
            del holder[path[-1]]
        else:
            holder[path[-1]] = new
    return written(value)


def written(value: Any) -> bytes:
    """Return a value as JSON, with what is raw in it as it is."""
    raws: list[str] = []

    def hide(inner: Any) -> Any:
        if isinstance(inner, Raw):
            raws.append(str(inner))
            return f"@@raw{len(raws) - 1}@@"
        if isinstance(inner, dict):
            return {key: hide(one) for key, one in inner.items()}
        return [hide(one) for one in inner] if isinstance(inner, list) else inner

    text = json.dumps(hide(value))
    for i, raw in enumerate(raws):
        text = text.replace(f'"@@raw{i}@@"', raw)
    return text.encode("utf-8", errors="surrogatepass")


def changed_bytes(content: bytes, rng: random.Random) -> bytes:
    """Return bytes of which some are flipped, cut, doubled or in front of others."""
    kind = rng.randrange(5)
    at = rng.randrange(len(content) + 1)
    if kind == 0:
        return content[:at]
    if kind == 1:
        return content[:at] + bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9))) + content[at + 4 :]
    if kind == 2:
        return content[:at] + content[at // 2 : at] + content[at:]
    if kind == 3:
        return b""
    flipped = bytearray(content)
    for _ in range(rng.randrange(1, 6)):
        if flipped:
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
    return bytes(flipped)
