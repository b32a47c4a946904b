"""Language models behind one protocol: Hugging Face folders, hub ids, and models behind an endpoint."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from llmkick_core.errors import ModelError

if TYPE_CHECKING:
    from llmkick_core.models.base import LanguageModel
    from llmkick_core.models.hugging_face import HuggingFaceModel


def open_model(
    model: str,
    *,
    revision: str = "",
    device: str | None = None,
    threads: int | None = None,
    dtype: str | None = None,
    is_asked: bool = True,
    is_compressed: bool = False,
    has_key: bool = True,
    report: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> LanguageModel:
    """Return a model ready to be asked, on `device` or on the best one there is; one behind an endpoint where its server is.

    Args:
        model: `bundled:NAME`, a folder, a GGUF file, `package:NAME`, `hub:org/name@revision`, or `endpoint:URL#name`.
        revision: the fingerprint or commit it must have; empty takes what is there.
        device: `cpu`, `cuda`, `cuda:1`; None chooses.
        threads: of the CPU; None takes as many as the environment says, else all.
        dtype: of the weights on a GPU: `BF16`, `F16` or `F32`; None chooses. A CPU has float32.
        is_asked: whether it is to be asked anything; recurrent architectures can only be compressed.
        is_compressed: whether it is to be compressed, which a model that was quantized before is not.
        has_key: whether the server of an endpoint is sent the API key.
        report: told in a few words what is fetched, downloaded or dequantized first.
        should_stop: asked meanwhile whether to give up.

    Raises:
        ModelError: it cannot be found, is not the revision asked for, or cannot be loaded.
        EndpointError: its server is not there, or does not know it.
    """
    from llmkick_core.models.locate import at_revision, fetch, is_endpoint, locate

    if is_endpoint(model):
        from llmkick_core.models.openai_api import connect

        return connect(model, has_key=has_key)

    from llmkick_core.models.hugging_face import load
    from llmkick_core.models.source_format import check_compressible

    location = at_revision(locate(model), revision) if revision else locate(model)
    folder = fetch(location, report=report, should_stop=should_stop)
    if is_compressed:
        check_compressible(folder)
    return load(folder, device=device, threads=threads, dtype=dtype, is_asked=is_asked)


def with_weights(model: LanguageModel) -> HuggingFaceModel:
    """Return a model as one whose weights are here, which can be compressed.

    Raises:
        ModelError: it is behind an endpoint.
    """
    from llmkick_core.models.hugging_face import HuggingFaceModel

    if not isinstance(model, HuggingFaceModel):
        raise ModelError(
            "a model behind an endpoint has no weights here to compress: ask it dense, or name its folder or hub:org/name@revision."
        )
    return model
