"""Fictional names, a start and an end; the splits cannot share one, because a hash of the word decides where it belongs.

Starts and ends are few enough to be tokens of the bundled models, as the parts of real names are tokens of large ones: what is tested
is finding a name in a text, not spelling it. For the same reason every start ends in a consonant, and no end begins with a letter that
English joins to it ("and", "ant", "ill"): byte-level BPE would otherwise cut `Dandor` into `D`, `and`, `or`.

word(rng, "train") -> "Belquist"      person(rng, "train") -> "Tarvos Mendor"
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterable
from functools import cache

from llmkick_core.bundled.facts import Split, load_facts

_ONSETS = ("b", "br", "c", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z")
_VOWELS = ("a", "e", "i", "o", "u")
_CODAS = ("l", "n", "r")
_STARTS = tuple(
    onset + vowel + _CODAS[(i + j + k) % len(_CODAS)] for i, onset in enumerate(_ONSETS) for j, vowel in enumerate(_VOWELS) for k in (0, 1)
)
# fmt: off
_ENDS = (
    "bek", "bert", "beth", "bol", "bran", "fen", "fil", "fus", "bast", "hol", "hart", "hild", "hov", "jan", "jen", "jor", "kin", "kov",
    "kus", "nic", "nius", "fum", "mar", "mas", "mir", "mond", "mos", "nad", "nel", "nor", "pan", "pel", "pert", "pov", "quell", "quist",
    "rad", "ric", "rov", "rud", "vak", "vel", "vik", "vos", "wald", "wen", "wick", "zar", "zell", "zim",
)
# fmt: on
_TOWN_ENDS = ("ville", "burg", "mouth", "bay", "field", "ford", "port", "haven", "bridge", "bury")
_COUNTRY_ENDS = ("via", "zania", "mark", "kova", "mania", "nesia")
_RIVER_KINDS = ("River", "Creek", "Brook")
_COMPANY_KINDS = ("Works", "Motors", "Foods", "Bank", "Lines", "Press", "Systems", "Mills")
_START = re.compile("|".join(start.capitalize() for start in _STARTS))
HELD_OUT_SHARE = 10
"""One word of this many is held out."""


@cache
def _real_words() -> frozenset[str]:
    """Return every word of the facts, lower-cased: an invented name must not be one."""
    return frozenset(word.lower() for fact in load_facts() for text in (fact.subject, *fact.answers) for word in text.split())


def split_of(word: str) -> Split:
    """Return the split that a word belongs to, whatever its case."""
    return "held_out" if hashlib.sha256(word.lower().encode()).digest()[0] % HELD_OUT_SHARE == 0 else "train"


def word(rng: random.Random, split: Split, *, end: str = "") -> str:
    """Return a capitalised invented word of the split, `Belquist`."""
    while True:
        made = (rng.choice(_STARTS) + (end or rng.choice(_ENDS))).capitalize()
        if split_of(made) == split and made.lower() not in _real_words():
            return made


def all_words() -> list[str]:
    """Return every word that `word` can make of a start and a common end."""
    return [(start + end).capitalize() for start in _STARTS for end in _ENDS]


def are_apart(texts: Iterable[str]) -> bool:
    """Return whether no two different words of these names begin with the same start: told apart by their first token, as names of a text mostly are."""
    words = {word for text in texts for word in text.split() if word[:1].isupper()}
    starts = [match[0] for word in words if (match := _START.match(word))]
    return len(starts) == len(set(starts))


def person(rng: random.Random, split: Split) -> str:
    """Return a first and a last name."""
    return f"{word(rng, split)} {word(rng, split)}"


def town(rng: random.Random, split: Split) -> str:
    """Return the name of a town, `Karminburg`."""
    return word(rng, split, end=rng.choice(_TOWN_ENDS))


def country(rng: random.Random, split: Split) -> str:
    """Return the name of a country, `Zoravia`."""
    return word(rng, split, end=rng.choice(_COUNTRY_ENDS))


def river(rng: random.Random, split: Split) -> str:
    """Return the name of a river, without its article."""
    return f"{word(rng, split)} {rng.choice(_RIVER_KINDS)}"


def company(rng: random.Random, split: Split) -> str:
    """Return the name of a company, `Tarvo Motors`."""
    return f"{word(rng, split)} {rng.choice(_COMPANY_KINDS)}"


def product(rng: random.Random, split: Split) -> str:
    """Return the name of a product, `Melkor 7`."""
    return f"{word(rng, split)} {rng.randint(2, 90)}"
