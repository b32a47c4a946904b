"""TriviaQA in its official JSON or in the lines of its Hugging Face copy (Joshi et al. 2017, https://arxiv.org/abs/1705.03551).

qa/wikipedia-dev.json, with the evidence in evidence/wikipedia/<Filename>, a plain text:

    {"Data": [{"QuestionId": "tc_33", "Question": "Which Lloyd Webber musical premiered in the US on 10th December 1993?",
               "Answer": {"Value": "Sunset Boulevard", "Aliases": ["Sunset Blvd", ...], "NormalizedAliases": ["sunset blvd", ...]},
               "EntityPages": [{"Filename": "Andrew_Lloyd_Webber.txt", ...}], "SearchResults": [{"Filename": "35/35_995.txt", ...}]}]}

The lines of the configuration `rc` on the hub carry the evidence themselves:

    {"question_id": "tc_33", "question": "...", "answer": {"value": "...", "aliases": [...], "normalized_aliases": [...]},
     "entity_pages": {"wiki_context": ["..."]}, "search_results": {"rank": [0], "search_context": ["..."]}}

Of the texts of a question the first one is its evidence that mentions an answer: entity pages in their order, then search results by their rank. Where
none does, it is the first one there is. A row may have "Subject" and "Group" besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.errors import DataError
from llmkick_core.scoring.text_match import comparable
from llmkick_core.tasks.datasets.files import Row, distinct, find_file, need, read_json_rows, read_jsonl, read_text, unique_ids
from llmkick_core.tasks.passages import choose_passage

T = TypeVar("T")

FILES = (
    "qa/wikipedia-test.json",
    "qa/wikipedia-dev.json",
    "qa/web-dev.json",
    "wikipedia-test.json",
    "wikipedia-dev.json",
    "web-dev.json",
    "qa/*.json",
    "*.jsonl",
    "*.json",
)


@dataclass(frozen=True, kw_only=True)
class TriviaQuestion:
    """One row."""

    question_id: str
    """QuestionId, made unique: the hub's copy repeats some."""
    question: str
    """Its text."""
    answers: tuple[str, ...]
    """Value, aliases and normalized aliases that differ after normalization, the value first."""
    evidence: str
    """The text that was chosen; empty where none was asked for."""
    subject: str
    """"Subject", or nothing."""
    group: str
    """"Group", or nothing."""


def read_triviaqa(path: Path, *, limit: int | None, with_evidence: bool) -> list[TriviaQuestion]:
    """Return the first `limit` questions of a file, or of the folder that holds it.

    Raises:
        DataError: the data, or evidence that was asked for, is missing or not in the official format.
    """
    file = find_file(path, FILES, what="TriviaQA")
    rows = read_jsonl(file) if file.suffix == ".jsonl" else read_json_rows(file, "Data")
    ids = unique_ids(str(_first(row, "QuestionId", "question_id") or number) for number, (row, _) in enumerate(rows))
    return [_question(row, name, file, with_evidence) for row, name in zip(rows[:limit], ids[:limit], strict=True)]


def _first(row: Any, *keys: str) -> Any:
    """Return the value of the first key the row has; the official files and the hub's spell them differently."""
    return next((row[key] for key in keys if key in row), None) if isinstance(row, dict) else None


def _list_of(kind: type[T], row: dict[str, Any], keys: Sequence[str], where: str) -> list[T]:
    """Return the list at the first key the row has, all of one type; empty where there is none.

    Raises:
        DataError: it is no list, or one of its items is of another type.
    """
    key = next((key for key in keys if key in row), keys[0])
    found = row.get(key)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, kind) for item in found):
        raise DataError(f"{where}: {key!r} is no list of {'texts' if kind is str else 'whole numbers'}; the official format has one there.")
    return found


def _question(found: Row, question_id: str, file: Path, with_evidence: bool) -> TriviaQuestion:
    row, where = found
    question, answer = _first(row, "Question", "question"), _first(row, "Answer", "answer")
    if not isinstance(question, str) or not question.strip() or not isinstance(answer, dict):
        raise DataError(f"{where}: no question with an answer; give a file with answers, such as qa/wikipedia-dev.json.")
    value = _first(answer, "Value", "value")
    if not isinstance(value, str | None):
        raise DataError(f"{where}: the answer's value is no text; the official format has one in each row.")
    found_names = [value or ""]
    for pair in (("Aliases", "aliases"), ("NormalizedAliases", "normalized_aliases"), ("HumanAnswers", "human_answers")):
        found_names += _list_of(str, answer, pair, where)
    names = [name.strip() for name in found_names if name.strip()]
    if not names:
        raise DataError(f"{where}: the answer has neither value nor alias; give a file with answers, such as qa/wikipedia-dev.json.")
    answers = tuple(distinct(names, [comparable(name) for name in names]))
    return TriviaQuestion(
        question_id=question_id,
        question=question.strip(),
        answers=answers,
        evidence=_evidence(row, answers, file, where) if with_evidence else "",
        subject=str(row.get("Subject") or ""),
        group=str(row.get("Group") or ""),
    )


def _evidence(row: dict[str, Any], answers: Sequence[str], file: Path, where: str) -> str:
    """Return the text of a row that is its evidence, in the row itself or in a file."""
    evidence = choose_passage(_texts(row, file, where), answers)
    if not evidence:
        raise DataError(f"{where} has no evidence; ask closed_book_qa, or give the rc files with evidence/ beside qa/.")
    return evidence


def _texts(row: dict[str, Any], file: Path, where: str) -> Iterator[str]:
    """Yield the texts of a row, the best ranked ones first; a file is read when it is its turn."""
    for official, hub, context, folder in (
        ("EntityPages", "entity_pages", "wiki_context", "wikipedia"),
        ("SearchResults", "search_results", "search_context", "web"),
    ):
        key = official if official in row else hub
        found = row.get(key)
        if isinstance(found, dict):
            texts = _list_of(str, found, [context], where)
            yield from _by_rank(texts, _list_of(int, found, ["rank"], where))
        elif isinstance(found, list):
            names = [need(page, "Filename", str, where) for page in found]
            ranks = [page["Rank"] for page in found if page.get("Rank") is not None]
            for name in _by_rank(names, _list_of(int, {"Rank": ranks}, ["Rank"], where)):
                yield _evidence_file(name, file, folder, where)
        elif found is not None:
            raise DataError(f"{where}: {key!r} is no list; the official format has one, of objects with a 'Filename'.")


def _by_rank(things: list[str], ranks: Sequence[int]) -> list[str]:
    """Return things by their rank, in their own order where not each has one."""
    if len(ranks) != len(things):
        return things
    return [thing for _, thing in sorted(zip(ranks, things, strict=True), key=lambda pair: pair[0])]


def _evidence_file(name: str, file: Path, folder: str, where: str) -> str:
    """Return the text of an evidence file, in evidence/<folder> above or beside the question file."""
    roots = [base / "evidence" / folder for base in (file.parent.parent, file.parent)]
    root = next((candidate.resolve() for candidate in roots if candidate.is_dir()), None)
    if root is None:
        raise DataError(f"{where} names evidence, but {roots[0]} does not exist; put evidence/ beside qa/, or ask closed_book_qa.")
    try:
        path = (root / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL or half a character in it, or links that go round
        raise DataError(f"{where}: {name!r} can be no file's name ({error}); the official files name texts in evidence/.") from error
    if not path.is_relative_to(root):
        raise DataError(f"{where}: the evidence file {name!r} lies outside {root}; the official files name texts inside it.")
    return read_text(path)
