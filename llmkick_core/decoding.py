"""Reading back what was stored: each field is of its kind, within its range and length, or the record is refused with a ValueError that names the field.

    decode = Decoder(RunStatus, {"submitted_at": TIME}, drops_unknown=True)
    decode({"run_id": "3f0c..", "state": "running", "submitted_at": "yesterday"})
    # ValueError: submitted_at is 'yesterday', which is no time in seconds since 1970

What a field may hold follows from its annotation: no truth value is a number, no number is infinite, whole numbers count from 0 and fit into 32 bits. Fields
of which that is not so are named where a decoder is made. Values are not converted, lists to tuples excepted, because ids are hashed from them.
"""

from __future__ import annotations

import dataclasses
import json
import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Generic, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

LONGEST_TEXT = 2**24
"""Characters of any text."""
LONGEST_ID = 4096
"""Characters of an id, a name or a path."""
_DEEPEST = 64  # lists in lists
_LONGEST_LINE = 2**24
_CHUNK = 2**20  # characters that are parsed together
_LAST_S = 250_000_000_000  # in the year 9892: calendars end with 9999, in whatever time zone
_EXACT = 2**53
_MOST_VALUES = 10_000_000  # of a text that is read as a whole; the largest tokenizers have a quarter of that
_MOST = 2**31 - 1  # the database keeps whole numbers in 32 bits
_TEXTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)  # one that is not closed ends with the text: no place is looked at twice
_BYTES = re.compile(_TEXTS.pattern.encode(), re.DOTALL)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a surrogate pair


class Field(NamedTuple):
    """What a field may hold."""

    holds: Callable[[Any], bool]
    """Whether a value is one of these."""
    wanted: str
    """What a value is that it cannot hold, in words: `no whole number from 0 to 9`."""


def text(longest: int = LONGEST_TEXT) -> Field:
    """Return the field of a text of so many characters at most."""
    return Field(lambda value: type(value) is str and len(value) <= longest, f"no text of at most {longest:,} characters")


def whole(low: int = 0, high: int = _MOST) -> Field:
    """Return the field of a whole number within a range."""
    return Field(lambda value: type(value) is int and low <= value <= high, f"no whole number from {low:,} to {high:,}")


def number(low: float = -1e300, high: float = 1e300) -> Field:
    """Return the field of a finite number within a range; a whole one is one that a float holds exactly."""

    def holds(value: Any) -> bool:
        return (type(value) is float or (type(value) is int and -_EXACT <= value <= _EXACT)) and low <= value <= high

    return Field(holds, f"no number from {low:g} to {high:g}")


def one_of(*words: object) -> Field:
    """Return the field of one of some words."""
    known = frozenset(words)
    return Field(lambda value: type(value) in (str, int) and value in known, "none of " + ", ".join(map(str, words)))


def optional(field: Field) -> Field:
    """Return the field of what another holds, or nothing."""
    holds = field.holds
    return Field(lambda value: value is None or holds(value), f"{field.wanted}, nor null")


def list_of(field: Field, most: int = 10_000_000) -> Field:
    """Return the field of a list of what another holds."""
    holds = field.holds
    return Field(
        lambda value: type(value) in (list, tuple) and len(value) <= most and all(map(holds, value)),
        f"no list, or a part of it is {field.wanted}",
    )


def named_values(field: Field, most: int = 10_000) -> Field:
    """Return the field of named values, each what another field holds."""
    holds = field.holds

    def are_named(value: Any) -> bool:
        return type(value) is dict and len(value) <= most and all(map(_is_name, value)) and all(map(holds, value.values()))

    return Field(are_named, f"no object, or a value in it is {field.wanted}")


def _is_name(value: object) -> bool:
    return type(value) is str and len(value) <= LONGEST_ID


def is_time(value: object) -> bool:
    """Return whether a value is a moment that a calendar has: finite seconds from 1970 on, before the year 9900."""
    return type(value) in (float, int) and 0 <= value <= _LAST_S  # type: ignore[operator]


FLAG = Field(lambda value: type(value) is bool, "neither true nor false")
TIME = Field(is_time, "no time in seconds since 1970")
MEASURED = Field(lambda value: type(value) is float or (type(value) is int and abs(value) < 2**53), "no number")
"""What a model computed, which may be no number or infinite where the model is broken."""
NAME = text(LONGEST_ID)


class Decoder(Generic[T]):
    """Makes records of a dataclass from what JSON says."""

    def __init__(self, cls: type[T], special: Mapping[str, Field] | None = None, *, drops_unknown: bool = False) -> None:
        self._cls = cls
        self._drops_unknown = drops_unknown
        self._special = special or {}
        self._holds: dict[str, Callable[[Any], bool]] = {}
        self._tuples: tuple[tuple[str, bool], ...] = ()

    def __call__(self, raw: object) -> T:
        """Return the record.

        Raises:
            ValueError: a field is missing, unknown, or of another kind.
            UsageError: the record refuses its values.
        """
        found = self.checked(raw)
        for name, is_nested in self._tuples:
            if name in found:
                found[name] = tuple(map(tuple, found[name])) if is_nested else tuple(found[name])
        try:
            return self._cls(**found)
        except TypeError as error:
            raise ValueError(_plainly(error)) from error

    def checked(self, raw: object) -> dict[str, Any]:
        """Return a copy of the named values, of which each is of its field's kind; raises as a call."""
        if type(raw) is not dict:
            raise ValueError(f"{reprlib.repr(raw)} is no object of named values")
        holds = self._holds or self._prepare()
        unknown = False
        for name, value in raw.items():
            is_it = holds.get(name)
            if is_it is None:
                unknown = True
            elif not is_it(value):
                raise ValueError(f"{name} is {reprlib.repr(value)}, which is {self._fields[name].wanted}")
        if unknown:
            names = [name for name in raw if name not in holds]
            if not self._drops_unknown:
                raise ValueError(f"there is no {reprlib.repr(names[0])} in it")
            return {name: value for name, value in raw.items() if name in holds}
        return raw.copy()

    def _prepare(self) -> dict[str, Callable[[Any], bool]]:
        hints = get_type_hints(self._cls)
        names = [one.name for one in dataclasses.fields(self._cls)]  # type: ignore[arg-type]
        self._fields = {name: self._special.get(name) or _field_of(hints[name], name) for name in names}
        self._tuples = tuple((name, get_origin(get_args(hints[name])[0]) is tuple) for name in names if get_origin(hints[name]) is tuple)
        self._holds = {name: field.holds for name, field in self._fields.items()}
        return self._holds


def _field_of(hint: Any, name: str) -> Field:
    simple = {str: NAME if name.endswith("_id") else text(), int: whole(), float: number(), bool: FLAG}
    if hint in simple:
        return simple[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return one_of(*inner)
    if origin in (Union, UnionType):
        (one,) = (part for part in inner if part is not type(None))
        return optional(_field_of(one, name))
    if origin is tuple:
        return list_of(_field_of(inner[0], name))
    if origin is dict:
        return named_values(_field_of(inner[1], name))
    if dataclasses.is_dataclass(hint):
        return Field(lambda value: type(value) is dict, "no object of named values")
    raise AssertionError(f"{name} has no kind of field: {hint}")


def _plainly(error: TypeError) -> str:
    return re.sub(r"^.*__init__\(\) ", "", str(error))


def parse_json(raw: bytes | str) -> Any:
    """Return the value of a JSON text, nested 64 times at most.

    Raises:
        ValueError: it is no JSON or no UTF-8, is nested deeper, holds more than 10,000,000 values, half a surrogate pair or a number of thousands of digits.
    """
    _check_number(raw)
    content = raw.decode("utf-8") if isinstance(raw, bytes) else raw
    value = _parse(content)
    if content.count("[") + content.count("{") > _DEEPEST:
        _check_depth(value)
    return value


def parse_lines(content: str) -> Iterator[Any]:
    """Yield the JSON value of each line that is not empty; raises as `parse_json`, nested values being as deep as the parser goes."""
    held: list[str] = []
    n_held = 0
    for line in content.split("\n"):  # splitlines would also cut at U+2028 inside an answer
        if not line:
            continue
        if len(line) > _LONGEST_LINE:
            raise ValueError(f"a line has {len(line):,} characters; at most {_LONGEST_LINE:,} are read")
        held.append(line)
        n_held += len(line)
        if n_held >= _CHUNK:  # many lines in one call: most of a call is not the parsing
            yield from _parse(f"[{','.join(held)}]")
            held, n_held = [], 0
    if held:
        yield from _parse(f"[{','.join(held)}]")


def _parse(content: str) -> Any:
    try:
        value = json.loads(content)
        if _HALF.search(content):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a surrogate pair, which is no character") from error
    return value


def _check_number(raw: bytes | str) -> None:
    """Refuse a text of so many values that they would fill the memory, before they are made: an empty list takes 2 letters, and 30 times as much when it is read."""
    if len(raw) < _MOST_VALUES:
        return
    n_values = _n_signs(raw)
    if n_values > _MOST_VALUES:  # commas in texts do not count
        n_values = _n_signs(_BYTES.sub(b"", raw) if isinstance(raw, bytes) else _TEXTS.sub("", raw))
    if n_values > _MOST_VALUES:
        raise ValueError(f"it holds more than {_MOST_VALUES:,} values")


def _n_signs(raw: bytes | str) -> int:
    """Return the number of signs that a value or a name follows."""
    return sum(raw.count(sign) for sign in (b",", b"[", b"{", b":")) if isinstance(raw, bytes) else sum(map(raw.count, ",[{:"))


def _check_depth(value: Any) -> None:
    open_parts = [iter((value,))]
    while open_parts:
        one = next((part for part in open_parts[-1] if part and type(part) in (dict, list)), None)
        if one is None:
            open_parts.pop()
        elif len(open_parts) > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} times")
        else:
            open_parts.append(iter(one.values() if type(one) is dict else one))


def checked_texts(raw: object, *, most: int = 1000) -> dict[str, str]:
    """Return named texts, as facts are.

    Raises:
        ValueError: a value is of another kind.
    """
    if not isinstance(raw, dict) or not named_values(text(), most).holds(raw):
        raise ValueError(f"{reprlib.repr(raw)} is no object of named texts")
    return raw
