"""Blind votes without a browser: names stay hidden, votes are kept, and the tally tells names and agreement."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from llmkick_core.judgment import Vote
from llmkick_core.schema import Answer, Recipe
from llmkick_core.store.votes import read_votes
from tests.judged_store import WANDA, answer_all, judge_run, questions
from tests.pages.judge_page import Start, captions, judge, markup, plain, rows, sentence
from tests.synthetic_store import add_run, spec_of

PAIR = (Recipe(), Recipe(method="wanda", sparsity=0.3), WANDA)
NAMES = ("Dense", "dense", "Wanda", "wanda")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    answer_all(tmp_path, n=4, recipes=PAIR, tasks=("summarization",))
    for recipe in PAIR:
        judge_run(tmp_path, recipe, "summarization", n=4)
    return tmp_path


def votes(store: Path) -> list[Vote]:
    return [vote for path in (store / "votes").glob("*.jsonl") for vote in read_votes(path)[0]]


def everything(at: AppTest) -> str:
    """Return all that was sent to the browser, names in the sidebar's pages apart."""
    return "\n".join(
        [markup(at), captions(at), *(str(element.proto) for element in at.main if hasattr(element, "proto")), str(dict(at.query_params))]
    )


def test_no_name_stands_on_the_page_in_the_boxes_or_in_the_link(app: Start, store: Path):
    at = judge(app, store, view="vote", a="dense", b="wanda-50")
    assert sentence(at) == "Which summary is better? You have voted on 0 of 4 pairs."
    assert not any(name in everything(at) for name in NAMES)
    assert {box.label for box in at.sidebar.selectbox} == {"Model", "Task"}
    assert set(at.query_params) == {"task", "view", "model", "scoring", "pair"}
    assert "Left" in plain(markup(at))
    assert "Right" in plain(markup(at))


def test_the_runs_of_the_form_that_starts_a_judge_leave_the_link(app: Start, store: Path):
    at = judge(app, store, view="vote", runs="dense,wanda-50", references="dense")
    assert set(at.query_params) == {"task", "view", "model", "scoring", "pair"}


def test_the_key_of_a_pair_opens_the_same_pair_in_another_session(app: Start, store: Path):
    key = judge(app, store, view="vote", a="dense", b="wanda-50").query_params["pair"]
    other = judge(app, store, view="vote", a="dense", b="wanda-30").query_params["pair"]
    assert key != other
    at = judge(app, store, view="vote", pair=key)
    assert not at.warning
    at.button(key="judge_vote_tie").click().run()
    assert {(vote.run_a, vote.run_b) for vote in votes(store)} == {
        (spec_of("summarization", Recipe()).run_id, spec_of("summarization", WANDA).run_id)
    }


def test_a_pair_that_there_is_not_is_said(app: Start, store: Path):
    at = judge(app, store, view="vote", pair="no-such-pair")
    assert "a pair of answers that this store does not have" in at.warning[0].value
    assert "Which summary is better?" in sentence(at)


@pytest.mark.parametrize("choice", ["left", "right", "tie"])
def test_a_vote_is_kept_for_the_answer_that_stood_there(app: Start, store: Path, choice: str):
    at = judge(app, store, view="vote", b="wanda-50")
    at.button(key=f"judge_vote_{choice}").click().run()
    assert not at.exception
    (vote,) = votes(store)
    other = "b" if vote.shown_first == "a" else "a"
    assert vote.winner == {"left": vote.shown_first, "right": other, "tie": "tie"}[choice]
    assert "You have voted on 1 of 4 pairs." in sentence(at)
    assert not any(name in everything(at) for name in NAMES)


def test_a_name_of_the_voter_is_kept_and_another_voter_starts_anew(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    at.text_input(key="judge_voter").set_value("Mia").run()
    at.button(key="judge_vote_left").click().run()
    assert votes(store)[0].voter == "Mia"
    assert "voted on 1 of 4" in sentence(at)
    at.text_input(key="judge_voter").set_value("Ben").run()
    assert "voted on 0 of 4" in sentence(at)


def test_a_reload_goes_on_under_the_voters_name(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    at.text_input(key="judge_voter").set_value("Mia").run()
    at.button(key="judge_vote_left").click().run()
    assert at.query_params["voter"] == "Mia"
    again = judge(app, store, view="vote", b="wanda-50", voter="Mia")
    assert again.text_input(key="judge_voter").value == "Mia"
    assert "voted on 1 of 4" in sentence(again)


def test_skip_shows_another_pair_of_answers_and_keeps_no_vote(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    before = plain(markup(at))
    at.button(key="judge_vote_skip").click().run()
    assert plain(markup(at)) != before
    assert not votes(store)


def test_after_the_last_vote_the_names_can_be_told(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    assert at.button(key="judge_reveal").disabled
    for _ in range(4):
        at.button(key="judge_vote_left").click().run()
    assert sentence(at) == "You have voted on every pair of answers that differ."
    at.button(key="judge_reveal").click().run()
    assert not at.exception
    assert sentence(at).startswith("In 4 blind votes Wanda 50% was better ")
    assert "fewer than 10 votes say little" in sentence(at)
    assert at.query_params["b"] == "wanda-50"
    assert "pair" not in at.query_params
    assert rows(at, 0)[1][:2] == ["nobody in particular", "4"]
    assert rows(at)[1][0].startswith("gpt-4o")
    hide = next(button for button in at.button if button.label.startswith("Hide the names"))
    hide.click().run()
    assert "pair" in at.query_params
    assert not any(name in everything(at) for name in NAMES)


def test_a_link_to_the_tally_tells_the_names_in_a_fresh_session(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    at.button(key="judge_vote_left").click().run()
    at = judge(app, store, view="vote", names="shown", a="dense", b="wanda-50")
    assert sentence(at).startswith("In 1 blind vote Wanda 50% was better")


def test_votes_stand_in_the_lab_beside_the_judge(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    for _ in range(3):
        at.button(key="judge_vote_right").click().run()
    at = judge(app, store, view="lab", b="wanda-50")
    assert "3 votes on Wanda 50% against Dense: people and gpt-4o say the same of" in plain(markup(at))


def test_a_vote_that_cannot_be_written_is_said_and_the_page_stays(app: Start, store: Path):
    at = judge(app, store, view="vote", b="wanda-50")
    (store / "votes").write_text("in the way")
    at.button(key="judge_vote_left").click().run()
    assert not at.exception
    assert at.error
    assert "Which summary is better?" in sentence(at)


def test_one_recipe_alone_has_nothing_to_choose_between(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=2, recipes=[Recipe()], tasks=("summarization",))
    at = judge(app, tmp_path, view="vote")
    assert "Only one recipe has answered" in sentence(at)


def test_equal_answers_are_not_said_to_be_voted_on(app: Start, tmp_path: Path):
    samples = questions("summarization", 2)
    for spec in (spec_of("summarization", recipe) for recipe in (Recipe(), WANDA)):
        add_run(tmp_path, spec, samples, [Answer(run_id=spec.run_id, sample_id=one.sample_id, turn=0, text="Same.") for one in samples])
    assert "the same text" in sentence(judge(app, tmp_path, view="vote", b="wanda-50"))


def test_conversations_show_the_turns_before(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=3, recipes=PAIR[:1] + PAIR[2:], tasks=("instruction_following",))
    at = judge(app, tmp_path, task="instruction_following", view="vote")
    for _ in range(6):
        if "Before:" in plain(markup(at)):
            break
        at.button(key="judge_vote_tie").click().run()
    assert "Before:" in plain(markup(at))
