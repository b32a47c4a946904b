"""Compare without a browser: counts, filters, the list, and every view from its link."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Radio

from llmkick_core.schema import Answer, Recipe, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.parts import read_parts
from llmkick_core.store.runs import write_status
from tests.synthetic_store import HOSTILE, HOSTILE_ID, add_run, make_store, samples_of, spec_of

Start = Callable[[Path], AppTest]
WANDA = Recipe(method="wanda", sparsity=0.5)


def compare(app: Start, store: Path, **query: str) -> AppTest:
    at = app(store)
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    at.switch_page("pages/compare.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def values(store: Path, recipe: Recipe, task: str = "factoid_qa", metric: str = "exact_match") -> dict[str, float]:
    run = store / "runs" / spec_of(task, recipe).run_id
    rows = [score for _, scores in read_parts(run) for score in scores]
    return {row.sample_id: row.value for row in rows if row.metric == metric and row.scorer == "corrected" and row.value is not None}


def question_list(at: AppTest) -> Radio:
    return next(radio for radio in at.radio if radio.key.startswith("question_list"))


def listed(at: AppTest) -> list[str]:
    return list(question_list(at).options)


def text(at: AppTest) -> str:
    return "\n".join(element.value for element in at.html)


def test_the_chips_count_what_the_stored_scores_say(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    broke = sum(before[q] == 1 and after[q] == 0 for q in before)
    fixed = sum(before[q] == 0 and after[q] == 1 for q in before)
    assert broke > 10
    at = compare(app, full_store)
    chips = at.get_by_key("choice_outcome").options
    assert chips[:3] == [f"All {len(before)}", f"Broke {broke:,}", f"Fixed {fixed}"]
    assert f"Wanda 50% lost {broke} and gained {fixed} of {len(before)} questions" in text(at)


def test_the_chips_count_what_subject_and_search_leave(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    mine = [q for q in before if q.startswith("capital/")]
    broke = sum(before[q] == 1 and after[q] == 0 for q in mine)
    at = compare(app, full_store, subject="geography", search="capital")
    chips = at.get_by_key("choice_outcome").options
    assert chips[0] == f"All {len(listed(at)) if len(mine) < 10 else len(mine)}"
    assert chips[1] == f"Broke {broke}"
    chosen = compare(app, full_store, subject="geography", search="capital", outcome="broke")
    assert any(f" of {broke}" in caption.value for caption in chosen.caption)


def test_a_half_finished_run_is_marked_partial(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[Recipe(), WANDA], tasks=("factoid_qa",))
    run_id = spec_of("factoid_qa", WANDA).run_id
    at = compare(app, tmp_path)
    assert not any("partial" in caption.value for caption in at.caption)
    write_status(tmp_path, RunStatus(run_id=run_id, state="cancelled", n_done=40, n_total=200))
    at.run()
    caption = next(caption.value for caption in at.caption if "scoring" in caption.value).replace("\\", "")
    assert "Wanda 50% partial, 40 of 200 (cancelled)" in caption
    assert "Dense partial" not in caption


def test_sentences_name_the_left_side_of_the_pair(app: Start, full_store: Path):
    at = compare(app, full_store, a="wanda-30", b="wanda-50")
    facts = next(caption.value for caption in at.caption if " knew in some wording" in caption.value).replace("\\", "")
    assert "facts that Wanda 30% knew in some wording" in facts
    assert "that it knew in every wording" in facts
    assert "the dense model" not in facts
    assert "wordings: Wanda 30% right in" in text(at)
    dense = compare(app, full_store)
    assert any("facts that the dense model knew" in caption.value for caption in dense.caption)
    assert "wordings: Dense right in" in text(dense)


def test_a_link_restores_pair_filter_and_question(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    wanted = sorted(q for q in before if q.startswith("capital/") and before[q] == 1 and after[q] == 0)[0]
    at = compare(app, full_store, outcome="broke", subject="geography", q=wanted)
    assert question_list(at).value == wanted
    assert "kick-answer right" in text(at)
    assert "kick-answer wrong" in text(at)
    assert all("\u2212" in line for line in listed(at))


def test_a_question_outside_the_filter_is_still_shown(app: Start, full_store: Path):
    before, after = values(full_store, Recipe()), values(full_store, WANDA)
    kept = next(q for q in before if before[q] == after[q] == 1)
    at = compare(app, full_store, outcome="broke", q=kept)
    assert any("not in the list" in caption.value for caption in at.caption)
    assert question_list(at).value is None


def test_an_unknown_question_is_a_friendly_box(app: Start, full_store: Path):
    at = compare(app, full_store, q="capital/Atlantis#0")
    assert "choose one from the list" in at.error[0].value
    assert listed(at)


def test_j_and_k_move_through_the_list_and_over_its_pages(app: Start, full_store: Path):
    at = compare(app, full_store, sort="position")
    first = listed(at)
    for _ in range(len(first)):
        at.button(key="next").click().run()
    assert listed(at)[0] not in first
    at.button(key="previous").click().run()
    assert listed(at) == first
    assert question_list(at).value is not None


def test_a_click_gives_the_list_a_new_widget_so_that_j_and_k_still_reach_the_page(app: Start, full_store: Path):
    at = compare(app, full_store, sort="position")
    before = question_list(at)
    clicked = samples_of("factoid_qa", 10)[3].sample_id
    before.set_value(clicked).run()
    after = question_list(at)
    assert (after.id != before.id, after.key != before.key) == (True, True)
    assert after.value == clicked
    assert any("4 of " in caption.value for caption in at.caption)
    at.button(key="next").click().run()
    assert any("5 of " in caption.value for caption in at.caption)
    assert question_list(at).key != after.key


def test_search_finds_what_a_model_said(app: Start, full_store: Path):
    at = compare(app, full_store)
    at.text_input(key="search_text").set_value("Kabul").run()
    assert not at.exception
    assert at.query_params["search"] == "Kabul"
    assert any("Afghanistan" in line for line in listed(at))


def test_a_filter_that_leaves_nothing_says_so(app: Start, full_store: Path):
    at = compare(app, full_store, search="no text holds this")
    assert "Take back a filter" in at.info[0].value


def test_multiple_choice_shows_both_models_probabilities(app: Start, full_store: Path):
    at = compare(app, full_store, task="multiple_choice")
    assert text(at).count("kick-bar") >= 8
    assert "margin" in text(at)


def test_perplexity_lists_windows_and_no_right_or_wrong(app: Start, full_store: Path):
    at = compare(app, full_store, task="perplexity")
    assert "nats a token" in text(at)
    assert "Wanda 50%: perplexity" in text(at)
    assert re.search(r"[+−]\d+\.\d% \(95% interval .*n = 24 windows\)", text(at))
    assert "Every recipe on this question" not in text(at)


def test_each_turn_of_a_conversation_has_its_right_answer_and_a_missing_verdict_is_shown(app: Start, tmp_path: Path):
    sample = Sample(
        sample_id="s", question="Name it.", turns=("Name it.", "And the family?"), gold=((), ("Salicaceae", "willows")), reference="Salix"
    )
    for recipe, said in ((Recipe(), "Salicaceae"), (WANDA, "Rosaceae"), (Recipe(method="wanda", sparsity=0.3), "")):
        spec = spec_of("instruction_following", recipe)
        answers = [
            Answer(run_id=spec.run_id, sample_id="s", turn=k, text=text, n_tokens=3) for k, text in enumerate(("Salix", said)) if text
        ]
        add_run(tmp_path, spec, [sample], answers)
    at = compare(app, tmp_path, task="instruction_following", b="wanda-50")
    first, second = text(at).split("Turn 2</div>")
    assert ("Right answer" in first, "Right answer" in second) == (False, True)
    assert "<b><bdi>Salicaceae</bdi></b>" in second
    assert "also <bdi>willows</bdi>" in second
    assert [expander.label for expander in at.expander] == ["On the command line", "Prompt", "Reference", "Stored values"]
    assert 'title="no verdict">?</span> 30%' in second  # its second turn is not answered


def test_a_broken_answer_says_in_what_way_it_is(app: Start, tmp_path: Path):
    sample = Sample(sample_id="s", question="Where?", turns=("Where?",), gold=(("Oslo",),))
    for recipe, text_said in ((Recipe(), "\n"), (WANDA, " to the north to the north to the north")):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, [sample], [Answer(run_id=spec.run_id, sample_id="s", text=text_said)])
    at = compare(app, tmp_path, task="factoid_qa", b="wanda-50")
    assert '✗ wrong</span> <span class="kick-muted">said nothing</span>' in text(at)
    assert '✗ wrong</span> <span class="kick-muted">repeats itself</span>' in text(at)


def test_a_pair_without_a_verdict_says_why(app: Start, tmp_path: Path):
    sample = Sample(sample_id="s", question="A story", turns=("A story",), reference="The reference", evidence="A story")
    for recipe in (Recipe(), WANDA):
        spec = spec_of("summarization", recipe)
        add_run(tmp_path, spec, [sample], [Answer(run_id=spec.run_id, sample_id="s", text="short")])
    at = compare(app, tmp_path, task="summarization", scoring="paper")
    assert "Wanda 50% against dense: none of the 1 question that both answered has a verdict under this scoring." in text(at)
    assert "Every recipe on this question" not in text(at)
    assert any("No verdict 1" in chip for chip in at.get_by_key("choice_outcome").options)


def test_a_pair_with_nothing_in_common_leads_to_the_queue(app: Start, tmp_path: Path):
    samples = samples_of("factoid_qa", 2)
    for recipe, answered in ((Recipe(), samples[0]), (WANDA, samples[1])):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, samples, [Answer(run_id=spec.run_id, sample_id=answered.sample_id, text="x")])
    at = compare(app, tmp_path)
    assert "Wanda 50% against dense: there is no question yet that both answered." in text(at)
    assert "No question has been answered by both runs yet" in at.info[0].value
    assert any(link.label == "Open the queue" for link in at.main.get("page_link"))


def test_open_book_questions_show_their_evidence(app: Start, full_store: Path):
    at = compare(app, full_store, task="open_book_qa")
    assert [expander.label for expander in at.expander] == ["On the command line", "Prompt", "Evidence", "Stored values"]


def test_hostile_text_is_escaped_wherever_it_stands(app: Start, full_store: Path):
    at = compare(app, full_store, q=HOSTILE_ID, search="onerror")
    assert "&lt;img src=x onerror=" in text(at)
    for bad in ("<img", "<script", "</section>", "</div></section>"):
        assert bad not in text(at).replace("</div>", "")
    for line in listed(at):
        assert "![](" not in line
        assert "<img" not in line.replace("\\<", "")
    assert HOSTILE not in "".join(element.value for element in (*at.markdown, *at.caption))


def test_names_from_files_are_escaped_too(app: Start, tmp_path: Path):
    name = "<img src=x onerror=window.pwned=true> **b** [l](http://x.y) $x$ `c` ![](http://x.y/z.png)"
    sample = Sample(sample_id=name, question="Who?", turns=("Who?",), gold=(("Ann",),))
    for recipe, said in ((Recipe(), "Ann"), (WANDA, "Bob")):
        spec = spec_of("factoid_qa", recipe, model=f"/models/{name}")
        add_run(tmp_path, spec, [sample], [Answer(run_id=spec.run_id, sample_id=name, text=said)])
    at = compare(app, tmp_path)
    shown = next(caption.value for caption in at.caption if caption.value.startswith("Sample "))
    for bad in ("<img", "**", "[l](", "$x", "`c", "!["):
        assert bad not in shown.replace("\\*", "").replace("\\<", "").replace("\\[", "").replace("\\$", "").replace("\\`", "").replace(
            "\\!", ""
        )
    for page in ("pages/compare.py", "pages/overview.py", "pages/run.py", "pages/layers.py"):
        at.switch_page(page).run()
        assert not at.exception
        assert "<img" not in text(at)
        for element in (*at.markdown, *at.caption):
            assert not re.search(r"(?<!\\)<img|(?<!\\)!\\?\[\]\(http", element.value)


def test_the_windows_that_are_not_listed_are_counted(app: Start, tmp_path: Path):
    sample = Sample(sample_id="held-out", question="The river", turns=("The river",))
    for recipe in (Recipe(), WANDA):
        spec = spec_of("perplexity", recipe)
        answers = [
            Answer(run_id=spec.run_id, sample_id="held-out", turn=k, n_tokens=8, nll=8.0 + 0.01 * k, finish="scored") for k in range(43)
        ]
        add_run(tmp_path, spec, [sample], answers)
    at = compare(app, tmp_path)
    assert any(caption.value == "The first 40 windows; the perplexities above count 3 more." for caption in at.caption)
    assert "n = 43 windows" in text(at)


def test_paper_scoring_reads_other_scores_of_the_same_answers(app: Start, full_store: Path):
    at = compare(app, full_store, scoring="paper")
    assert any("paper scoring" in caption.value for caption in at.caption)


def test_a_store_with_dense_only_says_what_is_missing(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=3, recipes=[Recipe()], tasks=("factoid_qa",))
    at = compare(app, tmp_path)
    assert "Here two runs stand side by side" in at.info[0].value


def test_an_empty_store_says_what_comes(app: Start, tmp_path: Path):
    at = compare(app, tmp_path)
    assert "Here two runs stand side by side" in at.info[0].value
