"""Who answers: a model of the store, served from its folder by a server of ours, or a model behind somebody's server.

    source_of(spec)                                       of a run: its dense or compressed model, or its endpoint
    typed("http://127.0.0.1:8000/v1", "llama")            typed into the page

Neither whoever reaches the page nor a run folder that came from somebody else may make the app call arbitrary addresses: they are of this machine, unless
LLMKICK_LIVE_ENDPOINTS names them. The API key goes to addresses that the environment or the command line names, never to one that was typed or that a run names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import ModelError
from llmkick_core.models.addresses import is_trusted
from llmkick_core.models.chat import is_vicuna, papers_prompt, vicuna_prompt
from llmkick_core.models.hub import HUB_FILES, cached_snapshot, commit_of, split_hub
from llmkick_core.models.locate import fetch, is_endpoint, is_imported, locate, no_model, plain_errors, shown, split_endpoint
from llmkick_core.models.template import read_template
from llmkick_core.schema import RunSpec

_LONGEST_ADDRESS = 300


@dataclass(frozen=True, kw_only=True)
class Served:
    """A model of the store, which a server of ours serves."""

    spec: RunSpec
    """A run of it: model, revision and recipe are taken from there."""

    @property
    def key(self) -> str:
        """Return what is the same for all runs of the model and recipe."""
        return self.spec.compression_id


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A model behind a server that was there before."""

    url: str
    """Such as http://127.0.0.1:8000/v1."""
    name: str
    """The model's name there."""
    has_key: bool
    """Whether it is sent the API key of the environment that belongs to its address."""

    @property
    def key(self) -> str:
        """Return what tells it from others."""
        return f"{self.url}#{self.name}"


Source = Served | Remote


def source_of(spec: RunSpec, *, is_named: bool = False) -> Source:
    """Return who answers as the model of a run did.

    Args:
        spec: the run, which may have been made elsewhere.
        is_named: whether whoever started this process named the model, so that its address may be called and is sent the key.

    Raises:
        ModelError: its endpoint has no address, or it is known by imported answers alone.
        EndpointError: its endpoint may not be called.
    """
    if is_imported(spec.model):
        raise no_model(spec.model)
    if not is_endpoint(spec.model):
        return Served(spec=spec)
    url, name = split_endpoint(spec.model)
    return Remote(url=url, name=name, has_key=True) if is_named else Remote(url=url, name=name, has_key=is_trusted(url))


def typed(address: str, name: str) -> Remote:
    """Return the model behind an address that somebody typed.

    Raises:
        ModelError: it is no address.
        EndpointError: it may not be called.
    """
    if len(address) + len(name) > _LONGEST_ADDRESS:
        raise ModelError(f"the address and the name of a model have at most {_LONGEST_ADDRESS} characters together.")
    url, name = split_endpoint(f"endpoint:{address.strip()}#{name.strip()}")
    return Remote(url=url, name=name, has_key=is_trusted(url))


def check_here(spec: RunSpec) -> None:
    """Check that the model of a run which this installation was not asked for is on this machine: nothing is downloaded because a store names it.

    Raises:
        ModelError: it is on the hub, and not in the local cache.
    """
    if not spec.model.startswith("hub:"):
        return
    repo, _, file = split_hub(spec.model)
    with plain_errors(spec.model):
        found = cached_snapshot(repo, commit_of(spec.model_revision), [file] if file else HUB_FILES)
    if found is None or (file and not (found / file).is_file()):
        raise ModelError(
            f"model {shown(spec.model)} is not on this machine, and its run was not started here, so it is not downloaded for it: "
            "run the model on the Run page first."
        )


def dense_folder(spec: RunSpec, *, report: Callable[[str], None] | None = None, should_stop: Callable[[], bool] | None = None) -> Path:
    """Return the folder of a run's dense model, fetched or dequantized where it is not here, by processes of their own.

    `report` is told what is done, `should_stop` asked meanwhile whether to give up.

    Raises:
        ModelError: it is not here any more, or is not what the run asked.
    """
    location = locate(spec.model)
    if location.revision != spec.model_revision:
        raise ModelError(
            f"model {spec.model} has changed since it was asked ({spec.model_revision} then, {location.revision} now); run it again to see it live."
        )
    if location.path is None and location.source is None and location.model.startswith("hub:") and settings.is_offline():
        raise ModelError(f"model {spec.model} is not on this machine; download it, or unset HF_HUB_OFFLINE.")
    return fetch(location, report=report, should_stop=should_stop)


def chat_shape(folder: Path) -> str:
    """Return how conversations are put to a model: `own` (its tokenizer's template), `vicuna`, or `paper` where it has none.

    Raises:
        ModelError: its template cannot be read.
    """
    return "own" if read_template(folder) else "vicuna" if is_vicuna(folder) else "paper"


def raw_chat(shape: str, said: str) -> str:
    """Return the raw prompt of a first message in a shape that is not the tokenizer's own."""
    from llmkick_core.models.base import Message

    messages = (Message(role="user", content=said),)
    return vicuna_prompt(messages) if shape == "vicuna" else papers_prompt(messages, end="</s>")
