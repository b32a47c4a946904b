"""Runs of one comparison that asked another version of the questions, and questions that change under a run."""

from __future__ import annotations

import pytest

from llmkick_core.errors import CorruptFileError
from llmkick_core.schema import Sample
from llmkick_core.store import queries
from llmkick_core.store.filters import Filter, Range
from llmkick_core.store.ingest import ingest, rebuild
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import read_samples, write_samples
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, WANDA_SAID, Said, add_run, answers_and_scores, spec

A, B = spec().run_id, spec(WANDA_50).run_id
IDS = [sample.sample_id for sample in SAMPLES]


@pytest.fixture
def turned(tmp_path, open_store):
    """The compressed run asked the same questions in reverse, and one more."""
    more = Sample(sample_id="late", question="?", turns=("?",))
    add_run(tmp_path, spec(), DENSE_SAID)
    add_run(tmp_path, spec(WANDA_50), [*reversed(WANDA_SAID), Said(1, " Homer", -0.1)], [*reversed(SAMPLES), more])
    return open_store(tmp_path)


def test_questions_are_matched_by_their_ids(turned):
    assert dict(queries.pair_frame(turned, A, B)[["sample_id", "outcome"]].values.tolist()) == {
        IDS[0]: "broke",
        IDS[1]: "both_right",
        IDS[2]: "broke",
        IDS[3]: "fixed",
        IDS[4]: "unscored",
    }
    assert queries.run_overview(turned, "bundled:test")["broke"].tolist()[1] == 2


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(ranges=(Range(measure="score:exact_match", low=1.0),)), [1, 3]),
        (Filter(search="Homer"), [4]),  # an answer of the compressed run
        (Filter(search="Emily"), [3]),  # an answer of the dense run
        (Filter(search="Mongolia"), [0, 1]),
    ],
)
def test_filters_find_what_the_other_run_said_where_it_stands_here(turned, wanted, expected):
    assert queries.pair_ids(turned, A, B, wanted=wanted, sort="position") == [IDS[k] for k in expected]


def test_a_run_that_goes_on_with_newer_questions_has_them_without_a_rebuild(small, open_store):
    db = open_store(small)
    newer = [*SAMPLES[1:], Sample(sample_id="late", question="A new one?", turns=("?",))]
    for run_id in (A, B):
        write_samples(small, run_id, newer)
        append_part(run_dir(small, run_id), *answers_and_scores(run_id, newer[-1:], [Said(1, "x", -0.1)]))
    ingest(db)
    live = queries.pair_ids(db, A, B, sort="position")
    assert live == [*IDS[1:], "late"]  # the first is asked no more
    db.close()
    rebuild(small)
    assert queries.pair_ids(open_store(small), A, B, sort="position") == live


def test_two_questions_of_one_id_are_refused(tmp_path):
    sample_set = write_samples(tmp_path, "r", [SAMPLES[0], SAMPLES[0]])
    with pytest.raises(CorruptFileError, match="two questions of one id"):
        read_samples(tmp_path, sample_set)


def test_what_was_read_before_a_write_is_not_kept_as_what_is(small, open_store, monkeypatch):
    """Runs are listed while another session takes one in: the next look has both."""
    from llmkick_core.store import overview

    db = open_store(small)
    later = spec(WANDA_50.__class__(method="wanda", sparsity=0.3))
    real = overview.answered_counts

    def counts_then_a_write(database):
        found = real(database)
        if not (run_dir(small, later.run_id) / "spec.json").exists():
            add_run(small, later, WANDA_SAID)
            ingest(database)
        return found

    monkeypatch.setattr(overview, "answered_counts", counts_then_a_write)
    queries.run_overview(db, "bundled:test")
    assert len(queries.run_overview(db, "bundled:test")) == 3
