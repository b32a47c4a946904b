"""Blind votes: files that are only added to, an index over them, and the next pair of answers to choose between."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from llmkick_core.errors import StoreError, UsageError
from llmkick_core.judgment import Vote
from llmkick_core.schema import Answer, Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest, rebuild, refill
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from llmkick_core.store.votes import LONGEST_VOTER, voter_name, write_vote
from tests.small_store import DENSE, WANDA_50, spec

TALKS = (
    Sample(sample_id="81", question="Write a poem.", turns=("Write a poem.", "Now shorter.")),
    Sample(sample_id="82", question="Name a sea.", turns=("Name a sea.", "And a lake.")),
    Sample(sample_id="83", question="Add 2 and 2.", turns=("Add 2 and 2.", "Double it.")),
)
SAID = {
    DENSE: {"81": ("Roses are red.", "Roses."), "82": ("The Aral Sea.", "Lake Como."), "83": ("4",)},
    WANDA_50: {"81": ("Red red red.", "Red."), "82": ("The Aral Sea. ", "Sea."), "83": ("5", "10")},
}
"""Turn 0 of 82 is one text but for a space, and the dense run has no second answer to 83: 81/0, 81/1, 82/1 and 83/0 differ."""
A, B = (spec(recipe, task="instruction_following").run_id for recipe in (DENSE, WANDA_50))


def add_talks(store: Path) -> None:
    for recipe, said in SAID.items():
        run = spec(recipe, task="instruction_following")
        write_spec(store, run)
        write_samples(store, run.run_id, TALKS)
        answers = [
            Answer(run_id=run.run_id, sample_id=sample_id, turn=turn, text=text)
            for sample_id, texts in said.items()
            for turn, text in enumerate(texts)
        ]
        append_part(run_dir(store, run.run_id), answers, [])


@pytest.fixture
def talks(tmp_path: Path, open_store: Callable[[Path], Database]) -> Database:
    add_talks(tmp_path)
    return open_store(tmp_path)


def vote(sample_id: str = "81", turn: int = 0, winner: str = "a", voter: str = "Mia", at: float = 0.0) -> Vote:
    return Vote(sample_id=sample_id, turn=turn, run_a=A, run_b=B, winner=winner, shown_first="b", voter=voter, at=at)


def the_file(db: Database) -> Path:
    return db.store / "votes" / f"{A}-{B}.jsonl"


def test_a_vote_is_a_line_of_its_pairs_file_and_stands_in_the_index(talks: Database):
    kept = write_vote(talks, vote())
    assert json.loads(the_file(talks).read_text()) == asdict(kept)
    assert kept.at > 0
    assert queries.votes_of(talks, A, B) == [kept]
    assert queries.votes_of(talks, B, A) == []


def test_of_one_voter_and_answer_the_last_vote_counts(talks: Database):
    for at, winner in ((1.0, "a"), (2.0, "tie")):
        write_vote(talks, vote(winner=winner, at=at))
    write_vote(talks, vote(winner="b", voter="Ben", at=3.0))
    assert [(one.voter, one.winner) for one in queries.votes_of(talks, A, B)] == [("Mia", "tie"), ("Ben", "b")]
    assert len(the_file(talks).read_text().splitlines()) == 3


def test_votes_come_back_when_the_database_is_made_anew(talks: Database, open_store: Callable[[Path], Database]):
    write_vote(talks, vote(winner="a", at=1.0))
    kept = write_vote(talks, vote(winner="b", at=2.0))
    refill(talks)
    assert queries.votes_of(talks, A, B) == [kept]
    talks.close()
    rebuild(talks.store)
    assert queries.votes_of(open_store(talks.store), A, B) == [kept]


def test_votes_written_elsewhere_are_taken_in_and_those_of_a_file_that_went_are_forgotten(talks: Database):
    write_vote(talks, vote(at=1.0))
    ingest(talks)
    with the_file(talks).open("a") as stream:
        stream.write(json.dumps(asdict(vote("82", 1, at=5.0))) + "\n")
    ingest(talks)
    assert [one.sample_id for one in queries.votes_of(talks, A, B)] == ["81", "82"]
    the_file(talks).unlink()
    ingest(talks)
    assert queries.votes_of(talks, A, B) == []


DAMAGE = (
    "{",
    "[]",
    '"a"',
    json.dumps(asdict(vote()) | {"winner": "c"}),
    json.dumps(asdict(vote()) | {"winner": ["a"]}),
    json.dumps(asdict(vote()) | {"turn": -1}),
    json.dumps(asdict(vote()) | {"turn": True}),
    json.dumps(asdict(vote()) | {"at": float("nan")}),
    json.dumps(asdict(vote()) | {"sample_id": 3}),
    json.dumps(asdict(vote()) | {"sample_id": "\ud800"}),
    json.dumps(asdict(vote()) | {"run_b": "another"}),
)


def test_damaged_lines_are_named_and_left_out_and_named_again_while_they_are_there(talks: Database):
    good = json.dumps(asdict(vote("82", 1, at=5.0)))
    the_file(talks).parent.mkdir()
    the_file(talks).write_text("\n".join([*DAMAGE, good]) + "\n")
    (the_file(talks).parent / "nonsense.jsonl").write_text("{}\n")
    for _ in range(2):
        damaged = ingest(talks).damaged
        assert [f"line {i + 1}, is damaged" in line for i, line in enumerate(damaged[: len(DAMAGE)])] == [True] * len(DAMAGE)
        assert "named after no pair" in damaged[-1]
        assert [one.sample_id for one in queries.votes_of(talks, A, B)] == ["82"]


def test_a_file_that_has_not_changed_makes_nothing_forgotten(talks: Database):
    write_vote(talks, vote())
    with the_file(talks).open("a") as stream:
        stream.write("{\n")
    ingest(talks)
    before = queries.votes_of(talks, A, B)
    ingest(talks)
    assert queries.votes_of(talks, A, B) is before


def test_a_line_that_was_torn_stays_a_line_of_its_own(talks: Database):
    the_file(talks).parent.mkdir()
    the_file(talks).write_text('{"run_a": "torn')
    kept = write_vote(talks, vote())
    assert the_file(talks).read_text().splitlines()[1] == json.dumps(asdict(kept), ensure_ascii=False, sort_keys=True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"run_a": "nobody"},
        {"run_b": "nobody"},
        {"run_b": "../../x"},
        {"run_b": A},
        {"sample_id": "99"},
        {"turn": 2},
        {"turn": -1},
        {"sample_id": "83", "turn": 1},
    ],
)
def test_a_vote_on_what_is_not_there_is_refused(talks: Database, wrong: dict[str, object]):
    with pytest.raises(UsageError):
        write_vote(talks, Vote(**asdict(vote()) | wrong))
    assert not the_file(talks).parent.exists()


def test_a_vote_that_cannot_be_kept_is_not_in_the_index_either(talks: Database):
    (talks.store / "votes").write_text("in the way")
    with pytest.raises(StoreError, match="The vote is not saved"):
        write_vote(talks, vote())
    assert queries.votes_of(talks, A, B) == []


def test_a_voters_name_is_one_short_line_without_controls():
    assert voter_name(" Mia\x00\n\tM\u202e. ") == "Mia M ."
    assert voter_name("\ud800x") == "x"
    assert voter_name("x" * 99) == "x" * LONGEST_VOTER
    assert voter_name("\x1b") == ""


def all_of(db: Database, voter: str) -> list[queries.Blind]:
    """Vote until nothing is left, and return what was shown."""
    shown = []
    while (blind := queries.next_blind(db, A, B, voter, "instruction_following")) is not None:
        shown.append(blind)
        write_vote(db, vote(blind.sample_id, blind.turn, voter=voter))
    return shown


def test_a_voter_sees_every_pair_that_differs_once(talks: Database):
    shown = all_of(talks, "Mia")
    assert sorted((one.sample_id, one.turn) for one in shown) == [("81", 0), ("81", 1), ("82", 1), ("83", 0)]
    assert [(one.n_done, one.n_total) for one in shown] == [(i, 4) for i in range(4)]
    assert queries.next_blind(talks, A, B, " Mia ", "instruction_following") is None
    assert queries.next_blind(talks, A, B, "Ben", "instruction_following") is not None


def test_the_pair_in_turn_and_its_sides_stay_the_same_until_the_vote(talks: Database):
    first = queries.next_blind(talks, A, B, "Mia", "instruction_following")
    talks.remember(("x",), lambda: 1)
    assert queries.next_blind(talks, A, B, "Mia", "instruction_following") == first


def test_orders_and_sides_differ_between_voters(talks: Database):
    shown = [queries.next_blind(talks, A, B, f"voter {i}", "instruction_following") for i in range(40)]
    assert len({(one.sample_id, one.turn) for one in shown}) == 4
    assert {one.shown_first for one in shown} == {"a", "b"}


def test_a_later_turn_comes_with_the_turns_before_and_each_text_on_its_side(talks: Database):
    for one in all_of(talks, "Mia"):
        recipes = (DENSE, WANDA_50) if one.shown_first == "a" else (WANDA_50, DENSE)
        left, right = (SAID[recipe][one.sample_id] for recipe in recipes)
        assert (one.left, one.right) == (left[one.turn], right[one.turn])
        sample = next(sample for sample in TALKS if sample.sample_id == one.sample_id)
        assert one.question == sample.turns[one.turn]
        assert one.earlier == tuple(zip(sample.turns[: one.turn], left[: one.turn], right[: one.turn], strict=True))
        assert one.material == (sample.turns[0] if one.turn else "")
        assert "wanda" not in repr(one)
        assert "dense" not in repr(one)


def test_a_summary_comes_with_its_story(tmp_path: Path, open_store: Callable[[Path], Database]):
    story = Sample(sample_id="s", question="First line.", turns=("Summarize: First line. More.",), evidence="First line. More.")
    for recipe, text in ((DENSE, "Short."), (WANDA_50, "")):
        run = spec(recipe, task="summarization")
        write_spec(tmp_path, run)
        write_samples(tmp_path, run.run_id, [story])
        append_part(run_dir(tmp_path, run.run_id), [Answer(run_id=run.run_id, sample_id="s", text=text)], [])
    pair = (spec(DENSE, task="summarization").run_id, spec(WANDA_50, task="summarization").run_id)
    blind = queries.next_blind(open_store(tmp_path), *pair, "Mia", "summarization")
    assert (blind.question, blind.material, blind.earlier) == ("First line.", "First line. More.", ())
    assert {blind.left, blind.right} == {"Short.", ""}


def test_there_is_nothing_to_choose_between_runs_without_answers(talks: Database):
    with pytest.raises(StoreError):
        queries.next_blind(talks, "nobody", B, "Mia", "instruction_following")
    assert queries.next_blind(talks, A, "nobody", "Mia", "instruction_following") is None
