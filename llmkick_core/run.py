"""Compute runs that share a recipe: compress once, ask every task, write durable parts.

    execute(store, [spec for spec in specs if spec.compression_id == one])

Killed at any moment and called again, it takes up finished blocks and answered questions where they are. What stops a run is written into its
status in one line; the others of the group go on.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core import settings
from llmkick_core.answer_parts import AnswerParts
from llmkick_core.catalog import find_task, load_samples, procedure_of
from llmkick_core.dense import TRACED, Beside, Comparison, Keeper, Nothing
from llmkick_core.errors import CorruptFileError, LlmkickError, RunCancelled, StoreError, TaskError, is_panic
from llmkick_core.evaluate import Answered, evaluate
from llmkick_core.memory import freed_at_once, give_back
from llmkick_core.models.base import Sampling
from llmkick_core.models.chat import PAPERS_SHAPE
from llmkick_core.models.thinking import ROOM_FACT, is_brief
from llmkick_core.models.watch import Drafts, Watch
from llmkick_core.schema import RunSpec, Sample
from llmkick_core.scoring.advice import LEAST, advice
from llmkick_core.status import RunStatus, State
from llmkick_core.store.kept import touch
from llmkick_core.store.layout import checkpoint_dir, run_dir
from llmkick_core.store.locks import group_lock, is_held
from llmkick_core.store.opener import exists, set_aside
from llmkick_core.store.parts import append_part, part_files, read_part
from llmkick_core.store.progress import read_drafts, read_windows, write_drafts, write_windows
from llmkick_core.store.runs import read_status, write_facts, write_layers, write_samples, write_spec, write_status
from llmkick_core.store.traces import awaits_dense, late_comparisons, read_traces
from llmkick_core.store.trees import check_folder
from llmkick_core.text_windows import scored, windows_of
from llmkick_core.trace import Turn

if TYPE_CHECKING:
    from llmkick_core.layer_report import LayerReport
    from llmkick_core.models.base import LanguageModel
    from llmkick_core.trace import Trace

CANCEL = "cancel"
"""Name of the file that asks a run to stop."""

PATIENCE_SECONDS = 20.0
"""In which a worker that was killed at the dense answers is followed by another."""

POLL_SECONDS = 0.1
"""Between two looks at answers that another worker gives."""

STATUS_SECONDS = 0.5
"""Least time between two writes of one status."""

LOOK_SECONDS = 0.1
"""Least time between two looks at whether a run is to stop."""

logger = logging.getLogger(__name__)


def execute(
    store: Path,
    specs: Sequence[RunSpec],
    *,
    device: str | None = None,
    threads: int | None = None,
    has_key: bool = True,
    is_ending: Callable[[], bool] = lambda: False,
) -> list[RunStatus]:
    """Return where runs stand after computing what they lack.

    Args:
        store: root of the store.
        specs: runs with one `compression_id`.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        threads: of the CPU; None takes all there are.
        has_key: whether the server of a model behind an endpoint is sent the API key.
        is_ending: asked now and then whether this process is to end; runs that are open wait for another one then.
    """
    runs = [_Run(store, spec, is_ending) for spec in specs]
    assert len({spec.compression_id for spec in specs}) <= 1, "runs of several recipes"
    for run in runs:
        with _failures([run]):
            run.prepare()
    waiting = [run for run in runs if run.is_open]
    if waiting:
        with _failures(waiting), ExitStack() as after:
            model = _compressed(store, waiting, device, threads, has_key=has_key)
            after.callback(getattr(model, "close", lambda: None))  # connections, of a model behind an endpoint
            for run in waiting:
                with _failures([run]):
                    run.ask(model)
    return [run.status for run in runs]


def _compressed(store: Path, runs: Sequence[_Run], device: str | None, threads: int | None, *, has_key: bool) -> LanguageModel:
    """Return the model that the runs ask, compressed as their recipe says."""

    def report(**changes: Any) -> None:
        for run in runs:
            run.report(**changes)

    model, layers = compressed_model(
        store,
        runs[0].spec,
        device=device,
        threads=threads,
        has_key=has_key,
        report=report,
        should_stop=lambda: all(run.is_stopped for run in runs),
    )
    for run in runs:
        if layers:
            write_layers(store, run.spec.run_id, layers)
    return model


def compressed_model(
    store: Path,
    spec: RunSpec,
    *,
    device: str | None = None,
    threads: int | None = None,
    has_key: bool = True,
    report: Callable[..., None],
    should_stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, list[LayerReport]]:
    """Return the model of a run, compressed as its recipe says, and what became of its layers, none for a dense one.

    Blocks that the store has are loaded, the others compressed and kept. Who calls holds the lock of the recipe.

    Args:
        store: root of the store.
        spec: the run.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        threads: of the CPU; None takes all there are.
        has_key: whether the server of a model behind an endpoint is sent the API key.
        report: called with `stage`, and with `block`, `n_blocks` and `eta_s` (seconds) after each block.
        should_stop: asked now and then whether to give up.
    """
    from llmkick_core.compress.blocks import find_blocks
    from llmkick_core.compress.calibration import load_calibration
    from llmkick_core.compress.engine import compress_model
    from llmkick_core.compress.left_dense import in_words, left_dense
    from llmkick_core.models import open_model, with_weights

    report(stage="loading")
    recipe = spec.recipe
    model = open_model(
        spec.model,
        revision=spec.model_revision,
        device=device,
        threads=threads,
        is_compressed=not recipe.is_dense,
        has_key=has_key,
        report=lambda stage: report(stage=stage),
        should_stop=should_stop,
    )
    if recipe.is_dense:
        return model, []
    model = with_weights(model)
    if left := left_dense(model.module, find_blocks(model.module)):
        model.notes["left_dense"] = in_words(left)
    procedure = procedure_of(recipe)
    calibration = None
    if procedure.needs:
        report(stage="calibrating")
        calibration = load_calibration(recipe.calibration, model.tokenizer, model.context_length)
    report(stage="compressing")
    with freed_at_once():
        layers = compress_model(
            model.module,
            procedure,
            calibration,
            checkpoint=check_folder(checkpoint_dir(store, spec.compression_id)),
            origin=spec.model_revision,
            on_block=_block_reporter(report),
            should_stop=should_stop,
        )
    touch(checkpoint_dir(store, spec.compression_id))
    return model, layers


def _block_reporter(report: Callable[..., None]) -> Callable[[int, int], None]:
    started = time.monotonic()

    def on_block(n_done: int, n_blocks: int) -> None:
        give_back()
        eta_s = (time.monotonic() - started) / n_done * (n_blocks - n_done)
        report(block=n_done, n_blocks=n_blocks, eta_s=eta_s)

    return on_block


class _Run:
    """One run on its way: what it asks, what is answered, and its status on disk."""

    def __init__(self, store: Path, spec: RunSpec, is_ending: Callable[[], bool] = lambda: False) -> None:
        self.store = store
        self.spec = spec
        self.folder = run_dir(store, spec.run_id)
        self.status = replace(
            read_status(store, spec.run_id), state="running", stage="", detail="", message="", pid=os.getpid(), eta_s=None, rate=0.0
        )
        self.samples: list[Sample] = []
        self.answered: set[Turn] = set()
        self._is_ending = is_ending
        self._written_at = 0.0
        self._looked_at = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it still has to be computed."""
        return self.status.state == "running"

    @property
    def is_cancelled(self) -> bool:
        """Whether the user asked it to stop."""
        return exists(self.folder / CANCEL)

    @property
    def is_stopped(self) -> bool:
        """Whether it is to stop, for good or until another worker goes on."""
        return self._is_ending() or self.is_cancelled

    def report(self, **changes: Any) -> None:
        """Bring the status up to date; on disk at once where state or stage change, else twice a second at most."""
        before = self.status
        now = time.time()
        self.status = replace(before, **changes, updated_at=now)
        is_news = (before.state, before.stage) != (self.status.state, self.status.stage)
        if is_news or now - self._written_at >= STATUS_SECONDS:
            self._written_at = now
            write_status(self.store, self.status)

    def close(self, state: State, message: str = "", **more: Any) -> None:
        """Write the last status of a run that is done, failed or cancelled, or waits again."""
        self.report(state=state, stage="", detail="", message=message, eta_s=None, pid=0, **more)

    def prepare(self) -> None:
        """Load the questions and see which are answered; a run that lacks none is done."""
        self.check_cancelled()
        if not exists(self.folder / "spec.json"):
            write_spec(self.store, self.spec)
        now = find_task(self.spec.task).version
        if self.spec.task_version != now:
            raise TaskError(
                f"run {self.spec.run_id} asks version {self.spec.task_version} of {self.spec.task}, and this program has version {now}; "
                "submit it again, as a new run."
            )
        self.samples = load_samples(self.spec, settings.data_cache())
        write_samples(self.store, self.spec.run_id, self.samples)
        self.answered = _answered(self.folder)
        n_total = self._n_total()
        self.report(stage="waiting", n_total=n_total or 0, n_done=self._n_answered())
        if self._n_answered() == n_total and not awaits_dense(self.store, self.spec) and not late_comparisons(self.store, self.spec):
            self.close("done")

    @property
    def _is_text(self) -> bool:
        """Whether it scores texts, window by window."""
        return find_task(self.spec.task).kind == "likelihood"

    def _n_total(self) -> int | None:
        """Return the questions to answer, or the windows to score; None while these are not known, for the model's tokenizer makes them."""
        return read_windows(self.store, self.spec.run_id) if self._is_text else len(self.samples)

    def _n_answered(self) -> int:
        """Return how many of the questions, or of the windows, are answered."""
        asked = {sample.sample_id for sample in self.samples}
        known = [sample_id for sample_id, _ in self.answered if sample_id in asked]
        return len(known) if self._is_text else len(set(known))

    def ask(self, model: LanguageModel) -> None:
        """Ask what is not answered yet; what is answered is durable, with its scores, every few seconds."""
        self.check_cancelled()
        task, keeper = find_task(self.spec.task), Keeper()
        beside: Beside = Nothing()
        if task.kind in TRACED and not self.spec.temperature:  # drawn tokens say nothing of what another model would write
            beside = keeper if self.spec.recipe.is_dense else Comparison(self._dense_traces())
        self.report(stage="asking", eta_s=None)
        form = self.spec.prompt or task.own_form
        model.pin_template(date=self.spec.template_date, is_brief=is_brief(self.spec.thinking, task.token_limit(form)))
        drafts = Drafts(read_drafts(self.store, self.spec.run_id), write=partial(write_drafts, self.store, self.spec.run_id))
        model.watch(Watch(step=self._step, drafts=drafts))
        write_facts(self.store, self.spec.run_id, model.facts | ({"thinking": ROOM_FACT} if self.spec.thinking == "room" else {}))
        parts = AnswerParts(
            self.folder,
            self.spec,
            keeper,
            drafts,
            n_done=self._n_answered(),
            report=lambda n_done, rate: self._report_done(n_done, rate, self._advice(model, parts.outcomes, parts.n_cut_off)),
        )
        try:
            for batch in self._answers(model, beside):
                parts.add(batch, is_full=len(batch) >= model.batch_size)
            parts.write()
        finally:
            parts.rescue()
            model.watch(Watch())
        self._compare_late(model)
        self.close("done")

    def _answers(self, model: LanguageModel, beside: Beside) -> Iterator[list[Answered]]:
        """Yield what is not answered yet, batch by batch."""
        task, spec = find_task(self.spec.task), self.spec
        if self._is_text:
            places = windows_of(model, self.samples, spec.limit)
            write_windows(self.store, spec.run_id, len(places))
            self.report(n_total=len(places), n_done=self._n_answered())
            return scored(model, places, spec.run_id, self.answered)
        return evaluate(
            model,
            task,
            self.samples,
            spec.run_id,
            answered=self.answered,
            formulation=spec.formulation,
            sampling=Sampling(temperature=spec.temperature, seed=spec.seed) if spec.temperature else None,
            beside=beside,
            prompt=spec.prompt,
            thinking=spec.thinking,
        )

    def _report_done(self, n_done: int, rate: float, advice: str) -> None:
        """Tell how far the run is, and stop where that is asked for and something is left to do."""
        n_left = self.status.n_total - n_done
        self.report(n_done=n_done, rate=rate, eta_s=n_left / rate, advice=advice)
        if n_left:
            self.check_cancelled()

    def _step(self, detail: str) -> None:
        """Tell what is going on, and stop where that is asked for; called every few milliseconds."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self.report(detail=detail)
            self.check_cancelled()

    def _advice(self, model: LanguageModel, outcomes: Mapping[str, int], n_cut_off: int) -> str:
        """Return what is wrong with the way that a dense model is asked; what was said before the run was taken up again stays."""
        if not self.spec.recipe.is_dense:
            return ""
        task = find_task(self.spec.task)
        found = advice(
            outcomes,
            form=self.spec.prompt or task.own_form,
            has_template=not model.facts["chat_template"].startswith(PAPERS_SHAPE),
            k_shot=self.spec.k_shot,
            takes_shots=task.takes_shots,
            n_cut_off=n_cut_off,
            has_room=self.spec.thinking == "room",
        )
        return found or (self.status.advice if sum(outcomes.values()) < LEAST else "")

    def _compare_late(self, model: LanguageModel) -> None:
        """Compare answers that were given before the dense ones were there."""
        late = late_comparisons(self.store, self.spec)
        traces = read_traces(self.store, self.spec.dense().run_id) if late else {}
        for start in range(0, len(late), model.batch_size):
            batch = late[start : start + model.batch_size]
            found = model.agreements([traces[answer.sample_id, answer.turn] for answer in batch])
            append_part(self.folder, [replace(answer, **one.as_answer) for answer, one in zip(batch, found, strict=True) if one], [])
            self.check_cancelled()

    def _dense_traces(self) -> Mapping[Turn, Trace]:
        """Return what is kept of the dense model's answers, after waiting for them while another worker is at them; that one waits for nobody.

        One that was killed is given some time to be followed by another.
        """
        dense = self.spec.dense()
        lock, seen_at = group_lock(self.store, dense.compression_id), time.monotonic()
        is_asked = exists(run_dir(self.store, dense.run_id) / "spec.json")
        while is_asked and read_status(self.store, dense.run_id).state in ("queued", "running"):
            if is_held(lock):
                seen_at = time.monotonic()
            elif time.monotonic() - seen_at > PATIENCE_SECONDS:
                break
            self.report(stage="waiting for the dense answers")
            time.sleep(POLL_SECONDS)
            self.check_cancelled()
        return read_traces(self.store, dense.run_id)

    def check_cancelled(self) -> None:
        """Raise RunCancelled where the run is to stop."""
        if self.is_stopped:
            raise RunCancelled(
                f"run {self.spec.run_id} was cancelled; what it answered is kept, and submitting it again goes on from there."
            )


def _answered(folder: Path) -> set[Turn]:
    """Return (sample_id, turn) of what a run's parts hold; a damaged part is set aside, so that its samples are asked again."""
    found: set[Turn] = set()
    for path in part_files(folder):
        try:
            found |= {(answer.sample_id, answer.turn) for answer in read_part(path).answers}
        except CorruptFileError as error:
            aside = path.with_name(f"{path.name}.corrupt")
            logger.warning("%s It is now %s.", error, aside.name)
            set_aside(path, aside.name)
    return found


@contextmanager
def _failures(runs: Sequence[_Run]) -> Iterator[None]:
    """Write what stops the block into the status of those runs that were open, and go on."""
    try:
        yield
    except RunCancelled as error:
        _close([run for run in runs if run.is_cancelled], "cancelled", str(error))
        _close(runs, "queued", submitted_at=time.time())  # submitted again in the moment between being asked to stop and stopping
    except LlmkickError as error:
        logger.warning("%s", error)
        _close(runs, "failed", str(error))
    except BaseException as error:
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        logger.exception("run failed")
        reason = next((line for line in str(error).splitlines() if line.strip()), "no message")
        _close(runs, "failed", f"{type(error).__name__}: {reason} (a defect; worker.log in the store has the details).")


def _close(runs: Sequence[_Run], state: State, message: str = "", **more: Any) -> None:
    for run in runs:
        if run.is_open:
            try:
                run.close(state, message, **more)
            except StoreError as error:  # a full disk: the run stays queued, its parts are safe
                logger.error("%s", error)
