"""Tokenizers that double texts, panic, hang or take all memory: each is one line about its folder, and the worker goes on with other models."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.catalog import plan
from llmkick_core.errors import ModelError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.models import tokenizer_files
from llmkick_core.models import tokenizer_trial as trial
from llmkick_core.models.encoding import PromptEncoder
from llmkick_core.models.loading import loading
from llmkick_core.models.locate import locate
from llmkick_core.schema import Recipe
from llmkick_core.store.runs import read_status

Edit = Callable[[dict[str, Any]], None]


def replaced(n: int) -> Edit:
    """Return an edit after which the letter a becomes 2**n letters."""
    one = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    return lambda found: found.update(normalizer={"type": "Sequence", "normalizers": [one] * n})


PANICS = {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "B", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {}}  # fmt: skip
EDITS: dict[str, tuple[Edit, str]] = {
    "some doubling": (replaced(12), r"it makes 4,\d+ tokens of 1 characters|it makes [\d,]+ tokens of 1 characters"),
    "endless doubling": (replaced(60), "not done with 8 short texts after 2 s of computing|more than 1 GiB of memory|was ended by it"),
    "a long beginning": (lambda found: found.update(normalizer={"type": "Prepend", "prepend": "a" * 10**6}), "tokens of 1 characters|of computing"),
    "a panic where a text is read": (lambda found: found.update(post_processor=PANICS), "index out of bounds"),
    "a panic where tokens are put together": (
        lambda found: found.update(decoder={"type": "Strip", "content": "a", "start": 10**9, "stop": 10**9}),
        "index out of bounds",
    ),
    "a panic of a divisor": (lambda found: found.update(pre_tokenizer={"type": "FixedLength", "length": 0}), "chunk size must be non-zero"),
    "no vocabulary": (lambda found: found.update(model={"type": "BPE", "vocab": {}, "merges": []}, added_tokens=[]), "it has no tokens"),
    "another model": (lambda found: found.update(model={"type": "Oracle"}), "cannot be loaded"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Let what is endless end after two seconds of computing."""
    quick = tmp_path / "quick_trial.py"
    source = Path(trial.__file__).read_text(encoding="utf-8")
    quick.write_text(
        source.replace("SECONDS = 10\n", "SECONDS = 2\n").replace("MOST_MEMORY = 2 * 2**30", "MOST_MEMORY = 2**30"), encoding="utf-8"
    )
    monkeypatch.setattr(trial, "__file__", str(quick))
    monkeypatch.setattr(trial, "SECONDS", 2)


def spoilt(folder: Path, target: Path, edit: Edit) -> Path:
    shutil.copytree(folder, target)
    file = target / "tokenizer.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    edit(found)
    file.write_text(json.dumps(found), encoding="utf-8")
    return target


@pytest.mark.parametrize(("edit", "reason"), EDITS.values(), ids=EDITS)
def test_a_tokenizer_that_cannot_be_used_is_one_line_about_its_folder(tiny_llama_folder: Path, tmp_path: Path, edit: Edit, reason: str):
    folder = spoilt(tiny_llama_folder, tmp_path / "model", edit)
    with pytest.raises(ModelError, match=reason) as told:
        locate(str(folder))
    assert str(folder) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_was_tried_is_not_tried_again_until_it_changes(
    tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = spoilt(tiny_llama_folder, tmp_path / "model", lambda found: found.update(post_processor=PANICS))
    with pytest.raises(ModelError, match="index out of bounds"):
        locate(str(folder))
    asked = []
    monkeypatch.setattr(tokenizer_files.subprocess, "run", lambda *words, **more: asked.append(words))
    with pytest.raises(ModelError, match="index out of bounds"):
        locate(str(folder))
    assert not asked
    monkeypatch.undo()
    shutil.copy(tiny_llama_folder / "tokenizer.json", folder / "tokenizer.json")
    assert locate(str(folder)).path == folder


@pytest.mark.parametrize(
    "content",
    [b"\x0a" * 3000, b"\x0a\xff\xff\xff\xff\x7f" * 50, b"\x0a\x05\x0a\x01a\x15" + b"\xff" * 400],
    ids=["lines", "lengths", "scores"],
)
def test_a_sentencepiece_file_of_nonsense_is_read_elsewhere(tiny_llama_folder: Path, tmp_path: Path, content: bytes):
    folder = tmp_path / "model"
    shutil.copytree(tiny_llama_folder, folder)
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.model").write_bytes(content)
    with pytest.raises(ModelError, match=r"tokenizer\.model"):
        locate(str(folder))


def test_a_panic_within_loading_is_a_fault_of_the_folder(tmp_path: Path):
    from tokenizers import Tokenizer
    from tokenizers.models import BPE

    (tmp_path / "config.json").write_text("{}")
    broken = json.loads(Tokenizer(BPE(vocab={"a": 0}, merges=[])).to_str()) | {"post_processor": PANICS}
    with pytest.raises(ModelError, match="cannot be loaded: index out of bounds"), loading(tmp_path, "tokenizer"):
        Tokenizer.from_str(json.dumps(broken)).encode("a")


def test_the_worker_goes_on_after_a_panic_and_its_slot_is_free(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A text of the questions makes the library panic, which the trial could not know."""

    class PanicException(BaseException):
        """No `Exception`, as a panic is none."""

    def panics(*_: Any, **__: Any) -> list[list[int]]:
        raise PanicException("index out of bounds")

    specs = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"))
    executor = LocalExecutor(tmp_path, device="cpu")
    executor.submit(specs)
    monkeypatch.setattr(PromptEncoder, "encode_prompts", panics)
    assert work(tmp_path, device="cpu", idle_s=0)
    status = read_status(tmp_path, specs[0].run_id)
    assert status.state == "failed"
    assert "PanicException: index out of bounds" in status.message
    monkeypatch.undo()
    executor.submit(specs)
    assert work(tmp_path, device="cpu", idle_s=0)
    assert read_status(tmp_path, specs[0].run_id).state == "done"
