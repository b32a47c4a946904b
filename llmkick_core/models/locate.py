"""Where a model lies and which revision of it that is. No torch.

    bundled:kick-tiny        a folder under data/bundled
    /models/vicuna-7b        any folder with config.json, tokenizer and safetensors
    hub:org/name@revision    the Hugging Face hub or its local cache, pinned to a commit
    endpoint:http://localhost:8000/v1#name    a model behind a server that speaks OpenAI's protocol; nothing pins it
    import:name              a model that is not here: answers of it were read from a file, and nothing can be asked of it

Weights are read from safetensors only, and code that comes with a model is never run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from llmkick_core import settings
from llmkick_core.errors import ModelError
from llmkick_core.models.config_check import check_config
from llmkick_core.models.source_format import check_source

_INDEX = "model.safetensors.index.json"
_TEXT_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "tokenizer.model",
    "spiece.model",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    _INDEX,
)
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "vocab.txt")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")
_HUB_FILES = [*_TEXT_FILES, "*.safetensors"]
_WHOLE = 2**30  # weights up to this many bytes are hashed whole
_PIECE = 2**20  # of larger ones, pieces of this many bytes
_N_PIECES = 32
_COMMIT_LENGTH = 40
_HUB_WORDS = "hub:org/name@revision, such as hub:lmsys/vicuna-7b-v1.3@main"
_ENDPOINT = "endpoint:"
_ENDPOINT_WORDS = "endpoint:URL#model-name, such as endpoint:http://localhost:8000/v1#llama"
_UNPINNED = "unpinned"
_IMPORT = "import:"


@dataclass(frozen=True, kw_only=True)
class Location:
    """A model that was found."""

    model: str
    """The model in its canonical words: equal models have equal words."""
    revision: str
    """Fingerprint of a folder (16 hexadecimal digits), commit on the hub (40), or `unpinned`: what a server serves under a name may change."""
    path: Path | None
    """Its folder; None while a model of the hub has not been downloaded, and behind an endpoint."""


def locate(model: str) -> Location:
    """Return where a model lies, checked as far as that goes without loading it.

    Raises:
        ModelError: it is unknown, known by imported answers alone, its folder lacks config, tokenizer or safetensors, its config is no decoder's, or its
            weights are quantized in a way that is not dequantized here.
    """
    found = _locate(model)
    if found.path is not None:
        check_contents(found.path)
    return found


def _locate(model: str) -> Location:
    scheme, _, rest = model.partition(":")
    if is_imported(model):
        raise no_model(model)
    if scheme == "bundled":
        return _locate_bundled(rest)
    if scheme == "hub":
        return _locate_hub(rest)
    if is_endpoint(model):
        url, name = split_endpoint(model)
        return Location(model=f"{_ENDPOINT}{url}#{name}", revision=_UNPINNED, path=None)
    folder = Path(model).expanduser()
    if not model or not folder.exists():
        raise ModelError(
            f"no model {model!r}: it is no folder. Known: {known_bundled()}, a folder, hub:org/name@revision, or {_ENDPOINT}URL#name."
        )
    folder = folder.resolve()
    if folder.parent == settings.BUNDLED_ROOT.resolve():
        return _locate_bundled(folder.name)
    check_folder(folder)
    return Location(model=str(folder), revision=fingerprint(folder), path=folder)


def fetch(location: Location) -> Path:
    """Return the folder of a model, downloading it from the hub where it is not there yet.

    Raises:
        ModelError: the download failed, or what came is not usable.
    """
    if location.path is not None:
        return location.path
    if is_endpoint(location.model):
        raise no_weights(location.model)
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download

    repo = location.model.removeprefix("hub:").partition("@")[0]
    try:
        folder = Path(snapshot_download(repo, revision=location.revision, allow_patterns=_HUB_FILES))
    except (HTTPError, OSError) as error:
        raise ModelError(f"model {location.model} cannot be downloaded: {first_line(error)}") from error
    check_folder(folder)
    return folder


def is_endpoint(model: str) -> bool:
    """Return whether the words name a model behind a server, which can be asked but not compressed."""
    return model.startswith(_ENDPOINT)


def is_imported(model: str) -> bool:
    """Return whether the words name a model of which there are only answers that were read from a file."""
    return model.startswith(_IMPORT)


def imported(name: str) -> str:
    """Return the words for a model whose answers were read from a file: `import:vicuna-7b`."""
    return f"{_IMPORT}{name}"


def imported_name(model: str) -> str:
    """Return the name under which a model's answers were imported; empty where they were not."""
    return model.removeprefix(_IMPORT) if is_imported(model) else ""


def no_model(model: str) -> ModelError:
    """Return what is wrong where a model is to be asked of which there are only imported answers."""
    return ModelError(
        f"model {model} is known by its imported answers alone, so nothing can be asked of it: `import` a file with more of its answers, "
        "or name the model's folder or hub:org/name@revision."
    )


def no_weights(model: str) -> ModelError:
    """Return what is wrong where the weights of a model behind an endpoint are asked for."""
    return ModelError(
        f"model {model} is behind an endpoint, so its weights are not here to compress: ask it as it is (without --method), "
        "or name its folder or hub:org/name@revision."
    )


def split_endpoint(model: str) -> tuple[str, str]:
    """Return (URL, name of the model there) of an endpoint's words, scheme and host in small letters, no slash at the end. Nothing is asked yet.

    Raises:
        ModelError: they are not an http or https URL and a name, or hold a password or a query, which belong in no store; no message repeats them.
    """
    words = model.removeprefix(_ENDPOINT)
    try:
        parts = urlsplit(words)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ModelError(f"the address of an endpoint is not a URL. Write {_ENDPOINT_WORDS}.") from error
    if "@" in words.partition("#")[0] or parts.query:
        raise ModelError(
            f"an endpoint's address holds neither user, password nor a query; the API key goes into LLMKICK_API_KEY. Write {_ENDPOINT_WORDS}."
        )
    if parts.scheme not in ("http", "https") or not host or any(letter.isspace() or not letter.isprintable() for letter in words):
        raise ModelError(f"model {model!r} has no http:// or https:// address. Write {_ENDPOINT_WORDS}.")
    if not parts.fragment:
        raise ModelError(f"model {model!r} does not say which model of that server. Write {_ENDPOINT_WORDS}.")
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path.rstrip('/')}", parts.fragment


def bundled_names() -> list[str]:
    """Return the names of the bundled models."""
    return sorted(path.parent.name for path in settings.BUNDLED_ROOT.glob("*/config.json"))


def known_bundled() -> str:
    """Return the bundled models as words for a message."""
    return ", ".join(f"bundled:{name}" for name in bundled_names()) or "no bundled model"


def check_folder(folder: Path) -> None:
    """Check that a folder holds a config, a tokenizer and all of its safetensors.

    Raises:
        ModelError: something is missing; the message says what.
    """
    if not folder.is_dir():
        raise ModelError(f"model {folder} is a file; give the folder that holds config.json.")
    if not (folder / "config.json").is_file():
        raise ModelError(f"model folder {folder} has no config.json; give the folder that save_pretrained wrote.")
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        if pickles:
            raise ModelError(
                f"model folder {folder} holds pickle weights only ({pickles[0]}), which can run code when loaded; "
                "convert them: load once with transformers, then save_pretrained(..., safe_serialization=True)."
            )
        raise ModelError(f"model folder {folder} holds no *.safetensors weights.")
    missing = _missing_shards(folder)
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ModelError(f"model folder {folder} lacks {missing[0]}{more} of its weights; copy or download the model again.")
    if not any((folder / name).is_file() for name in _TOKENIZER_FILES):
        raise ModelError(
            f"model folder {folder} has no tokenizer ({' or '.join(_TOKENIZER_FILES[:3])}); copy the model's tokenizer files there."
        )


def check_contents(folder: Path) -> None:
    """Check what a folder's config and the headers of its weights say, where they are there.

    Raises:
        ModelError: the config is no decoder's, or the weights are quantized in a way that is not dequantized here.
    """
    if (folder / "config.json").is_file():
        check_config(folder)
        check_source(folder)


def _missing_shards(folder: Path) -> list[str]:
    """Return the files of sharded weights that are not there: those that the index names, or the index itself.

    Weights in one file have no index that counts.

    Raises:
        ModelError: the index is damaged.
    """
    index = folder / _INDEX
    if (folder / "model.safetensors").is_file():
        return []
    if not index.is_file():
        return [_INDEX] if any(folder.glob("*-of-*.safetensors")) else []
    try:
        shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        return sorted(name for name in shards if not (folder / name).is_file())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"{index} is not the index of a model's weights ({first_line(error)}); copy or download the model again."
        ) from error


def fingerprint(folder: Path) -> str:
    """Return 16 hexadecimal digits of a SHA-256 over config, tokenizer and weights: names, sizes and content.

    Weights above 1 GiB in all are sampled: 32 pieces of 1 MiB of each file, spread evenly from first byte to last.
    """
    files = [folder / name for name in _TEXT_FILES if (folder / name).is_file()] + sorted(folder.glob("*.safetensors"))
    return _fingerprint(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=64)
def _fingerprint(files: tuple[tuple[Path, int, int], ...]) -> str:
    total = sum(size for path, size, _ in files if path.suffix == ".safetensors")
    seen = hashlib.sha256()
    for path, size, _ in files:
        seen.update(f"{path.name}\0{size}\0".encode())
        is_sampled = total > _WHOLE and path.suffix == ".safetensors" and size > _N_PIECES * _PIECE
        with path.open("rb") as stream:
            if not is_sampled:
                while piece := stream.read(_PIECE):
                    seen.update(piece)
                continue
            for i in range(_N_PIECES):
                stream.seek((size - _PIECE) * i // (_N_PIECES - 1))
                seen.update(stream.read(_PIECE))
    return seen.hexdigest()[:16]


def _locate_bundled(name: str) -> Location:
    if name not in bundled_names():
        raise ModelError(f"no bundled model {name!r}. Known: {known_bundled()}, a folder, or hub:org/name@revision.")
    folder = settings.BUNDLED_ROOT / name
    check_folder(folder)
    return Location(model=f"bundled:{name}", revision=fingerprint(folder), path=folder)


def _locate_hub(words: str) -> Location:
    from huggingface_hub.errors import HFValidationError

    repo, _, revision = words.partition("@")
    revision = revision or "main"
    if repo.count("/") != 1 or not all(repo.split("/")):
        raise ModelError(f"model hub:{words} is not {_HUB_WORDS}.")
    model = f"hub:{repo}@{revision}"
    is_commit = len(revision) == _COMMIT_LENGTH and all(letter in "0123456789abcdef" for letter in revision)
    try:
        commit = revision if is_commit else _commit_on_hub(model, repo, revision)
        cached = _cached(repo, commit or revision)
    except HFValidationError as error:
        raise ModelError(f"model hub:{words} cannot be on the hub: {first_line(error).rstrip('.')}. Write it as {_HUB_WORDS}.") from error
    if cached is None:
        if commit is None:
            raise ModelError(f"the hub cannot be reached and {model} is not in the local cache; download it first or use a folder.")
        return Location(model=model, revision=commit, path=None)
    try:
        check_folder(cached)
    except ModelError:
        if commit is None:
            raise
        return Location(model=model, revision=commit, path=None)  # a download that was broken off; fetch gets the rest
    return Location(model=model, revision=cached.name, path=cached)


def _commit_on_hub(model: str, repo: str, revision: str) -> str | None:
    """Return the commit a branch or tag points at, or None where the hub cannot be reached."""
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
    if not any(file.rfilename.endswith(".safetensors") for file in info.siblings or ()):
        raise ModelError(f"model {model} has no *.safetensors weights on the hub; pickle weights are not loaded.")
    return info.sha


def _cached(repo: str, revision: str) -> Path | None:
    """Return the snapshot of a commit or branch in the local cache of the hub, or None."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo, revision=revision, local_files_only=True, allow_patterns=_HUB_FILES))
    except LocalEntryNotFoundError:
        return None


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its type where it has none."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
