from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.errors import ModelError
from llmkick_core.models import open_model
from llmkick_core.models.locate import (
    Location,
    bundled_names,
    check_folder,
    fetch,
    fingerprint,
    imported,
    imported_name,
    locate,
    split_endpoint,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that looks like a model; nothing here loads it."""
    path = tmp_path / "model"
    path.mkdir()
    (path / "config.json").write_text('{"model_type": "llama"}')
    (path / "tokenizer.json").write_text('{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}')
    (path / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    return path


@pytest.fixture
def hub_cache(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a local cache of the hub that holds org/name at COMMIT, branch main."""
    from huggingface_hub import constants

    cache = tmp_path / "hub"
    repo = cache / "models--org--name"
    (repo / "refs").mkdir(parents=True)
    (repo / "refs" / "main").write_text(COMMIT)
    (repo / "snapshots").mkdir()
    folder.rename(repo / "snapshots" / COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return cache


def test_a_folder_is_found_by_its_path_and_fingerprint(folder: Path):
    got = locate(str(folder))
    assert got == Location(model=str(folder), revision=fingerprint(folder), path=folder)
    assert len(got.revision) == 16
    assert fetch(got) == folder


def test_the_fingerprint_follows_content_not_place(folder: Path, tmp_path: Path):
    before = fingerprint(folder)
    moved = folder.rename(tmp_path / "elsewhere")
    assert fingerprint(moved) == before
    (moved / "README.md").write_text("notes do not count")
    assert fingerprint(moved) == before
    (moved / "tokenizer.json").write_text('{"a": 1}')
    assert fingerprint(moved) != before


def test_a_bundled_model_has_one_name_however_it_is_given(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "BUNDLED_ROOT", folder.parent)
    assert bundled_names() == ["model"]
    assert locate("bundled:model") == locate(str(folder))
    assert locate("bundled:model").model == "bundled:model"


def test_an_unknown_bundled_model_lists_those_there_are(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "BUNDLED_ROOT", folder.parent)
    with pytest.raises(ModelError, match=r"no bundled model 'gpt'\. Known: bundled:model"):
        locate("bundled:gpt")


@pytest.mark.parametrize("words", ["gpt2", "", "/nowhere/at/all"])
def test_a_model_that_is_nothing_known_says_how_models_are_written(words: str):
    with pytest.raises(ModelError, match="hub:org/name@revision"):
        locate(words)


@pytest.mark.parametrize(
    ("words", "canonical"),
    [
        ("endpoint:http://localhost:8000/v1#m", "endpoint:http://localhost:8000/v1#m"),
        ("endpoint:HTTP://LocalHost:8000/v1/#org/M-7b:q4", "endpoint:http://localhost:8000/v1#org/M-7b:q4"),
        ("endpoint:https://api.openai.com/v1#gpt", "endpoint:https://api.openai.com/v1#gpt"),
        ("endpoint:http://[::1]:80/v1#/models/m", "endpoint:http://[::1]:80/v1#/models/m"),
    ],
)
def test_an_endpoint_has_canonical_words_and_nothing_pins_it(words: str, canonical: str):
    assert locate(words) == Location(model=canonical, revision="unpinned", path=None)
    assert split_endpoint(canonical) == tuple(canonical.removeprefix("endpoint:").split("#"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("endpoint:", "no http:// or https:// address"),
        ("endpoint:localhost:8000/v1#m", "no http:// or https:// address"),
        ("endpoint:ftp://localhost/v1#m", "no http:// or https:// address"),
        ("endpoint:http://#m", "no http:// or https:// address"),
        ("endpoint:http://local host/v1#m", "no http:// or https:// address"),
        ("endpoint:http://localhost/v1#m\nm", "no http:// or https:// address"),
        ("endpoint:http://localhost:8000/v1", "does not say which model"),
        ("endpoint:http://localhost:8000/v1#", "does not say which model"),
        ("endpoint:http://localhost:eight/v1#m", "is not a URL"),
        ("endpoint:http://[::1/v1#m", "is not a URL"),
    ],
)
def test_what_an_endpoint_lacks_is_told_with_the_way_to_write_it(words: str, message: str):
    with pytest.raises(ModelError, match=f"{message}.*Write endpoint:URL#model-name, such as"):
        locate(words)


@pytest.mark.parametrize(
    "address", ["http://me:sesame@host/v1", "http://sesame@host/v1", "me:sesame@host/v1", "https://host/v1?key=sesame"]
)
def test_secrets_in_an_endpoints_address_are_refused_and_not_repeated(address: str):
    with pytest.raises(ModelError, match="LLMKICK_API_KEY") as caught:
        locate(f"endpoint:{address}#m")
    assert "sesame" not in str(caught.value)


def test_the_weights_of_an_endpoint_cannot_be_fetched():
    with pytest.raises(ModelError, match="its weights are not here"):
        fetch(locate("endpoint:http://localhost:8000/v1#m"))


@pytest.mark.parametrize(
    ("missing", "message"),
    [("config.json", "no config.json"), ("tokenizer.json", "no tokenizer"), ("model.safetensors", "no \\*.safetensors")],
)
def test_what_a_folder_lacks_is_named(folder: Path, missing: str, message: str):
    (folder / missing).unlink()
    with pytest.raises(ModelError, match=message):
        check_folder(folder)


@pytest.mark.parametrize("name", ["training_args.bin", "optimizer.bin", "model.pt", "model.pth", "flax_model.msgpack", "tf_model.h5"])
def test_files_that_hold_no_weights_are_no_model(folder: Path, name: str):
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(ModelError, match=rf"no \*\.safetensors weights and no pytorch_model\.bin \({name} is read by nothing here\)"):
        locate(str(folder))


def test_a_file_is_no_model_folder(folder: Path):
    with pytest.raises(ModelError, match="give the folder"):
        locate(str(folder / "config.json"))


@pytest.mark.parametrize("revision", ["", "@main", f"@{COMMIT}"])
def test_the_hubs_local_cache_serves_without_a_network(hub_cache: Path, revision: str):
    got = locate(f"hub:org/name{revision}")
    assert got.revision == COMMIT
    assert got.path == hub_cache / "models--org--name" / "snapshots" / COMMIT
    assert got.model == f"hub:org/name{revision or '@main'}"
    assert fetch(got) == got.path


def test_a_hub_model_that_cannot_be_reached_says_so(hub_cache: Path):
    with pytest.raises(ModelError, match="cannot be reached"):
        locate("hub:org/other")
    with pytest.raises(ModelError, match="cannot be downloaded"):
        fetch(locate(f"hub:org/other@{COMMIT}"))


@pytest.mark.parametrize(
    "words", ["hub:name", "hub:a/b/c", "hub:/b", "hub:", "hub:na me/x y", "hub:a--b/c..d", "hub:-a/b", "hub:../..", f"hub:{'a' * 100}/b"]
)
def test_hub_words_that_name_no_repository_are_refused(words: str):
    with pytest.raises(ModelError, match="hub:org/name@revision"):
        locate(words)


def test_pickle_weights_in_the_hubs_cache_are_found_and_not_read_yet(hub_cache: Path):
    snapshot = hub_cache / "models--org--name" / "snapshots" / COMMIT
    (snapshot / "model.safetensors").rename(snapshot / "pytorch_model.bin")
    assert locate("hub:org/name") == Location(model="hub:org/name@main", revision=COMMIT, path=None, source=snapshot)


INDEX = json.dumps({"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}})


def leave_one_shard(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    (folder / "model.safetensors.index.json").write_text(INDEX)


def test_a_folder_that_lacks_a_shard_is_refused_by_its_name(folder: Path):
    leave_one_shard(folder)
    with pytest.raises(ModelError, match=r"lacks model-00002-of-00002\.safetensors of its weights"):
        locate(str(folder))
    (folder / "model-00002-of-00002.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    assert locate(str(folder)).path == folder


def test_an_index_beside_whole_weights_does_not_count(folder: Path):
    (folder / "model.safetensors.index.json").write_text(INDEX)
    assert locate(str(folder)).path == folder


@pytest.mark.parametrize("text", ["{torn", "[]", "{}", '{"weight_map": 3}'])
def test_a_damaged_index_is_named(folder: Path, text: str):
    leave_one_shard(folder)
    (folder / "model.safetensors.index.json").write_text(text)
    with pytest.raises(ModelError, match=r"index\.json is not the index"):
        locate(str(folder))


@pytest.mark.parametrize("missing", ["a shard", "model.safetensors.index.json", "tokenizer.json", "config.json"])
def test_a_download_that_was_broken_off_is_taken_up(hub_cache: Path, missing: str, monkeypatch: pytest.MonkeyPatch):
    snapshot = hub_cache / "models--org--name" / "snapshots" / COMMIT
    if missing in ("a shard", "model.safetensors.index.json"):
        leave_one_shard(snapshot)
    if missing != "a shard":
        (snapshot / missing).unlink()
    got = locate(f"hub:org/name@{COMMIT}")
    assert (got.revision, got.path) == (COMMIT, None)
    asked = []

    def download(repo: str, **options: object) -> str:
        asked.append((repo, options["revision"]))
        for name in ("model-00002-of-00002.safetensors", "tokenizer.json", "config.json"):
            (snapshot / name).touch()
        if missing == "model.safetensors.index.json":
            (snapshot / missing).write_text(INDEX)
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert fetch(got) == snapshot
    assert asked == [("org/name", COMMIT)]


def test_a_download_that_was_broken_off_is_named_where_the_hub_cannot_be_reached(hub_cache: Path):
    leave_one_shard(hub_cache / "models--org--name" / "snapshots" / COMMIT)
    with pytest.raises(ModelError, match="lacks model-00002-of-00002"):
        locate("hub:org/name")


def test_finding_a_model_loads_no_torch(folder: Path):
    code = f"import sys; from llmkick_core.models.locate import locate; locate({str(folder)!r}); assert not {{'torch', 'transformers'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_model_known_by_imported_answers_alone_is_nowhere():
    assert imported_name(imported("lmsys/vicuna")) == "lmsys/vicuna"
    assert imported_name("bundled:kick-tiny") == ""
    for ask in (locate, open_model):
        with pytest.raises(ModelError, match="import:lmsys/vicuna is known by its imported answers alone"):
            ask("import:lmsys/vicuna")


@pytest.mark.parametrize("name", ["/etc/passwd", "../../model.safetensors", ""])
def test_an_index_names_no_file_outside_its_folder(folder: Path, name: str):
    leave_one_shard(folder)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(ModelError, match=r"index\.json is not the index .*does not lie in its folder"):
        locate(str(folder))


def test_weights_that_an_index_names_in_a_folder_below_are_found(folder: Path):
    (folder / "sub").mkdir()
    (folder / "model.safetensors").rename(folder / "sub" / "model-1.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "sub/model-1.safetensors"}}))
    before = locate(str(folder))
    assert before.path == folder
    (folder / "sub" / "model-1.safetensors").write_bytes(b"\x03\0\0\0\0\0\0\0{} ")
    assert locate(str(folder)).revision != before.revision
