"""Seals: what this installation wrote into a store is known again by a code that nobody else can make.

    seal(folder / "block-003.safetensors")         writes block-003.safetensors.seal beside it
    is_sealed(folder / "block-003.safetensors")    True until a byte of either changes

    seal(folder)       of a folder: writes folder/.seal, over the names and contents of all files below it
    is_sealed(folder)

A store may come from anybody, and so may the compressed weights in it: answers that they gave would stand under the name of a recipe that never made them. So
weights are only taken up again where they carry a seal, and are made anew where they do not. The key lies in LLMKICK_STATE, outside every store. A seal is
HMAC-SHA256 over the name and the SHA-256 of each file.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from functools import lru_cache
from pathlib import Path

from llmkick_core import settings
from llmkick_core.errors import StoreError

KEY = "seal.key"
"""Name of the file with the key, in LLMKICK_STATE."""

SUFFIX = ".seal"
"""Of the file that holds a seal."""

_KEY_BYTES = 32
_MOST_FILES = 10_000
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def seal(path: Path, *, name: str = "", content: Path | None = None) -> None:
    """Write the seal of a file or a folder.

    Args:
        path: of the file or folder.
        name: that it will have; its own where empty.
        content: where a file lies before it is moved to `path`.

    Raises:
        StoreError: the key or the seal cannot be written.
    """
    place = _place(path)
    try:
        code = _code(content or path, name or path.name)
        temporary = place.with_name(f"{place.name}.tmp")
        temporary.unlink(missing_ok=True)
        temporary.write_text(code, encoding="ascii")
        temporary.replace(place)
    except OSError as error:
        raise StoreError(f"cannot write {place}: {error.strerror}. Make room, or choose a writable folder with --store.") from error


def is_sealed(path: Path) -> bool:
    """Return whether a file or folder is as this installation wrote it."""
    try:
        told = _content(_place(path), most=1000).decode("ascii").strip()
        return hmac.compare_digest(told, _code(path, path.name))
    except (OSError, ValueError, StoreError):
        return False


def _place(path: Path) -> Path:
    return path / SUFFIX if path.is_dir() and not path.is_symlink() else path.with_name(f"{path.name}{SUFFIX}")


def _code(path: Path, name: str) -> str:
    """Return the seal of a file or folder; the files of a folder are those below it that are no seal."""
    told = hmac.new(_key(settings.state_root()), digestmod=hashlib.sha256)
    told.update(f"{name}\0".encode())
    if not path.is_dir():
        told.update(_digest(path))
        return told.hexdigest()
    files = sorted(one for one in path.rglob("*") if one.name != SUFFIX and not (one.is_dir() and not one.is_symlink()))
    if len(files) > _MOST_FILES:
        raise ValueError(f"{path} has {len(files):,} files")
    for one in files:
        told.update(f"{one.relative_to(path).as_posix()}\0".encode(errors="surrogateescape") + _digest(one))
    return told.hexdigest()


def _digest(path: Path) -> bytes:
    """Return the SHA-256 of a regular file that is no link."""
    with open(os.open(path, _OPEN), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError(f"{path} is no regular file")
        return hashlib.file_digest(stream, "sha256").digest()


def _content(path: Path, *, most: int) -> bytes:
    with open(os.open(path, _OPEN), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ValueError(f"{path} is no regular file")
        return stream.read(most)


@lru_cache(maxsize=4)
def _key(root: Path) -> bytes:
    """Return the key of this installation, made where there is none.

    Raises:
        StoreError: it cannot be written, or is damaged.
    """
    file = root / KEY
    try:
        if not file.exists():
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make(file)
        found = file.read_bytes()
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}. Name a folder of yours with LLMKICK_STATE.") from error
    if len(found) != _KEY_BYTES:
        raise StoreError(f"{file} has {len(found)} bytes, a key has {_KEY_BYTES}; remove it, and a new one is made.")
    return found


def _make(file: Path) -> None:
    """Write a new key, whole or not at all; that of another process which was faster stays."""
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # readable by its owner alone
    temporary = Path(name)
    try:
        with open(number, "wb") as stream:
            stream.write(secrets.token_bytes(_KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, file)
    finally:
        temporary.unlink()
