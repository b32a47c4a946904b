"""TriviaQA in its official JSON or in the lines of its Hugging Face copy (Joshi et al. 2017, https://arxiv.org/abs/1705.03551).

qa/wikipedia-dev.json, with the evidence in evidence/wikipedia/<Filename>, a plain text:

    {"Data": [{"QuestionId": "tc_33", "Question": "Which Lloyd Webber musical premiered in the US on 10th December 1993?",
               "Answer": {"Value": "Sunset Boulevard", "Aliases": ["Sunset Blvd", ...], "NormalizedAliases": ["sunset blvd", ...]},
               "EntityPages": [{"Filename": "Andrew_Lloyd_Webber.txt", ...}], "SearchResults": [{"Filename": "35/35_995.txt", ...}]}]}

The lines of the configuration `rc` on the hub carry the evidence themselves:

    {"question_id": "tc_33", "question": "...", "answer": {"value": "...", "aliases": [...], "normalized_aliases": [...]},
     "entity_pages": {"wiki_context": ["..."]}, "search_results": {"search_context": ["..."]}}

A row may have "Subject" and "Group" besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.errors import DataError
from llmkick_core.scoring.text_match import comparable
from llmkick_core.tasks.datasets.files import distinct, find_file, need, read_json, read_jsonl, read_text, unique_ids

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
    """Text of all entity pages, or of the search results where there is no page; empty where it was not asked for."""
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
    rows: list[Any] = read_jsonl(file) if file.suffix == ".jsonl" else need(read_json(file), "Data", list, str(file))
    ids = unique_ids(str(_first(row, "QuestionId", "question_id") or number) for number, row in enumerate(rows))
    return [
        _question(row, name, file, f"{file} question {number}", with_evidence)
        for number, (row, name) in enumerate(zip(rows[:limit], ids[:limit], strict=True))
    ]


def _first(row: Any, *keys: str) -> Any:
    """Return the value of the first key the row has; the official files and the hub's spell them differently."""
    return next((row[key] for key in keys if key in row), None) if isinstance(row, dict) else None


def _question(row: Any, question_id: str, file: Path, where: str, with_evidence: bool) -> TriviaQuestion:
    question, answer = _first(row, "Question", "question"), _first(row, "Answer", "answer")
    if not isinstance(question, str) or not isinstance(answer, dict):
        raise DataError(f"{where}: no question with an answer; give a file with answers, such as qa/wikipedia-dev.json.")
    names = [_first(answer, "Value", "value")]
    for pair in (("Aliases", "aliases"), ("NormalizedAliases", "normalized_aliases"), ("HumanAnswers", "human_answers")):
        names += _first(answer, *pair) or []
    names = [name.strip() for name in names if isinstance(name, str) and name.strip()]
    if not names:
        raise DataError(f"{where}: the answer has neither value nor alias; give a file with answers, such as qa/wikipedia-dev.json.")
    return TriviaQuestion(
        question_id=question_id,
        question=question.strip(),
        answers=tuple(distinct(names, [comparable(name) for name in names])),
        evidence=_evidence(row, file, where) if with_evidence else "",
        subject=str(row.get("Subject") or ""),
        group=str(row.get("Group") or ""),
    )


def _evidence(row: dict[str, Any], file: Path, where: str) -> str:
    """Return the joined evidence of a row, in the row itself or in files; one text at least."""
    for official, hub, context, folder in (
        ("EntityPages", "entity_pages", "wiki_context", "wikipedia"),
        ("SearchResults", "search_results", "search_context", "web"),
    ):
        found = _first(row, official, hub)
        if isinstance(found, dict):
            texts = [str(text) for text in found.get(context) or []]
        else:
            texts = _evidence_files([need(page, "Filename", str, where) for page in found or []], file, folder, where)
        text = "\n\n".join(text.strip() for text in texts if text.strip())
        if text:
            return text
    raise DataError(f"{where} has no evidence; ask closed_book_qa, or give the rc files with evidence/ beside qa/.")


def _evidence_files(names: Sequence[str], file: Path, folder: str, where: str) -> list[str]:
    """Return the texts of evidence files, in evidence/<folder> above or beside the question file."""
    if not names:
        return []
    roots = [base / "evidence" / folder for base in (file.parent.parent, file.parent)]
    root = next((candidate.resolve() for candidate in roots if candidate.is_dir()), None)
    if root is None:
        raise DataError(f"{where} names evidence, but {roots[0]} does not exist; put evidence/ beside qa/, or ask closed_book_qa.")
    texts = []
    for name in names:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise DataError(f"{where}: the evidence file {name!r} lies outside {root}; the official files name texts inside it.")
        texts.append(read_text(path))
    return texts
