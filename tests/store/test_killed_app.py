"""The app killed at twenty moments: no answer is lost, none counts twice, and a rebuild gives the same tables."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from llmkick_core.settings import PROJECT_ROOT
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest, rebuild
from tests.store.test_ingest import content

N_KILLS = 20


@pytest.mark.parametrize("seed", range(2))
def test_an_app_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path, seed: int):
    script = Path(__file__).with_name("kill_app.py")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), str(tmp_path), str(seed), str(N_KILLS)],
        cwd=PROJECT_ROOT,
        env={"PYTHONPATH": str(PROJECT_ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with Database(tmp_path) as db:
        ingest(db)
        after = content(db)
    asked = Counter((run_id, sample_id) for run_id, sample_id in ((row[0], row[1]) for row in after["answers"]))
    assert len(asked) == 2 * 40
    assert set(asked.values()) == {1}
    assert len(after["scores"]) == 2 * 2 * 40
    assert len(after["parts"]) == 2 * N_KILLS
    assert [row[1] for row in after["layers"]] == ["a"]
    rebuild(tmp_path)
    with Database(tmp_path) as db:
        assert content(db) == after
