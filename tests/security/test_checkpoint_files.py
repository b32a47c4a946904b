"""Finished blocks that carry a seal and do not fit: their reports go through the decoder, and their shapes are looked at before anything is copied."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from llmkick_core.compress.checkpoint import Checkpoint, finished_weights
from llmkick_core.errors import CorruptFileError
from llmkick_core.layer_report import LayerReport
from llmkick_core.seals import seal

REPORT = LayerReport(name="q", block=0, n_out=4, n_in=4, sparsity=0.5, structure_ok=None, error=None, bits=8.0, seconds=0.1).to_dict()
BLOCK: Any = SimpleNamespace(index=0, linears=[SimpleNamespace(name="q", weight=torch.zeros(4, 4), is_transposed=False, is_expert=False)])


def written(folder: Path, weight: torch.Tensor, reports: str) -> Path:
    file = folder / "block-000.safetensors"
    save_file({"q": weight}, file, {"compression": "c", "reports": reports})
    seal(file)
    return file


def test_a_block_that_fits_is_loaded(tmp_path):
    written(tmp_path, torch.ones(4, 4), json.dumps([REPORT]))
    weights, reports = Checkpoint(tmp_path, "c").load(BLOCK)
    assert weights["q"].sum() == 16
    assert reports == [LayerReport.from_dict(REPORT)]
    assert finished_weights(tmp_path, BLOCK)["q.weight"].shape == (4, 4)


@pytest.mark.parametrize(
    "reports",
    [
        "[]]",
        "5",
        "null",
        '[{"name": 5}]',
        "[5]",
        json.dumps([{**REPORT, "bits": "x"}]),
        json.dumps([{**REPORT, "extra": 1}]),
        "[" * 5000 + "]" * 5000,
    ],
    ids=range(8),
)
def test_reports_of_a_wrong_kind_are_one_line(tmp_path, reports):
    written(tmp_path, torch.ones(4, 4), reports)
    with pytest.raises(CorruptFileError, match="compressed again"):
        Checkpoint(tmp_path, "c").load(BLOCK)


@pytest.mark.parametrize("shape", [(1,), (1, 4), (4, 5), (4, 4, 1), (0,)])
def test_weights_of_another_shape_are_one_line(tmp_path, shape):
    written(tmp_path, torch.ones(shape), json.dumps([REPORT]))
    with pytest.raises(CorruptFileError, match=r"has to be \(4, 4\)"):
        Checkpoint(tmp_path, "c").load(BLOCK)
    with pytest.raises(CorruptFileError, match=r"has to be \(4, 4\)"):
        finished_weights(tmp_path, BLOCK)
