"""What the Judge page says, in words: sentences and meanings on numbers that were made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llmkick_core.stats.agreement import Agreement
from llmkick_core.store.queries import Setup
from pages import _judge_words
from pages._judge_agreement import agreement_sentence
from pages._links import Side

SETUP = Setup(
    key="pairwise~1",
    protocol="pairwise",
    way="pairwise",
    opponent="d",
    url="http://127.0.0.1:1/v1",
    model="j",
    prompt_version=1,
    temperature=0.0,
    judging_ids=("1",),
    n_judgments=44,
    n_repeats=1,
    is_one_order=False,
)
WANDA = Side(key="wanda-50", run_id="w", title="Wanda 50%", method="wanda", row={})


def test_the_same_text_is_told_apart_from_as_good():
    counts: dict[str, Any] = {"n": 22, "win": 1, "tie": 0, "same": 10, "loss": 11, "inconsistent": 0}
    counts |= {"net": -10 / 22, "net_low": -0.65, "net_high": -0.2}
    said = _judge_words.sentence(SETUP, WANDA, [], counts, "summarization", n_asked=9)
    assert said.startswith("j finds Wanda 50% worse than dense on 22 stories: 1 better, 10 the same text, 0 as good, 11 worse (net")


def test_the_means_of_the_sentence_differ_by_its_change():
    row = {"aspect": "overall", "n": 6, "n_paired": 5, "mean": 6.89, "paired_mean": 7.12, "dense_mean": 7.9, "change": -0.78}
    row |= {"change_low": -1.5, "change_high": -0.1, "noise_floor": None, "is_below_noise": None}
    said = _judge_words.sentence(replace(SETUP, protocol="single", way="single"), WANDA, [row], None, "summarization", n_asked=6)
    assert "on 5 stories: 7.12 against 7.90 (change \u22120.78" in said


def test_one_order_is_not_called_both():
    for protocol in ("pairwise", "reference"):
        setup = replace(SETUP, protocol=protocol, way=protocol, is_one_order=True)
        assert not any("both orders" in _judge_words.meaning(setup, kind) for kind in _judge_words.OUTCOMES)
    assert _judge_words.meaning(SETUP, "win") == "than the dense answer, in both orders"


def test_few_answers_have_a_kappa_without_a_word_for_it():
    few = Agreement(n=6, share=0.5, kappa=0.1, low=None, high=None)
    assert agreement_sentence("they", few) == (
        "they say the same of 50% of 6 answers; kappa 0.10 (no interval can be said). That is too few to tell how far they agree."
    )
    many = Agreement(n=40, share=0.9, kappa=0.7, low=0.6, high=0.8)
    assert agreement_sentence("they", many).endswith("kappa 0.70 (95% interval 0.60 to 0.80), substantial agreement.")
