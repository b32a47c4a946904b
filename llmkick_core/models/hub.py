"""Models on the Hugging Face hub, or in its local cache. No torch.

split_hub("hub:org/name@main:model.Q4_K_M.gguf")  # -> ("org/name", "main", "model.Q4_K_M.gguf")
"""

from __future__ import annotations

import time
from fnmatch import fnmatch
from math import inf
from pathlib import Path, PurePosixPath

from llmkick_core.errors import ModelError
from llmkick_core.models.identity import MORE_FILES, TEXT_FILES
from llmkick_core.models.weight_files import INDEX, PICKLE, PICKLE_INDEX, WHOLE, missing_files, pickle_files, weight_files

_SMALL_FILES = [*TEXT_FILES, *MORE_FILES, PICKLE_INDEX]

HUB_FILES = [*_SMALL_FILES, "*.safetensors", "*.bin"]
"""What may belong to a model that lies in safetensors or pickles."""
_ELSEWHERE = [
    "*/*.model",
    "*/*.tiktoken",
    "*/*.spm",
    "*/*.safetensors",
    "*/*.bin",
    "consolidated*.safetensors",
    "adapter_model.safetensors",
]
"""What does not, in the folders of a repository and beside its weights: the same weights once more, in another form; adapters."""

HUB_WORDS = "hub:org/name@revision, such as hub:lmsys/vicuna-7b-v1.3@main, with :FILE.gguf after it for a GGUF file"
"""How such a model is written."""

_REMEMBERED_S = 60.0
_UNREACHABLE_S = 10.0
_told: dict[tuple[str, str, str], tuple[float, str | None]] = {}  # when the hub was asked for something, and what it said


def split_hub(model: str) -> tuple[str, str, str]:
    """Return (repository, revision, file) of the words for a model of the hub; the file is empty unless one is named.

    Raises:
        ModelError: they are not of that form.
    """
    words = model.removeprefix("hub:")
    place, _, file = words.partition(":")
    repo, _, revision = place.partition("@")
    parts = PurePosixPath(file).parts
    is_file = not file or (file.lower().endswith(".gguf") and not file.startswith("/") and ".." not in parts)
    if repo.count("/") != 1 or not all(repo.split("/")) or not is_file or (":" in words and not file):
        raise ModelError(f"model hub:{words} is not {HUB_WORDS}.")
    return repo, revision or "main", file


def commit_on_hub(model: str, repo: str, revision: str, file: str) -> str | None:
    """Return the commit a branch or tag points at, or None where the hub cannot be reached; asked once in a minute, however often a page is drawn.

    Raises:
        ModelError: the hub does not have it, or nothing of it can be loaded.
    """
    key = (repo, revision, file)
    told_at, commit = _told.get(key, (-inf, None))
    if time.monotonic() - told_at > (_REMEMBERED_S if commit else _UNREACHABLE_S):
        commit = _ask(model, repo, revision, file)
        _told[key] = (time.monotonic(), commit)
    return commit


def _ask(model: str, repo: str, revision: str, file: str) -> str | None:
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        info = HfApi().model_info(repo, revision=revision, timeout=10)
    except GatedRepoError as error:
        raise ModelError(
            f"model {model} asks for a licence to be accepted on the hub first; do so there, and log in with `hf auth login`."
        ) from error
    except RevisionNotFoundError as error:
        raise ModelError(f"model {model} has no revision {revision!r} on the hub.") from error
    except RepositoryNotFoundError as error:
        raise ModelError(f"no model {repo!r} on the hub, or no right to read it.") from error
    except (HTTPError, OSError):
        return None
    names = [one.rfilename for one in info.siblings or ()]
    ggufs = [name for name in names if name.lower().endswith(".gguf")]
    if file and file not in names:
        raise ModelError(
            f"model hub:{repo}@{revision} has no file {file!r} on the hub. GGUF files there: {', '.join(ggufs[:6]) or 'none'}."
        )
    if not file and not any(_is_weights(name) for name in names):
        if ggufs:
            raise ModelError(f"model {model} has GGUF files only on the hub; name one of them: hub:{repo}@{revision}:{ggufs[0]}.")
        raise ModelError(f"model {model} has no *.safetensors weights on the hub, and no {PICKLE}.")
    return info.sha


def _is_weights(name: str) -> bool:
    """Return whether a file of a repository holds weights, or names the files that do."""
    return name in (INDEX, PICKLE, PICKLE_INDEX) or (name.endswith(".safetensors") and not any(fnmatch(name, one) for one in _ELSEWHERE))


def cached_snapshot(repo: str, revision: str, patterns: list[str]) -> Path | None:
    """Return the snapshot of a commit or branch in the local cache of the hub, or None."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo, revision=revision, local_files_only=True, allow_patterns=patterns))
    except LocalEntryNotFoundError:
        return None


def download_model(model: str, repo: str, revision: str) -> Path:
    """Return the folder of a snapshot of the hub that holds a model: its small files, and of its weights those that are read, each once.

    That is `model.safetensors`, else what its index names, else the safetensors that are there, and only where there are none `pytorch_model.bin`, or what its
    index names.

    Raises:
        ModelError: it cannot be downloaded.
    """
    folder = download(model, repo, revision, [*_SMALL_FILES, WHOLE], _ELSEWHERE)
    if not (folder / WHOLE).is_file():
        if not (folder / INDEX).is_file() and not any(folder.glob("*.safetensors")):
            download(model, repo, revision, ["*.safetensors"], _ELSEWHERE)
        if not weight_files(folder) and not pickle_files(folder):
            download(model, repo, revision, [PICKLE])
        if missing := [name for name in missing_files(folder) if name not in (INDEX, PICKLE_INDEX)]:
            download(model, repo, revision, missing)
    return folder


def commit_of(revision: str) -> str:
    """Return the commit of a model's revision on the hub; behind a dot stands how its file is read (`dequantized.hub_revision_of`)."""
    return revision.partition(".")[0]


def download(model: str, repo: str, revision: str, patterns: list[str], unwanted: list[str] | None = None) -> Path:
    """Return the folder of a snapshot of the hub that holds the files named by patterns, without the unwanted ones.

    Raises:
        ModelError: it cannot be downloaded.
    """
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repo, revision=revision, allow_patterns=patterns, ignore_patterns=unwanted))
    except (HTTPError, OSError) as error:
        raise ModelError(f"model {model} cannot be downloaded: {first_line(error)}") from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
