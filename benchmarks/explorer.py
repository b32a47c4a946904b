"""How fast the explorer is on a million answers: every named query, every page, ten browsers at once, and the same rows as JSON in memory.

PYTHONPATH=. python benchmarks/explorer.py --store /tmp/million            # fills it where it is empty: about 5 minutes, 2.5 GB
PYTHONPATH=. python benchmarks/explorer.py --store /tmp/million --only queries,pages

Four tasks x ten recipes x 25,000 questions. Queries are asked for other pairs, questions and words each time, so that nothing kept from the one before answers
them; a cold page is the first of a new process, its libraries imported; a warm one is drawn again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.explorer_store import MODEL, fill
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import DATABASE
from llmkick_core.store.parts import part_files

N_QUESTIONS = 25_000
N_CALLS = 36
"""Calls of each query; as many as there are pairs."""
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    "Overview": ("overview", {}),
    "Overview, all tasks": ("overview", {"curves": "tasks"}),
    "Compare": ("compare", {"outcome": "broke"}),
    "Ladder": ("ladder", {"task": "factoid_qa"}),
    "Slices": ("slices", {"task": "factoid_qa"}),
    "Layers": ("layers", {}),
    "Data": ("data", {}),
}


def milliseconds(call: Callable[[], Any]) -> float:
    """Return how long a call takes."""
    start = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - start)


def named_queries(db: Database) -> Iterator[tuple[str, list[Callable[[], Any]]]]:
    """Yield each query with calls that ask for something else each time."""
    runs = queries.run_overview(db, MODEL)
    pairs = [(row.dense_run_id, row.run_id) for row in runs[runs["recipe"] != "dense"].itertuples()]
    comparisons = {row.run_id: row.comparison_id for row in runs.itertuples()}
    ids = [queries.pair_ids(db, *pair)[k] for k, pair in enumerate(pairs)]
    words = ["falcon", "number 12", "glacier", "Town 7", "senator archive", "violin of"]
    broke, banded = queries.Filter(outcome="broke"), queries.Filter(outcome="broke", ranges=(queries.Range(measure="damage", low=2.0),))
    yield "pair_summary", [lambda pair=pair: queries.pair_summary(db, *pair) for pair in pairs]
    yield "pair_ids, broke, worst first", [lambda pair=pair: queries.pair_ids(db, *pair, wanted=broke) for pair in pairs]
    yield "pair_ids, a range", [lambda pair=pair: queries.pair_ids(db, *pair, wanted=banded) for pair in pairs]
    yield "pair_rows, page 20", [lambda pair=pair: queries.pair_rows(db, *pair, limit=10, offset=190) for pair in pairs]
    yield (
        "pair_counts, a subject",
        [
            lambda pair=pair, k=k: queries.pair_counts(db, *pair, wanted=queries.Filter(subject=f"subject_{k:02}"))
            for k, pair in enumerate(pairs)
        ],
    )
    yield (
        "pair_ids, a search",
        [lambda pair=pair, k=k: queries.pair_ids(db, *pair, wanted=queries.Filter(search=words[k % 6])) for k, pair in enumerate(pairs)],
    )
    yield "sample_detail", [lambda pair=pair, one=one: queries.sample_detail(db, one, pair) for pair, one in zip(pairs, ids, strict=True)]
    yield (
        "other_recipes",
        [lambda pair=pair, one=one: queries.other_recipes(db, one, comparisons[pair[1]]) for pair, one in zip(pairs, ids, strict=True)],
    )
    yield "biggest_breaks", [lambda n=n: queries.biggest_breaks(db, MODEL, 8 + n) for n in range(N_CALLS)]


def measure_queries(store: Path) -> list[dict[str, Any]]:
    """Return the median and the 95th percentile of each query, milliseconds."""
    rows = []
    with Database(store) as db:
        first = {
            "run_overview, first": milliseconds(lambda: queries.run_overview(db, MODEL)),
            "comparisons, first": milliseconds(lambda: queries.comparisons(db)),
        }
        for name, calls in named_queries(db):
            took = [milliseconds(call) for call in calls]
            rows.append({"query": name, "calls": len(took), "p50_ms": float(np.median(took)), "p95_ms": float(np.percentile(took, 95))})
    return [{"query": name, "calls": 1, "p50_ms": took, "p95_ms": took} for name, took in first.items()] + rows


def measure_page(store: Path, name: str) -> dict[str, Any]:
    """Return how long a page takes in a process of its own: the first time, drawn again, and for Compare the next question."""
    code = "import json, sys; from benchmarks.explorer import page_times; print(json.dumps(page_times(*sys.argv[1:])))"
    done = subprocess.run([sys.executable, "-c", code, str(store), name], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def page_times(store: str, name: str) -> dict[str, Any]:
    """Return the times of one page, milliseconds, after the libraries of all pages were imported by an empty store."""
    import streamlit as st
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.testing.v1 import AppTest

    make = PagesManager.__init__

    def warm(self: PagesManager, *args: Any, **more: Any) -> None:
        make(self, *args, **more)
        PagesManager.uses_pages_directory = False  # as on a server that has served a page

    PagesManager.__init__ = warm  # type: ignore[method-assign]
    path, query = PAGES[name]

    def open_page(folder: str) -> AppTest:
        os.environ["LLMKICK_STORE"] = folder
        at = AppTest.from_file(str(Path(__file__).parents[1] / "app.py"), default_timeout=120)
        if path != "overview":
            at.switch_page(f"pages/{path}.py")
        at.query_params.update(query)
        return at

    with tempfile.TemporaryDirectory() as empty:
        open_page(empty).run()
    import scipy.optimize  # noqa: F401  a library too, which the first interval imports

    st.cache_resource.clear()
    at = open_page(store)
    took = {"page": name, "cold_ms": milliseconds(at.run)}
    took["warm_ms"] = float(np.median([milliseconds(at.run) for _ in range(5)]))
    if path == "compare":
        took["next_ms"] = float(np.median([milliseconds(lambda: at.button(key="next").click().run()) for _ in range(9)]))
    assert not at.exception, at.exception
    return took


def measure_browsers(store: Path, n: int = 10) -> dict[str, Any]:
    """Return what n browsers at once see: pages opened, errors, the slowest page, and the memory of the app afterwards."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM, serving_process

    paths = [
        "/",
        "/compare?outcome=broke",
        "/ladder?task=factoid_qa",
        "/slices?task=factoid_qa",
        "/compare?task=multiple_choice&b=magnitude-50",
        "/data",
    ]
    with serving_process(store) as (address, pid), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        pages = [browser.new_context().new_page() for _ in range(n)]
        slowest, n_errors = 0.0, 0
        for turn in range(len(paths)):
            start = time.perf_counter()
            for k, page in enumerate(pages):
                page.goto(address + paths[(turn + k) % len(paths)], wait_until="commit")
            for page in pages:
                page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=120_000)
                page.wait_for_selector("[data-testid=stMainBlockContainer] >> visible=true", timeout=120_000)
                n_errors += page.locator("[data-testid=stException]").count() + page.get_by_text("cannot be used").count()
            slowest = max(slowest, time.perf_counter() - start)
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        browser.close()
    return {"browsers": n, "pages_opened": n * len(paths), "errors": n_errors, "slowest_round_s": slowest, "app_peak_gb": peak / 1e6}


def measure_json(store: Path) -> dict[str, Any]:
    """Return what it costs to hold the same rows as most viewers do: every line parsed into a list of dictionaries, filtered by walking over it."""
    code = "import json, sys; from benchmarks.explorer import json_in_memory; print(json.dumps(json_in_memory(sys.argv[1])))"
    done = subprocess.run([sys.executable, "-c", code, str(store)], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def json_in_memory(store: str) -> dict[str, Any]:
    """Return seconds to load, memory, and milliseconds to count what broke in one pair."""
    import resource

    start = time.perf_counter()
    answers: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    folders = sorted(Path(store, "runs").iterdir())
    for folder in folders:
        for path in part_files(folder):
            for line in path.read_text(encoding="utf-8").split("\n")[:-2]:
                row = json.loads(line)
                answers.append(row["answer"]) if "answer" in row else scores.append(row["score"])
    loaded = time.perf_counter() - start
    a, b = folders[0].name, folders[1].name

    def broke() -> int:
        value = {
            (row["run_id"], row["sample_id"]): row["value"] for row in scores if row["scorer"] == "corrected" and row["run_id"] in (a, b)
        }
        return sum(value[a, sample] == 1 and value.get((b, sample)) == 0 for run, sample in value if run == a)

    took = [milliseconds(broke) for _ in range(3)]
    return {
        "rows": len(answers),
        "load_s": loaded,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "count_ms": float(np.median(took)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--questions", type=int, default=N_QUESTIONS)
    parser.add_argument("--only", default="queries,pages,browsers,json")
    asked = parser.parse_args()
    if not (asked.store / DATABASE).exists():
        print("fill", fill(asked.store, asked.questions), "answers", flush=True)
        start = time.perf_counter()
        with Database(asked.store) as db:
            print(f"take in {ingest(db).n_answers:,} answers: {time.perf_counter() - start:.0f} s", flush=True)
    if "queries" in asked.only:
        for row in measure_queries(asked.store):
            print(f"{row['query']:32s} {row['calls']:4d} calls   p50 {row['p50_ms']:7.1f} ms   p95 {row['p95_ms']:7.1f} ms", flush=True)
    if "pages" in asked.only:
        for name in PAGES:
            row = measure_page(asked.store, name)
            more = f"   next question {row['next_ms']:.0f} ms" if "next_ms" in row else ""
            print(f"{name:32s} cold {row['cold_ms']:7.0f} ms   warm {row['warm_ms']:7.0f} ms{more}", flush=True)
    if "browsers" in asked.only:
        print(json.dumps(measure_browsers(asked.store)), flush=True)
    if "json" in asked.only:
        print(json.dumps(measure_json(asked.store)), flush=True)


if __name__ == "__main__":
    main()
