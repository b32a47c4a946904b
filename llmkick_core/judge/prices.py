"""What judges cost: an editable table of prices, and a guess of what a question will cost before it is asked.

    model,input,output,source                                          US dollars for a million tokens
    gpt-4o,2.5,10,"OpenAI price list, noted 2025; check before use"

`<store>/prices.csv` has the same form and goes first, where this installation wrote it: one that came with somebody else's store could say that a judge is free. A
price that is not known is None, never 0: only a server on this machine costs nothing.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Literal

from llmkick_core import settings
from llmkick_core.errors import CorruptFileError, UsageError
from llmkick_core.judge.base import Question
from llmkick_core.judge.formats import messages
from llmkick_core.models.failures import is_loopback
from llmkick_core.models.replies import guess_tokens
from llmkick_core.store.layout import write_atomic
from llmkick_core.store.marks import Mark, changing, read_mark, write_mark
from llmkick_core.store.opener import FACTS, exists, read_bytes

COLUMNS = ("model", "input", "output", "source")
FILE = "prices.csv"
BUNDLED = settings.PROJECT_ROOT / "data" / FILE
"""The table that comes with the project."""

LONGEST_NAME = 300
"""Letters of a model's name."""

EXPLANATION_TOKENS, SCORE_TOKENS = 120, 15
"""Of a reply: some sentences of reasons; a score with its name and marks."""

_TOKENS = 1_000_000
_HIGHEST = 1e9  # dollars for a million tokens; with infinity, or what is no number, no cap on the cost could be kept
_DATE = re.compile(r"-(?:20[0-9]{2}-[0-9]{2}-[0-9]{2}|[0-9]{4}|20[0-9]{6})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Price:
    """Of one model."""

    input: float
    """US dollars for a million tokens that it reads."""
    output: float
    """US dollars for a million tokens that it writes."""
    source: str = ""
    """Where the price is from, and when it was noted."""
    table: Literal["", "store", "project"] = field(default="", compare=False)
    """The table of prices in which it stands: this store's own, or the project's; empty where it was named with a request."""

    def __post_init__(self) -> None:
        for price in (self.input, self.output):
            if not isinstance(price, int | float) or isinstance(price, bool) or not 0 <= price < _HIGHEST:
                raise UsageError(f"a price is {str(price)[:40]}; it has to be a number from 0 on, in US dollars for a million tokens.")

    @property
    def origin(self) -> str:
        """Return in words where it comes from."""
        place = {"store": "this store's table of prices", "project": "the project's table of prices", "": ""}[self.table]
        named = f"{place} ({self.source})" if place and self.source else place or self.source
        return named or "named with the request"

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Return the US dollars of a request."""
        return (prompt_tokens * self.input + completion_tokens * self.output) / _TOKENS


FREE = Price(input=0.0, output=0.0, source="a server on this machine")


def price_of(model: str, url: str, store: Path) -> Price | None:
    """Return what a judge costs, or None where nobody has said.

    The store's table goes first, where this installation wrote it (`is_own_table`), then the project's. A model that is in neither costs nothing on a server of this machine; one that is there, such as gpt-4o behind a
    proxy, has its price. A dated version of a model ("gpt-4o-2024-08-06",
    "gpt-4-0613") costs what its row says, else what the model's without the date does; any other ending names another model.

    Raises:
        UsageError: a table is damaged.
    """
    found = _in_table(model, own_prices(store), "store") or _in_table(model, read_prices(BUNDLED), "project")
    return FREE if found is None and is_loopback(url) else found


def own_prices(store: Path) -> dict[str, Price]:
    """Return the prices of the store's table where this installation wrote it, else none; raises as `read_prices`."""
    if not exists(store / FILE):
        return {}
    prices = read_prices(store / FILE)
    return prices if is_own_table(store) else {}


def is_own_table(store: Path) -> bool:
    """Return whether the store's table of prices is as this installation wrote it, or there is none."""
    if not exists(store / FILE):
        return True
    found = read_mark(store, "prices", "table")
    return found is not None and found.said == sha256(read_bytes(store / FILE, FACTS)).hexdigest()


def read_prices(path: Path) -> dict[str, Price]:
    """Return the prices of a table, by model.

    Raises:
        UsageError: it cannot be read, or a row has no model, one that another row has, or a price that is no number from 0 on.
    """
    try:
        rows = csv.DictReader(io.StringIO(read_bytes(path, FACTS).decode("utf-8-sig"), newline=""), strict=True)
        missing = [name for name in COLUMNS[:3] if name not in (rows.fieldnames or ())]
        if missing:
            raise UsageError(f"{path} has no column {', '.join(missing)}; its first line is {','.join(COLUMNS)}.")
        return _checked(rows, str(path))
    except (FileNotFoundError, CorruptFileError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read the prices in {path} ({error}); correct the file, or remove it from the store.") from error


def write_prices(store: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write the store's own table, which replaces the one before; rows as `read_prices` reads them, numbers or texts, empty ones left out.

    Raises:
        UsageError: as by `read_prices`; nothing is written then.
        StoreError: the store cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for model, price in _checked(rows, "prices").items():
        writer.writerow([model, repr(price.input), repr(price.output), price.source])
    with changing(store):
        write_atomic(store / FILE, text.getvalue())
        write_mark(store, "prices", "table", Mark(by="command", said=sha256(text.getvalue().encode()).hexdigest()))


def expected_tokens(question: Question) -> tuple[int, int]:
    """Return about how many tokens a question and its reply will have: four letters a token, and reasons of a few sentences.

    A model that thinks before it answers writes many more.
    """
    n_letters = sum(len(message["content"]) for message in messages(question, "json_schema"))
    n_scores = max(1, question.wanted.n_sides * len(question.wanted.aspects))
    return guess_tokens(n_letters), EXPLANATION_TOKENS + SCORE_TOKENS * n_scores


def _in_table(model: str, prices: Mapping[str, Price], table: Literal["store", "project"]) -> Price | None:
    families = [name for name in prices if model.startswith(f"{name}-") and _DATE.fullmatch(model[len(name) :])]
    found = prices.get(model) or (prices[max(families, key=len)] if families else None)
    return None if found is None else replace(found, table=table)


def _checked(rows: Iterable[Mapping[str, object]], where: str) -> dict[str, Price]:
    found: dict[str, Price] = {}
    for number, row in enumerate(rows, start=1):
        told = {name: _told(row.get(name)) for name in COLUMNS}
        if not any(told.values()):
            continue
        model, place = told["model"], f"{where}, row {number}"
        if not model:
            raise UsageError(f"{place}: a price without a model; name it as its server does.")
        if len(model) > LONGEST_NAME:
            raise UsageError(f"{place}: a model's name has {len(model):,} letters; at most {LONGEST_NAME} are taken.")
        if model in found:
            raise UsageError(f"{place}: {model!r} has a price already; keep one row of it.")
        found[model] = Price(
            input=_price(told["input"], f"{place}: the input price of {model!r}"),
            output=_price(told["output"], f"{place}: the output price of {model!r}"),
            source=told["source"],
        )
    return found


def _told(value: object) -> str:
    """Return a cell as text, nothing for an empty one."""
    return "" if value is None or value != value else " ".join(str(value).split())


def _price(raw: str, what: str) -> float:
    try:
        value = float(raw) if raw.isascii() and "_" not in raw else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise UsageError(f"{what} is {raw[:40]!r}; it has to be a number from 0 on, in US dollars for a million tokens.")
    return value + 0.0
