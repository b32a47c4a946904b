"""The one way to a file of a store: no link is followed below the store's folder, nothing but regular files is opened, and nothing is read beyond its size.

    read_bytes(run_dir(store, run_id) / "status.json", SMALL)    # -> b'{"run_id": ...'
    entries(runs_dir(store))                                      # -> [Entry(name="3f0c..", is_folder=True, ...)]

A store may come from somebody else. Each name on the way to a file is opened by itself, behind the folder before it (openat, O_NOFOLLOW), so that a link in a store
leads nowhere: neither is what it points at shown, nor is it written to. A pipe is not waited for, a device not read. The store's own folder may be a link: its
place is the user's choice. How deep a file lies is told by the names that layout.py gives.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from llmkick_core.errors import CorruptFileError, StoreError

SMALL = 2**16
"""Bytes that a status, a name of a set of questions or a count of windows may have."""
SPEC = 2**18
"""Bytes of a spec or a request."""
FACTS = 2**22
"""Bytes of facts, prices and what is known of judges."""
TABLE = 2**26
"""Bytes of what is known of layers, of drafts, ids and saved views."""
NOTES = 200_000_000
"""Bytes of a file of notes or votes."""
TRACES = 2**28
"""Bytes of a file of traces."""
LARGE = 2**29
"""Bytes of a part, a set of questions, or what is read of a file of judgments at a time."""
LOG_END = 2**18
"""Bytes that are read of the end of a log."""

_DEEP = ("runs", "judgings", "judge-jobs", "checkpoints", "served")  # <store>/runs/<run_id>/status.json
_FLAT = (*_DEEP, "samples", "notes", "votes", "logs", "locks", "exports")  # <store>/notes/<digest>.jsonl
_MOST_NAMES = 1000
_IDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
"""Flags that open a folder."""
_PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe is not waited for
_KINDS = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a folder of a store holds under a name; a link is seen as a link."""

    name: str
    """Its name."""
    is_folder: bool
    """Whether it is a folder."""
    is_file: bool
    """Whether it is a regular file."""
    n_bytes: int
    """Its size."""
    n_held: int
    """Bytes that it takes on the disk; less than its size where it has holes."""
    changed_ns: int
    """When it last changed, nanoseconds since 1970."""


def is_id(name: object) -> bool:
    """Return whether a word can be the id of something in a store: letters, digits, `-` and `_`, at most 64."""
    return isinstance(name, str) and _IDS.fullmatch(name) is not None


def checked_id(name: str, what: str) -> str:
    """Return an id as it is, to make a path of.

    Raises:
        StoreError: it is none, but perhaps a path.
    """
    if not is_id(name):
        raise StoreError(f"{str(name)[:80]!r} is not the id of {what}: an id has letters, digits, - and _, at most 64.")
    return name


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a file.

    Args:
        path: the file, by the functions of layout.py.
        limit: the most bytes it may have.

    Raises:
        FileNotFoundError: there is none.
        CorruptFileError: it is a link, a pipe or a device, lies behind a link, is too large, or cannot be read.
    """
    return read_from(path, 0, limit)


def read_from(path: Path, start: int, limit: int) -> bytes:
    """Return what a file holds from some byte on; raises as `read_bytes`, `limit` being the most that may be left."""
    handle = _open(path, os.O_RDONLY)
    try:
        size = os.fstat(handle).st_size
        if size - start > limit:
            raise CorruptFileError(
                f"{path} has {size:,} bytes; at most {limit:,} are read of such a file. Move it away; what it held can be computed again."
            )
        with os.fdopen(os.dup(handle), "rb") as stream:
            stream.seek(start)
            return stream.read(limit)
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(handle)


def read_end(path: Path, limit: int = LOG_END) -> str:
    """Return the end of a log, empty where there is none; raises as `read_bytes`."""
    try:
        handle = _open(path, os.O_RDONLY)
    except FileNotFoundError:
        return ""
    try:
        size = os.fstat(handle).st_size
        return os.pread(handle, limit, max(0, size - limit)).decode("utf-8", errors="replace")
    except OSError as error:
        raise unreadable(path, error) from error
    finally:
        os.close(handle)


def open_file(path: Path, flags: int) -> int:
    """Return a handle on a file of a store, made where `flags` has O_CREAT; who takes it closes it.

    Raises:
        FileNotFoundError: there is none.
        CorruptFileError: it is no regular file, or lies behind a link.
        StoreError: it cannot be opened.
    """
    return _open(path, flags, is_written=flags & (os.O_WRONLY | os.O_RDWR) != 0)


def write_whole(path: Path, content: bytes, *, is_durable: bool = True) -> None:
    """Write a file so that a crash leaves the old one or the new one; a link in its place is replaced, not followed.

    Args:
        path: the file; folders that are missing are made.
        content: of it.
        is_durable: wait until the disk has it.

    Raises:
        CorruptFileError: it lies behind a link.
        StoreError: the folder cannot be written.
    """
    try:
        with parent_of(path, makes=True) as folder, _written(folder, path.name, content, is_durable=is_durable) as temporary:
            os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError as error:
        raise unwritable(path, error) from error


def write_new(named: Callable[[int], Path], content: bytes) -> Path:
    """Write a file durably under the first of some names in one folder that is free, and return its path: nothing is replaced.

    Args:
        named: the path of a name, counted from 0.
        content: of the file.

    Raises:
        CorruptFileError: it lies behind a link.
        StoreError: the folder cannot be written, or all of 1,000 names are taken.
    """
    path = named(0)
    try:
        with parent_of(path, makes=True) as folder, _written(folder, path.name, content) as temporary:
            for n in range(_MOST_NAMES):
                path = named(n)
                with suppress(FileExistsError):
                    _name(folder, temporary, path.name)
                    return path
    except OSError as error:
        raise unwritable(path, error) from error
    raise StoreError(f"cannot write {path}: {_MOST_NAMES:,} files of that kind stand in the way. Move them out of the folder.")


def _name(folder: int, temporary: str, name: str) -> None:
    """Give a file a name that is free.

    Raises:
        FileExistsError: it is taken.
    """
    try:
        os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without links; of one run only one process writes
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=folder, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, "taken", name) from None
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)


@contextmanager
def _written(folder: int, name: str, content: bytes, *, is_durable: bool = True) -> Iterator[str]:
    """Yield the temporary name of a file that was written, to be renamed or linked in the block; the folder is synced after it."""
    temporary = f".{name[:100]}.{secrets.token_hex(4)}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            if is_durable:
                os.fsync(stream.fileno())
        yield temporary
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
    if is_durable:
        os.fsync(folder)


def make_folder(path: Path) -> Path:
    """Return a folder of a store, made where it is missing.

    Raises:
        CorruptFileError: it is a link, or lies behind one.
        StoreError: it cannot be made.
    """
    try:
        with parent_of(path / "_", makes=True):
            return path
    except OSError as error:
        raise unwritable(path, error) from error


def remove(path: Path) -> None:
    """Remove a file, or the link that stands in its place; one that is not there is no error.

    Raises:
        CorruptFileError: it lies behind a link.
        StoreError: it cannot be removed.
    """
    try:
        with parent_of(path) as folder:
            os.unlink(path.name, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise unwritable(path, error) from error


def set_aside(path: Path, name: str) -> None:
    """Give a file another name in its folder; raises as `remove`, and FileNotFoundError where there is none."""
    try:
        with parent_of(path) as folder:
            os.rename(path.name, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


def look(path: Path) -> Entry | None:
    """Return what lies under a path, None where nothing does or where the way to it leads over a link."""
    try:
        with parent_of(path) as folder:
            return _entry(path.name, os.stat(path.name, dir_fd=folder, follow_symlinks=False))
    except (OSError, StoreError, ValueError):
        return None


def exists(path: Path) -> bool:
    """Return whether anything lies under a path, whatever it is; nothing lies behind a link."""
    return look(path) is not None


def entries(path: Path) -> list[Entry]:
    """Return what a folder holds, by name, empty where there is none.

    Raises:
        CorruptFileError: it is a link, lies behind one, or cannot be read.
    """
    try:
        with parent_of(path / "_") as folder, os.scandir(folder) as found:
            held = []
            for one in found:
                with suppress(FileNotFoundError):  # gone since
                    held.append(_entry(one.name, one.stat(follow_symlinks=False)))
            return sorted(held, key=lambda one: one.name)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(path, error) from error


def files(path: Path, pattern: str) -> list[Path]:
    """Return the files of a folder of which the whole name fits a pattern, by name, links and pipes among them; raises as `entries`."""
    fits = re.compile(pattern).fullmatch
    return [path / one.name for one in entries(path) if not one.is_folder and fits(one.name)]


def _depth(path: Path) -> int:
    """Return how many names at the end of a path are those of a store: 1 in its folder, 2 or more in a folder of it."""
    parts = path.parts
    if len(parts) >= 3 and parts[-3] in _DEEP:
        return 3
    return 2 if len(parts) >= 2 and parts[-2] in _FLAT else 1


@contextmanager
def parent_of(path: Path, *, makes: bool = False) -> Iterator[int]:
    """Yield a handle on the folder of a file, reached without a link below the store's folder."""
    depth = _depth(path)
    names, root = path.parts[-depth:-1], path.parents[depth - 1]
    if any(name in ("..", ".", "") or "\0" in name for name in path.parts[-depth:]):
        raise CorruptFileError(f"{str(path)[:300]!r} leads out of its store.")
    if makes:
        root.mkdir(parents=True, exist_ok=True)
    handle = os.open(root, FOLDER)
    try:
        for name in names:
            if makes:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=handle)
            inner = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _open(path: Path, flags: int, *, is_written: bool = False) -> int:
    try:
        with parent_of(path, makes=bool(flags & os.O_CREAT)) as folder:
            # looked at before it is opened: to open a device may already do something
            with suppress(FileNotFoundError):
                check_regular(path, os.stat(path.name, dir_fd=folder, follow_symlinks=False))
            handle = os.open(path.name, flags & ~os.O_TRUNC | _PLAIN, 0o644, dir_fd=folder)
        try:
            check_regular(path, os.fstat(handle))
            if flags & os.O_TRUNC:
                os.ftruncate(handle, 0)
        except BaseException:
            os.close(handle)
            raise
        return handle
    except FileNotFoundError:
        raise
    except OSError as error:
        raise (unwritable(path, error) if is_written else unreadable(path, error)) from error


def check_regular(path: Path, found: os.stat_result) -> None:
    """Check that what was found under a path is a regular file.

    Raises:
        CorruptFileError: it is not.
    """
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "a device")
        raise CorruptFileError(f"{path} is {kind}, not a file, and is not opened. Remove it from the store.")


def _entry(name: str, found: os.stat_result) -> Entry:
    return Entry(
        name=name,
        is_folder=stat.S_ISDIR(found.st_mode),
        is_file=stat.S_ISREG(found.st_mode),
        n_bytes=found.st_size,
        n_held=min(found.st_size, 512 * found.st_blocks),
        changed_ns=found.st_mtime_ns,
    )


def is_link(error: OSError) -> bool:
    """Return whether a link, or what is no folder, stood in the way."""
    return error.errno in (errno.ELOOP, errno.ENOTDIR)


def unreadable(path: Path, error: OSError) -> CorruptFileError:
    """Return what an error means that came when something was read."""
    if is_link(error):
        return CorruptFileError(
            f"{path} is not read: it, or a folder on the way to it, is a link or no folder. Remove that from the store."
        )
    return CorruptFileError(f"{str(path)[:500]} cannot be read: {error.strerror}.")


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return what an error means that came when something was written."""
    if is_link(error):
        return CorruptFileError(
            f"cannot write {path}: it, or a folder on the way to it, is a link or no folder. Remove that from the store, or choose another with --store."
        )
    return StoreError(f"cannot write {path}: {error.strerror}. Choose a writable folder with --store or LLMKICK_STORE.")
