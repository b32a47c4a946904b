"""Whether a sentence denies what it names: "not Paris", "no evidence that it is Paris", "Paris would be wrong".

A denial reaches no further than its clause, which a comma, a colon, a bracket or a dash ends, and not past "but":

- "not", "never", "n't" and the like reach five words on;
- a doubt of a whole statement ("unlikely", "no evidence", "I don't think", "it is false that") reaches to the end of the clause;
- after a name, they count behind its verb: "Paris is not", "Paris seems unlikely".

Words of the question are no denial: asked who wrote "Never Let Me Go", "Never Let Me Go by Kazuo Ishiguro" names him.
"""

from __future__ import annotations

from llmkick_core.scoring.answer_words import Word, holds

_REACH = 5  # words between a denial and what it denies
_LONGEST = 30  # words of a clause on each side that are looked at: a reply in a loop may be very long
_UNMARKED = {"isnt", "wasnt", "arent", "werent", "dont", "doesnt", "didnt", "hasnt", "havent", "couldnt", "wouldnt", "shouldnt"}
_DENIALS = {"not", "never", "neither", "nor", "cannot", "unlike", "except", "hardly"} | _UNMARKED
_DENYING_PAIRS = {("no", "longer"), ("rather", "than"), ("instead", "of")}
_AFFIRMED = {"only", "just", "merely", "until", "till", "mistaken", "wrong"}  # "not only Paris", "not until 1912", "if I am not mistaken"
_REFUTATIONS = {"wrong", "incorrect", "false", "untrue", "impossible"}
_DOUBTS = {"unlikely", "improbable", "doubtful", "doubt"}
_NO_DOUBT = {"no", "without", "beyond"}
_GROUNDS = {"evidence", "proof", "indication", "sign", "record", "information", "mention", "idea", "reason", "chance", "way", "knowledge"}
_BELIEFS = {
    "think",
    "believe",
    "know",
    "say",
    "sure",
    "certain",
    "confirm",
    "clear",
    "aware",
    "true",
    "case",
    "correct",
    "likely",
    "possible",
}
_LEAST_LETTERS = 4  # of the word that tells a denial of the question from another one
_CONTRASTS = {"but", "rather", "instead", "however", "actually"}
_MODALS = {"can", "could", "will", "would", "should", "may", "might", "must", "do", "does", "did", "has", "have", "had"}
_VERBS = _MODALS | {"is", "was", "are", "were", "seems", "appears", "sounds", "looks", "remains"}
_BETWEEN = {"also", "still", "be", "been", "to", "very", "quite"}  # "Paris would be very unlikely"


def is_denied(words: list[Word], start: int, end: int, asked: list[str]) -> bool:
    """Return whether a sentence denies the phrase at a place.

    Args:
        words: of the sentence.
        start: where the phrase begins.
        end: the word after it.
        asked: words of the question.
    """
    earliest, latest = max(0, start - _LONGEST), min(len(words), end + _LONGEST)
    first = next((i for i in range(start, earliest, -1) if words[i].opens_clause), earliest)
    last = next((i for i in range(end, latest) if words[i].opens_clause), latest)
    for i in reversed(range(first, start)):
        is_near = start - i <= _REACH + 1
        if ((is_near and _denies(words, i, start)) or _doubts(words, i, start)) and not _is_asked(words, i, start, asked):
            return True
        if words[i].text in _CONTRASTS:
            break
    if end + 1 < last and _is_contraction(words, end):
        return True
    if end >= last or words[end].text not in _VERBS:
        return False
    after = end + 1
    while after < last and (words[after].text.endswith("ly") or words[after].text in _BETWEEN) and words[after].text not in _DOUBTS:
        after += 1
    if after == last or _is_asked(words, after, last, asked):
        return False
    return _denies(words, after, last) or words[after].text in _REFUTATIONS | _DOUBTS


def _denies(words: list[Word], i: int, end: int) -> bool:
    """Return whether a denial stands at a word, before `end`."""
    following = words[i + 1].text if i + 1 < end else ""
    if (words[i].text, following) in _DENYING_PAIRS or (i + 1 < end and _is_contraction(words, i)):
        return True
    return words[i].text in _DENIALS and following not in _AFFIRMED


def _doubts(words: list[Word], i: int, end: int) -> bool:
    """Return whether all that follows a word is said to be doubtful or false."""
    text, following = words[i].text, [word.text for word in words[i + 1 : min(end, i + 4)]]
    if text in _DOUBTS:
        return not _NO_DOUBT & {word.text for word in words[max(0, i - 2) : i]}
    if text in _REFUTATIONS:
        return following[:1] in (["that"], ["to"], ["answer"])
    if text == "no":
        return bool(_GROUNDS.intersection(following[:2]))
    return _denies(words, i, end) and bool(_BELIEFS.intersection(following))


def _is_contraction(words: list[Word], i: int) -> bool:
    """Return whether a word and the next are "isn't", "can't", "won't" or the like."""
    return words[i].text.endswith("n") and words[i + 1].text == "t" and words[i + 1].gap == "'"


def _is_asked(words: list[Word], i: int, end: int, asked: list[str]) -> bool:
    """Return whether a denial, with what follows it, is a phrase of the question."""
    phrase = [word.text for word in words[i : min(end, i + 3)]]
    if len(phrase) == 3 and holds(asked, phrase):
        return True
    return len(phrase) > 1 and len(phrase[1]) >= _LEAST_LETTERS and holds(asked, phrase[:2])
