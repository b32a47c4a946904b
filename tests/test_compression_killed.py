"""A compression killed at random moments ends with the very weights of an undisturbed one."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from llmkick_core.settings import PROJECT_ROOT

N_BLOCKS = 24
N_KILLS = 5


@pytest.fixture(scope="module")
def deep_llama_folder(tiny_llama_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a random Llama of 24 blocks with the tiny one's tokenizer."""
    import shutil

    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("deep") / "deep-llama"
    shutil.copytree(tiny_llama_folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    settings = json.loads((tiny_llama_folder / "config.json").read_text()) | {"num_hidden_layers": N_BLOCKS}
    settings.pop("layer_types", None)
    torch.manual_seed(3)
    LlamaForCausalLM(LlamaConfig(**settings)).save_pretrained(folder)
    return folder


def started(model: Path, out: Path) -> subprocess.Popen[bytes]:
    words = ["--method", "sparsegpt", "--sparsity", "0.5", "--bits", "4", "--n-samples", "8", "--seq-len", "64", "--device", "cpu"]
    return subprocess.Popen(
        [sys.executable, "-m", "llmkick_core", "compress", "--model", str(model), *words, "--out", str(out), "--json"],
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_killed_at_five_moments_it_ends_bit_for_bit_the_same(deep_llama_folder: Path, tmp_path: Path):
    whole = started(deep_llama_folder, tmp_path / "whole")
    assert whole.wait() == 0
    out, blocks = tmp_path / "out", tmp_path / ".out.partial" / "blocks"
    rng = random.Random(7)
    n_killed = 0
    for kill in range(N_KILLS):
        seen = set(blocks.glob("*")) if blocks.exists() else set()
        process = started(deep_llama_folder, out)
        end = time.monotonic() + 120
        # every other time as soon as a block is being written, the others while one is computed or the model is read
        while process.poll() is None and time.monotonic() < end:
            now = set(blocks.glob("*")) if blocks.exists() else set()
            if kill % 2 == 0 and now - seen:
                break
            if kill % 2 == 1 and rng.random() < 0.01:
                break
            time.sleep(0.003)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            n_killed += 1
        process.wait()
        if out.exists():
            break
    assert n_killed == N_KILLS
    if not out.exists():
        last = started(deep_llama_folder, out)
        assert last.wait() == 0
    assert (out / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()
    one, other = (json.loads((folder / "compression.json").read_text()) for folder in (out, tmp_path / "whole"))
    drop = {"seconds"}
    assert [{k: v for k, v in layer.items() if k not in drop} for layer in one["layers"]] == [
        {k: v for k, v in layer.items() if k not in drop} for layer in other["layers"]
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]
