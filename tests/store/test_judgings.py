"""Judgments as files that only grow, and their index."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from llmkick_core.errors import CorruptFileError, StoreBusyError, UsageError
from llmkick_core.judgment import JudgeSpec, Judgment
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest, rebuild, refill
from llmkick_core.store.judgings import JUDGMENTS, journal, latest, paid_replies, read_judge_spec, read_judgments, read_lines
from llmkick_core.store.layout import judging_dir

SPEC = JudgeSpec(run_id="r1", protocol="reference", opponent="dataset", url="http://localhost:8000/v1", model="judge", prompt_version=1)


def judgment(sample_id: str = "q1", **more: object) -> Judgment:
    scored = {
        "outcome": "scored",
        "scores": {"coherence": 7.0},
        "opponent_scores": {"coherence": 8.0},
        "reply": "[[7]]",
        "key": f"k-{sample_id}",
    }
    return Judgment(sample_id=sample_id, **(scored | more))  # type: ignore[arg-type]


def failure(sample_id: str = "q1", **more: object) -> Judgment:
    return Judgment(sample_id=sample_id, outcome="unparsed", reason="no verdict", **more)  # type: ignore[arg-type]


def write(store: Path, *judgments: Judgment) -> Path:
    with journal(store, SPEC) as kept:
        kept.add(judgments)
    return judging_dir(store, SPEC.judging_id) / JUDGMENTS


def test_what_was_added_is_read_in_order_and_the_last_of_a_slot_counts(tmp_path: Path):
    write(tmp_path, failure(), judgment("q2"))
    write(tmp_path, judgment())
    found = read_judgments(tmp_path, SPEC.judging_id)
    assert [one.outcome for one in found] == ["unparsed", "scored", "scored"]
    assert latest(found)["q1", 0, 1, 0].outcome == "scored"
    assert read_judge_spec(tmp_path, SPEC.judging_id) == SPEC


def test_one_process_at_a_time(tmp_path: Path):
    with journal(tmp_path, SPEC), pytest.raises(StoreBusyError), journal(tmp_path, SPEC):
        pass


def test_a_piece_of_a_line_is_cut_off_and_a_whole_one_is_ended(tmp_path: Path):
    path = write(tmp_path, judgment(), judgment("q2"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    assert [one.sample_id for one in read_judgments(tmp_path, SPEC.judging_id)] == ["q1"]
    write(tmp_path, judgment("q3"))
    assert [one.sample_id for one in read_judgments(tmp_path, SPEC.judging_id)] == ["q1", "q3"]
    path.write_bytes(whole[:-1])  # only the line's end is missing
    write(tmp_path, judgment("q3"))
    lines = read_lines(path)
    assert [one.sample_id for _, one in lines.judgments] == ["q1", "q2", "q3"]
    assert lines.damaged == ()
    path.write_bytes(whole[:5])
    write(tmp_path, judgment("q4"))
    assert [one.sample_id for one in read_judgments(tmp_path, SPEC.judging_id)] == ["q4"]


@pytest.mark.parametrize(
    "line",
    [b"{", b"[]", b'"x"', b'{"sample_id": "q9"}', b'{"sample_id": "q9", "outcome": "good"}', b"\xff\xfe", b'{"sample_id": "q9", "outcome": "unparsed", "scores": {"a": 1}}', b'{"sample_id": "q9", "outcome": "scored", "scores": {"a": "8"}}', b'{"sample_id": "q9", "outcome": "scored", "scores": {"a": NaN}}', b'{"sample_id": 9, "outcome": "failed"}', b'{"sample_id": "q9", "outcome": "failed", "n_tries": 1e99}', b'{"sample_id": "q9", "outcome": "failed", "cost": "much"}', b'{"sample_id": "q9", "outcome": "failed", "reply": "\\ud800"}', b'{"sample_id": "q9", "outcome": "scored", "scores": {"\\ud800": 1}}', b'{"sample_id": "q9", "outcome": "scored", "winner": 5}', b'{"sample_id": "q9", "outcome": "scored", "scores": {"a": 1}, "winner": []}', b'{"sample_id": "q9", "outcome": "scored", "scores": {"a": 1%s}}' % (b"0" * 400), b'{"sample_id": "q9", "outcome": "failed", "latency_s": 1%s}' % (b"0" * 5000), b"[" * 100_000],
)  # fmt: skip
def test_a_damaged_line_is_named_and_the_others_are_kept(tmp_path: Path, line: bytes):
    path = write(tmp_path, judgment())
    path.write_bytes(path.read_bytes() + line + b"\n")
    write(tmp_path, judgment("q2"))
    lines = read_lines(path)
    assert [(number, one.sample_id) for number, one in lines.judgments] == [(1, "q1"), (3, "q2")]
    assert "line 2, is damaged" in lines.damaged[0]


def test_half_a_surrogate_pair_can_be_kept(tmp_path: Path):
    write(tmp_path, judgment(reply="\ud83d"))
    assert read_judgments(tmp_path, SPEC.judging_id)[0].reply == "?"


def test_replies_are_found_by_what_was_asked_one_with_a_verdict_first(tmp_path: Path):
    write(tmp_path, judgment(), failure("q2", key="k-q1", reply="hm"), failure("q3", key="k-q3", reply="hm"), failure("q4", key="k-q4"))
    found = paid_replies(tmp_path, {"k-q1", "k-q3", "k-q4", "k-q5"})
    assert {key: one.outcome for key, one in found.items()} == {"k-q1": "scored", "k-q3": "unparsed"}  # k-q4 has no reply


def test_a_spec_in_another_folder_or_damaged_is_told(tmp_path: Path):
    path = write(tmp_path, judgment()).parent
    path.rename(path.with_name("other"))
    with pytest.raises(CorruptFileError, match="move it to a folder"):
        read_judge_spec(tmp_path, "other")
    (path.with_name("other") / "spec.json").write_text("{}")
    with pytest.raises(CorruptFileError, match="is damaged"):
        read_judge_spec(tmp_path, "other")


@pytest.mark.parametrize(
    "damage",
    ["[", "[" * 100_000, '{"temperature": 1' + "0" * 5000 + "}"]
    + [json.dumps(SPEC.to_dict() | more) for more in ({"prompt_version": "x"}, {"url": None}, {"model": ["a"]}, {"model": "\ud800"}, {"temperature": 10**400})],
)  # fmt: skip
def test_a_damaged_spec_stops_nothing_else_and_is_mended_by_judging_again(
    tmp_path: Path, open_store: Callable[[Path], Database], damage: str
):
    path = write(tmp_path, judgment()).with_name("spec.json")
    path.write_text(damage)
    db = open_store(tmp_path)
    (line,) = ingest(db).damaged
    assert "spec.json is damaged" in line
    write(tmp_path, judgment("q2"))
    assert ingest(db).damaged == ()
    assert db.rows("SELECT count(*) FROM judgments") == [(2,)]


def test_the_index_follows_the_files(tmp_path: Path, open_store: Callable[[Path], Database]):
    write(tmp_path, failure(), judgment("q2", cost=0.25))
    db = open_store(tmp_path)
    current = "SELECT sample_id, outcome, cost FROM judgments WHERE is_current ORDER BY line"
    assert db.rows(current) == [("q1", "unparsed", None), ("q2", "scored", 0.25)]
    write(tmp_path, judgment())
    ingest(db)
    assert db.rows(current) == [("q2", "scored", 0.25), ("q1", "scored", None)]
    assert db.rows("SELECT count(*) FROM judgments") == [(3,)]
    assert db.rows("SELECT aspect, score, opponent_score FROM judge_scores WHERE line = 3") == [("coherence", 7.0, 8.0)]


def test_the_index_is_made_anew_and_forgets_what_is_gone(tmp_path: Path, open_store: Callable[[Path], Database]):
    path = write(tmp_path, judgment(), judgment("q2"))
    db = open_store(tmp_path)
    refill(db)
    assert db.rows("SELECT count(*) FROM judgments") == [(2,)]
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")  # shorter than before
    ingest(db)
    assert db.rows("SELECT count(*), (SELECT count(*) FROM judge_scores) FROM judgments") == [(1, 1)]
    path.unlink()
    (path.parent / "spec.json").unlink()
    ingest(db)
    assert db.rows("SELECT (SELECT count(*) FROM judgings), (SELECT count(*) FROM judgments), (SELECT count(*) FROM judge_scores)") == [
        (0, 0, 0)
    ]
    db.close()
    assert rebuild(tmp_path).damaged == ()


def test_a_line_that_is_being_written_is_left_for_later(tmp_path: Path, open_store: Callable[[Path], Database]):
    path = write(tmp_path, judgment(), judgment("q2"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    db = open_store(tmp_path)
    assert db.rows("SELECT sample_id FROM judgments") == [("q1",)]
    path.write_bytes(whole)
    assert ingest(db).damaged == ()
    assert db.rows("SELECT sample_id FROM judgments ORDER BY line") == [("q1",), ("q2",)]


def test_what_makes_no_sense_is_no_judgment():
    with pytest.raises(UsageError, match="needs a verdict"):
        Judgment(sample_id="q", outcome="scored")
    with pytest.raises(UsageError, match="has no verdict"):
        Judgment(sample_id="q", outcome="failed", winner="tie")
    with pytest.raises(UsageError, match="place 3"):
        Judgment(sample_id="q", outcome="failed", place=3)
    with pytest.raises(UsageError, match="needs something to compare"):
        JudgeSpec(run_id="r", protocol="pairwise", url="u", model="m", prompt_version=1)
    with pytest.raises(UsageError, match="with itself"):
        JudgeSpec(run_id="r", protocol="pairwise", opponent="r", url="u", model="m", prompt_version=1)
