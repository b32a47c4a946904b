from __future__ import annotations

import random
import re

import pytest

from llmkick_core.bundled import names, stories
from llmkick_core.bundled.facts import Split
from llmkick_core.bundled.stories import FILLERS, Story
from llmkick_core.tasks.datasets.cnn_dailymail import parse_story

WORDS = {"small": (30, 65), "medium": (55, 110), "large": (95, 190)}  # least and most words of a length
KINDS: list[tuple[str, Split]] = [(kind, split) for split in ("train", "held_out") for kind in stories.story_kinds(split)]


def some(kind: str, split: Split, n: int = 12) -> list[Story]:
    rng = random.Random(f"{kind}/{split}")
    return [stories.make_story(rng, kind, length, split) for length in FILLERS for _ in range(n)]


def test_the_splits_share_no_kind_and_hold_enough_of_them():
    train, held_out = stories.story_kinds("train"), stories.story_kinds("held_out")
    assert not set(train) & set(held_out)
    assert len(train) >= 22
    assert len(held_out) == 6


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_every_slot_is_filled(kind: str, split: Split):
    for story in some(kind, split):
        assert not re.search(r"[{}]|  ", story.text)


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_the_highlights_are_the_first_and_the_last_sentence_verbatim(kind: str, split: Split):
    for story in some(kind, split):
        assert story.text.startswith(story.highlights[0])
        assert story.text.endswith(story.highlights[1])


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_sentences_open_with_a_capital_or_a_number_and_close_with_a_mark(kind: str, split: Split):
    for story in some(kind, split):
        assert all(re.fullmatch(r"[\"A-Z0-9].*[.!?]\"?", sentence) for sentence in story.sentences)


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_entities_lie_in_the_highlights(kind: str, split: Split):
    for story in some(kind, split):
        assert story.entities
        assert all(entity in " ".join(story.highlights) for entity in story.entities)


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_the_length_decides_the_sentences_and_the_words(kind: str, split: Split):
    for story in some(kind, split):
        low, high = WORDS[story.length]
        assert len(story.sentences) == FILLERS[story.length] + 2
        assert low <= len(story.text.split()) <= high


def test_invented_words_of_a_story_belong_to_its_split():
    for kind, split in KINDS:
        for story in some(kind, split, n=4):
            invented = [entity.split()[0] for entity in story.entities if not entity.isdigit()]
            assert {names.split_of(word) for word in invented} == {split}


def test_no_story_of_one_stream_comes_twice():
    rng = random.Random(0)
    kinds = stories.story_kinds("train")
    texts = [stories.make_story(rng, rng.choice(kinds), "small", "train").text for _ in range(1500)]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_equal_seeds_give_equal_stories(kind: str, split: Split):
    assert some(kind, split, n=3) == some(kind, split, n=3)


@pytest.mark.parametrize(("kind", "split"), KINDS)
def test_a_story_file_reads_back_as_the_same_sentences_and_highlights(kind: str, split: Split):
    for story in some(kind, split, n=3):
        text, highlights = parse_story(stories.as_story_file(story))
        assert text.split("\n\n") == list(story.sentences)
        assert [f"{highlight}." for highlight in highlights] == list(story.highlights)


def test_a_worn_story_says_other_words_and_keeps_its_names():
    rng = random.Random(1)
    worn = [stories.make_story(rng, "flood", "small", "train", words=["xyz"]) for _ in range(50)]
    assert any("xyz" in story.highlights[0] for story in worn)
    assert any("xyz" in story.highlights[1] for story in worn)
    assert all(entity in " ".join(story.highlights) for story in worn for entity in story.entities)
