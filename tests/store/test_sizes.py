"""Score against bytes, by hand."""

from __future__ import annotations

import pytest

from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import RunSpec
from llmkick_core.store import queries
from llmkick_core.store.runs import write_layers
from tests.small_store import DENSE, DENSE_SAID, WANDA_50, add_run, spec

MODEL, SMALL = "bundled:test", "bundled:small"
PARAMETERS = {MODEL: 100, SMALL: 60}
LAYER = LayerReport(name="q", block=0, n_out=4, n_in=10, sparsity=0.5, structure_ok=None, error=0.1, bits=9.0, seconds=0.1)


def of_model(db, model: str = MODEL):
    return queries.run_overview(db, model).assign(variant="")


def small_model(**more: object) -> RunSpec:
    return RunSpec(model=SMALL, recipe=DENSE, task="factoid_qa", **more)


def test_a_compressed_model_stands_beside_a_small_dense_one(small, open_store):
    write_layers(small, spec(WANDA_50).run_id, [LAYER])
    add_run(small, small_model(), DENSE_SAID)
    db = open_store(small)
    found = queries.scores_by_size(db, of_model(db), PARAMETERS)
    # 100 weights at 2 bytes; 40 of them at 9 bits are 45 bytes; 60 weights of the other model at 2 bytes
    rows = [(row["model"], row["recipe"], row["n_bytes"], row["score"]) for row in found.to_dict("records")]
    assert rows == [(SMALL, "dense", 120, 0.75), (MODEL, "wanda-50", 2 * 60 + 45, 0.4), (MODEL, "dense", 200, 0.75)]


def test_what_has_no_size_is_left_out(small, open_store):
    add_run(small, small_model(), DENSE_SAID)
    db = open_store(small)
    found = queries.scores_by_size(db, of_model(db), {MODEL: 100})  # the layers are not known, nor the other model's size
    assert found["recipe"].tolist() == ["dense"]
    assert queries.scores_by_size(db, of_model(db, "bundled:none"), {}).empty


@pytest.mark.parametrize("other", [{"limit": 2}, {"k_shot": 5}, {"dataset_revision": "later"}])
def test_models_that_were_asked_otherwise_do_not_stand_there(small, open_store, other):
    add_run(small, small_model(**other), DENSE_SAID)
    db = open_store(small)
    assert queries.twins(db, spec().comparison_id) == {}


def test_a_model_that_was_never_here_has_no_sizes(small, open_store):
    add_run(small, RunSpec(model="import:vicuna", model_revision="imported", recipe=WANDA_50, task="factoid_qa"), DENSE_SAID)
    db = open_store(small)
    found = queries.scores_by_size(db, of_model(db, "import:vicuna"), {MODEL: 100})
    assert found["model"].tolist() == [MODEL]  # only the other one that was asked the same has a size
