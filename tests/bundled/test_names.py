from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable

import pytest
from tokenizers import Tokenizer

from llmkick_core.bundled import names
from llmkick_core.bundled.facts import Split
from llmkick_core.settings import BUNDLED_ROOT

MAKERS = (names.word, names.person, names.town, names.country, names.river, names.company, names.product)
SPLITS: tuple[Split, ...] = ("train", "held_out")
Maker = Callable[[random.Random, Split], str]


def draw(maker: Maker, split: Split, n: int) -> list[str]:
    rng = random.Random(0)
    return [maker(rng, split) for _ in range(n)]


def test_the_hash_of_the_lower_cased_word_decides_its_split():
    for word in ("Belquist", "Tarvo", "Mendel", "Karminburg"):
        is_held_out = int(hashlib.sha256(word.lower().encode()).hexdigest()[:2], 16) % 10 == 0
        assert names.split_of(word) == ("held_out" if is_held_out else "train")


def test_case_does_not_move_a_word_to_the_other_split():
    for word in draw(names.word, "held_out", 50) + draw(names.word, "train", 50):
        assert names.split_of(word) == names.split_of(word.upper()) == names.split_of(word.lower())


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("maker", [names.word, names.town, names.country, names.person])
def test_every_invented_word_belongs_to_the_split_asked_for(maker: Maker, split: Split):
    assert {names.split_of(part) for name in draw(maker, split, 300) for part in name.split()} == {split}


@pytest.mark.parametrize("maker", [names.company, names.river, names.product])
def test_the_invented_word_of_a_compound_belongs_to_its_split(maker: Maker):
    for split in SPLITS:
        assert {names.split_of(name.split()[0]) for name in draw(maker, split, 300)} == {split}


@pytest.mark.parametrize("maker", MAKERS)
def test_the_splits_share_no_name(maker: Maker):
    assert not set(draw(maker, "train", 2000)) & set(draw(maker, "held_out", 2000))


@pytest.mark.parametrize("maker", MAKERS)
def test_names_are_one_or_two_plain_capitalised_words(maker: Maker):
    shape = re.compile(r"[A-Z][a-z]+( ([A-Z][a-z]+|\d+))?")
    assert all(shape.fullmatch(name) for split in SPLITS for name in draw(maker, split, 300))


@pytest.mark.parametrize("maker", MAKERS)
def test_equal_seeds_give_equal_names(maker: Maker):
    assert draw(maker, "train", 40) == draw(maker, "train", 40)


@pytest.mark.parametrize("maker", MAKERS)
def test_there_are_more_than_a_thousand_names(maker: Maker):
    assert len(set(draw(maker, "train", 5000))) > 1000


def test_names_that_begin_alike_are_not_apart():
    assert names.are_apart(["Benquist", "Tarvos Mendor", "the Benquist"])
    assert not names.are_apart(["Benquist", "Tarvos Benmond"])
    assert names.are_apart(["1984", "the river"])  # what has no invented start cannot clash


def test_the_bundled_tokenizer_cuts_names_where_they_are_joined():
    tokenizer = Tokenizer.from_file(str(BUNDLED_ROOT / "kick-tiny" / "tokenizer.json"))
    words = names.all_words()
    n_joined = sum(len(tokenizer.encode(word).ids) == 3 for word in words)  # <s>, start, end
    assert n_joined / len(words) > 0.95
