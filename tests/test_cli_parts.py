"""The parts of the command line that need no command: what was lost, which recipes a sweep takes, what waiting shows."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from llmkick_core.cli import progress
from llmkick_core.cli.losses import losses
from llmkick_core.cli.recipes import numbers, sweep_recipes, words
from llmkick_core.errors import RecipeError
from llmkick_core.schema import RunSpec
from llmkick_core.status import RunStatus
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from tests.small_store import SAMPLES, WANDA_50, Said, add_run, spec

# losses


def lost_of(store: Path, dense: Sequence[Said], pruned: Sequence[Said]) -> dict[str, Any] | None:
    add_run(store, spec(), dense)
    add_run(store, spec(WANDA_50), pruned)
    with Database(store) as db:
        ingest(db)
        return losses(db, [spec(), spec(WANDA_50)], "wanda-50", "factoid_qa")


def test_a_fact_is_lost_only_when_all_its_wordings_fail(tmp_path: Path):
    assert [sample.group for sample in SAMPLES][:2] == ["capital/Mongolia"] * 2
    right, wrong = Said(1.0, "yes", -0.1), Said(0.0, "Ashgabat", -5.0)
    lost = lost_of(tmp_path, [right] * 4 + [wrong], [wrong, right, wrong, right, wrong])
    assert lost is not None
    assert (lost["n_known"], lost["n_lost"], lost["n_fragile"]) == (3, 1, 1)
    assert [example["gold"] for example in lost["examples"]] == ["W"]
    assert lost["sentence"] == (
        "wanda-50 lost 1 of the 3 facts that the dense model knew, and 1 more in some wordings. "
        'What is the symbol of tungsten? W, now "Ashgabat".'
    )


def test_nothing_lost_is_said_as_calmly(tmp_path: Path):
    lost = lost_of(tmp_path, [Said(1.0, "yes")] * 5, [Said(1.0, "yes")] * 5)
    assert lost is not None
    assert lost["sentence"] == "wanda-50 lost 0 of the 4 facts that the dense model knew, and 0 more in some wordings."


def test_losses_wait_for_both_sides(tmp_path: Path):
    add_run(tmp_path, spec(WANDA_50), [Said(1.0)] * 5)
    with Database(tmp_path) as db:
        ingest(db)
        assert losses(db, [spec(WANDA_50)], "wanda-50", "factoid_qa") is None
        assert losses(db, [spec(WANDA_50)], "wanda-70", "factoid_qa") is None


# sweeps


def labels(**options: Any) -> list[str]:
    return [recipe.label for recipe in sweep_recipes(**options)]


def test_a_sweep_gives_each_method_what_it_takes():
    found = labels(methods=["wanda", "int8", "rtn"], sparsities=[0.3, 0.5], structures=["2:4"], bits=[4, 3], group_size=64)
    assert found == ["dense", "wanda-30", "wanda-50", "wanda-2:4", "int8", "rtn-4bit-g64", "rtn-3bit-g64"]
    assert labels(methods=["dense", "int8"]) == ["dense", "int8"]
    assert labels(methods=["magnitude"], structures=["unstructured", "2:4"], sparsities=[0.1]) == ["dense", "magnitude-10", "magnitude-2:4"]


def test_a_sweep_refuses_what_nothing_takes():
    with pytest.raises(RecipeError, match="none of the methods int8 takes --sparsity"):
        sweep_recipes(["int8"], sparsities=[0.5])
    with pytest.raises(RecipeError, match="none of the methods wanda takes --group-size"):
        sweep_recipes(["wanda"], group_size=64, sparsities=[0.5])
    with pytest.raises(RecipeError, match="no method 'nothing'"):
        sweep_recipes(["nothing"])


def test_words_come_with_commas_or_one_by_one():
    assert words(["a,b", " c", "a", ","]) == ["a", "b", "c"]
    assert words(None) == []
    assert numbers(["0.3,0.5", "1e-1"], float, "sparsity") == [0.3, 0.5, 0.1]
    with pytest.raises(RecipeError, match="bits '4,four'"):
        numbers(["4,four"], int, "bits")


# waiting


class Staged:
    """An executor whose runs go through given stages, one a look."""

    def __init__(self, *stages: RunStatus) -> None:
        self.store = Path()
        self._stages = list(stages)

    def ensure_worker(self) -> None: ...

    def submit(self, specs: Sequence[RunSpec]) -> list[str]:
        raise NotImplementedError

    def cancel(self, run_ids: Sequence[str]) -> None:
        raise NotImplementedError

    def status(self, run_ids: Sequence[str] | None = None) -> list[RunStatus]:
        return [self._stages.pop(0)]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_waiting_shows_blocks_questions_and_rate(monkeypatch: pytest.MonkeyPatch, is_terminal: bool):
    monkeypatch.setattr(progress, "_POLL_S", 0.0)
    monkeypatch.setattr(progress, "_LINE_S", -1.0)
    out = io.StringIO()
    console = Console(file=out, force_terminal=is_terminal, width=120, color_system=None, legacy_windows=False)
    one = spec(WANDA_50)
    stages = [
        RunStatus(run_id=one.run_id),
        RunStatus(run_id=one.run_id, state="running", stage="compressing", block=2, n_blocks=6, eta_s=8.0),
        RunStatus(run_id=one.run_id, state="running", stage="asking", n_done=120, n_total=300, rate=85.0, eta_s=120.0),
        RunStatus(run_id=one.run_id, state="done", n_done=300, n_total=300),
    ]
    with monkeypatch.context() as patched:
        if is_terminal:
            patched.setattr(progress._Display, "show", refreshing(progress._Display.show))
        [last] = progress.wait(Staged(*stages), [one], console)
    assert last.state == "done"
    assert "block 2 of 6, 8 s left" in out.getvalue()
    assert "120 of 300 questions, 85 a second, 2 min left" in out.getvalue()


def test_two_recipes_at_a_time_are_told_once_each(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(progress, "_POLL_S", 0.0)
    out = io.StringIO()
    dense, pruned = spec(), spec(WANDA_50)
    first, second = (RunStatus(run_id=one.run_id, state="running", stage="asking", n_done=8, n_total=9) for one in (dense, pruned))
    stages = [
        [first, replace(second, stage="compressing", block=1, n_blocks=2)],
        [replace(first, n_done=9), second],
        [first, second],
        [replace(first, state="done"), second],
        [replace(first, state="done"), replace(second, state="done")],
    ]
    executor = Staged()
    monkeypatch.setattr(executor, "status", lambda _: stages.pop(0))
    progress.wait(executor, [dense, pruned], Console(file=out, width=120))
    assert [line.split(": ")[1] for line in out.getvalue().splitlines()] == [
        "dense factoid_qa 8 of 9 questions",
        "wanda-50 compressing block 1 of 2",
    ]


def refreshing(show: Callable[..., None]) -> Callable[..., None]:
    def shown(self: Any, statuses: Sequence[RunStatus]) -> None:
        show(self, statuses)
        self.bars.refresh()

    return shown


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (89, "89 s"), (120, "2 min"), (9000, "2.5 h")])
def test_times_read_easily(seconds: float, text: str):
    assert progress.duration(seconds) == text
