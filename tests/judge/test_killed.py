"""A judge that is killed with SIGKILL: what was paid for is kept, and only what is missing is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.judge.plan import plan
from llmkick_core.store.judgings import JUDGMENTS, judging_ids, read_judgments
from llmkick_core.store.layout import judgings_dir
from tests.judge.fake_judge import FakeJudge, Judge
from tests.judge.faults import Asked, Sent
from tests.judge.small_runs import request, small_runs

AT_ONCE = 3


def judged(store: Path) -> list[tuple[str, tuple[str, int, int, int], str]]:
    return [
        (judging_id, one.slot, one.key)
        for judging_id in judging_ids(store)
        for one in read_judgments(store, judging_id)
        if one.outcome == "scored"
    ]


def command(store: Path, url: str) -> list[str]:
    words = ["judge", "--endpoint", url, "--model", "judge", "--protocol", "single", "--repeats", "6", "--concurrency", str(AT_ONCE)]
    return [sys.executable, "-m", "llmkick_core", *words, "--max-cost", "1", "--json", "--store", str(store)]


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 9, 30])
def test_nothing_that_was_paid_for_is_lost_or_asked_again(tmp_path: Path, after: int):
    ids = small_runs(tmp_path)
    n_answers = plan(tmp_path, request(list(ids.values()), protocol="single", repeats=6)).n_judgments
    usual = Judge()

    def slowly(asked: Asked) -> Sent:
        sent = usual(asked)
        sent.delay_s = 0.03
        return sent

    with FakeJudge(slowly) as server:
        process = subprocess.Popen(
            command(tmp_path, server.url), cwd=settings.PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while len(server.bodies()) < after:
            assert process.poll() is None
            time.sleep(0.005)
        process.kill()
        process.wait()
        kept, n_sent = judged(tmp_path), len(server.bodies())
        assert len({key for _, _, key in kept}) >= n_sent - AT_ONCE  # only what was on its way is not there
        done = subprocess.run(
            command(tmp_path, server.url), cwd=settings.PROJECT_ROOT, capture_output=True, text=True, check=False, env=os.environ
        )
        assert done.returncode == 0, done.stderr
        asked = Counter(body["messages"][-1]["content"] for body in server.bodies())
    document = json.loads(done.stdout)
    assert document["state"] == "done"
    assert document["n_requests"] == len(server.bodies()) - n_sent
    found = judged(tmp_path)
    assert len(found) == len(set(found)) == n_answers
    n_over = sum(asked.values()) - len({key for _, _, key in found})
    assert 0 <= n_over <= AT_ONCE


def test_a_torn_line_is_asked_again_and_the_others_are_kept(tmp_path: Path):
    ids = small_runs(tmp_path)
    with FakeJudge(Judge()) as server:
        subprocess.run(command(tmp_path, server.url), cwd=settings.PROJECT_ROOT, capture_output=True, check=True)
        n_first = len(server.bodies())
        path = max(judgings_dir(tmp_path).glob(f"*/{JUDGMENTS}"), key=lambda one: one.stat().st_size)
        path.write_bytes(path.read_bytes()[:-20])
        done = subprocess.run(command(tmp_path, server.url), cwd=settings.PROJECT_ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert len(server.bodies()) - n_first <= 1  # none where another run has the reply to the same question
    assert "damaged" not in done.stderr  # the piece of a line is cut off
    n_answers = plan(tmp_path, request(list(ids.values()), protocol="single", repeats=6)).n_judgments
    assert len(judged(tmp_path)) == n_answers
