"""Fictional names from syllables; the splits cannot share one, because a hash of the word decides where it belongs.

word(rng, "train") -> "Belquist"      person(rng, "train") -> "Tarvo Mendelin"
"""

from __future__ import annotations

import hashlib
import random
from functools import cache

from llmkick_core.bundled.facts import Split, load_facts

_ONSETS = ("b", "br", "c", "d", "dr", "f", "g", "gr", "h", "j", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w", "z")
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "o")
_CODAS = ("", "", "", "l", "n", "r", "s", "m", "nd", "rk", "st", "x")
_TOWN_ENDS = ("ville", "ton", "burg", "mouth", "stad", "by", "field", "ford", "port", "haven")
_COUNTRY_ENDS = ("ia", "land", "istan", "ora", "any", "esia")
_RIVER_KINDS = ("River", "Creek", "Brook")
_COMPANY_KINDS = ("Works", "Motors", "Foods", "Bank", "Lines", "Press", "Systems", "Mills")
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
        n_syllables = rng.choice((1, 2)) if end else rng.choice((2, 2, 3))
        syllables = [
            rng.choice(_ONSETS) + rng.choice(_VOWELS) + (rng.choice(_CODAS) if i == n_syllables - 1 else "") for i in range(n_syllables)
        ]
        made = ("".join(syllables) + end).capitalize()
        if split_of(made) == split and made.lower() not in _real_words():
            return made


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
