"""Part files: answers and scores of one batch, whole or absent.

{"answer": {"run_id": "3f..", "sample_id": "capital/Mongolia#0", "turn": 0, "text": "Ulaanbaatar", ...}}
{"score": {"run_id": "3f..", "sample_id": "capital/Mongolia#0", "scorer": "corrected", "metric": "exact_match", "value": 1.0, ...}}
{"end": 2, "sha256": "..."}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.decoding import parse_json, parse_lines
from llmkick_core.errors import CorruptFileError, UsageError
from llmkick_core.schema import Answer, Score
from llmkick_core.store.opener import LARGE, entries, files, read_bytes, write_new

NAMED = r"part-([0-9]{5,9})\.jsonl"
"""Names of part files."""
_NUMBERED = re.compile(r"part-([0-9]{1,9})\.")
_LAST = 10_000_000  # no run has so many parts: a higher number is none of ours, and the next part does not follow it


@dataclass(frozen=True, kw_only=True)
class Part:
    """The content of one part file."""

    name: str
    """File name, unique in its run."""
    answers: tuple[Answer, ...]
    """Answers, in the order in which they were given."""
    scores: tuple[Score, ...]
    """Scores of these answers."""
    sha256: str
    """Checksum of the lines, as the closing line has it."""


def part_files(run_dir: Path) -> list[Path]:
    """Return the part files of a run, in the order of their numbers.

    Raises:
        CorruptFileError: the folder is a link, or cannot be read.
    """
    return sorted(files(run_dir, NAMED), key=lambda path: (int(path.name[5:-6]), path.name))


def append_part(run_dir: Path, answers: Sequence[Answer], scores: Sequence[Score]) -> Path:
    """Write the next part of a run durably and return its path; no other part is replaced.

    Raises:
        StoreError: the folder cannot be written.
    """
    # vars, not to_dict: the fields are flat, and a deep copy of each would take longer than all else
    lines = [json.dumps({"answer": vars(answer)}, ensure_ascii=False) for answer in answers]
    lines += [json.dumps({"score": vars(score)}, ensure_ascii=False) for score in scores]
    # half a surrogate pair, which an endpoint may send, has no UTF-8
    body = "".join(f"{line}\n" for line in lines).encode("utf-8", errors="replace").decode()
    closing = json.dumps({"end": len(lines), "sha256": hashlib.sha256(body.encode()).hexdigest()})
    held = [_NUMBERED.match(one.name) for one in entries(run_dir)]
    number = next_number(int(found[1]) for found in held if found)
    return write_new(lambda more: run_dir / f"part-{number + more:05}.jsonl", f"{body}{closing}\n".encode())


def next_number(numbers: Iterable[int]) -> int:
    """Return the number of a run's next file; numbers that no run comes to are passed over."""
    return max((number for number in numbers if number < _LAST), default=-1) + 1


def read_part(path: Path) -> Part:
    """Return the content of a part file.

    Raises:
        CorruptFileError: it cannot be read, or the closing line is missing or does not fit the lines before it.
    """
    way_out = "Submit the run again: its questions are asked anew and the others are kept."
    try:
        content = read_bytes(path, LARGE)
        whole, _, closing = content.rstrip(b"\n").rpartition(b"\n")
        body = whole + b"\n" if whole else b""
        end = parse_json(closing)
        checksum = hashlib.sha256(body).hexdigest()
        if not isinstance(end, dict) or end.get("sha256") != checksum:
            raise CorruptFileError(f"{path} is damaged: its checksum does not fit. {way_out}")
        del content, whole
        answers, scores = _rows(body.decode("utf-8"))
    except (ValueError, UsageError, FileNotFoundError) as error:
        raise CorruptFileError(f"{path} is damaged ({error}). {way_out}") from error
    return Part(name=path.name, answers=tuple(answers), scores=tuple(scores), sha256=checksum)


def _rows(body: str) -> tuple[list[Answer], list[Score]]:
    answers: list[Answer] = []
    scores: list[Score] = []
    for row in parse_lines(body):
        if type(row) is not dict:
            raise ValueError("a line is no object")
        if "answer" in row:
            answers.append(Answer.from_dict(row["answer"]))
        if "score" in row:
            scores.append(Score.from_dict(row["score"]))
    return answers, scores


def read_parts(run_dir: Path) -> Iterator[tuple[list[Answer], list[Score]]]:
    """Yield the answers and scores of each part of a run, in order.

    Raises:
        CorruptFileError: at the first part that is damaged.
    """
    for path in part_files(run_dir):
        part = read_part(path)
        yield list(part.answers), list(part.scores)
