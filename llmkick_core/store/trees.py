"""Whole folders of a store, however deep somebody nested them: removing them, and looking at them, and at files, before another program opens them."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from llmkick_core.errors import CorruptFileError
from llmkick_core.store.opener import FOLDER, check_regular, is_link, parent_of, unreadable

_MOST_FILES = 100_000
_DEEPEST = 16  # folders in a folder that another program reads


def remove_tree(path: Path) -> None:
    """Remove a folder with all that is in it, or the link that stands in its place; nothing behind a link is touched, and what cannot be removed stays."""
    with suppress(OSError, CorruptFileError), parent_of(path) as folder:
        try:
            root = os.open(path.name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        except NotADirectoryError:
            os.unlink(path.name, dir_fd=folder)
            return
        except OSError as error:
            if not is_link(error):
                raise
            os.unlink(path.name, dir_fd=folder)
            return
        try:
            _empty(root)
        finally:
            os.close(root)
        os.rmdir(path.name, dir_fd=folder)


def _empty(root: int) -> None:
    """Remove all that is in a folder, however deep: a folder in it is emptied by moving its folders up into this one."""
    todo = _cleared(root)
    while todo:
        name = todo.pop()
        inner = os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=root)
        try:
            for one in _cleared(inner):
                raised = secrets.token_hex(8)
                os.rename(one, raised, src_dir_fd=inner, dst_dir_fd=root)
                todo.append(raised)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=root)


def _cleared(folder: int) -> list[str]:
    """Remove all files of a folder, links among them, and return the names of its folders."""
    inner = []
    with os.scandir(folder) as found:
        held = [(one.name, one.is_dir(follow_symlinks=False)) for one in found]
    for name, is_folder in held:
        if is_folder:
            inner.append(name)
        else:
            os.unlink(name, dir_fd=folder)
    return inner


def check_folder(path: Path) -> Path:
    """Return a folder that another program is to read or write; it holds files and folders only, and it may be missing.

    Raises:
        CorruptFileError: it, or something in it, is a link, a pipe or a device, or it is too deep or has too many files.
    """
    try:
        with parent_of(path / "_") as root:
            n_seen = 0
            for folder, inner, names, handle in os.fwalk(".", dir_fd=root):
                n_seen += len(inner) + len(names)
                if folder.count("/") > _DEEPEST:
                    raise CorruptFileError(f"{path} holds folders nested more than {_DEEPEST} times. Move it away.")
                if n_seen > _MOST_FILES:
                    raise CorruptFileError(f"{path} holds more than {_MOST_FILES:,} files. Move it away.")
                for name in (*inner, *names):
                    found = os.stat(name, dir_fd=handle, follow_symlinks=False)
                    if not stat.S_ISDIR(found.st_mode):
                        check_regular(path / folder / name, found)
    except FileNotFoundError:
        return path
    except OSError as error:
        raise unreadable(path, error) from error
    return path


def check_plain(*paths: Path) -> None:
    """Check files that another program is to open: each is a regular file or is not there.

    Raises:
        CorruptFileError: one is a link or no file, or lies behind a link.
    """
    for path in paths:
        try:
            with parent_of(path) as folder:
                check_regular(path, os.stat(path.name, dir_fd=folder, follow_symlinks=False))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise unreadable(path, error) from error
