"""`contains`: whether an accepted answer stands in a reply, for models that answer in sentences.

    contained("The capital of France is “Paris”.", ["Paris"]) == "Paris"
    contained("It is not Paris but Lyon.", ["Paris"]) is None        # denied
    contained("Paris, London or Rome.", ["Paris"]) is None           # a choice is no answer
    contained("Oslo / Paris / Rome", ["Paris"]) is None        # nor is a list

An accepted answer counts where it stands in the reply as whole words after TriviaQA's normalization, unless that place

- is denied in its own clause: "not Paris", "Paris is no longer ...", "no evidence that it is Paris" (denials.py);
- is one of several alternatives, or of a list of three or more, that are not all accepted (answer_lists.py);
- only repeats the question: asked which country Mexico City is the capital of, "Mexico City is a city" does not name Mexico;
- is a piece of a longer number or of a word with a hyphen: "3" of "3.14", "Guinea" of "Guinea-Bissau";
- is the "one" of "one of the ...".

Only the reply is looked at, never the prompt, and only up to where it goes on to another question (own_reply.py).
docs/scoring.md has the agreement with people.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from llmkick_core.scoring.answer_lists import is_listed
from llmkick_core.scoring.answer_words import Word, bullets_joined, holds, places, plain_marks, to_words
from llmkick_core.scoring.denials import is_denied
from llmkick_core.scoring.own_reply import own_reply

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


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
        if is_denied(words, start, end, asked) or _is_echo(texts, start, end, asked):
            continue
        if is_listed(words, start, end, names, asked):
            continue
        return True
    return False


def _is_echo(texts: list[str], start: int, end: int, asked: list[str]) -> bool:
    """Return whether the place repeats a longer phrase of the question."""
    if not holds(asked, texts[start:end]):
        return False
    wider = [texts[start : end + 1]] if end < len(texts) else []
    wider += [texts[start - 1 : end]] if start else []
    return any(holds(asked, phrase) for phrase in wider)
