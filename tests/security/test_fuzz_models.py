"""Whatever stands in the files of a model folder ends in one line about it, or in nothing: no traceback, no hang, no memory without end."""

from __future__ import annotations

import random
import resource
import shutil
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from llmkick_core.catalog import model_card, models
from llmkick_core.errors import LlmkickError
from llmkick_core.jobs.preflight import check_model
from llmkick_core.models.hugging_face import load
from llmkick_core.models.locate import locate
from llmkick_core.schema import Calibration, Recipe
from tests.security.mutants import changed_bytes, changed_json

SEED = 20260101
N_MUTANTS = 300
LONGEST_S = 10.0
MOST_BYTES = 2 * 2**30
FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "model.safetensors")
RECIPES = [
    Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source="bundled", n_samples=1, seq_len=8)),
    Recipe(method="rtn", bits=4),
]


def mutant(source: Path, name: str, rng: random.Random) -> bytes:
    """Return a file as somebody changed it; of weights, the header."""
    content = (source / name).read_bytes()
    if name.endswith(".json"):
        return changed_json(content.decode(), rng) if rng.random() < 0.8 else changed_bytes(content, rng)
    n = struct.unpack("<Q", content[:8])[0]
    header = changed_json(content[8 : 8 + n].decode(), rng) if rng.random() < 0.8 else changed_bytes(content[8 : 8 + n], rng)
    size = len(header) if rng.random() < 0.9 else rng.choice([0, 2**63, 2**40, len(header) + 1])
    return struct.pack("<Q", size) + header + content[8 + n :]


def told(step: Callable[[], object]) -> str:
    """Return what a step says where it refuses."""
    try:
        step()
    except LlmkickError as error:
        return str(error).strip()
    return ""


def look(folder: Path) -> list[str]:
    """Look at a model as pages and commands do before anything is loaded, and return what they say."""
    return [
        told(lambda: locate(str(folder))),
        told(lambda: model_card(str(folder))),
        told(lambda: check_model(str(folder), RECIPES, is_templated=True)),
        told(models),
    ]


@pytest.fixture
def folder(tiny_qwen2_folder: Path, tmp_path: Path) -> Path:
    """Return a copy of a model's folder, below one that is named as a root of models."""
    return shutil.copytree(tiny_qwen2_folder, tmp_path / "models" / "mutant")


@pytest.mark.slow
def test_no_file_of_a_model_folder_ends_in_a_traceback(folder: Path, tiny_qwen2_folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_MODEL_ROOTS", str(folder.parent))
    rng = random.Random(SEED)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slow: list[tuple[str, float]] = []
    for k in range(N_MUTANTS):
        name = FILES[k % len(FILES)]
        if not (tiny_qwen2_folder / name).exists():
            continue
        (folder / name).write_bytes(mutant(tiny_qwen2_folder, name, rng))
        started = time.monotonic()
        said = look(folder)
        if k % 5 == 0:
            said.append(told(lambda: load(folder, device="cpu")))
        assert not [line for line in said if "\n" in line or len(line) > 3000]
        if time.monotonic() - started > LONGEST_S:
            slow.append((f"{name} {k}", time.monotonic() - started))
        shutil.copy(tiny_qwen2_folder / name, folder / name)
    assert slow == []
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES
