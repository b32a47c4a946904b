"""Language models behind one protocol: Hugging Face folders and hub ids now, endpoints later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmkick_core.errors import ModelError

if TYPE_CHECKING:
    from llmkick_core.models.hugging_face import HuggingFaceModel


def open_model(
    model: str, *, revision: str = "", device: str | None = None, threads: int | None = None, dtype: str | None = None
) -> HuggingFaceModel:
    """Return a model ready to be asked, on `device` or on the best one there is.

    Args:
        model: `bundled:NAME`, a folder, or `hub:org/name@revision`.
        revision: the fingerprint or commit it must have; empty takes what is there.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        threads: of the CPU; None takes as many as the environment says, else all.
        dtype: of the weights on a GPU: `BF16`, `F16` or `F32`; None chooses. A CPU has float32.

    Raises:
        ModelError: it cannot be found, is not the revision asked for, or cannot be loaded.
    """
    from dataclasses import replace

    from llmkick_core.models.hugging_face import load
    from llmkick_core.models.locate import fetch, locate

    location = locate(model)
    if revision and location.revision != revision:
        if not model.startswith("hub:"):
            raise ModelError(
                f"model {model} has changed since the run was asked for ({revision} then, {location.revision} now); submit the run again."
            )
        location = replace(location, revision=revision, path=None)  # the branch moved on; the commit is still there
    return load(fetch(location), device=device, threads=threads, dtype=dtype)
