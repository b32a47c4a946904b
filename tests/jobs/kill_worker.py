"""Run by test_worker.py as a process of its own: a worker killed with SIGKILL at many points, until it is done.

Loading torch takes seconds, so it is loaded once here, and every worker is a fork. Half of the points are counted in file operations, just
before or just after a file is renamed into place or forced to disk; the others are moments in time.

    python kill_worker.py FOLDER SPECS.json SEED N_KILLS

Once all runs of a store are done, the next worker goes to a fresh one: FOLDER/store-0, store-1, ...
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import llmkick_core.models.hugging_face  # noqa: F401
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.schema import RunSpec


def die_at(n: int, *, is_after: bool) -> None:
    """Kill this process at its n-th rename or fsync, before or after it."""
    count = 0

    def wrap(real: Callable) -> Callable:
        def counted(*args: object, **more: object) -> object:
            nonlocal count
            count += 1
            if count == n and not is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = real(*args, **more)
            if count == n and is_after:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return counted

    os.replace = wrap(os.replace)
    os.fsync = wrap(os.fsync)


def fork_worker(store: Path, prepare: Callable[[], None], slot: int) -> int:
    child = os.fork()
    if child == 0:
        prepare()
        work(store, device="cpu", idle_s=0, slot=slot)
        os._exit(0)
    return child


def run_worker(store: Path, prepare: Callable[[], None], after_s: float | None, *, is_alone: bool = True) -> bool:
    """Return whether a forked worker was killed rather than done; it is killed after `after_s` seconds where that is given.

    Where it is not alone, another worker, which nobody kills, works on the same store.
    """
    child = fork_worker(store, prepare, slot=0)
    other = None if is_alone else fork_worker(store, lambda: None, slot=1)
    if after_s is not None:
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
    was_killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    if other is not None:
        assert os.waitpid(other, 0)[1] == 0
    return was_killed


def main() -> None:
    root, specs_file, seed, n_kills = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    specs = [RunSpec.from_dict(raw) for raw in json.loads(specs_file.read_text())]
    rng = random.Random(seed)
    n_killed = n_stores = 0
    while n_killed < n_kills:
        executor = LocalExecutor(root / f"store-{n_stores}", device="cpu")
        executor.submit(specs)  # as a person would, after a run failed
        is_alone = n_killed % 5 != 0
        if n_killed % 2:
            was_killed = run_worker(executor.store, lambda: None, rng.uniform(0.02, 0.3), is_alone=is_alone)
        else:
            n, is_after = rng.randint(2, 24), rng.random() < 0.5
            was_killed = run_worker(executor.store, partial(die_at, n, is_after=is_after), None, is_alone=is_alone)
        n_killed += was_killed
        # done: the next one starts afresh; where five in a row died too early to get on, runs count as failed and are submitted again
        n_stores += all(status.state == "done" for status in executor.status())
    executor.submit(specs)
    assert not run_worker(executor.store, lambda: None, None)


main()
