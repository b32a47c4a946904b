"""Where each file of a store lies, and how files are written so that a crash leaves the old one or the new one.

<store>/runs/<run_id>/spec.json             the RunSpec
                      status.json           the RunStatus, rewritten as the run goes on
                      samples.json          {"sample_set": "<digest>"}: which questions it asks
                      part-00000.jsonl      answers and scores of one batch, closed by a checksum line
                      facts.json            how the model was asked: template, device, versions; or the file that its answers came from
                      answer_ids.json       of imported answers: the ids that their files give them, which reviews repeat
                      traces-00000.npz      of a dense run: prompts, tokens and the likeliest tokens at each place, which compressed runs are compared with
                      layers.json           LayerReports of the compression
                      windows.json          of perplexity: how many windows its texts have (store/progress.py)
                      drafts.json           answers that were begun, by tokens, while it runs
                      cancel                present once the user asked it to stop
<store>/samples/<digest>.jsonl              the questions, shared by all runs that ask them
<store>/notes/<digest>.jsonl                what people wrote about these questions, one line each time; the last line of a question is its note
<store>/judgings/<judging_id>/spec.json     the JudgeSpec
                             judgments.jsonl one Judgment a line, appended as the replies come; of one slot the last line counts
<store>/judge-jobs/<job_id>/                what the app or the command line asked a judge for, and how far it is
<store>/judges.json                         the shape of replies that each judge's server can be asked for
<store>/prices.csv                          prices of judges, where they were changed from data/prices.csv; they count where this installation wrote them
<store>/store-id                            the id that marks of consent name (marks.py)
<store>/votes/<run_a>-<run_b>.jsonl         one Vote a line; of one voter and answer the last line counts
<store>/checkpoints/<compression_id>/       blocks compressed so far; whole, the compressed model that later runs load
<store>/served/<compression_id>/            the same as a folder that transformers reads, which Live serves
<store>/logs/live-<name>.log              what one of Live's model servers printed
<store>/results.duckdb                      the index, made anew by `rebuild`
<store>/results.duckdb.unknown              one that this installation did not make (store/index_mark.py); may be deleted
<store>/exports/                            copies of the index for other programs; may be deleted
<store>/views.jsonl                         links that were given a name
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from llmkick_core.decoding import is_time, parse_json
from llmkick_core.errors import CorruptFileError
from llmkick_core.store.opener import SMALL, checked_id, read_bytes, write_whole

__all__ = ["is_time"]

DATABASE = "results.duckdb"
EXPORTS = "exports"


def runs_dir(store: Path) -> Path:
    """Return the folder of all run folders."""
    return store / "runs"


def run_dir(store: Path, run_id: str) -> Path:
    """Return the folder of one run."""
    return store / "runs" / checked_id(run_id, "a run")


def samples_file(store: Path, sample_set: str) -> Path:
    """Return the file of one set of questions."""
    return store / "samples" / f"{checked_id(sample_set, 'a set of questions')}.jsonl"


def notes_dir(store: Path) -> Path:
    """Return the folder of what people wrote."""
    return store / "notes"


def judgings_dir(store: Path) -> Path:
    """Return the folder of all judgings."""
    return store / "judgings"


def judging_dir(store: Path, judging_id: str) -> Path:
    """Return the folder of one judging."""
    return store / "judgings" / checked_id(judging_id, "a judging")


def judge_jobs_dir(store: Path) -> Path:
    """Return the folder of all requests to judges."""
    return store / "judge-jobs"


def judge_job_dir(store: Path, job_id: str) -> Path:
    """Return the folder of one request to a judge."""
    return store / "judge-jobs" / checked_id(job_id, "a judge job")


def notes_file(store: Path, sample_set: str) -> Path:
    """Return the file of what people wrote about one set of questions."""
    return store / "notes" / f"{checked_id(sample_set, 'a set of questions')}.jsonl"


def votes_dir(store: Path) -> Path:
    """Return the folder of what people thought of pairs of answers."""
    return store / "votes"


def votes_file(store: Path, run_a: str, run_b: str) -> Path:
    """Return the file of what people thought of one pair of runs."""
    return store / "votes" / f"{checked_id(run_a, 'a run')}-{checked_id(run_b, 'a run')}.jsonl"


def checkpoint_dir(store: Path, compression_id: str) -> Path:
    """Return the folder of one compression's finished blocks."""
    return store / "checkpoints" / checked_id(compression_id, "a compression")


def kept_dirs(store: Path) -> tuple[Path, Path]:
    """Return the folders of all compressions' blocks and of all served models."""
    return store / "checkpoints", store / "served"


def served_dir(store: Path, compression_id: str) -> Path:
    """Return the folder of one compressed model as transformers reads it."""
    return store / "served" / checked_id(compression_id, "a compression")


def server_log(store: Path, name: str) -> Path:
    """Return the file of what one of Live's servers printed."""
    return store / "logs" / f"live-{checked_id(name, 'a server')}.log"


def write_atomic(path: Path, content: str | bytes, *, is_durable: bool = True) -> None:
    """Write text or bytes so that a crash leaves the old file or the new one, never a torn one.

    Args:
        path: the file.
        content: of it; text is written as UTF-8, half a surrogate pair, which has none, as a question mark.
        is_durable: wait until the disk has it, so that a power cut does not take it; a process may die at any moment either way.

    Raises:
        StoreError: the folder cannot be written, or lies behind a link.
    """
    write_whole(path, content.encode("utf-8", errors="replace") if isinstance(content, str) else content, is_durable=is_durable)


def write_json(path: Path, value: Any, *, is_durable: bool = True) -> None:
    """Write `value` as JSON, atomically."""
    write_atomic(path, json.dumps(value, ensure_ascii=False, sort_keys=True) + "\n", is_durable=is_durable)


def read_json(path: Path, limit: int = SMALL) -> Any:
    """Return the JSON value of a file that has at most `limit` bytes.

    Raises:
        FileNotFoundError: there is none.
        CorruptFileError: the file is torn, not JSON, too large, or no regular file.
    """
    try:
        return parse_json(read_bytes(path, limit))
    except ValueError as error:
        raise CorruptFileError(f"{path} is damaged ({error}). Delete it and submit the run again; finished answers are kept.") from error
