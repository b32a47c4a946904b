"""Thousands of damaged stores, with a fixed seed: whatever a file says, everything ends in time, in little memory, with a LlmkickError at most, and the others work."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from llmkick_core.cli.doctor import _runs
from llmkick_core.cli.scorings import print_scorings, report_document
from llmkick_core.cli.tables import print_advice, print_comparisons, print_matrix
from llmkick_core.errors import LlmkickError
from llmkick_core.interchange.answers import answer_ids
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import _count_deaths, next_group
from llmkick_core.judge.jobs import jobs
from llmkick_core.judge.manners import Manners
from llmkick_core.judge.prices import price_of
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.rescore import stored
from llmkick_core.schema import RunSpec
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.export import answers_export
from llmkick_core.store.export_judgments import judgments_export
from llmkick_core.store.ingest import refill
from llmkick_core.store.kept import kept_models
from llmkick_core.store.locks import group_lock
from llmkick_core.store.parts import part_files, read_part
from llmkick_core.store.progress import read_drafts, read_windows
from llmkick_core.store.runs import read_facts, read_status, run_ids
from llmkick_core.store.traces import read_traces
from llmkick_core.store.views import read_views, saved_views
from tests.judge_store import WANDA_RUN
from tests.security.full_store import DENSE_ID, WANDA_ID, full_store
from tests.small_store import SAMPLES, WANDA_50, spec

N_ROUNDS, N_EACH, N_SHOWN = 80, 10, 10
"""Rounds, files that are damaged in each (800 mutants), and of how many rounds one is shown: drawing takes longest."""
N_NAMED, N_CROSSED = 12, 25
"""Rounds in which files get other names, and in which values of parts and questions stop fitting each other."""
LONGEST_S = 10
MOST_BYTES = 2 * 2**30

DEEP = "[" * 5000 + "]" * 5000
RATHER_DEEP = "[" * 700 + "]" * 700
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, -(2**70), 10**400, 0.5, -0.5, 1e308, float("nan"), float("inf"), float("-inf"),
    "", "yesterday", "../../victim", "/etc/passwd", "\ud800", "a\udfffb", "\x00", "\x1b]0;x\x07", "x" * 70_000, "‮", [], {}, [[]], [1, 2], [None],
    ["a", ["b"]], {"a": {}}, {"": None}, [True], "1e400", "dense", "\u2028\n",
]  # fmt: skip
RAW = ["1e400", "-1e999", DEEP, RATHER_DEEP, "9" * 5000, "NaN", '"\\ud800"', '"\\udc00\\ud800"', "[1, 2", "", '{"a": 1, "a": 2}']
RANDOM = random.Random(19)


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to each value in a value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from spots(one, (*path, key))


def changed(text: str) -> str:
    """Return a JSON text with one value changed, removed, added or renamed."""
    value = json.loads(text)
    way = RANDOM.choice(list(spots(value)))
    other = RANDOM.choice(VALUES)
    if not way:
        return RANDOM.choice(RAW) if RANDOM.random() < 0.5 else dumped(other)
    place = value
    for key in way[:-1]:
        place = place[key]
    kind = RANDOM.random()
    if kind < 0.08:
        del place[way[-1]]
    elif kind < 0.12 and isinstance(place, dict):
        place["unheard_of"] = other
    elif kind < 0.3:
        place[way[-1]] = "@RAW@"
        return json.dumps(value).replace('"@RAW@"', RANDOM.choice(RAW))
    else:
        place[way[-1]] = other
    return dumped(value)


def dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=RANDOM.random() < 0.5)


def as_json(content: bytes) -> bytes:
    """Change one value of a JSON file, or of one line of a file of lines; parts get a checksum that fits."""
    lines = content.decode().split("\n")
    rows = [i for i, line in enumerate(lines) if line.startswith("{")]
    if not rows:
        return content + b"x"
    at = RANDOM.choice(rows)
    lines[at] = changed(lines[at])
    return "\n".join(lines).encode("utf-8", errors="surrogatepass")


def resealed(content: bytes) -> bytes:
    """Return a part with the closing line that fits its lines."""
    body = content.rstrip(b"\n").rpartition(b"\n")[0] + b"\n"
    closing = json.dumps({"end": body.count(b"\n"), "sha256": hashlib.sha256(body).hexdigest()})
    return body + closing.encode() + b"\n"


def flipped(content: bytes) -> bytes:
    """Change some bytes."""
    found = bytearray(content or b"\0")
    for _ in range(RANDOM.randint(1, 6)):
        found[RANDOM.randrange(len(found))] = RANDOM.randrange(256)
    return bytes(found)


def cut(content: bytes) -> bytes:
    return content[: RANDOM.randrange(len(content) + 1)]


def doubled(content: bytes) -> bytes:
    return content + content


def repacked(content: bytes) -> bytes:
    """Change one array of a file of traces."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    name = RANDOM.choice(list(held))
    array = np.load(io.BytesIO(held[name]))
    other = RANDOM.choice([
        array[:-1], array.astype(np.float64), array.astype("S4"), array.reshape(1, *array.shape), np.zeros(0, array.dtype), -array.astype(np.int64) - 5,
        np.full(array.shape, 2**31 - 1, np.int64), np.full(array.shape, np.nan), np.array(5), array.astype("datetime64[s]") if array.dtype.kind == "i" else array[:1],
        np.full(array.shape, 2**62, np.int64), np.concatenate([array, array]),
    ])  # fmt: skip
    out = io.BytesIO()
    np.save(out, other)
    held[name] = RANDOM.choice([out.getvalue(), flipped(held[name]), cut(held[name]), held[name].replace(b"(10,", b"(99999999999,")])
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, packed in held.items():
            archive.writestr(key, packed)
    return made.getvalue()


def replace_by_thing(path: Path, outside: Path) -> None:
    """Put a link, a pipe, a folder, a device or an endless file in the place of a file."""
    path.unlink()
    kind = RANDOM.randrange(7)
    if kind == 0:
        path.symlink_to(outside / "secret")
    elif kind == 1:
        os.mkfifo(path)
    elif kind == 2:
        path.mkdir()
    elif kind == 3:
        path.symlink_to("/dev/zero")
    elif kind == 4:
        path.symlink_to(path.name)
    elif kind == 5:
        with path.open("wb") as stream:
            stream.truncate(20 * 10**9)
    else:
        path.symlink_to(outside / "missing")


def mutate(path: Path, outside: Path) -> str:
    """Damage a file in one way, and return which."""
    if RANDOM.random() < 0.08:
        replace_by_thing(path, outside)
        return "thing"
    content = path.read_bytes()
    ways: list[Callable[[bytes], bytes]] = [flipped, cut, doubled]
    if path.suffix == ".npz":
        ways += [repacked] * 6
    elif path.suffix in (".json", ".jsonl"):
        ways += [as_json] * 12
    way = RANDOM.choice(ways)
    found = way(content)
    if path.name.startswith("part-") and RANDOM.random() < 0.85:
        found = resealed(found)
    path.write_bytes(found)
    if path.parent.name == "samples" and RANDOM.random() < 0.85:  # named after its content, as a forger would
        name = hashlib.sha256(found).hexdigest()[:16]
        for told in path.parents[1].glob("runs/*/samples.json"):
            if told.is_file() and not told.is_symlink() and told.stat().st_size < 10_000 and path.stem in told.read_text(errors="replace"):
                told.write_text(json.dumps({"sample_set": name}))
        path.rename(path.with_name(f"{name}.jsonl"))
    return way.__name__


@contextmanager
def in_time() -> Iterator[None]:
    """Fail where the block takes too long."""

    def late(*_: object) -> None:
        raise AssertionError(f"it hangs: more than {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def look_at(store: Path, db: Database, *, is_shown: bool = True) -> None:
    """Do with a store what commands and the queue do, and show it as pages do; each step may refuse, none may break."""

    def allowed(*steps: Callable[[], object]) -> None:
        for step in steps:
            with suppress(LlmkickError):
                step()

    executor = LocalExecutor(store, device="cpu")
    refill(db)  # names what is damaged, and refuses nothing
    runs = executor.runs()
    executor.status()
    for one, status in runs:
        assert one.run_id == status.run_id, "a file's own id was taken"
    allowed(lambda: list(_runs(store)), lambda: queries.store_health(db), lambda: next_group(executor))
    for run_id in run_ids(store):
        allowed(
            lambda r=run_id: executor.status([r]),
            lambda r=run_id: read_status(store, r),
            lambda r=run_id: read_facts(store, r),
            lambda r=run_id: read_drafts(store, r),
            lambda r=run_id: read_windows(store, r),
            lambda r=run_id: answer_ids(store, r),
            lambda r=run_id: stored(store, r),
            lambda r=run_id: [read_part(path) for path in part_files(store / "runs" / r)],
        )
    traces = read_traces(store, DENSE_ID)
    for turn in list(traces):
        assert len(traces[turn].tokens) == len(traces[turn].top_ids)
    allowed(lambda: executor.cancel([WANDA_ID]), lambda: executor.submit([spec(), spec(WANDA_50)]))
    allowed(lambda: _count_deaths(store, group_lock(store, spec().compression_id), [spec()]))
    allowed(lambda: saved_views(store), lambda: read_views(store), lambda: price_of("j1", "http://j", store), lambda: jobs(store))
    allowed(lambda: Manners(store).get("http://j", "j1"), lambda: kept_models(store))
    if is_shown:
        show(db, runs)


def show(db: Database, runs: list[tuple[RunSpec, Any]]) -> None:
    """Read what reports and pages show of each run."""
    console = Console(file=io.StringIO(), width=120)
    report_document(db, None, None)
    print_scorings(console, db, "paper", None)
    print_comparisons(console, db, scorer="corrected", measure=None)
    print_matrix(console, db, scorer="corrected", measure=None)
    print_advice(console, db)
    ids = [row[0] for row in db.rows("SELECT run_id FROM runs")]
    queries.models(db)
    queries.comparisons(db)
    answers_export(db, ids)
    judgments_export(db)
    for comparison in {one.comparison_id for one, _ in runs}:
        queries.run_overview(db, comparison)
        queries.judge_setups(db, comparison)
    pair = [run_id for run_id in (DENSE_ID, WANDA_ID) if run_id in ids]
    for sample in SAMPLES if pair else ():
        with suppress(LlmkickError):
            queries.sample_detail(db, sample.sample_id, pair)
    if len(pair) == 2:
        with suppress(LlmkickError):
            queries.votes_of(db, *pair)
            queries.next_blind(db, *pair, "M", "factoid_qa")
            queries.pair_rows(db, *pair)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return full_store(tmp_path_factory.mktemp("fuzz") / "whole")


def test_no_damaged_file_of_a_store_breaks_anything_else(whole: Path, tmp_path: Path) -> None:
    names = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file() and path.suffix != ".lock")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("stays")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Database(tmp_path / "index", in_memory=True) as db:
        for n in range(N_ROUNDS):
            store = tmp_path / f"store{n}"
            shutil.copytree(whole, store)
            db.store = store
            told = [(str(name), mutate(store / name, outside)) for name in RANDOM.sample(names, N_EACH) if (store / name).is_file()]
            try:
                with in_time():
                    look_at(store, db, is_shown=n % N_SHOWN == 0)
            except BaseException as error:
                error.add_note(f"round {n}: {told}")
                raise
            shutil.rmtree(store)
    assert (outside / "secret").read_text() == "stays"
    assert sorted(path.name for path in outside.iterdir()) == ["secret"]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES


STEMS = [
    b"\xff", b"\xed\xa0\x80", b"\x1b]0;x\x07", b"a\nb", b"\xe2\x80\xae", b"\x01", b"x" * 240, b"-rf", b"..x", b" ", b"$(id)", b"%s", b"[red]x", b"\xf0\x9f\x98\x80", b"\\", b"'; DROP",
    b"part-99999999999", b"part-999999999", b"part-", b"part-\xd9\xa3\xd9\xa3\xd9\xa3\xd9\xa3\xd9\xa3", b"traces-999999999", b"traces-\xc2\xb2", b"status", b".hidden", b"a-b-c",
]  # fmt: skip


def renamed(path: Path) -> str:
    """Give a file or folder of a store a name that nobody expects, or put such a copy beside it."""
    stem = RANDOM.choice(STEMS)
    suffix = os.fsencode(path.suffix)
    part = os.fsencode(path.name.split("-")[0]) + b"-" if RANDOM.random() < 0.3 and "-" in path.name else b""
    name = os.fsdecode((part + stem + suffix)[:250])
    other = path.with_name(name)
    if other.exists() or other.is_symlink():
        return "same"
    if RANDOM.random() < 0.5:
        path.rename(other)
    elif path.is_dir():
        shutil.copytree(path, other)
    else:
        shutil.copy(path, other)
    return name


def shown_as_text(db: Database) -> None:
    """See that all that is said of damage can be sent to a browser."""
    for line in (*refill(db).damaged, *queries.store_health(db).damaged):
        line.encode()
        assert line.isprintable()


def test_no_name_in_a_store_breaks_anything(whole: Path, tmp_path: Path) -> None:
    names = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.suffix != ".lock")
    with Database(tmp_path / "index", in_memory=True) as db:
        for n in range(N_NAMED):
            store = tmp_path / f"store{n}"
            shutil.copytree(whole, store)
            db.store = store
            told = [(str(name), renamed(store / name)) for name in RANDOM.sample(names, N_EACH) if (store / name).exists()]
            try:
                with in_time():
                    shown_as_text(db)
                    look_at(store, db, is_shown=n % N_SHOWN == 0)
            except BaseException as error:
                error.add_note(f"round {n}: {told!r}")
                raise
            shutil.rmtree(store)


CROSSED: list[tuple[str, list[Any]]] = [
    ("turn", [0, 1, 7, 2**31 - 1]),
    ("sample_id", ["nobody", "", "capital/Mongolia#1", "x" * 4000]),
    ("choice_logprobs", [[], [-1.0], [-1.0] * 2, [-1.0] * 40, [float("nan")] * 4]),
    ("choice_lengths", [[], [1], [0] * 4, [1] * 40]),
    ("gold_choice", [0, 3]),
    ("choices", [["a", "b", "c", "d"], ["a"], ["a"] * 40]),
    ("turns", [[], ["a"], ["a", "b", "c"], [""] * 50]),
    ("gold", [[], [[]], [["a"], ["b"]], [["a"] * 2000]]),
    ("n_tokens", [0, 2**31 - 1]),
    ("nll", [None, 1.5, -1.0]),
    ("text", ["a b " * 4000, "\x00", "‮" * 50, " "]),
    ("dense_agreed_length", [0, 10**6]),
    ("dense_n_agreed", [0, 10**6]),
    ("metric", ["exact_match", "nothing", ""]),
    ("scorer", ["corrected", "paper", "nobody"]),
    ("value", [None, 0.0, 1.0, -5.0, 1e6]),
]
"""Values that are all of the right kind, and do not fit what another record says."""


def crossed(store: Path) -> list[str]:
    """Change values of answers, scores and questions, each whole in itself, and seal them again."""
    told = []
    for name in sorted(
        path.relative_to(store) for path in store.rglob("*.jsonl") if path.name.startswith("part-") or path.parent.name == "samples"
    ):
        path = store / name
        lines = path.read_text().splitlines()
        for _ in range(RANDOM.randint(1, 6)):
            at = RANDOM.randrange(len(lines))
            row = json.loads(lines[at])
            place = row.get("answer") or row.get("score") or row
            field, values = RANDOM.choice(CROSSED)
            if field in place or RANDOM.random() < 0.05:
                place[field] = RANDOM.choice(values)
                told.append(f"{name} {field}")
            lines[at] = json.dumps(row)
        content = "".join(f"{line}\n" for line in lines).encode()
        path.write_bytes(resealed(content) if path.name.startswith("part-") else content)
        if path.parent.name == "samples":
            digest = hashlib.sha256(content).hexdigest()[:16]
            for pointer in store.glob("runs/*/samples.json"):
                if path.stem in pointer.read_text():
                    pointer.write_text(json.dumps({"sample_set": digest}))
            path.rename(path.with_name(f"{digest}.jsonl"))
    return told


def test_records_that_do_not_fit_each_other_break_nothing(whole: Path, tmp_path: Path) -> None:
    with Database(tmp_path / "index", in_memory=True) as db:
        for n in range(N_CROSSED):
            store = tmp_path / f"store{n}"
            shutil.copytree(whole, store)
            db.store = store
            told = crossed(store)
            try:
                with in_time():
                    look_at(store, db, is_shown=n % 2 == 0)
            except BaseException as error:
                error.add_note(f"round {n}: {told}")
                raise
            shutil.rmtree(store)


def test_an_undamaged_store_reads_whole(whole: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    with Database(store) as db:
        assert refill(db).damaged == ()
        look_at(store, db)
        assert queries.store_health(db).n_runs == 6
    assert set(read_traces(store, DENSE_ID)) == {(sample.sample_id, 0) for sample in SAMPLES}
    assert isinstance(jobs(store)[0].request, JudgeRequest)
    assert WANDA_RUN.run_id in run_ids(store)
