"""Small files of data that would cost much are refused in one line, or cost little."""

from __future__ import annotations

import gzip
import json
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from llmkick_core.data_files import LARGEST, read_rows, read_text
from llmkick_core.errors import DataError
from llmkick_core.interchange.lines import read_lines
from llmkick_core.tasks.datasets.files import unique_ids
from llmkick_core.tasks.passages import mention


def test_many_rows_of_one_id_are_numbered_in_one_pass():
    started = time.monotonic()
    found = unique_ids(["q"] * 100_000)
    assert time.monotonic() - started < 10  # a search from the beginning for each takes minutes
    assert (found[0], found[1], found[-1]) == ("q", "q#2", "q#100000")
    assert unique_ids(["q", "q#2", "q", "q"]) == ["q", "q#2", "q#3", "q#4"]


@pytest.mark.parametrize("read", [read_text, read_rows, read_lines], ids=["text", "rows", "lines to import"])
def test_a_packed_file_that_grows_without_end_is_refused_before_it_is_unpacked(read, tmp_path: Path):
    path = tmp_path / "bomb.json.gz"
    with gzip.open(path, "wb") as stream:
        for _ in range(300):
            stream.write(b"0" * 10**6)
    tracemalloc.start()
    with pytest.raises(DataError, match="unpacks to more than"):
        list(read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 * 10**6


def test_what_is_packed_as_text_usually_is_opens(tmp_path: Path):
    path = tmp_path / "rows.jsonl.gz"
    rows = [{"question": f"What is number {i}?", "answer": str(i)} for i in range(20_000)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    assert len(read_rows(path)) == 20_000


def test_a_pipe_and_a_file_of_holes_are_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(DataError, match="no regular file"):
        read_text(tmp_path / "pipe.jsonl")
    with (tmp_path / "holes.jsonl").open("wb") as stream:
        stream.truncate(20 * 10**9)
    with pytest.raises(DataError, match=f"at most {LARGEST:,}"):
        read_text(tmp_path / "holes.jsonl")


def test_thousands_of_answers_in_megabytes_of_evidence_are_refused():
    with pytest.raises(DataError, match=r"20,000 accepted answers and evidence of 2,000,000 characters"):
        mention("x" * 2_000_000, [f"answer {i}" for i in range(20_000)])
    assert mention("It is Paris." * 1000, [f"answer {i}" for i in range(1000)] + ["Paris"])
