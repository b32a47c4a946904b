"""Judge without a browser: the sentence, scores, answers, ledger and lab, on a store that two judges have rated, and on stores that nobody has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmkick_core.judgment import Judgment
from llmkick_core.schema import Recipe
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.judgings import journal
from llmkick_core.store.layout import judging_dir
from pages import _judge_charts
from pages._links import Side
from tests.judged_store import GPT, LLAMA, TASKS, WANDA, answer_all, hostile, judge_run, judge_spec, questions
from tests.pages.judge_page import N_JUDGED, Start, captions, judge, markup, plain, rows, sentence
from tests.synthetic_store import make_store, spec_of

Keys = dict[tuple[str, str, str], str]
N = N_JUDGED
PAIR = (Recipe(), WANDA)


@pytest.fixture(scope="session")
def keys(judged_store: Path) -> Keys:
    """Return what stands in a link for each task, protocol and judge."""
    db = Database(judged_store)
    ingest(db)
    found = {
        (task, one.protocol, one.model): one.key
        for task in TASKS
        for one in queries.judge_setups(db, spec_of(task, Recipe()).comparison_id)
    }
    db.close()
    return found


def test_the_sentence_says_what_the_judge_finds_with_numbers_interval_and_noise(app: Start, judged_store: Path):
    at = judge(app, judged_store, b="magnitude-50")
    said = sentence(at)
    assert said.startswith(f"gpt-4o finds Magnitude 50% worse than dense on {N} stories: ")
    assert "over 4 aspects (change \u2212" in said
    assert "95% interval \u2212" in said
    assert "above its own noise of 0." in said
    assert "they stand in for the GPT-3.5 answers" in captions(at)
    assert "both orders" in captions(at)
    assert "spent $" in captions(at)


def test_without_repeats_the_noise_is_said_not_to_be_known(app: Start, judged_store: Path, keys: Keys):
    at = judge(app, judged_store, b="magnitude-50", judge=keys["summarization", "single", LLAMA[1]])
    assert "how far the judge differs from itself is not known" in sentence(at)
    assert "price not known" in captions(at)


def test_a_small_change_is_undecided_or_below_the_noise_and_calmly_so(app: Start, judged_store: Path):
    said = sentence(judge(app, judged_store, b="int8"))
    assert said.startswith(("gpt-4o sees no more than its own noise between int8 and dense", "gpt-4o cannot tell int8 from dense"))


def test_pairwise_counts_better_and_worse_with_the_net_and_its_interval(app: Start, judged_store: Path, keys: Keys):
    at = judge(app, judged_store, b="magnitude-50", judge=keys["summarization", "pairwise", GPT[1]])
    assert "finds Magnitude 50% worse than dense" in sentence(at)
    assert "points, 95% interval" in sentence(at)
    assert [row[0] for row in rows(at)[1:]] == ["Magnitude 30%", "Magnitude 50%", "Wanda 30%", "Wanda 50%", "Wanda 2:4", "int8"]
    bars = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    assert [bar["name"] for bar in bars] == ["better", "same text", "as good", "orders disagree", "worse", "no verdict"]
    assert bars[-1]["x"][3] == pytest.approx(100 * 6 / N)  # six kinds of failure of the run, of nine answers


def test_recipes_whose_titles_are_cut_alike_have_a_bar_each():
    title = "SparseGPT 50% · calibrated on 128 × 2048 tokens, seed "
    sides = {one: Side(key=one, run_id=one, title=f"{title}{one}", method="sparsegpt", row={}) for one in ("1", "2")}
    counts = [{"run_id": one, "n": 2, "win": 1, "loss": 1, "tie": 0, "same": 0, "inconsistent": 0, "failed": 0} for one in sides]
    figure = _judge_charts.outcomes(counts, sides)
    assert all(list(bar.y) == ["1", "2"] for bar in figure.data)
    assert [text.startswith("SparseGPT 50%") for text in figure.layout.yaxis.ticktext] == [True, True]


def test_every_aspect_has_a_figure_with_noise_band_and_the_papers_line(app: Start, judged_store: Path):
    at = judge(app, judged_store)
    specs = [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]
    assert len(specs) == 5  # four aspects, and the bars
    traces = [[trace.get("hovertemplate", "") for trace in spec["data"]] for spec in specs]
    assert [any("published" in told for told in one) for one in traces] == [True, False, False, False, False]
    assert all(len(spec["layout"]["shapes"]) >= 4 for spec in specs[:4])  # 5% band and its edge, noise, dense
    table = rows(at)
    assert table[0][:5] == ["Recipe", "Aspect", "n", "No verdict", "Mean"]
    wanda = next(i for i, row in enumerate(table) if row[0] == "Wanda 50%")
    assert [row[1] for row in table[wanda : wanda + 5]] == ["Coherence", "Consistency", "Fluency", "Relevance", "All aspects"]
    assert table[wanda][2:4] == [str(N - 6), "6"]


def test_conversations_have_one_score(app: Start, judged_store: Path):
    at = judge(app, judged_store, task="instruction_following")
    assert "turns: " in sentence(at)
    assert len(at.get("plotly_chart")) == 2
    assert {row[1] for row in rows(at)[1:]} == {"Score"}


def test_judgments_in_one_order_say_so(app: Start, judged_store: Path, keys: Keys):
    at = judge(app, judged_store, judge=keys["summarization", "reference", "gpt-4"])
    assert "one order only: imported" in captions(at)
    assert "both orders" not in plain(markup(at)) + "".join(block.value for block in at.main.markdown)


def test_what_was_imported_is_not_said_to_have_cost_nothing(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=2, recipes=PAIR, tasks=("summarization",))
    spec = judge_spec(spec_of("summarization", WANDA), "reference", ("imported", "gpt-4"))
    with journal(tmp_path, spec) as file:
        file.add([Judgment(sample_id=questions("summarization", 2)[0].sample_id, place=2, outcome="refused", reason="no")])
    assert "cost nothing" not in captions(judge(app, tmp_path, b="wanda-50"))


def test_two_judges_of_one_name_are_told_apart_in_the_lab(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=4, recipes=PAIR, tasks=("summarization",))
    for address in ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8001/v1"):
        judge_run(tmp_path, Recipe(), "summarization", judge=(address, "llama"), n=4)
    page = plain(markup(judge(app, tmp_path, view="lab")))
    assert "127.0.0.1:8000 and llama" in page or "127.0.0.1:8001 and llama" in page


@pytest.mark.parametrize(
    "query",
    [
        {"view": "scores"},
        {"view": "answers", "show": "worse", "sort": "disagreement"},
        {"view": "ledger", "kind": "refused"},
        {"view": "lab"},
        {"view": "start", "protocol": "pairwise"},
        {"view": "answers", "task": "instruction_following", "turn": "1"},
    ],
)
def test_a_link_restores_the_view(app: Start, judged_store: Path, keys: Keys, query: dict[str, str]):
    key = keys[query.get("task", "summarization"), "reference", LLAMA[1]]
    at = judge(app, judged_store, b="wanda-30", judge=key, **query)
    assert not at.warning
    assert at.sidebar.selectbox(key="choice_b").value == "wanda-30"
    assert at.get_by_key("choice_view").value == query["view"]
    for name in ("show", "sort", "protocol"):
        if name in query:
            assert at.get_by_key(f"choice_{name}").value == query[name]
    if query["view"] != "start":
        assert at.get_by_key("choice_judge").value == key
        assert sentence(at).startswith("llama-3.1-70b")


def test_a_judge_that_the_link_asks_for_and_there_is_not_is_named(app: Start, judged_store: Path):
    at = judge(app, judged_store, judge="reference~none")
    assert "reference\\~none" in at.warning[0].value


def test_an_answer_has_both_texts_scores_of_both_orders_and_what_they_disagree_on(app: Start, judged_store: Path, keys: Keys):
    key = keys["summarization", "reference", GPT[1]]
    sample = questions("summarization", N)[8]
    at = judge(app, judged_store, view="answers", b="wanda-50", judge=key, q=sample.sample_id)
    page = plain(markup(at))
    assert sample.question in page
    assert "Reference of the data set" in page
    assert "Shown first" in page
    assert "Shown second" in page
    assert "The first answer leaves out who did it." in page
    assert "The second answer leaves out who did it." in page
    assert "The score depends on the order: " in page
    assert "Shown first, mean of 3 times" in page
    assert "shown first it got" in page
    assert 'class="kick-differs' in markup(at)
    assert {"The story", "Asked 3 times", "Replies as they came"} <= {box.label for box in at.expander}
    assert "fingerprint fp_1a2b3c" in captions(at)
    assert any(link.proto.label == "The same question on Compare" for link in at.get("page_link"))


def test_the_list_narrows_to_what_has_no_verdict(app: Start, judged_store: Path):
    at = judge(app, judged_store, view="answers", b="wanda-50", show="failed")
    assert len(at.get_by_key("question_list_0").options) == 6
    assert "? no score: an order has no verdict" in plain(markup(at))


def test_an_answer_that_is_not_there_is_said(app: Start, judged_store: Path):
    at = judge(app, judged_store, view="answers", q="no such story", turn="7")
    assert "which this judge was not asked about" in at.warning[0].value


def test_a_turn_that_there_is_not_is_said(app: Start, judged_store: Path):
    q = questions("instruction_following", N)[0].sample_id
    at = judge(app, judged_store, task="instruction_following", view="answers", b="wanda-50", q=q, turn="9")
    assert "turn 10, which this judge was not asked about" in at.warning[0].value


def test_judgments_of_a_turn_that_the_question_has_not_break_nothing(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=2, recipes=PAIR, tasks=("instruction_following",))
    q = questions("instruction_following", 2)[0].sample_id
    with journal(tmp_path, judge_spec(spec_of("instruction_following", WANDA), "reference", GPT)) as file:
        file.add([Judgment(sample_id=q, turn=5, outcome="failed", reason="lost")])
    at = judge(app, tmp_path, task="instruction_following", view="answers", b="wanda-50", q=q, turn="5")
    assert "lost" in plain(markup(at))


def test_the_next_answer_comes_by_its_button_and_stands_in_the_link(app: Start, judged_store: Path):
    at = judge(app, judged_store, view="answers", task="instruction_following", b="wanda-50")
    at.button(key="judge_next").click().run()
    assert not at.exception
    assert at.query_params["q"]
    assert at.get_by_key("question_list_1") is not None


def test_the_ledger_counts_every_kind_and_says_what_it_means(app: Start, judged_store: Path):
    at = judge(app, judged_store, view="ledger")
    table = rows(at, 0)
    assert [row[0] for row in table] == [
        "Unreadable unparsed",
        "Refused",
        "Cut off truncated",
        "Too long",
        "No reply failed",
        "Nothing to ask unasked",
    ]
    assert all(row[1].startswith("3 of ") for row in table)
    assert "Both are good. I cannot decide." in plain(markup(at))
    at = judge(app, judged_store, view="ledger", kind="refused")
    assert {row[0] for row in rows(at)[1:]} == {"Refused"}


def test_a_ledger_without_failures_says_so(app: Start, judged_store: Path, keys: Keys):
    at = judge(app, judged_store, view="ledger", judge=keys["summarization", "single", LLAMA[1]])
    assert "have a verdict" in at.info[0].value


def test_the_lab_tells_noise_place_length_and_agreement(app: Start, judged_store: Path):
    at = judge(app, judged_store, view="lab")
    page = plain(markup(at))
    assert "Asked the same again, gpt-4o gave the same score in" in page
    assert "when it is shown first (95% interval" in page
    assert "by a rank correlation of" in page
    assert "gpt-4o and llama-3.1-70b say the same of" in page
    assert "Nobody has voted on Wanda 50% against Dense yet." in page


def test_the_lab_says_what_it_needs_where_it_does_not_know(app: Start, judged_store: Path, keys: Keys):
    page = plain(markup(judge(app, judged_store, view="lab", judge=keys["summarization", "single", LLAMA[1]])))
    assert "Not known. Nothing was asked twice" in page
    assert "Not known. Each answer was shown alone." in page


def test_another_task_leads_to_the_two_that_are_judged(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=2, recipes=PAIR)
    make_store(tmp_path, n_each=1, recipes=PAIR, tasks=("factoid_qa",))
    at = judge(app, tmp_path, task="factoid_qa")
    assert "needs no judge" in sentence(at)
    assert {button.label for button in at.main.button} == {"Summarization", "Instruction following"}
    next(button for button in at.main.button if button.label == "Summarization").click().run()
    assert at.query_params["task"] == "summarization"
    assert "Nobody has judged these answers yet" in sentence(at)


def test_a_store_without_a_judged_task_says_what_to_run(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=1, recipes=PAIR, tasks=("factoid_qa",))
    at = judge(app, tmp_path, task="factoid_qa")
    assert "no answers that a judge could rate" in at.info[0].value
    assert at.main.get("page_link")


def test_an_empty_store_says_what_comes_here(app: Start, tmp_path: Path):
    at = judge(app, tmp_path)
    assert "the judge, rates summaries and conversations" in at.info[0].value
    assert at.get("page_link")


@pytest.mark.parametrize(("task", "n_figures"), [("summarization", 4), ("instruction_following", 2)])
def test_without_a_judge_stored_scores_stand_there_and_how_to_connect_one(app: Start, tmp_path: Path, task: str, n_figures: int):
    answer_all(tmp_path, n=4, recipes=PAIR, tasks=(task,))
    for view in ("scores", "answers", "ledger", "lab"):
        at = judge(app, tmp_path, task=task, view=view)
        assert sentence(at).startswith("Nobody has judged these answers yet.")
        assert len(at.get("plotly_chart")) == (n_figures if view == "scores" else 0)
        commands = [block.value for block in at.code]
        assert len(commands) == 3
        assert all("python -m llmkick_core judge --runs" in one and "--max-cost 1.00" in one for one in commands)


def test_a_recipe_that_was_not_judged_says_so(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=3, recipes=PAIR, tasks=("summarization",))
    judge_run(tmp_path, Recipe(), "summarization", n=3)
    at = judge(app, tmp_path, b="wanda-50")
    assert sentence(at) == "gpt-4o has not judged Wanda 50% yet."
    at = judge(app, tmp_path, b="wanda-50", view="answers")
    assert "has not judged Wanda 50% in this way yet" in at.info[0].value.replace("\\", "")


def test_a_judge_that_failed_at_everything_has_no_score_and_no_broken_page(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=3, recipes=PAIR, tasks=("summarization",))
    for recipe in PAIR:
        spec = judge_spec(spec_of("summarization", recipe), "reference", GPT)
        with journal(tmp_path, spec) as file:
            file.add(
                Judgment(sample_id=one.sample_id, place=place, outcome="failed", reason="no reply")
                for one in questions("summarization", 3)
                for place in (1, 2)
            )
    for view in ("scores", "answers", "ledger", "lab"):
        at = judge(app, tmp_path, view=view, b="wanda-50")
        assert sentence(at) == "gpt-4o has no verdict on Wanda 50%: none of 3 stories has one in every order; the ledger says why."
    assert "no reply" in plain(markup(judge(app, tmp_path, view="ledger")))


@pytest.mark.parametrize("protocol", ["single", "pairwise"])
def test_refusals_alone_are_no_missing_judging(app: Start, tmp_path: Path, protocol: str):
    answer_all(tmp_path, n=3, recipes=PAIR, tasks=("summarization",))
    spec = judge_spec(spec_of("summarization", WANDA), protocol, GPT)  # type: ignore[arg-type]
    with journal(tmp_path, spec) as file:
        file.add(
            Judgment(sample_id=one.sample_id, place=place, outcome="refused", reason="no")
            for one in questions("summarization", 3)
            for place in spec.places
        )
    assert "has no verdict on Wanda 50%" in sentence(judge(app, tmp_path, b="wanda-50"))


def test_what_cannot_be_told_has_no_aspect_that_changed_most(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=1, recipes=PAIR, tasks=("summarization",))
    for recipe in PAIR:
        judge_run(tmp_path, recipe, "summarization", n=1)
    said = sentence(judge(app, tmp_path, b="wanda-50"))
    assert said.startswith("gpt-4o cannot tell Wanda 50% from dense on 1 story")
    assert "most in" not in said


def test_a_damaged_judging_is_named_and_the_others_are_shown(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=3, recipes=PAIR, tasks=("summarization",))
    for recipe in PAIR:
        judge_run(tmp_path, recipe, "summarization", n=3)
    broken = judge_run(tmp_path, WANDA, "summarization", judge=LLAMA, n=3)
    (judging_dir(tmp_path, broken.judging_id) / "spec.json").write_text("{")
    at = judge(app, tmp_path, b="wanda-50")
    assert sentence(at).startswith("gpt-4o")
    assert any("cannot be read" in box.label for box in at.expander)


@pytest.mark.parametrize("view", ["scores", "answers", "ledger", "lab", "vote"])
def test_hostile_words_of_model_and_judge_are_text(app: Start, judged_store: Path, keys: Keys, view: str):
    for protocol, model in (("reference", GPT[1]), ("pairwise", GPT[1])):
        words = {"view": view, "b": "wanda-50", "judge": keys["summarization", protocol, model]}
        at = judge(app, judged_store, **words, **({"q": hostile("summarization")} if view == "answers" else {}))
        assert "<script" not in markup(at)
        assert "<img" not in markup(at)
        assert all("<script" not in chart.proto.spec for chart in at.get("plotly_chart"))
        if view == "answers":
            assert "&lt;script&gt;window.pwned=true&lt;/script&gt;" in markup(at)


def test_a_judges_name_is_shown_as_text(app: Start, tmp_path: Path):
    answer_all(tmp_path, n=3, recipes=PAIR, tasks=("summarization",))
    worst = ("https://api.openai.com/v1", "<script>window.pwned=1</script> ![](http://x/y) :material/home: **b**")
    for recipe in PAIR:
        judge_run(tmp_path, recipe, "summarization", judge=worst, n=3)
    for view in ("scores", "answers", "ledger", "lab", "start"):
        at = judge(app, tmp_path, view=view)
        assert "<script" not in markup(at)
        assert all("![](" not in caption.value for caption in at.caption)
