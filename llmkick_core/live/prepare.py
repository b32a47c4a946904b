"""Make the folder that is served from a recipe's compressed blocks: a process of its own, because it loads torch.

    python -m llmkick_core.live.prepare --store data/store --spec '{"model": "bundled:kick-tiny", ...}' [--device cpu]

Each line on stdout is a JSON object: `{"stage": "compressing", "block": 3, "n_blocks": 6}` on the way, `{"folder": "..."}` or `{"error": "..."}` at the end.
Blocks that were dropped are compressed again. The weights are written in the number format that the device computes in, so that the folder answers as
the run did. It ends when its stdin does, with whoever started it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from llmkick_core.compression import publish
from llmkick_core.errors import JobError, LlmkickError, StoreError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import prune_kept
from llmkick_core.models.child import end_with_parent, keep_stdout
from llmkick_core.run import compressed_model
from llmkick_core.schema import RunSpec
from llmkick_core.seals import is_sealed, seal
from llmkick_core.store.kept import touch
from llmkick_core.store.layout import served_dir
from llmkick_core.store.locks import group_lock, held
from llmkick_core.store.opener import make_folder
from llmkick_core.store.trees import check_folder, remove_tree

_PATIENCE_S = 5.0


def prepare(store: Path, spec: RunSpec, *, device: str | None, report: Callable[..., None]) -> Path:
    """Return the folder of a run's compressed model, after making it where it is not there; other kept models above the store's limit go.

    Args:
        store: root of the store.
        spec: a run of the recipe, which need not have been asked anything.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        report: called with `stage`, and with `block` and `n_blocks` after each block.

    Raises:
        JobError: a worker is at the recipe.
        StoreError: the folder cannot be written.
    """
    folder = check_folder(served_dir(store, spec.compression_id))
    with held(group_lock(store, spec.compression_id), patience_s=_PATIENCE_S) as is_mine:
        if not is_mine:
            raise JobError(f"a worker is at {spec.recipe.label} now; try again when its runs are done.")
        if not (folder.is_dir() and is_sealed(folder)):
            remove_tree(folder)
            _make(store, spec, folder, device, report)
    touch(folder)
    prune_kept(LocalExecutor(store), {spec.compression_id})
    return folder


def _make(store: Path, spec: RunSpec, folder: Path, device: str | None, report: Callable[..., None]) -> None:
    from safetensors import SafetensorError

    from llmkick_core.models import with_weights
    from llmkick_core.models.hugging_face import DTYPES

    model = with_weights(compressed_model(store, spec, device=device, report=report)[0])
    names = {dtype: name for name, dtype in DTYPES.items()}
    partial = folder.with_name(f".{folder.name}.partial")
    report(stage="writing")
    try:
        make_folder(partial.parent)
        remove_tree(partial)
        partial.mkdir()
        model.save(partial, dtype=names[next(model.module.parameters()).dtype])
        seal(partial, name=folder.name)
        publish(partial, folder)
    except (OSError, SafetensorError) as error:
        remove_tree(partial)
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"cannot write {folder}: {reason}. Make room, and start again.") from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Make one folder, tell how it goes, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m llmkick_core.live.prepare", description="Make the folder of a compressed model.")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--spec", type=json.loads, required=True)
    parser.add_argument("--device", default=None)
    options = parser.parse_args(arguments)
    told = keep_stdout()
    end_with_parent()

    def tell(**words: Any) -> None:
        os.write(told, f"{json.dumps(words)}\n".encode())

    try:
        tell(folder=str(prepare(options.store, RunSpec.from_dict(options.spec), device=options.device, report=tell)))
    except LlmkickError as error:
        tell(error=str(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
