"""How much of a story's substance a summary keeps: the names and numbers of the reference highlights it contains.

    key_entities("Mayor Anna Bell opened 3 parks in Leeds.") == ("Anna", "Bell", "3", "Leeds")

"Mayor" opens the sentence, where every word has a capital; it counts only if it has one in mid-sentence elsewhere in the story.
"""

from __future__ import annotations

import re

from llmkick_core.scoring.sentences import is_sentence_start

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_LEADING = (
    "A An The I He She It We You They This That These Those His Her Its My Our Your Their And But Or If In On At By To Of For From With As "
    "Is Was Are Were Not No So When Where Who What Which Why How After Before While There Here I'm I've I'll I'd It's He's She's"
)
_FUNCTION_WORDS = frozenset(_LEADING.split())


def _tokens(text: str) -> list[tuple[str, int]]:
    """Return (word or number, position); a possessive 's is dropped and 1,000 reads 1000."""
    found = []
    for match in _TOKEN.finditer(text):
        token = match[0]
        token = token.replace(",", "") if token[0].isdecimal() else re.sub(r"['’]s$", "", token)
        found.append((token, match.start()))
    return found


def _names(text: str) -> set[str]:
    """Return the capitalised words that do not owe their capital to the start of a sentence."""
    return {
        token
        for token, position in _tokens(text)
        if token[0].isupper() and token not in _FUNCTION_WORDS and not is_sentence_start(text, position)
    }


def key_entities(reference: str, story: str = "") -> tuple[str, ...]:
    """Return the distinct names (word by word) and numbers of `reference`, in order of first mention.

    Args:
        reference: highlights, one a line.
        story: more text that tells names from words which merely open a sentence.
    """
    names = _names(reference) | _names(story)
    return tuple(dict.fromkeys(token for token, _ in _tokens(reference) if token[0].isdecimal() or token in names))


def entities_kept(summary: str, reference: str, story: str = "") -> tuple[float | None, tuple[str, ...]]:
    """Return (share 0-1 of the reference's key entities that the summary contains, those it contains).

    Names count as written, capitals included: "us" does not keep "US". The share is None where the reference has no entity.
    """
    wanted = key_entities(reference, story)
    if not wanted:
        return None, ()
    said = {token for token, _ in _tokens(summary)}
    kept = tuple(entity for entity in wanted if entity in said)
    return len(kept) / len(wanted), kept
