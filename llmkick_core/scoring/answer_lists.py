"""Whether an accepted answer in a reply is one of several candidates: alternatives, or a list of three or more.

    "Paris or Lyon", "Paris, London or Rome"            alternatives
    "Oslo / Paris / Rome", "Paris, London and Rome"     lists
    "Paris, the largest city in France or Belgium"      neither: what follows the comma describes Paris
    "Paris, France", "December 14, 1972"                neither: two items, or items of different kinds

Candidates look alike: all begin with a capital letter, or a digit, or neither, and without an article unless the answer has one.
A choice or list of accepted answers only is an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmkick_core.scoring.answer_words import Word, holds

_CONJUNCTIONS = {"and": "and", "or": "or", "nor": "or"}
_IDIOMS = {("sooner", "later"), ("more", "less"), ("once", "twice"), ("whether", "not"), ("better", "worse"), ("rain", "shine")}
_NO_ALTERNATIVE = {"so", "more", "less", "later", "earlier", "about", "thereabouts"}  # "1912, or so"
_PREPOSITIONS = {"in", "at", "by", "of", "from", "on", "to", "for", "with", "as", "during"}
_PRONOUNS = {"it", "he", "she", "they", "this", "that"}
_HEDGES = _PREPOSITIONS | {"either", "both", "maybe", "perhaps", "possibly", "probably", "even", "also", "else", "it", "is", "s", "was"}
_RELATIVES = {"also", "known", "which", "who", "whom", "where", "called", "named", "formerly", "previously", "according"}
_DESCRIBES = _RELATIVES | _PRONOUNS | _PREPOSITIONS  # what begins so describes the candidate before it
_VERBS = {"is", "was", "has", "are", "were", "have", "had", "will", "would", "can", "lies", "became"}
_SINGULAR = {"is", "was", "has", "lies", "became"}  # "Paris, France, and Lyon is its second city" goes on to another clause
_ITEM_WORDS = 5  # words of the item before an "or" that are looked at
_BARE_WORDS = 4  # most words of an item of a list
_EDGE = 1  # words that may stand between a candidate and its "or" or comma
_LEAST_ITEMS = 3
_REACH = 60  # words of the sentence on each side of an answer that are looked at: a reply in a loop may be very long


@dataclass(frozen=True)
class _Item:
    """Words of a sentence between commas, slashes, "and" and "or"."""

    start: int
    end: int
    mark: str
    """`,` or `/` before it; nothing where there is none."""
    conjunction: str
    """`and` or `or` before it; nothing where there is none."""

    @property
    def follows(self) -> bool:
        """Whether it goes on with the list of the item before."""
        return bool(self.mark or self.conjunction)


@dataclass(frozen=True)
class _Place:
    """Where an accepted answer stands, and in which item."""

    words: list[Word]
    start: int
    end: int
    items: list[_Item]
    n: int
    """Number of its item."""
    names: list[list[str]]

    def is_accepted(self, start: int, end: int) -> bool:
        texts = [word.text for word in self.words[start:end]]
        return any(holds(texts, name) for name in self.names)

    def n_before(self) -> int:
        """Return how many words of its item stand before it, hedges left out."""
        return self.start - self.after_hedges(self.items[self.n].start, self.start)

    def after_hedges(self, start: int, end: int) -> int:
        while start < end and self.words[start].text in _HEDGES:
            start += 1
        return start

    def ends_item(self) -> bool:
        """Return whether its item ends with it, or with one word of its kind."""
        rest = self.words[self.end : self.items[self.n].end]
        return len(rest) <= _EDGE and all(word.kind == self.words[self.start].kind for word in rest)

    def is_parallel(self, start: int, end: int) -> bool:
        """Return whether words look like another candidate, and not like a description of this one."""
        answer, mine = self.words[self.start], self.words[self.items[self.n].start]
        if start < end - 1 and mine is not answer and self.words[start].text == mine.text:
            start += 1  # "in Paris, in London or in Rome"
        if start >= end or self.words[start].text in _DESCRIBES:
            return False
        first = self.words[start]
        if first.has_article and not (answer.has_article or mine.has_article):
            return False
        opens = self.start == 0 or ":" in answer.gap  # "Helium, neon or argon": its capital says nothing
        return first.kind == answer.kind or (opens and first.kind == "lower" and end - start < _LEAST_ITEMS)


def is_listed(words: list[Word], start: int, end: int, names: list[list[str]], asked: list[str]) -> bool:
    """Return whether an accepted answer is one of several candidates that are not all accepted.

    Args:
        words: of a sentence.
        start: where the answer begins.
        end: the word after it.
        names: all accepted answers, as normalized words.
        asked: words of the question: what repeats them is no candidate of a list without "and" or "or".
    """
    first = max(0, start - _REACH)
    words, start, end = words[first : end + _REACH], start - first, end - first
    by_comma, by_slash = (_place(words, start, end, names, slashes=slashes) for slashes in (False, True))
    return _is_alternative(by_comma) or _is_enumerated(by_comma, asked) or _is_enumerated(by_slash, asked)


def _place(words: list[Word], start: int, end: int, names: list[list[str]], *, slashes: bool) -> _Place:
    """Return an answer's place among items between slashes and dashes, or between commas, "and" and "or"; the answer is not split."""
    items: list[_Item] = []
    first, mark, conjunction = 0, "", ""
    for i, word in enumerate(words):
        gap_mark, joiner = _separators(words, i, slashes=slashes)
        if i == start and word.text in _CONJUNCTIONS:  # "And Then There Were None"
            joiner = ""
        if i == 0 or start < i < end or (gap_mark is None and not joiner):
            continue
        if i > first:
            items.append(_Item(first, i, mark, conjunction))
            mark, conjunction = "", ""
        mark = mark or gap_mark or ""
        conjunction = "or" if "or" in (joiner, conjunction) else joiner or conjunction
        first = i + 1 if word.text in _CONJUNCTIONS and joiner else i
    if first < len(words):
        items.append(_Item(first, len(words), mark, conjunction))
    n = next(n for n, item in enumerate(items) if item.start <= start < item.end)
    return _Place(words, start, end, items, n, names)


def _separators(words: list[Word], i: int, *, slashes: bool) -> tuple[str | None, str]:
    """Return the mark and the conjunction that end an item before a word; the mark is None without one, and empty where a list ends."""
    word = words[i]
    if slashes:
        is_mark = not word.is_joined and ("/" in word.gap or "|" in word.gap or (word.opens_clause and "-" in word.gap))
        return ("/" if is_mark else None), ""
    mark = None if word.is_joined or not (word.opens_clause or ";" in word.gap) else "," if "," in word.gap or ";" in word.gap else ""
    joiner = _CONJUNCTIONS.get(word.text, "and" if "&" in word.gap else "")
    if 0 < i < len(words) - 1 and (words[i - 1].text, words[i + 1].text) in _IDIOMS:
        joiner = ""
    return mark, joiner


def _is_alternative(place: _Place) -> bool:
    """Return whether the answer stands beside an "or", or in a list that ends in one, with what is not accepted."""
    items, n, mine = place.items, place.n, place.items[place.n]
    if mine.conjunction == "or" and n and place.n_before() <= _EDGE:
        last = items[n - 1].end
        alike = place.words[last - 1].kind == place.words[place.start].kind
        if place.n_before() == 0 or alike:
            return not place.is_accepted(max(items[n - 1].start, last - _ITEM_WORDS), last)
    beside = []
    for item in items[n + 1 :] if mine.end - place.end <= _EDGE else []:
        beside.append(item)
        if item.conjunction == "or":
            break
        if item.mark != "," or item.conjunction or not place.is_parallel(item.start, item.end):
            return False
    if not beside or beside[-1].conjunction != "or":
        return False
    closing = beside[-1]
    start = place.after_hedges(closing.start, closing.end)
    if start == closing.end or place.words[start].text in _NO_ALTERNATIVE:
        return False
    is_loose = mine.end > place.end or (len(beside) == 1 and closing.mark)  # "Paris, or the City of Light"
    if is_loose and not place.is_parallel(start, closing.end):
        return False
    return not all(place.is_accepted(item.start, item.end) for item in beside)


def _is_enumerated(place: _Place, asked: list[str]) -> bool:
    """Return whether the answer is one of three or more items that are not all accepted."""
    mine = place.items[place.n]
    if mine.conjunction and _has(place.words, place.end, mine.end, _SINGULAR):
        return False
    following = _items_after(place)
    is_closed = any(item.conjunction for item in (mine, *following))
    members = [*_items_before(place, is_closed=is_closed), mine, *following]
    if not is_closed:
        texts = [word.text for word in place.words]
        members = [item for item in members if item is mine or not holds(asked, texts[item.start : item.end])]
        if members[-1] is mine and mine.end - place.end > _EDGE:
            return False
    return len(members) >= _LEAST_ITEMS and not all(place.is_accepted(item.start, item.end) for item in members)


def _items_after(place: _Place) -> list[_Item]:
    """Return the items that go on with the list after the answer's own, up to the one after its "and"."""
    found: list[_Item] = []
    before = place.items[place.n]
    for item in place.items[place.n + 1 :] if place.ends_item() else []:
        if not item.follows or (before.conjunction and item.conjunction != before.conjunction):
            break
        is_long = item.end - item.start > _BARE_WORDS or _has(place.words, item.start, item.end, _VERBS)
        is_clause = place.words[item.start].kind != "digit" and _has(place.words, item.start, item.end, _SINGULAR)
        if (is_clause if item.conjunction else is_long) or not place.is_parallel(item.start, item.end):
            break
        found.append(item)
        before = item
    return found


def _items_before(place: _Place, *, is_closed: bool) -> list[_Item]:
    """Return the items of the list before the answer's own; of a first item, "The cities are Oslo", the part after its verb counts.

    A first item may be long ("Cities of Europe include Oslo") where an "and" or "or" closes the list.
    """
    found: list[_Item] = []
    after = place.items[place.n]
    for item in reversed(place.items[: place.n] if place.n_before() <= _EDGE else []):
        if not after.follows or (item.conjunction and item.conjunction != after.conjunction):
            break
        start = next((i + 1 for i in reversed(range(item.start, item.end)) if place.words[i].text in _VERBS), item.start)
        is_alike = start < item.end and place.words[item.end - 1].kind == place.words[place.start].kind
        starts_list = not item.follows
        if item.end - start > _BARE_WORDS and not (starts_list and is_alike and is_closed):
            break
        may_start = starts_list and is_alike and (place.words[start].text not in _DESCRIBES or _is_year(place.words[start : item.end]))
        if not may_start and not place.is_parallel(start, item.end):
            break
        found.insert(0, item)
        after = item
    return found


def _is_year(words: list[Word]) -> bool:
    """Return whether words are a number after a preposition: "in 1912"."""
    return len(words) == _EDGE + 1 and words[0].text in _PREPOSITIONS and words[1].kind == "digit"


def _has(words: list[Word], start: int, end: int, texts: set[str]) -> bool:
    return any(word.text in texts for word in words[start:end])
