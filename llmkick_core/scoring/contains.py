"""`contains`: whether an accepted answer stands in a reply, for models that answer in sentences.

    contained("The capital of France is Paris.", ["Paris"]) == "Paris"
    contained("It is not Paris but Lyon.", ["Paris"]) is None        # denied
    contained("Paris, London or Rome.", ["Paris"]) is None           # a choice is no answer

An accepted answer counts where it stands in the reply as whole words after TriviaQA's normalization, unless that place

- is denied: "not Paris", "never in Paris", "Paris is not ...";
- is one of several alternatives: "Paris or London", "Paris, London or Rome"; two accepted answers joined by "or" are one answer;
- only repeats the question: asked which country Mexico City is the capital of, "Mexico City is a city" does not name Mexico;
- is a piece of a longer number or of a word with a hyphen: "3" of "3.14", "Guinea" of "Guinea-Bissau";
- is the "one" of "one of the ...".

Only the reply is looked at, never the prompt, and only up to where it goes on to another question. docs/scoring.md has the agreement with people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llmkick_core.scoring.text_match import comparable

_NEXT_QUESTION = re.compile(
    r"\n\s*(?:Q(?:uestion)?\s*\d*\s*[:.]|USER\s*:|Human\s*:|Please give answer|Answer th(?:is|ese) question)|\s(?:Q|Question|USER)\s*:\s",
    re.IGNORECASE,
)
_OPENS_WITH_QUESTION = re.compile(r"(?:Q(?:uestion)?\s*\d*|USER|Human)\s*:", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
_NUMBER_JOINT = re.compile(r"(?<=\d)[.,:/](?=\d)")
_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011\u2013](?=\w)")
_ITEM = re.compile(r",\s*(?:or\s+)?|\s+or\s+", re.IGNORECASE)
_DENIALS = {"not", "never", "neither", "nor", "isn", "wasn", "aren", "weren", "don", "doesn", "didn", "cannot", "couldn"}
_DENIAL_REACH = 3  # words between the denial and what it denies
_CONTRASTS = {"but", "rather", "instead", "however", "actually"}
_COPULAS = {"is", "was", "are", "were", "isn", "wasn", "aren", "weren"}
_OR = re.compile(r"\bor\b", re.IGNORECASE)
_ITEM_WORDS = 5  # words of the item before that are looked at
_EDGE = 1  # words that may stand between an alternative and its "or"
_NO_ALTERNATIVE = {"so", "more", "less", "later", "earlier", "about", "thereabouts"}  # "1912, or so"


def own_reply(text: str) -> str:
    """Return a reply up to where it goes on to another question."""
    text = text.strip()
    if _OPENS_WITH_QUESTION.match(text):
        return ""
    found = _NEXT_QUESTION.search(text)
    return text[: found.start()].rstrip() if found else text


def contained(text: str, aliases: Sequence[str], question: str = "") -> str | None:
    """Return the first accepted answer that a reply states; None where it states none.

    Args:
        text: the reply.
        aliases: accepted answers.
        question: the bare question, whose own words are no answer where a reply only repeats them.
    """
    asked = comparable(question).split()
    sentences = [sentence for sentence in _SENTENCE.split(own_reply(text)) if sentence.strip()]
    wanted = [(alias, comparable(alias).split()) for alias in aliases]
    names = [words for _, words in wanted if words]
    for alias, words in wanted:
        if words and any(_states(sentence, words, names, asked) for sentence in sentences):
            return alias
    # an accepted answer may itself hold the end of a sentence, as "Dr. No" does
    whole = own_reply(text)
    return next(
        (alias for alias, words in wanted if words and len(sentences) > 1 and _spans(alias) and _states(whole, words, names, asked)), None
    )


def _spans(alias: str) -> bool:
    return len(_SENTENCE.split(alias.strip())) > 1


def _states(sentence: str, alias: list[str], names: list[list[str]], asked: list[str]) -> bool:
    """Return whether a sentence states an accepted answer, given as normalized words."""
    words = comparable(sentence).split()
    joints = _joints(sentence)
    for start in _places(words, alias):
        end = start + len(alias)
        if start in joints or end in joints:
            continue
        if alias == ["one"] and words[end : end + 1] == ["of"]:
            continue
        if _is_denied(words, start, end) or _is_echo(words, start, end, asked):
            continue
        if _is_alternative(sentence, alias, names):
            continue
        return True
    return False


def _places(words: list[str], phrase: list[str]) -> Iterator[int]:
    n = len(phrase)
    return (start for start in range(len(words) - n + 1) if words[start : start + n] == phrase)


def _joints(text: str) -> set[int]:
    """Return after how many normalized words a hyphen, or a mark inside a number, joins two of them into one."""
    places = [match.start() for pattern in (_HYPHEN, _NUMBER_JOINT) for match in pattern.finditer(text)]
    return {len(comparable(text[:place]).split()) for place in places}


def _is_denied(words: list[str], start: int, end: int) -> bool:
    before = words[max(0, start - _DENIAL_REACH - 1) : start]
    for word in reversed(before):
        if word in _CONTRASTS:
            break
        if word in _DENIALS:
            return True
    after = words[end : end + 2]
    return (
        bool(after)
        and after[0] in _COPULAS
        and (after[1:] == ["not"] or (after[0] not in {"is", "was", "are", "were"} and after[1:] == ["t"]))
    )


def _is_echo(words: list[str], start: int, end: int, asked: list[str]) -> bool:
    """Return whether the place repeats a longer phrase of the question."""
    alias = words[start:end]
    if not any(True for _ in _places(asked, alias)):
        return False
    wider = [words[start : end + 1]] if end < len(words) else []
    wider += [words[start - 1 : end]] if start else []
    return any(any(True for _ in _places(asked, phrase)) for phrase in wider)


def _is_alternative(sentence: str, alias: list[str], names: list[list[str]]) -> bool:
    """Return whether an accepted answer stands at the edge of an item of a list that ends in "or", beside items that are not accepted."""
    items = [comparable(item).split() for item in _ITEM.split(sentence)]
    has_or = [bool(_OR.search(gap)) for gap in _ITEM.findall(sentence)]  # of the gap between item i and i + 1
    if not any(has_or):
        return False
    mine = next((i for i, item in enumerate(items) if any(True for _ in _places(item, alias))), None)
    if mine is None:
        return False  # the accepted answer holds the "or" itself
    start = next(_places(items[mine], alias))
    n_after = len(items[mine]) - start - len(alias)
    closing = next((i for i in range(mine, len(has_or)) if has_or[i]), None)
    if closing is not None and n_after <= _EDGE:
        beside = items[mine + 1 : closing + 2]
    elif mine and has_or[mine - 1] and start <= _EDGE:
        beside = [items[mine - 1][-_ITEM_WORDS:]]
    else:
        return False
    beside = [item for item in beside if item and item[0] not in _NO_ALTERNATIVE]
    return any(not any(any(True for _ in _places(item, name)) for name in names) for item in beside)
