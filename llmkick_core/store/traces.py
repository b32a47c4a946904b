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
from collections.abc import Iterator, Mapping
from pathlib import Path

from llmkick_core.store.layout import run_dir, write_atomic
from llmkick_core.trace import Trace, Turn

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


def read_traces(store: Path, run_id: str) -> dict[Turn, Trace]:
    """Return the traces of a run; files that are damaged are told in the log and left out."""
    found: dict[Turn, Trace] = {}
    for path in sorted(run_dir(store, run_id).glob("traces-*.npz")):
        try:
            found.update(_read(path))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            logger.warning("%s is damaged (%s); what is compared with its answers stays unknown.", path, error)
    return found


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
