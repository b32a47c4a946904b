"""Trace files: what is kept of a dense run's answers beside their text, a file a batch, whole or absent.

traces-00000.npz: turns (JSON), prompts and tokens one after another with their lengths, top_ids (all tokens, K), top_logprobs (all tokens, K)

Sizes are looked at before anything is unpacked: a file of traces may come from somebody else, and a few kilobytes can be packed gigabytes.

They are written before the part that holds the answers, so that an answer that is known has its trace. A trace that is missing or damaged costs no answer:
what is compared with it stays unknown.
"""

from __future__ import annotations

import io
import json
import logging
import math
import re
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmkick_core.catalog import find_task
from llmkick_core.decoding import NAME, parse_json, whole
from llmkick_core.dense import TRACED
from llmkick_core.errors import CorruptFileError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.store.layout import run_dir
from llmkick_core.store.opener import TRACES, exists, files, read_bytes, write_new
from llmkick_core.store.parts import next_number, part_files, read_part
from llmkick_core.store.runs import read_status
from llmkick_core.trace import TOP, Trace, Turn

_FILES_HELD = 4
_MOST_UNPACKED = 2**29
_NAMED = r"traces-([0-9]{1,9})\.npz"
_MOST_TOKEN = 2**31 - 1
_HEADER = re.compile(
    rb"\{'descr': '([<|]([uif])([1248]))', 'fortran_order': False, 'shape': \((\d{1,10}(?:, ?\d{1,10})?,?)\), \} *\n",
)
_ARRAYS = {
    "turns": ("u", 1),
    "prompt_lengths": ("i", 1),
    "prompts": ("i", 1),
    "lengths": ("i", 1),
    "tokens": ("i", 1),
    "top_ids": ("i", 2),
    "top_logprobs": ("f", 2),
}
"""Kind of number and dimensions of each array of a file."""
_TURN = whole()

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    number = next_number(_number(path) for path in files(folder, _NAMED))
    write_new(lambda more: folder / f"traces-{number + more:05}.npz", held.getvalue())


def _number(path: Path) -> int:
    return int(path.stem.removeprefix("traces-"))


class StoredTraces(Mapping[Turn, Trace]):
    """The traces of a run, of which the last files read are held: a run asks for them in the order in which they were written."""

    def __init__(self, folder: Path) -> None:
        self._held: OrderedDict[Path, dict[Turn, Trace]] = OrderedDict()
        self._place: dict[Turn, Path] = {}
        for path in sorted(files(folder, _NAMED), key=_number):
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
            except (CorruptFileError, FileNotFoundError, ValueError) as error:
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
    is_coming = exists(run_dir(store, dense.run_id) / "spec.json") and read_status(store, dense.run_id).state in ("queued", "running")
    return is_coming and bool(_uncompared(store, spec))


def _uncompared(store: Path, spec: RunSpec) -> list[Answer]:
    """Return the last answer to each turn where it was not compared with the dense one."""
    parts = (read_part(path) for path in part_files(run_dir(store, spec.run_id)))
    answers = {(answer.sample_id, answer.turn): answer for part in parts for answer in part.answers}
    return [answer for answer in answers.values() if answer.dense_n_tokens is None and answer.finish != "overflow"]


def _read(path: Path) -> Iterator[tuple[Turn, Trace]]:
    import numpy as np

    raw = _arrays(read_bytes(path, TRACES))
    turns = parse_json(raw["turns"].tobytes())
    if type(turns) is not list or not all(_is_turn(turn) for turn in turns):
        raise ValueError("its turns are of another kind")
    n_tokens = _total(raw["lengths"], "lengths", least=1)
    is_whole = len(turns) == len(raw["lengths"]) == len(raw["prompt_lengths"]) and len(raw["tokens"]) == n_tokens
    is_whole &= len(raw["prompts"]) == _total(raw["prompt_lengths"], "prompt_lengths", least=0)
    if (
        not is_whole
        or raw["top_ids"].shape != raw["top_logprobs"].shape
        or len(raw["top_ids"]) != n_tokens
        or raw["top_ids"].shape[1] > TOP
    ):
        raise ValueError("its arrays do not fit each other")
    for name in ("prompts", "tokens", "top_ids"):
        if raw[name].size and not 0 <= int(raw[name].min()) <= int(raw[name].max()) <= _MOST_TOKEN:
            raise ValueError(f"{name} holds what is no token")
    if np.isnan(raw["top_logprobs"]).any() or (raw["top_logprobs"] > 1e-3).any():
        raise ValueError("top_logprobs holds what is no log-probability")
    prompts = np.split(raw["prompts"], np.cumsum(raw["prompt_lengths"])[:-1])
    ends = np.cumsum(raw["lengths"])[:-1]
    columns = (np.split(raw[name], ends) for name in ("tokens", "top_ids", "top_logprobs"))
    for (sample_id, turn), prompt, tokens, ids, logprobs in zip(turns, prompts, *columns, strict=True):
        yield (
            (sample_id, turn),
            Trace(
                prompt=tuple(prompt.tolist()),
                tokens=tuple(tokens.tolist()),
                top_ids=ids.astype(np.int32, copy=False),
                top_logprobs=logprobs.astype(np.float32, copy=False),
            ),
        )


def _is_turn(turn: object) -> bool:
    return type(turn) is list and len(turn) == 2 and NAME.holds(turn[0]) and _TURN.holds(turn[1])


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file after looking at the kind and size that each says it has.

    Raises:
        ValueError: one is missing, of another kind, or too large, or the file is no archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = {one.filename: one.file_size for one in archive.infolist()}
            if set(sizes) != {f"{name}.npy" for name in _ARRAYS} or len(archive.infolist()) != len(_ARRAYS):
                raise ValueError("it holds other arrays than traces have")
            if sum(sizes.values()) > _MOST_UNPACKED:
                raise ValueError(f"it unpacks to {sum(sizes.values()):,} bytes; at most {_MOST_UNPACKED:,} are read")
            found = {}
            for name, (kind, n_dimensions) in _ARRAYS.items():
                with archive.open(f"{name}.npy") as stream:
                    packed = stream.read(sizes[f"{name}.npy"])
                found[name] = _array(packed, name, kind, n_dimensions)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OverflowError, OSError) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    return found


def _array(packed: bytes, name: str, kind: str, n_dimensions: int) -> NDArray[Any]:
    """Return an array of the npy format, version 1.0.

    Its header is an expression in Python, which numpy evaluates; here it has the one form in which numpy writes it.

    Raises:
        ValueError: it is of another form or kind, or says that it has another size than its bytes.
    """
    import numpy as np

    if packed[:8] != b"\x93NUMPY\x01\x00" or len(packed) < 10:
        raise ValueError(f"{name} is no array of the format's version 1.0")
    start = 10 + int.from_bytes(packed[8:10], "little")
    header = _HEADER.fullmatch(packed[10:start])
    if header is None or header[2].decode() != kind:
        raise ValueError(f"{name} is an array of another kind")
    shape = tuple(int(one) for one in header[4].split(b",") if one.strip())
    if len(shape) != n_dimensions or math.prod(shape) * int(header[3]) != len(packed) - start:
        raise ValueError(f"{name} says that it has {' x '.join(map(str, shape))} values, and has others")
    return (
        np.frombuffer(packed, dtype=header[1].decode(), offset=start).reshape(shape).copy()
    )  # torch takes no memory that it may not write to


def _total(lengths: NDArray[Any], name: str, *, least: int) -> int:
    if lengths.size and (int(lengths.min()) < least or int(lengths.max()) > _MOST_TOKEN):
        raise ValueError(f"{name} holds what is no length")
    return int(lengths.astype("int64").sum())
