"""A model folder's identity: every byte of every file that counts, read once."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from llmkick_core import settings
from llmkick_core.models import identity
from llmkick_core.models.identity import file_digest, fingerprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text('{"model_type": "llama"}')
    (path / "tokenizer.json").write_text("{}")
    for k in (1, 2):
        (path / f"model-{k}-of-2.safetensors").write_bytes(bytes(range(256)) * 8)
    return path


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a cache of its own that remembers files however young they are."""
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(identity, "_seen", {})
    monkeypatch.setattr(identity, "_SETTLED_S", -100.0)
    return tmp_path / "cache" / "digests.json"


def change(path: Path, place: int) -> None:
    """Change one byte of a file, its size and time of writing kept."""
    told, data = path.stat(), bytearray(path.read_bytes())
    data[place] ^= 1
    with path.open("r+b") as stream:
        stream.write(data)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


@pytest.mark.parametrize("whole", [2**30, 100])
@pytest.mark.parametrize("place", [0, 700, 1500, 2047])
def test_whatever_byte_changes_it_is_another_revision(folder: Path, monkeypatch: pytest.MonkeyPatch, whole: int, place: int):
    monkeypatch.setattr(identity, "_WHOLE", whole)
    before = fingerprint(folder)
    change(folder / "model-2-of-2.safetensors", place)
    assert fingerprint(folder) != before
    change(folder / "model-2-of-2.safetensors", place)
    assert fingerprint(folder) == before


def test_the_identities_of_stored_runs_stay():
    assert fingerprint(settings.BUNDLED_ROOT / "kick-tiny") == "32c0ac1119314be0"
    assert fingerprint(settings.BUNDLED_ROOT / "kick-nano") == "483fc4cb998952c6"


def test_a_small_folder_is_one_stream_of_names_sizes_and_content(folder: Path):
    expected = hashlib.sha256()
    for name in ("config.json", "tokenizer.json", "model-1-of-2.safetensors", "model-2-of-2.safetensors"):
        data = (folder / name).read_bytes()
        expected.update(f"{name}\0{len(data)}\0".encode() + data)
    assert fingerprint(folder) == expected.hexdigest()[:16]


@pytest.mark.parametrize("whole", [2**30, 100])
@pytest.mark.parametrize(
    "name", ["additional_chat_templates/tools.jinja", "qwen.tiktoken", "sentencepiece.bpe.model", "tekken.json", "chat_template.jinja"]
)
def test_what_changes_prompts_or_tokens_counts(folder: Path, monkeypatch: pytest.MonkeyPatch, whole: int, name: str):
    monkeypatch.setattr(identity, "_WHOLE", whole)
    before = fingerprint(folder)
    (folder / "README.md").write_text("notes do not count")
    assert fingerprint(folder) == before
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("a")
    first = fingerprint(folder)
    (folder / name).write_text("b")
    assert len({before, first, fingerprint(folder)}) == 3


def test_a_folder_that_moves_keeps_its_revision(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for whole in (2**30, 100):
        monkeypatch.setattr(identity, "_WHOLE", whole)
        before = fingerprint(folder)
        folder = folder.rename(tmp_path / f"elsewhere-{whole}")
        assert fingerprint(folder) == before


@pytest.mark.parametrize("whole", [2**30, 100])
def test_a_folder_is_read_once_by_all_processes(folder: Path, monkeypatch: pytest.MonkeyPatch, whole: int, own_cache: Path):
    monkeypatch.setattr(identity, "_WHOLE", whole)
    before = fingerprint(folder)
    assert own_cache.is_file()
    identity._seen.clear()  # another process
    opened = Path.open

    def watched(self: Path, *arguments: Any, **options: Any) -> Any:
        assert not self.is_relative_to(folder), "it was read again"
        return opened(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", watched)
    assert fingerprint(folder) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": [1, 2]}', '{"%s": ["x", "short"]}', "\0\xff"])
def test_a_damaged_cache_costs_time_only(folder: Path, own_cache: Path, content: str):
    before = fingerprint(folder)
    identity._seen.clear()
    own_cache.write_text(content.replace("%s", str(folder)))
    assert fingerprint(folder) == before
    identity._seen.clear()
    assert str(folder) in json.loads(own_cache.read_text())


def test_a_cache_that_cannot_be_written_costs_time_only(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "file" / "cache"))
    assert len(fingerprint(folder)) == 16


def test_a_file_that_was_just_written_is_not_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(identity, "_SETTLED_S", 2.0)
    file_digest(folder / "config.json")
    assert not identity._seen  # it may change again within one tick of its clock


def test_reading_much_is_announced_once(folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(identity, "_WHOLE", 100)
    monkeypatch.setattr(identity, "_TOLD", 1000)

    monkeypatch.setattr(identity.PROGRESS, "propagate", True)
    with caplog.at_level(logging.INFO, logger=identity.PROGRESS.name):
        fingerprint(folder)
        told = [record.getMessage().partition(" GB")[2] for record in caplog.records]
        fingerprint(folder)
    assert set(told) == {f" of {folder} once, to tell its revision"}
    assert len(caplog.records) == len(told)
