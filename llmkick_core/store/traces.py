"""Trace files: what is kept of a dense run's answers beside their text, a file a batch, whole or absent.

traces-00000.npz: turns (JSON), prompts and tokens one after another with their lengths, top_ids (all tokens, K), top_logprobs (all tokens, K)

They are written before the part that holds the answers, so that an answer that is known has its trace. A trace that is missing or damaged costs no answer:
what is compared with it stays unknown.
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path

from llmkick_core.catalog import find_task
from llmkick_core.dense import TRACED
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.store.layout import run_dir, write_atomic
from llmkick_core.store.parts import part_files, read_part
from llmkick_core.store.runs import read_status
from llmkick_core.trace import Trace, Turn

_FILES_HELD = 4

logger = logging.getLogger(__name__)


def append_traces(folder: Path, traces: Mapping[Turn, Trace]) -> None:
    """Write the next traces of a run durably; nothing where there are none.

    Raises:
        StoreError: the folder cannot be written.
    """
    import numpy as np

    if not traces:
        return
    found = list(traces.values())
    held = io.BytesIO()
    np.savez_compressed(
        held,
        turns=np.frombuffer(json.dumps(list(traces)).encode(), dtype=np.uint8),
        prompt_lengths=np.array([len(trace.prompt) for trace in found], dtype=np.int32),
        prompts=np.array([token for trace in found for token in trace.prompt], dtype=np.int32),
        lengths=np.array([len(trace.tokens) for trace in found], dtype=np.int32),
        tokens=np.array([token for trace in found for token in trace.tokens], dtype=np.int32),
        top_ids=np.concatenate([trace.top_ids for trace in found]),
        top_logprobs=np.concatenate([trace.top_logprobs for trace in found]),
    )
    numbers = [int(path.stem.removeprefix("traces-")) for path in folder.glob("traces-*.npz")]
    write_atomic(folder / f"traces-{max(numbers, default=-1) + 1:05}.npz", held.getvalue())


class StoredTraces(Mapping[Turn, Trace]):
    """The traces of a run, of which the last files read are held: a run asks for them in the order in which they were written."""

    def __init__(self, folder: Path) -> None:
        self._held: OrderedDict[Path, dict[Turn, Trace]] = OrderedDict()
        self._place: dict[Turn, Path] = {}
        for path in sorted(folder.glob("traces-*.npz")):
            self._place |= dict.fromkeys(self._file(path), path)  # the later one counts

    def __getitem__(self, turn: Turn) -> Trace:
        return self._file(self._place[turn])[turn]

    def __iter__(self) -> Iterator[Turn]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)

    def _file(self, path: Path) -> dict[Turn, Trace]:
        if path not in self._held:
            try:
                self._held[path] = dict(_read(path))
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                logger.warning("%s is damaged (%s); what is compared with its answers stays unknown.", path, error)
                return {}
            while len(self._held) > _FILES_HELD:
                self._held.popitem(last=False)
        return self._held[path]


def read_traces(store: Path, run_id: str) -> StoredTraces:
    """Return the traces of a run; files that are damaged are told in the log and left out."""
    return StoredTraces(run_dir(store, run_id))


def late_comparisons(store: Path, spec: RunSpec) -> list[Answer]:
    """Return the answers of a compressed run that are not compared with the dense ones, though these are kept by now.

    Raises:
        CorruptFileError: a part is damaged.
    """
    if spec.recipe.is_dense or spec.temperature:
        return []
    traces = read_traces(store, spec.dense().run_id)
    return [answer for answer in _uncompared(store, spec) if (answer.sample_id, answer.turn) in traces] if traces else []


def awaits_dense(store: Path, spec: RunSpec) -> bool:
    """Return whether answers of a compressed run are still to be compared with dense ones that are queued or being given.

    Raises:
        CorruptFileError: a part is damaged.
    """
    if spec.recipe.is_dense or spec.temperature or find_task(spec.task).kind not in TRACED:
        return False
    dense = spec.dense()
    is_coming = (run_dir(store, dense.run_id) / "spec.json").exists() and read_status(store, dense.run_id).state in ("queued", "running")
    return is_coming and bool(_uncompared(store, spec))


def _uncompared(store: Path, spec: RunSpec) -> list[Answer]:
    """Return the last answer to each turn where it was not compared with the dense one."""
    parts = (read_part(path) for path in part_files(run_dir(store, spec.run_id)))
    answers = {(answer.sample_id, answer.turn): answer for part in parts for answer in part.answers}
    return [answer for answer in answers.values() if answer.dense_n_tokens is None and answer.finish != "overflow"]


def _read(path: Path) -> Iterator[tuple[Turn, Trace]]:
    import numpy as np

    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as held:
        raw = {name: held[name] for name in held.files}
    turns = json.loads(raw["turns"].tobytes())
    prompts = np.split(raw["prompts"], np.cumsum(raw["prompt_lengths"])[:-1])
    ends = np.cumsum(raw["lengths"])[:-1]
    columns = (np.split(raw[name], ends) for name in ("tokens", "top_ids", "top_logprobs"))
    for (sample_id, turn), prompt, tokens, ids, logprobs in zip(turns, prompts, *columns, strict=True):
        trace = Trace(prompt=tuple(prompt.tolist()), tokens=tuple(tokens.tolist()), top_ids=ids, top_logprobs=logprobs)
        yield (str(sample_id), int(turn)), trace
