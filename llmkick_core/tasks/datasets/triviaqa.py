"""TriviaQA in its official JSON or in the lines of its Hugging Face copy (Joshi et al. 2017, https://arxiv.org/abs/1705.03551).

qa/wikipedia-dev.json, with the evidence in evidence/wikipedia/<Filename>, a plain text:

    {"Data": [{"QuestionId": "tc_33", "Question": "Which Lloyd Webber musical premiered in the US on 10th December 1993?",
               "Answer": {"Value": "Sunset Boulevard", "Aliases": ["Sunset Blvd", ...], "NormalizedAliases": ["sunset blvd", ...]},
               "EntityPages": [{"Filename": "Andrew_Lloyd_Webber.txt", ...}], "SearchResults": [{"Filename": "35/35_995.txt", ...}]}]}

The lines of the configuration `rc` on the hub carry the evidence themselves:

    {"question_id": "tc_33", "question": "...", "answer": {"value": "...", "aliases": [...], "normalized_aliases": [...]},
     "entity_pages": {"wiki_context": ["..."]}, "search_results": {"rank": [0], "search_context": ["..."]}}

NQ-open has its answers in a plain list (nq_open.py). Of the texts of a question the first one is its evidence that mentions an answer: entity pages in their order, then search results by their rank. Where
none does, it is the first one there is. A row may have "Subject" and "Group" besides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from llmkick_core.data_files import Row, id_of, need, read_rows, read_text, word_of
from llmkick_core.errors import DataError
from llmkick_core.scoring.text_match import comparable
from llmkick_core.tasks.datasets import nq_open
from llmkick_core.tasks.datasets.files import distinct, find_file, unique_ids
from llmkick_core.tasks.datasets.solved import enough, examples_file, unasked
from llmkick_core.tasks.passages import choose_passage, mention

T = TypeVar("T")

FILES = (
    "qa/wikipedia-test.json",
    "qa/wikipedia-dev.json",
    "qa/web-dev.json",
    "wikipedia-test.json",
    "wikipedia-dev.json",
    "web-dev.json",
    "qa/*.json",
    "*validation*.json*",
    "*dev*.json*",
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
    return list(_questions(read_rows(file, "Data")[:limit], file, with_evidence=with_evidence))


def read_trivia_examples(path: Path, *, with_evidence: bool) -> list[TriviaQuestion]:
    """Return solved examples for the questions of a file or folder, in order, at most 64: of wikipedia-train.json, web-train.json, train.jsonl or the like.

    An example with evidence is one that has an answer in its evidence.

    Raises:
        DataError: there is no such file beside the questions, it is not in a known format, or holds no example.
    """
    asked, file = find_file(path, FILES, what="TriviaQA"), trivia_examples_file(path)
    rows = read_rows(file, "Data")
    questions = list(_questions(rows, file, with_evidence=False))
    examples = unasked(questions, _questions(read_rows(asked, "Data"), asked, with_evidence=False))
    if with_evidence:
        examples = _with_evidence(examples, dict(zip((one.question_id for one in questions), rows, strict=True)), file)
    return enough(examples, file)


def _with_evidence(examples: Iterator[TriviaQuestion], rows: dict[str, Row], file: Path) -> Iterator[TriviaQuestion]:
    """Yield examples with their evidence, those left out of which no evidence mentions an answer."""
    for example in examples:
        row, where = rows[example.question_id]
        try:
            evidence = _evidence(row, example.answers, file, where)
        except DataError:  # a text that was not downloaded: another example will do
            continue
        if mention(evidence, example.answers) is not None:
            yield replace(example, evidence=evidence)


def trivia_examples_file(path: Path) -> Path:
    """Return the file that solved examples for the questions of a file or folder are read from.

    Raises:
        DataError: there is none.
    """
    asked = find_file(path, FILES, what="TriviaQA")
    return examples_file(path, asked, "wikipedia-train.json" if asked.name.startswith("wikipedia") else "train.jsonl")


def _questions(rows: Sequence[Row], file: Path, *, with_evidence: bool) -> Iterator[TriviaQuestion]:
    """Yield the questions of rows."""
    ids = unique_ids(id_of(row, ["QuestionId", "question_id"], number, where) for number, (row, where) in enumerate(rows))
    for row, name in zip(rows, ids, strict=True):
        yield _question(row, name, file, with_evidence)


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
    question = _first(row, "Question", "question")
    names = nq_open.answers(row, where) if nq_open.is_row(row) else _names(_first(row, "Answer", "answer"), where)
    if not isinstance(question, str) or not question.strip():
        raise _no_answer(where)
    answers = tuple(distinct(names, [comparable(name) for name in names]))
    return TriviaQuestion(
        question_id=question_id,
        question=question.strip(),
        answers=answers,
        evidence=_evidence(row, answers, file, where) if with_evidence else "",
        subject=word_of(row.get("Subject")),
        group=word_of(row.get("Group")),
    )


def _no_answer(where: str) -> DataError:
    return DataError(f"{where}: no question with an answer; give a file with answers, such as qa/wikipedia-dev.json.")


def _names(answer: Any, where: str) -> list[str]:
    """Return the names of TriviaQA's answer, its value first.

    Raises:
        DataError: there is none, or it is not in the official format.
    """
    if not isinstance(answer, dict):
        raise _no_answer(where)
    value = _first(answer, "Value", "value")
    if not isinstance(value, str | None):
        raise DataError(f"{where}: the answer's value is no text; the official format has one in each row.")
    found_names = [value or ""]
    for pair in (("Aliases", "aliases"), ("NormalizedAliases", "normalized_aliases"), ("HumanAnswers", "human_answers")):
        found_names += _list_of(str, answer, pair, where)
    names = [name.strip() for name in found_names if name.strip()]
    if not names:
        raise DataError(f"{where}: the answer has neither value nor alias; give a file with answers, such as qa/wikipedia-dev.json.")
    return names


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
