"""How far the estimate made before a run is from what the run takes.

    PYTHONPATH=. python benchmarks/estimate.py --model bundled:kick-tiny --model /models/smollm2 --limit 20

Each row is computed in a store of its own by a worker process of its own, so that nothing is known beforehand: the dense model at each task, and each of
five recipes at all tasks together (`--each`: at each task alone). The worker's CPU time stands beside the wall time, because the two differ on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from llmkick_core.catalog import TASKS, plan
from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.estimate import estimate
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.speed import cpu_speed
from llmkick_core.schema import Calibration, Recipe, RunSpec

CALIBRATION = Calibration(n_samples=16, seq_len=512)

RECIPES = (
    Recipe(),
    Recipe(method="magnitude", sparsity=0.5),
    Recipe(method="wanda", sparsity=0.5, calibration=CALIBRATION),
    Recipe(method="sparsegpt", sparsity=0.5, calibration=CALIBRATION),
    Recipe(method="gptq", bits=4, calibration=CALIBRATION),
)


def rows(model: str, limit: int, *, is_each: bool) -> Iterator[tuple[str, str, list[RunSpec]]]:
    """Yield (recipe, tasks, runs) of each row."""
    for recipe in RECIPES:
        alone = [(recipe.label, task, plan(model, [recipe], [task], limit=limit)) for task in TASKS]
        if recipe.is_dense or is_each:
            yield from alone
        else:
            yield recipe.label, "all tasks", [spec for _, _, specs in alone for spec in specs]


def measured(specs: Sequence[RunSpec], store: Path) -> tuple[float, float]:
    """Return (wall, CPU) seconds that a worker takes for runs, its start included."""
    executor = LocalExecutor(store, device="cpu")
    ids = executor.submit(specs)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    command = [sys.executable, "-m", "llmkick_core.jobs.worker", "--store", str(store), "--device", "cpu", "--idle", "0"]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": "."})
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    failed = [status.message for status in executor.status(ids) if status.state != "done"]
    if failed:
        raise SystemExit(f"a run failed: {failed[0]}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", action="append", help="bundled:NAME or a folder; several")
    parser.add_argument("--limit", type=int, default=20, help="questions, or windows, of each task")
    parser.add_argument("--each", action="store_true", help="each recipe at each task alone")
    arguments = parser.parse_args()
    speed = cpu_speed()
    print(f"{speed.flops / 1e9:.0f} GFLOP/s, {speed.bytes_s / 1e9:.1f} GB/s, load {os.getloadavg()[0]:.1f}\n")
    print("| model | recipe | task | estimate | wall | CPU | estimate / wall |\n|---|---|---|---:|---:|---:|---:|", flush=True)
    for model in arguments.model or ["bundled:kick-tiny"]:
        for recipe, task, specs in rows(model, arguments.limit, is_each=arguments.each):
            with tempfile.TemporaryDirectory() as folder:
                expected = estimate(specs, Path(folder), device="cpu").seconds
                assert expected is not None
                wall, cpu = measured(specs, Path(folder))
            name = Path(model.removeprefix("bundled:")).name
            print(f"| {name} | {recipe} | {task} | {expected:.1f} s | {wall:.1f} s | {cpu:.1f} s | {expected / wall:.2f} |", flush=True)


if __name__ == "__main__":
    try:
        main()
    except LlmkickError as error:
        sys.exit(str(error))
