"""Judgments as files: one folder a judging, one line a judgment, appended and synced before anything else is done with it.

<store>/judgings/<judging_id>/spec.json        {"run_id": "3f..", "protocol": "reference", "opponent": "dataset", "model": "gpt-4o", ...}
                              judgments.jsonl  {"sample_id": "small/ab12", "turn": 0, "place": 2, "outcome": "scored", "scores": {"coherence": 7.0, ...}, "reply": ..., ...}

A process that is killed leaves a torn last line at most, which is cut off when the file is next added to; every reply before it is kept. Lines are only added: of one slot
(question, turn, place, repeat) the last one counts, and what the others cost stays known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from llmkick_core.decoding import parse_json
from llmkick_core.durable import sync
from llmkick_core.errors import CorruptFileError, StoreBusyError, StoreError, UsageError
from llmkick_core.judgment import JudgeSpec, Judgment
from llmkick_core.store.damage import Damage
from llmkick_core.store.layout import judging_dir, judgings_dir, read_json, write_json
from llmkick_core.store.locks import held
from llmkick_core.store.opener import LARGE, SPEC, entries, exists, is_id, look, open_file, read_from

JUDGMENTS = "judgments.jsonl"
_MOST = 2**31 - 1  # the database keeps whole numbers in 32 bits


@dataclass(frozen=True, kw_only=True)
class Lines:
    """What a file of judgments holds from some byte on."""

    judgments: tuple[tuple[int, Judgment], ...]
    """(number of its line in the file, the judgment), in order."""
    n_bytes: int
    """Bytes read, to the end of the last whole line."""
    n_lines: int
    """Lines read, damaged ones included."""
    damaged: tuple[str, ...] = field(default=())
    """One sentence for each of the first damaged lines, which are left out."""


def judging_ids(store: Path) -> list[str]:
    """Return the ids of all judgings of a store that have a spec, in order."""
    found = [one.name for one in entries(judgings_dir(store)) if one.is_folder and is_id(one.name)]
    return [name for name in found if exists(judging_dir(store, name) / "spec.json")]


def read_judge_spec(store: Path, judging_id: str) -> JudgeSpec:
    """Return what a judging is.

    Raises:
        CorruptFileError: the file is damaged, or is not of this folder.
    """
    path = judging_dir(store, judging_id) / "spec.json"
    try:
        spec = JudgeSpec.from_dict(read_json(path, SPEC))
        its_id = spec.judging_id
    except (CorruptFileError, UsageError, ValueError, FileNotFoundError) as error:
        raise CorruptFileError(f"{path} is damaged ({error}). Run the same `judge` again: its judgments are kept.") from error
    if its_id != judging_id:
        raise CorruptFileError(f"{path} is the spec of judging {its_id}; move it to a folder of that name.")
    return spec


def read_lines(path: Path, *, from_byte: int = 0, from_line: int = 0) -> Lines:
    """Return the judgments of a file from some byte on, which begins a line; a line that is not ended yet is left for later.

    Raises:
        StoreError: the file cannot be read.
    """
    try:
        content = read_from(path, from_byte, LARGE)
    except FileNotFoundError:
        content = b""
    whole = content[: content.rfind(b"\n") + 1]
    found = []
    damage = Damage(path, "what it judged can be asked again")
    for number, line in damage.lines(whole):
        try:
            found.append((from_line + number, Judgment.from_dict(parse_json(line))))
        except (ValueError, UsageError) as error:
            damage.add(from_line + number, error)
    n_lines = from_line + whole.count(b"\n")
    return Lines(judgments=tuple(found), n_bytes=from_byte + len(whole), n_lines=min(n_lines, _MOST), damaged=damage.told)


def read_judgments(store: Path, judging_id: str) -> list[Judgment]:
    """Return all judgments of a judging, in the order in which they came; damaged lines are left out."""
    return [judgment for _, judgment in read_lines(judging_dir(store, judging_id) / JUDGMENTS).judgments]


def latest(judgments: Iterable[Judgment]) -> dict[tuple[str, int, int, int], Judgment]:
    """Return the judgment that counts of each slot: the last one."""
    return {judgment.slot: judgment for judgment in judgments}


def paid_replies(store: Path, keys: set[str]) -> dict[str, Judgment]:
    """Return judgments whose replies were paid for, by the hash of what was asked, from all judgings of the store.

    A reply that was cut off, or that never came, is not one of them. Of several the one with a verdict is taken, else the last.
    """
    found: dict[str, Judgment] = {}
    for path in _journals(store):
        try:
            lines = read_lines(path)
        except CorruptFileError:
            continue  # named where judgments are taken in
        for _, judgment in lines.judgments:
            if judgment.key in keys and judgment.outcome in ("scored", "unparsed") and judgment.reply:
                before = found.get(judgment.key)
                if before is None or before.outcome != "scored":
                    found[judgment.key] = judgment
    return found


def _journals(store: Path) -> list[Path]:
    """Return the files of judgments of a store that are files."""
    folders = [one.name for one in entries(judgings_dir(store)) if one.is_folder and is_id(one.name)]
    found = ((judging_dir(store, name) / JUDGMENTS) for name in folders)
    return [path for path in found if (one := look(path)) is not None and one.is_file]


class Journal:
    """One judging's file, open for adding; `journal` makes one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = open_file(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._is_torn = False
        self._mend()

    def _mend(self) -> None:
        """End the last line where a killed process left it open; a piece of one, which nobody can read, is cut off: its judgment is asked for again."""
        size = os.fstat(self._handle).st_size
        if size > LARGE:
            self.close()
            raise CorruptFileError(f"{self._path} has {size:,} bytes; at most {LARGE:,} are read. Move it away to judge anew.")
        whole, _, tail = os.pread(self._handle, size, 0).rpartition(b"\n")
        if not tail:
            return
        try:
            Judgment.from_dict(parse_json(tail))
        except (ValueError, UsageError):
            os.ftruncate(self._handle, len(whole) + 1 if whole else 0)
        else:
            self._is_torn = True

    def add(self, judgments: Iterable[Judgment]) -> None:
        """Add judgments, and wait until the disk has them.

        Raises:
            StoreError: the disk did not take them.
        """
        # half a surrogate pair, which a server may send, has no UTF-8
        content = "".join(f"{json.dumps(one.to_dict(), ensure_ascii=False, sort_keys=True)}\n" for one in judgments).encode(
            "utf-8", errors="replace"
        )
        if not content:
            return
        if self._is_torn:
            content, self._is_torn = b"\n" + content, False
        try:
            if os.write(self._handle, content) != len(content):
                self._mend()
                raise StoreError(
                    f"{self._path} took only a piece of a judgment: the disk is full. Make room and run the same `judge` again."
                )
            os.fsync(self._handle)
        except OSError as error:
            raise StoreError(f"cannot write {self._path}: {error.strerror}. Make room, and run the same `judge` again to go on.") from error

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def journal(store: Path, spec: JudgeSpec) -> Iterator[Journal]:
    """Yield the file of a judging to add to, made where there is none; no other process adds to it meanwhile.

    Raises:
        StoreBusyError: another process is at it.
        StoreError: the store cannot be written.
    """
    folder = judging_dir(store, spec.judging_id)
    with held(folder / "lock") as is_ours:
        if not is_ours:
            raise StoreBusyError(
                f"another process judges run {spec.run_id} by {spec.model} ({spec.protocol}) at this moment; wait until it is done."
            )
        try:
            read_judge_spec(store, spec.judging_id)
        except CorruptFileError:  # there is none, or it is damaged
            write_json(folder / "spec.json", spec.to_dict())
        try:
            opened = Journal(folder / JUDGMENTS)
            sync(folder)
        except OSError as error:
            raise StoreError(f"cannot write {folder}: {error.strerror}. Choose a writable folder with --store or LLMKICK_STORE.") from error
        with opened:
            yield opened
