"""What pins a file or folder: its content, wherever it lies."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from llmkick_core.compress.corpora import text_revision
from llmkick_core.errors import DataError
from llmkick_core.fingerprint import content_digest


def test_a_digest_is_that_of_name_size_and_content(tmp_path: Path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("two")
    (tmp_path / "a.txt").write_text("one!")
    assert content_digest(tmp_path / "a.txt") == hashlib.sha256(b".\x004\x00one!").hexdigest()[:16]
    assert content_digest(tmp_path) == hashlib.sha256(b"a.txt\x004\x00one!b/c.txt\x003\x00two").hexdigest()[:16]


def test_a_digest_follows_content_not_place(tmp_path: Path):
    (tmp_path / "here").mkdir()
    file = tmp_path / "here" / "text.txt"
    file.write_text("one")
    before = content_digest(file), content_digest(file.parent)
    moved = shutil.copytree(file.parent, tmp_path / "there")
    assert (content_digest(moved / "text.txt"), content_digest(moved)) == before
    (moved / "text.txt").rename(moved / "other.txt")
    assert content_digest(moved / "other.txt") == before[0]
    assert content_digest(moved) != before[1]  # in a folder, which file is called what counts
    file.write_text("two!")
    assert content_digest(file) != before[0]


def test_calibration_text_is_pinned_like_data(tmp_path: Path):
    file = tmp_path / "text.txt"
    file.write_text("one")
    assert text_revision(str(file)) == content_digest(file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "secret.txt"
    file.write_text("one")

    def refuse(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"cannot read .*secret\.txt: Permission denied"):
        content_digest(file)
