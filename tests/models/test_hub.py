from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub.utils import filter_repo_objects

from llmkick_core.errors import ModelError
from llmkick_core.models import hub
from llmkick_core.models.weight_files import INDEX, PICKLE_INDEX, WHOLE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that the memory of the hub's answers goes by, to be set."""
    now = [1000.0]
    monkeypatch.setattr(hub.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(hub, "_told", {})
    return now


@pytest.mark.parametrize(("said", "again_s"), [("c" * 40, 60.0), (None, 10.0)], ids=["a commit", "nothing"])
def test_the_hub_is_asked_once_in_a_while(said: str | None, again_s: float, clock: list[float], monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    def ask(model: str, repo: str, revision: str, file: str) -> str | None:
        asked.append(repo)
        return said

    monkeypatch.setattr(hub, "_ask", ask)
    for _ in range(3):
        assert hub.commit_on_hub("hub:a/b@main", "a/b", "main", "") == said
    assert asked == ["a/b"]
    clock[0] += again_s + 1
    hub.commit_on_hub("hub:a/b@main", "a/b", "main", "")
    hub.commit_on_hub("hub:a/c@main", "a/c", "main", "")
    assert asked == ["a/b", "a/b", "a/c"]


def test_a_refusal_of_the_hub_is_not_kept(clock: list[float], monkeypatch: pytest.MonkeyPatch):
    def refuse(model: str, *_: str) -> str:
        raise ModelError(f"no model {model}")

    monkeypatch.setattr(hub, "_ask", refuse)
    with pytest.raises(ModelError):
        hub.commit_on_hub("hub:a/b@main", "a/b", "main", "")
    monkeypatch.setattr(hub, "_ask", lambda *_: "d" * 40)
    assert hub.commit_on_hub("hub:a/b@main", "a/b", "main", "") == "d" * 40


SMALL = ["config.json", "tokenizer.json", "README.md", "original/params.json", "original/tokenizer.model"]
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
PICKLES = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"]
READ = {"config.json", "tokenizer.json"}
REPOSITORIES = {
    "Mistral v0.3": ([*SHARDS, INDEX, "consolidated.safetensors"], {*SHARDS, INDEX}),
    "Llama 3": ([*SHARDS, INDEX, "original/consolidated.00.pth", "original/model.safetensors"], {*SHARDS, INDEX}),
    "one file beside pickles": (
        [WHOLE, "pytorch_model.bin", "flax_model.msgpack", "onnx/model.safetensors"],
        {WHOLE},
    ),
    "vicuna-7b-v1.3": (
        [*PICKLES, PICKLE_INDEX, "training_args.bin", "optimizer.bin", "model.pt", "tf_model.h5"],
        {*PICKLES, PICKLE_INDEX},
    ),
    "one pickle": (["pytorch_model.bin", "rng_state.pth"], {"pytorch_model.bin"}),
    "shards below": (["sub/a.safetensors", "sub/b.safetensors", INDEX], {"sub/a.safetensors", INDEX}),
    "another name": (["weights.safetensors", "pytorch_model.bin"], {"weights.safetensors"}),
}


def hub_of(names: list[str], place: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a repository of the hub hold these files; return the list of those that are downloaded."""
    fetched: list[str] = []

    def snapshot(repo: str, *, allow_patterns: list[str], ignore_patterns: list[str] | None = None, **_: object) -> str:
        for name in filter_repo_objects(names, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns):
            path = place / name
            if path.exists():
                continue
            fetched.append(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            shards = PICKLES if name == PICKLE_INDEX else ["sub/a.safetensors"] if "sub/a.safetensors" in names else SHARDS
            path.write_text(json.dumps({"weight_map": dict(enumerate(shards))}) if name.endswith("index.json") else "")
        return str(place)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot)
    return fetched


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_of_a_repository_the_files_that_are_read_are_downloaded_once(repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names, read = REPOSITORIES[repository]
    fetched = hub_of(SMALL + names, tmp_path, monkeypatch)
    assert hub.download_model("hub:a/b@main", "a/b", "main") == tmp_path
    expected = READ | read | ({PICKLE_INDEX} & {*names})
    assert sorted(fetched) == sorted(expected)


@pytest.mark.parametrize(
    ("names", "is_usable"),
    [
        ([WHOLE], True),
        ([*PICKLES, PICKLE_INDEX], True),
        (["pytorch_model.bin"], True),
        (["consolidated.safetensors", "original/model.safetensors"], False),
        (["training_args.bin", "model.pth", "tf_model.h5"], False),
    ],
)
def test_a_repository_without_weights_that_are_read_is_refused(names: list[str], is_usable: bool, monkeypatch: pytest.MonkeyPatch):
    told = SimpleNamespace(sha="c" * 40, siblings=[SimpleNamespace(rfilename=name) for name in SMALL + names])
    monkeypatch.setattr("huggingface_hub.HfApi", lambda: SimpleNamespace(model_info=lambda *_, **__: told))
    if is_usable:
        assert hub._ask("hub:a/b@main", "a/b", "main", "") == "c" * 40
        return
    with pytest.raises(ModelError, match=r"has no \*\.safetensors weights on the hub, and no pytorch_model\.bin"):
        hub._ask("hub:a/b@main", "a/b", "main", "")
