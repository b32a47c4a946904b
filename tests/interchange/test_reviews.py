"""Published reviews as judgings: scores as the file has them, failures kept apart, repeats, pairs and singles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.errors import DataError, UsageError
from llmkick_core.interchange import reviews as importing
from llmkick_core.interchange import whose
from llmkick_core.interchange.fastchat import NO_SCORE
from llmkick_core.interchange.lines import NO_OBJECT
from llmkick_core.interchange.reviews import ImportedReviews, import_reviews
from llmkick_core.interchange.verdicts import READ_AGAIN
from llmkick_core.interchange.whose import Subject
from llmkick_core.judgment import Judgment
from llmkick_core.schema import Recipe
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.judgings import latest, read_judge_spec, read_judgments
from llmkick_core.store.layout import judging_dir
from tests.interchange.fastchat_files import aspects, chats, old_review, pair, single, summaries, write_rows

WANDA_50 = Recipe(method="wanda", sparsity=0.5)
SCORED = "8 7\n8 7\n9 8\n8 6\nAssistant 1's summary is clear."
SUMMARIES = [
    old_review(1, SCORED, aspects((8, 7), (8, 7), (9, 8), (8, 6))),
    old_review(2, "9 8\n9 9\n9 9\n9 8\n\nBoth are good.", aspects((9, 8), (9, 9), (9, 9), (9, 8))),
    old_review(3, "error", [-1, -1]),
]
FOOTER = "\n\nChatGpt score: 9.06\t Ours: 7.76"


def run(store: Path, folder: Path, rows: Sequence[Any], *, file: str = "review.jsonl", **more: Any) -> ImportedReviews:
    return import_reviews(store, write_rows(folder / file, rows), subject=Subject(**more))


def standing(store: Path, done: ImportedReviews) -> list[Judgment]:
    return list(latest(read_judgments(store, done.judging_id)).values())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def test_reviews_of_summaries_become_judgments_with_the_scores_of_the_file(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    done = run(store, tmp_path, [*SUMMARIES, FOOTER], run=of.run_id[:9], references="dataset", judge="gpt-4", temperature=0.1)
    assert (done.protocol, done.repeat, done.n_lines, done.n_imported) == ("reference", 0, 4, 3)
    assert (done.outcomes, done.left_out) == ({"scored": 2, "failed": 1}, {NO_OBJECT: 1})
    assert done.means == {
        "coherence": {"candidate": 7.5, "opponent": 8.5, "n": 2},
        "consistency": {"candidate": 8.0, "opponent": 8.5, "n": 2},
        "fluency": {"candidate": 8.5, "opponent": 9.0, "n": 2},
        "relevance": {"candidate": 7.0, "opponent": 8.5, "n": 2},
    }
    first = standing(store, done)[0]
    assert (first.sample_id, first.turn, first.place, first.repeat) == ("1", 0, 2, 0)
    assert first.scores == {"coherence": 7, "consistency": 7, "fluency": 8, "relevance": 6}
    assert (first.opponent_scores["relevance"], first.reply) == (8, SCORED)
    assert first.explanation == "Assistant 1's summary is clear."
    spec = read_judge_spec(store, done.judging_id)
    assert (spec.run_id, spec.opponent, spec.url, spec.model) == (of.run_id, "dataset", "imported", "gpt-4")
    assert (spec.prompt_version, spec.temperature) == (0, 0.1)
    assert any("stand in" in note for note in done.notes)


def test_the_database_takes_them_in(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    run(store, tmp_path, SUMMARIES, run=of.run_id, references="dataset", judge="gpt-4")
    with Database(store) as db:
        assert ingest(db).damaged == ()
        assert db.rows("SELECT aspect, avg(score), avg(opponent_score) FROM judge_scores GROUP BY aspect ORDER BY aspect")[0] == (
            "coherence",
            7.5,
            8.5,
        )


CHAT_REVIEWS = [
    old_review(81, "9 8.5\nBoth help.", [9.0, 8.5], answers="N"),
    old_review(82, "8.5/10 for Assistant 1, 6/10 for Assistant 2.\nThe first is right.", [-1, -1], answers="N"),
    old_review(83, "Neither is right.\n\nThe scores for Assistant 1 and Assistant 2 are (6, 6).", [-1, -1], answers="N"),
]


def test_failures_are_no_scores_and_what_can_be_read_after_all_is_told(store: Path, tmp_path: Path):
    of, reference = chats(store, tmp_path), chats(store, tmp_path, model="gpt-3.5-turbo")
    asked = {"run": of.run_id, "references": reference.run_id, "judge": "gpt-4"}
    done = run(store, tmp_path, CHAT_REVIEWS, **asked)
    assert done.outcomes == {"scored": 1, "unparsed": 2}
    assert done.means == {"overall": {"candidate": 8.5, "opponent": 9.0, "n": 1}}
    assert done.n_readable_after_all == 2
    failed = standing(store, done)[1]
    assert (failed.outcome, failed.scores, failed.reply) == ("unparsed", {}, CHAT_REVIEWS[1]["text"])
    again = run(store, tmp_path, CHAT_REVIEWS, **asked, is_read_again=True)
    assert (again.repeat, again.n_imported, again.outcomes) == (0, 2, {"scored": 3})
    assert again.means["overall"] == {"candidate": pytest.approx(20.5 / 3), "opponent": pytest.approx(23.5 / 3), "n": 3}
    assert [one.reason for one in standing(store, again)] == ["", READ_AGAIN, READ_AGAIN]
    for is_read_again in (True, False):  # what was read stays read
        assert run(store, tmp_path, CHAT_REVIEWS, **asked, is_read_again=is_read_again).n_imported == 0


def test_the_same_file_changes_nothing_and_others_of_the_same_answers_are_repeats(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    asked = {"run": of.run_id, "references": "dataset", "judge": "gpt-4"}
    files = {tag: [{**row, "review_id": f"{tag}{row['question_id']}"} for row in SUMMARIES] for tag in "mws"}
    for repeat, (tag, rows) in enumerate(files.items()):
        done = run(store, tmp_path, rows, file=f"{tag}.jsonl", **asked)
        assert (done.repeat, done.n_imported) == (repeat, 3)
    before = (judging_dir(store, done.judging_id) / "judgments.jsonl").read_bytes()
    for repeat, (tag, rows) in enumerate(files.items()):
        done = run(store, tmp_path, rows, file=f"{tag}.jsonl", **asked)
        assert (done.repeat, done.n_imported, done.means["coherence"]["n"]) == (repeat, 0, 2)
    assert (judging_dir(store, done.judging_id) / "judgments.jsonl").read_bytes() == before
    assert {one.repeat for one in standing(store, done)} == {0, 1, 2}


def test_a_file_that_was_cut_off_goes_on_where_it_was(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    asked = {"run": of.run_id, "references": "dataset", "judge": "gpt-4"}
    run(store, tmp_path, SUMMARIES[:1], **asked)
    done = run(store, tmp_path, SUMMARIES, **asked)
    assert (done.repeat, done.n_imported) == (0, 2)


def test_an_equal_line_in_two_files_does_not_make_them_one(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    asked = {"run": of.run_id, "references": "dataset", "judge": "gpt-4"}
    bare = {"question_id": 3, "text": "error", "score": [-1, -1]}
    run(store, tmp_path, [*SUMMARIES[:2], bare], **asked)
    done = run(store, tmp_path, [*({**row, "review_id": "x"} for row in SUMMARIES[:2]), bare], **asked)
    assert (done.repeat, done.n_imported) == (1, 3)


def test_every_defect_of_a_file_is_survived_and_counted(store: Path, tmp_path: Path):
    of = chats(store, tmp_path)
    rows = [
        old_review(81, "1 2", [1, 2], answers="N"),
        old_review(81, "9 8", [9, 8], answers="N"),
        old_review(82, "11 8", [11, 8], answers="N"),
        old_review(99, "9 8", [9, 8]),
        {"question_id": 83, "text": "9 8"},
        old_review(83, "", aspects((8, 7), (8, 7), (9, 8), (8, 7))),
        single(83, 8),
        "",
        {"mean": 3},
    ]
    done = run(store, tmp_path, rows, run=of.run_id, references="dataset", judge="gpt-4")
    assert done.outcomes == {"scored": 1, "unparsed": 1}
    assert done.means["overall"] == {"candidate": 8, "opponent": 9, "n": 1}
    assert standing(store, done)[1].reason == "score 11 of overall is not on the scale of 0 to 10"
    assert done.left_out == {
        "a JSON object without a question_id, such as a total": 1,
        NO_SCORE: 1,
        whose.OTHER_WAY: 1,
        importing.OTHER_TASK: 1,
        importing.NO_SUCH_ANSWER: 1,
        importing.LATER: 1,
    }


def test_a_summary_without_one_of_its_scores_has_no_verdict(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    done = run(
        store, tmp_path, [old_review(1, "..", {"coherence": [8, 7], "fluency": [8, 7]})], run=of.run_id, references="dataset", judge="x"
    )
    assert standing(store, done)[0].reason == "the file has no score of consistency, relevance"


def test_reviews_of_other_answers_than_the_runs_are_told(store: Path, tmp_path: Path):
    of = summaries(store, tmp_path)
    rows = [{**row, "answer2_id": f"B{row['question_id']}"} for row in SUMMARIES]
    asked = {"run": of.run_id, "references": "dataset", "judge": "gpt-4"}
    assert any("3 reviews name other answers" in note for note in run(store, tmp_path, rows, **asked).notes)
    summaries(store, tmp_path, tag="B")  # equal texts under other ids
    assert not any("name other answers" in note for note in run(store, tmp_path, rows, **asked).notes)


def test_single_judgments_are_of_the_runs_model_turn_by_turn(store: Path, tmp_path: Path):
    of = chats(store, tmp_path)
    rows = [single(81, 8), single(81, 6.5, turn=2), single(82, -1), single(83, 0), single(83, 9, turn=3), single(81, 3, model="other")]
    done = run(store, tmp_path, rows, run=of.run_id)
    assert (done.protocol, done.judge, done.opponent) == ("single", "gpt-4", "")
    assert done.means == {"overall": {"candidate": 7.25, "n": 2}}
    assert done.outcomes == {"scored": 2, "unparsed": 2}
    assert done.left_out == {whose.OTHER_MODEL: 1, importing.NO_SUCH_ANSWER: 1}
    found = {one.slot: one for one in standing(store, done)}
    assert found[("81", 1, 1, 0)].scores == {"overall": 6.5}
    assert found[("81", 0, 1, 0)].explanation == "Rather good."
    assert found[("81", 0, 1, 0)].asked_at == 1687222400.5
    assert found[("83", 0, 1, 0)].reason == "score 0 of overall is not on the scale of 1 to 10"


def test_both_games_of_a_pair_are_judgments_in_the_two_places(store: Path, tmp_path: Path):
    dense, wanda = chats(store, tmp_path, model="dense-7b"), chats(store, tmp_path, model="wanda-7b")
    rows = [
        pair(81, "model_1", "model_1"),
        pair(81, "model_2", "tie", turn=2),
        pair(82, "error", "model_2"),
        pair(83, "tie", "tie", models=("x", "y")),
    ]
    done = run(store, tmp_path, rows, run=wanda.run_id, opponent=dense.run_id)
    assert (done.protocol, done.opponent, done.means) == ("pairwise", dense.run_id, {})
    found = {one.slot[:3]: (one.outcome, one.winner) for one in standing(store, done)}
    assert found == {
        ("81", 0, 2): ("scored", "opponent"),  # model_1 was shown first and won
        ("81", 0, 1): ("scored", "opponent"),
        ("81", 1, 2): ("scored", "candidate"),
        ("81", 1, 1): ("scored", "tie"),
        ("82", 0, 2): ("unparsed", ""),
        ("82", 0, 1): ("scored", "candidate"),
    }
    assert done.winners == {"opponent": 2, "candidate": 2, "tie": 1}
    assert done.left_out == {whose.OTHER_MODEL: 1}


def test_a_pair_of_two_recipes_of_one_model_is_told_apart_by_name(store: Path, tmp_path: Path):
    dense = chats(store, tmp_path, model="vicuna")
    wanda = chats(store, tmp_path, model="vicuna-50", name="vicuna", recipe=WANDA_50)
    rows = [pair(81, "model_2", "tie", models=("vicuna", "vicuna-50"))]
    done = run(store, tmp_path, rows, run=wanda.run_id, opponent=dense.run_id, name="vicuna-50")
    assert done.winners == {"candidate": 1, "tie": 1}


@pytest.mark.parametrize(
    ("rows", "more", "words"),
    [
        (SUMMARIES, {"run": "", "judge": "j", "references": "dataset"}, "runs of .* begin with ''"),
        (SUMMARIES, {"judge": "j"}, "name that run with --references"),
        (SUMMARIES, {"references": "dataset"}, "does not say who judged; name one with --judge"),
        (SUMMARIES, {"references": "dataset", "judge": "j", "opponent": "x"}, "--opponent goes with judgments of pairs"),
        (SUMMARIES, {"references": "nonesuch", "judge": "j"}, "0 runs of .* begin with 'nonesuch'"),
        ([{"question_id": 1, "text": "x"}], {"references": "dataset", "judge": "j"}, "holds no review"),
        ([old_review(9, "9 8", [9, 8])], {"references": "dataset", "judge": "j"}, "holds no review of the answers of run"),
        ([single(1, 8)], {"references": "dataset"}, "--references goes with reviews against a reference"),
        ([single(1, 8)], {}, "holds nothing of a model called 'lmsys/vicuna-7b-v1.3'; it has vicuna-13b"),
        ([single(1, 8)], {"judge": "gpt-5"}, "no judgment by 'gpt-5'; it names gpt-4"),
        ([single(1, 8), single(2, 8, judge="claude")], {}, r"names 2 judges \(claude, gpt-4\); name one with --judge"),
        ([pair(1, "tie", "tie")], {}, "name the run of the other model with --opponent"),
    ],
)
def test_what_is_left_open_is_asked_for_in_one_clear_line(store: Path, tmp_path: Path, rows: list[Any], more: dict[str, Any], words: str):
    of = summaries(store, tmp_path)
    with pytest.raises((UsageError, DataError), match=words):
        run(store, tmp_path, rows, **{"run": of.run_id, **more})
    assert not (store / "judgings").exists()


def test_a_pair_whose_other_side_is_open_asks_for_its_name(store: Path, tmp_path: Path):
    one, other = chats(store, tmp_path, model="one"), chats(store, tmp_path, model="two", name="renamed")
    rows = [pair(81, "tie", "tie", models=("one", "two")), pair(82, "tie", "tie", models=("one", "three"))]
    with pytest.raises(UsageError, match=r"compares 'one' with three, two; say with --opponent-name"):
        run(store, tmp_path, rows, run=one.run_id, opponent=other.run_id)
    done = run(store, tmp_path, rows, run=one.run_id, opponent=other.run_id, opponent_name="two")
    assert (done.winners, done.left_out) == ({"tie": 2}, {whose.OTHER_MODEL: 1})


def test_a_run_of_other_questions_is_no_opponent(store: Path, tmp_path: Path):
    of, other = summaries(store, tmp_path), chats(store, tmp_path)
    with pytest.raises(UsageError, match="was asked none of the questions"):
        run(store, tmp_path, SUMMARIES, run=of.run_id, references=other.run_id, judge="gpt-4")
