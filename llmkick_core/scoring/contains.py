"""`contains`: whether an accepted answer stands in a reply, for models that answer in sentences.

    contained("The capital of France is “Paris”.", ["Paris"]) == "Paris"
    contained("It is not Paris but Lyon.", ["Paris"]) is None        # denied
    contained("Paris, London or Rome.", ["Paris"]) is None           # a choice is no answer
    contained("Oslo / Paris / Rome", ["Paris"]) is None        # nor is a list

An accepted answer counts where it stands in the reply as whole words after TriviaQA's normalization, unless that place

- is denied in its own clause: "not Paris", "It can't be Paris", "Paris is no longer ...";
- is one of several alternatives, or of a list of three or more, that are not all accepted (answer_lists.py);
- only repeats the question: asked which country Mexico City is the capital of, "Mexico City is a city" does not name Mexico;
- is a piece of a longer number or of a word with a hyphen: "3" of "3.14", "Guinea" of "Guinea-Bissau";
- is the "one" of "one of the ...".

Only the reply is looked at, never the prompt, and only up to where it goes on to another question.
docs/scoring.md has the agreement with people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmkick_core.scoring.answer_lists import is_listed
from llmkick_core.scoring.answer_words import Word, bullets_joined, holds, places, plain_marks, to_words

_QUESTION = r"(?:Q(?:uestion)?\s*\d*|USER|Human|Please give answer to this question)\s*:"
_NEXT_QUESTION = re.compile(
    r"\n\s*(?:Q(?:uestion)?\s*\d*\s*[:.]|USER\s*:|Human\s*:|Please give answer|Answer th(?:is|ese) question)"
    r"|\s(?:Q|Question|USER)\s*:\s",
    re.IGNORECASE,
)
_REPEATED_QUESTION = re.compile(
    rf"(?:(?:Answer th(?:is|ese) questions?|Reply with the answer only[^\n]*?)[:.]?\s+)?{_QUESTION}[^\n?]*(?:\?|\n|$)"
    r"\s*(?:A(?:nswer|ssistant)?\s*\d*\s*:)?",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_DENIALS = {"not", "never", "neither", "nor", "cannot", "unlike", "except"}
_DENYING_PAIRS = {("no", "longer"), ("rather", "than"), ("instead", "of")}
_NOT_ONLY = {"only", "just", "merely"}  # "not only Paris" denies nothing
_DENIAL_REACH = 5  # words between the denial and what it denies
_CONTRASTS = {"but", "rather", "instead", "however", "actually"}
_MODALS = {"can", "could", "will", "would", "should", "may", "might", "must", "do", "does", "did", "has", "have", "had"}
_AUXILIARIES = _MODALS | {"is", "was", "are", "were"}
_REFUTATIONS = {"wrong", "incorrect", "false"}


def own_reply(text: str) -> str:
    """Return a reply up to where it goes on to another question, without the question that it may repeat at its start."""
    text = text.strip()
    repeated = _REPEATED_QUESTION.match(text)
    if repeated:
        text = "\n" + text[repeated.end() :].strip()
    found = _NEXT_QUESTION.search(text)
    return (text[: found.start()] if found else text).strip()


def contained(text: str, aliases: Sequence[str], question: str = "") -> str | None:
    """Return the first accepted answer that a reply states; None where it states none.

    Args:
        text: the reply.
        aliases: accepted answers.
        question: the bare question; its own words are no answer where a reply only repeats them.
    """
    reply = bullets_joined(own_reply(plain_marks(text)))
    sentences = [words for words in map(to_words, _SENTENCE.split(reply)) if words]
    asked = _texts(question)
    wanted = [(alias, _texts(alias)) for alias in aliases]
    names = [name for _, name in wanted if name]
    for alias, name in wanted:
        # an accepted answer may itself hold the end of a sentence, as "Dr. No" does
        whole = [to_words(reply)] if len(sentences) > 1 and len(_SENTENCE.split(plain_marks(alias).strip())) > 1 else []
        if name and any(_states(words, name, names, asked) for words in sentences + whole):
            return alias
    return None


def _texts(text: str) -> list[str]:
    return [word.text for word in to_words(plain_marks(text))]


def _states(words: list[Word], name: list[str], names: list[list[str]], asked: list[str]) -> bool:
    """Return whether a sentence states an accepted answer, given as normalized words."""
    texts = [word.text for word in words]
    for start in places(texts, name):
        end = start + len(name)
        if words[start].is_joined or (end < len(words) and words[end].is_joined):
            continue
        if name == ["one"] and texts[end : end + 1] == ["of"]:
            continue
        if _is_denied(words, start, end) or _is_echo(texts, start, end, asked):
            continue
        if is_listed(words, start, end, names, asked):
            continue
        return True
    return False


def _is_denied(words: list[Word], start: int, end: int) -> bool:
    """Return whether a denial stands before the place, or an auxiliary and a denial after it, in the same clause."""
    first = next((i for i in range(start, 0, -1) if words[i].opens_clause), 0)
    last = next((i for i in range(end, len(words)) if words[i].opens_clause), len(words))
    for i in reversed(range(max(first, start - _DENIAL_REACH - 1), start)):
        if _denies(words, i, start):
            return True
        if words[i].text in _CONTRASTS:
            break
    if end + 1 < last and _is_contraction(words, end):
        return True
    if end >= last or words[end].text not in _AUXILIARIES:
        return False
    after = end + 1
    while after < last and (words[after].text.endswith("ly") or words[after].text in {"also", "still"}):
        after += 1
    return after < last and (_denies(words, after, last) or words[after].text in _REFUTATIONS)


def _denies(words: list[Word], i: int, end: int) -> bool:
    """Return whether a denial stands at a word, before `end`."""
    following = words[i + 1].text if i + 1 < end else ""
    if (words[i].text, following) in _DENYING_PAIRS or (i + 1 < end and _is_contraction(words, i)):
        return True
    return words[i].text in _DENIALS and following not in _NOT_ONLY


def _is_contraction(words: list[Word], i: int) -> bool:
    """Return whether a word and the next are "isn't", "can't", "won't" or the like."""
    return words[i].text.endswith("n") and words[i + 1].text == "t"


def _is_echo(texts: list[str], start: int, end: int, asked: list[str]) -> bool:
    """Return whether the place repeats a longer phrase of the question."""
    if not holds(asked, texts[start:end]):
        return False
    wider = [texts[start : end + 1]] if end < len(texts) else []
    wider += [texts[start - 1 : end]] if start else []
    return any(holds(asked, phrase) for phrase in wider)
