"""Invented files in exactly the forms that FastChat and LLM-KICK publish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmkick_core.interchange.answers import ImportedAnswers, Source, import_answers
from llmkick_core.schema import Recipe

INSTRUCTION = "Summarize the given story in less than 150 words while preserving high coherence, consistency, fluency, and relevance.\n\n"
STORIES = [
    {
        "question_id": 1,
        "text": f"{INSTRUCTION}(CNN) -- A park opened in Leeds.It has 3 ponds.@highlightA park opens in Leeds@highlightIt has 3 ponds",
        "category": "small",
    },
    {"question_id": 2, "text": f"{INSTRUCTION}(CNN) -- A bridge fell in Rome.@highlightBridge falls in Rome", "category": "mid"},
    {"question_id": 3, "text": f"{INSTRUCTION}(CNN) -- A bridge fell in Rome.@highlightBridge falls in Rome", "category": "large"},
]
"""LLM-KICK's file of questions; one story stands in two lengths."""
CHATS = [
    {"question_id": 81, "category": "writing", "turns": ["Say Lima.", "Say it again."]},
    {"question_id": 82, "category": "math", "turns": ["Say 4.", "Say it again."], "reference": ["4", "4"]},
    {"question_id": 83, "category": "math", "turns": ["Say 5.", "Say it again."]},
]
BLOG = [{"question_id": k, "text": f"How can I sleep better, way {k}?", "category": "generic"} for k in (1, 2, 3)]
"""The older single-turn questions."""


def write_rows(path: Path, rows: Sequence[Any], *, end: str = "\n", mark: str = "") -> Path:
    """Write rows one a line; a text among them stands as it is."""
    text = "".join((row if isinstance(row, str) else json.dumps(row)) + end for row in rows)
    path.write_bytes((mark + text).encode())
    return path


def old_answer(question_id: int | str, text: str, *, tag: str = "A", model: str = "lmsys/vicuna-7b-v1.3") -> dict[str, Any]:
    return {"question_id": question_id, "text": text, "answer_id": f"{tag}{question_id}", "model_id": model, "metadata": {}}


def new_answer(question_id: int, *turns: str, model: str = "vicuna-13b", more: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    choices = [{"index": k, "turns": list(said)} for k, said in enumerate([turns, *more])]
    return {"question_id": question_id, "answer_id": f"N{question_id}", "model_id": model, "choices": choices, "tstamp": 1686286924.8}


def old_review(question_id: int, text: str, score: Any, *, tag: str = "r", answers: str = "A") -> dict[str, Any]:
    return {
        "review_id": f"{tag}{question_id}",
        "question_id": question_id,
        "answer1_id": f"G{question_id}",
        "answer2_id": f"{answers}{question_id}",
        "reviewer_id": 1,
        "metadata": {},
        "text": text,
        "score": score,
    }


def aspects(*pairs: tuple[float, float]) -> dict[str, list[float]]:
    """Return the scores of a review of summaries, by LLM-KICK's names."""
    return dict(zip(("coherence", "consistent", "fluency", "relevance"), map(list, pairs), strict=True))


def single(question_id: int, score: float, *, turn: int = 1, model: str = "vicuna-13b", judge: str = "gpt-4") -> dict[str, Any]:
    return {
        "question_id": question_id,
        "model": model,
        "judge": [judge, "single-v1"],
        "user_prompt": "[Instruction] ..",
        "judgment": f"Rather good. Rating: [[{score}]]" if score != -1 else "I would rather not say.",
        "score": score,
        "turn": turn,
        "tstamp": 1687222400.5,
    }


def pair(question_id: int, g1: str, g2: str, *, models: tuple[str, str] = ("dense-7b", "wanda-7b"), turn: int = 1) -> dict[str, Any]:
    marks = {"g1": {"model_1": "A", "model_2": "B", "tie": "C"}, "g2": {"model_1": "B", "model_2": "A", "tie": "C"}}
    said = {game: f"Both try. [[{marks[game][won]}]]" if won != "error" else "No." for game, won in (("g1", g1), ("g2", g2))}
    return {
        "question_id": question_id,
        "model_1": models[0],
        "model_2": models[1],
        "g1_winner": g1,
        "g2_winner": g2,
        "judge": ["gpt-4", "pair-v2"],
        "g1_user_prompt": "..",
        "g1_judgment": said["g1"],
        "g2_user_prompt": "..",
        "g2_judgment": said["g2"],
        "turn": turn,
        "tstamp": 1687222400.5,
    }


def chat_source(folder: Path, **more: Any) -> Source:
    """Return what goes with answers to CHATS, whose file is written."""
    questions = write_rows(folder / "question.jsonl", CHATS)
    return Source(task="instruction_following", questions=str(questions), recipe=more.pop("recipe", Recipe()), **more)


def story_source(folder: Path, **more: Any) -> Source:
    """Return what goes with summaries of STORIES, whose file is written."""
    questions = write_rows(folder / "new_question.jsonl", STORIES)
    return Source(task="summarization", questions=str(questions), recipe=more.pop("recipe", Recipe()), **more)


def summaries(store: Path, folder: Path, *, tag: str = "A", **more: Any) -> ImportedAnswers:
    """Import a summary of each of STORIES."""
    rows = [old_answer(k, f"Summary {k}.", tag=tag) for k in (1, 2, 3)]
    return import_answers(store, write_rows(folder / f"answer-{tag}.jsonl", rows), source=story_source(folder, **more))


def chats(store: Path, folder: Path, *, model: str = "vicuna-13b", **more: Any) -> ImportedAnswers:
    """Import both turns of each of CHATS."""
    rows = [new_answer(k, f"One {k}", f"Two {k}", model=model) for k in (81, 82, 83)]
    return import_answers(store, write_rows(folder / f"{model}.jsonl", rows), source=chat_source(folder, **more))
