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

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llmkick_core.data_files import Row, id_of, need, need_text, read_rows, texts_of, word_of
from llmkick_core.errors import DataError
from llmkick_core.scoring.text_match import comparable
from llmkick_core.tasks.datasets.files import distinct, find_file, unique_ids
from llmkick_core.tasks.datasets.solved import enough, examples_file, unasked

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
    return _questions(read_rows(file, "Questions"))


def read_freebaseqa_examples(path: Path) -> list[FreebaseQuestion]:
    """Return solved examples for the questions of a file or folder, in order, at most 64: of FreebaseQA-train.json, else of FreebaseQA-dev.json.

    Raises:
        DataError: there is no such file beside the questions, it is not in the official format, or it asks only what is asked.
    """
    file = freebaseqa_examples_file(path)
    examples = unasked(_questions(read_rows(file, "Questions")), read_freebaseqa(path))
    return enough(examples, file)


def freebaseqa_examples_file(path: Path) -> Path:
    """Return the file that solved examples for the questions of a file or folder are read from.

    Raises:
        DataError: there is none.
    """
    return examples_file(path, find_file(path, FILES, what="FreebaseQA"), "FreebaseQA-train.json")


def _questions(rows: Sequence[Row]) -> list[FreebaseQuestion]:
    ids = unique_ids(id_of(row, ["Question-ID"], number, where) for number, (row, where) in enumerate(rows))
    return [_question(row, name, where) for (row, where), name in zip(rows, ids, strict=True)]


def _question(row: Any, question_id: str, where: str) -> FreebaseQuestion:
    parses = need(row, "Parses", list, where)
    answers = [need(answer, "AnswersName", list, where) for parse in parses for answer in need(parse, "Answers", list, where)]
    names = [name for answer in answers for name in texts_of(answer)]
    if not names:
        raise DataError(f"{where}: no parse has an answer; the official format names at least one.")
    topic, chain = word_of(parses[0].get("TopicEntityName")), word_of(parses[0].get("InferentialChain"))
    return FreebaseQuestion(
        question_id=question_id,
        question=need_text(row, "RawQuestion", where),
        answers=tuple(distinct(names, [comparable(name) for name in names])),
        first_answer=tuple(texts_of(answers[0])),
        subject=word_of(row.get("Subject")) or chain.split(".")[0],
        group=word_of(row.get("Group")) or (f"{topic}|{chain}" if topic and chain else ""),
    )
