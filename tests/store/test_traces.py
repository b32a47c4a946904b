from __future__ import annotations

import numpy as np

from llmkick_core.store.layout import run_dir
from llmkick_core.store.traces import append_traces, read_traces
from llmkick_core.trace import Trace


def trace(first: int, n: int) -> Trace:
    ids = np.arange(first, first + n * 3, dtype=np.int32).reshape(n, 3)
    return Trace(prompt=(first, 1, 2), tokens=tuple(range(n)), top_ids=ids, top_logprobs=-ids.astype(np.float32))


def test_traces_come_back_as_they_were_and_the_later_one_counts(tmp_path):
    folder = run_dir(tmp_path, "r")
    append_traces(folder, {("a#0", 0): trace(5, 2), ("a#0", 1): trace(9, 1)})
    append_traces(folder, {})
    append_traces(folder, {("a#0", 1): trace(30, 4), ("böse", 0): trace(1, 1)})
    found = read_traces(tmp_path, "r")
    assert set(found) == {("a#0", 0), ("a#0", 1), ("böse", 0)}
    for turn, wanted in {("a#0", 0): trace(5, 2), ("a#0", 1): trace(30, 4), ("böse", 0): trace(1, 1)}.items():
        assert (found[turn].prompt, found[turn].tokens) == (wanted.prompt, wanted.tokens)
        np.testing.assert_array_equal(found[turn].top_ids, wanted.top_ids)
        np.testing.assert_array_equal(found[turn].top_logprobs, wanted.top_logprobs)
    assert len(list(folder.iterdir())) == 2


def test_a_damaged_file_costs_its_own_traces_only(tmp_path, caplog):
    folder = run_dir(tmp_path, "r")
    append_traces(folder, {("a", 0): trace(5, 2)})
    append_traces(folder, {("b", 0): trace(5, 2)})
    path = folder / "traces-00000.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert set(read_traces(tmp_path, "r")) == {("b", 0)}
    assert "traces-00000.npz is damaged" in caplog.text


def test_a_run_without_traces_has_none(tmp_path):
    assert read_traces(tmp_path, "r") == {}
