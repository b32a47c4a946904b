"""FreebaseQA in its official JSON (Jiang et al. 2019, https://github.com/kelvin-jiang/FreebaseQA).

    {"Dataset": "FreebaseQA-eval", "Version": "1.0", "Questions": [
      {"Question-ID": "FreebaseQA-eval-0", "RawQuestion": "Who is the female presenter of the Channel 4 quiz show '1001 things'?",
       "ProcessedQuestion": "who is the female presenter ...", "Parses": [
         {"Parse-Id": "FreebaseQA-eval-0.P0", "PotentialTopicEntityMention": "1001 things", "TopicEntityName": "1001 things you should know",
          "TopicEntityMid": "m.0g5w1lt", "InferentialChain": "tv.tv_program.regular_cast..tv.regular_tv_appearance.actor",
          "Answers": [{"AnswersMid": "m.0216y_", "AnswersName": ["sandi toksvig"]}]}]}]}

All parses and all names count as right. A row may have "Subject" and "Group" besides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.errors import DataError
from llmkick_core.scoring.text_match import comparable
from llmkick_core.tasks.datasets.files import distinct, find_file, need, need_text, read_json_rows, unique_ids

FILES = ("FreebaseQA-eval.json", "FreebaseQA-dev.json", "FreebaseQA-train.json", "FreebaseQA*.json", "*.json")
"""What a folder is searched for, in this order."""


@dataclass(frozen=True, kw_only=True)
class FreebaseQuestion:
    """One row."""

    question_id: str
    """Question-ID, made unique."""
    question: str
    """RawQuestion."""
    answers: tuple[str, ...]
    """Names of all answers of all parses, the first parse's first."""
    first_answer: tuple[str, ...]
    """Names of the first parse's first answer: all that the paper's code accepts."""
    subject: str
    """"Subject", or the domain of the inferential chain: "tv" of "tv.tv_program..."."""
    group: str
    """"Group", or topic entity and chain: what is asked of what."""


def read_freebaseqa(path: Path) -> list[FreebaseQuestion]:
    """Return the questions of a file, or of the folder that holds it, in order.

    Raises:
        DataError: the data is missing or not in the official format.
    """
    file = find_file(path, FILES, what="FreebaseQA")
    rows = read_json_rows(file, "Questions")
    ids = unique_ids(str(row.get("Question-ID", number)) if isinstance(row, dict) else "" for number, (row, _) in enumerate(rows))
    return [_question(row, name, where) for (row, where), name in zip(rows, ids, strict=True)]


def _question(row: Any, question_id: str, where: str) -> FreebaseQuestion:
    parses = need(row, "Parses", list, where)
    answers = [need(answer, "AnswersName", list, where) for parse in parses for answer in need(parse, "Answers", list, where)]
    names = [name for answer in answers for name in _names(answer)]
    if not names:
        raise DataError(f"{where}: no parse has an answer; the official format names at least one.")
    topic, chain = str(parses[0].get("TopicEntityName") or ""), str(parses[0].get("InferentialChain") or "")
    return FreebaseQuestion(
        question_id=question_id,
        question=need_text(row, "RawQuestion", where),
        answers=tuple(distinct(names, [comparable(name) for name in names])),
        first_answer=tuple(name for name in answers[0] if isinstance(name, str)),
        subject=str(row.get("Subject") or chain.split(".")[0]),
        group=str(row.get("Group") or (f"{topic}|{chain}" if topic and chain else "")),
    )


def _names(answer: list[Any]) -> list[str]:
    return [name.strip() for name in answer if isinstance(name, str) and name.strip()]
