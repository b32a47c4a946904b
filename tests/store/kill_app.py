"""Run by test_killed_app.py as a process of its own: the process that owns the database, killed with SIGKILL at many points.

Each child does what the app does: it opens the store, takes in what is new and answers queries, while the parent, as a worker would, adds parts.
After each kill the database is opened again by the next child, with whatever the dead one left.

    python kill_app.py STORE SEED N_KILLS
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import duckdb  # noqa: F401  loaded once here; every app is a fork

from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Sample
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.queries import run_overview
from llmkick_core.store.runs import write_layers, write_samples, write_spec
from tests.small_store import WANDA_50, Said, answers_and_scores, spec

N_QUESTIONS = 40
SPECS = (spec(), spec(WANDA_50))
LAYER = LayerReport(name="a", block=0, n_out=2, n_in=2, sparsity=0.5, structure_ok=None, error=0.1, bits=8.5, seconds=0.1)


def samples() -> list[Sample]:
    return [Sample(sample_id=f"q{index:03}", question="?", turns=(f"Q{index}",), gold=(("yes",),)) for index in range(N_QUESTIONS)]


def live(store: Path) -> None:
    """Be the app until killed."""
    while True:
        with Database(store) as db:
            for _ in range(3):
                ingest(db)
                run_overview(db, SPECS[0].model)


def main() -> None:
    store, rng, n_kills = Path(sys.argv[1]), random.Random(int(sys.argv[2])), int(sys.argv[3])
    asked = samples()
    for one in SPECS:
        write_spec(store, one)
        write_samples(store, one.run_id, asked)
    step = N_QUESTIONS // n_kills
    for kill in range(n_kills):
        child = os.fork()
        if child == 0:
            live(store)
        time.sleep(rng.uniform(0.01, 0.15))
        for one in SPECS:
            new = asked[kill * step : (kill + 1) * step]
            append_part(run_dir(store, one.run_id), *answers_and_scores(one.run_id, new, [Said(1, "yes")] * len(new)))
        if kill == n_kills // 2:  # long after the questions, as a worker that compresses does
            write_layers(store, SPECS[1].run_id, [LAYER])
        time.sleep(rng.uniform(0.0, 0.12))
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


main()
