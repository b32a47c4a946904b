"""JSON and text of a model folder that would fill the memory, never end, or lead elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.decoding import parse_json
from llmkick_core.errors import ModelError
from llmkick_core.models.config import read_config
from llmkick_core.models.headers import read_header, read_sizes, weight_files
from llmkick_core.models.json_files import LARGEST_CONFIG, read_json
from llmkick_core.models.template import read_template


@pytest.mark.parametrize("value", ["[]", "{}", "0", "[[]]"])
def test_a_json_of_too_many_values_is_refused_before_they_are_made(value: str):
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))
from llmkick_core.decoding import parse_json
try:
    parse_json(b"[" + b'{value},' * (120_000_000 // {len(value)}) + b"0]")
except ValueError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=settings.PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("it holds more than 10,000,000 values", "")


@pytest.mark.parametrize("text", ["a,b:[{" * 5_000_000, '\\"' * 6_000_000], ids=["signs in a text", "escaped quotes"])
@pytest.mark.parametrize("is_bytes", [True, False])
def test_signs_in_a_text_are_no_values(text: str, is_bytes: bool):
    raw = f'["{text}"]'
    found = parse_json(raw.encode() if is_bytes else raw)
    assert len(found[0]) == len(text.replace("\\", ""))


@pytest.mark.parametrize(("depth", "is_read"), [(64, True), (65, False), (100_000, False)])
def test_how_deep_lists_may_lie(depth: int, is_read: bool):
    raw = "[" * depth + "1" + "]" * depth
    if is_read:
        assert parse_json(raw)
        return
    with pytest.raises(ValueError, match="nested"):
        parse_json(raw)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.json"])
def test_a_config_has_four_megabytes_at_most(name: str, tmp_path: Path):
    (tmp_path / name).write_text(json.dumps({"a": "x" * LARGEST_CONFIG}))
    with pytest.raises(ValueError, match="at most 4,000,000"):
        read_json(tmp_path / name)
    (tmp_path / name).write_text(json.dumps({"a": "x" * 1_000_000}))
    assert read_json(tmp_path / name)


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors.index.json"])
def test_a_tokenizer_and_an_index_may_have_more(name: str, tmp_path: Path):
    (tmp_path / name).write_text(json.dumps({"a": "x" * LARGEST_CONFIG}))
    assert read_json(tmp_path / name)


@pytest.mark.parametrize("kind", ["pipe", "device", "too large", "no text"])
@pytest.mark.parametrize("name", ["chat_template.jinja", "tokenizer_config.json", "config.json"])
def test_what_is_no_ordinary_file_is_not_waited_for(kind: str, name: str, tmp_path: Path):
    path = tmp_path / name
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(b" " * (LARGEST_CONFIG + 1) if kind == "too large" else b"\xff\xfe")
    look = read_config if name == "config.json" else read_template
    with suppress(ModelError):
        assert look(tmp_path) is None  # a pipe is no file, so there is no template


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_weights_that_are_no_ordinary_files_are_not_read(kind: str, tmp_path: Path):
    (tmp_path / "config.json").write_text("{}")
    path = tmp_path / "x.safetensors"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    assert weight_files(tmp_path) == []
    assert read_sizes(tmp_path).n_bytes == 0
    with pytest.raises(ModelError, match="no regular file"):
        read_header(path)


@pytest.mark.parametrize("name", ["/etc/passwd", "../other/model.safetensors", "..", "", 7, "a\0b", ["a"]])
def test_an_index_names_files_of_its_own_folder_alone(name: object, tmp_path: Path):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(ModelError, match="not the index"):
        weight_files(tmp_path)
