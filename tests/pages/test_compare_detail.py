"""One question on Compare: both scorings, where a recipe parts from the dense answer, other recipes, and what states a run can be in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

from streamlit.testing.v1 import AppTest

from llmkick_core.schema import Answer, Recipe, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec, write_status
from tests.pages.test_compare import WANDA, compare, question_list, text
from tests.synthetic_store import HOSTILE, add_run, answers_of, make_store, samples_of, spec_of

Start = Callable[[Path], AppTest]
LIGHT = Recipe(method="wanda", sparsity=0.3)


def test_both_scorings_stand_side_by_side_with_the_papers_mistake(app: Start, tmp_path: Path):
    sample = Sample(sample_id="s", question="Where?", turns=("Where is it?",), gold=(("America", "US"),), reference="US")
    for recipe, said in ((Recipe(), " America"), (WANDA, " because nobody knows")):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, [sample], [Answer(run_id=spec.run_id, sample_id="s", text=said)])
    shown = text(compare(app, tmp_path))
    corrected = re.search(r"<td>Corrected scoring</td>(.*?)</tr>", shown).group(1)
    paper = re.search(r"<td>Paper scoring</td>(.*?)</tr>", shown).group(1)
    assert [word in corrected for word in ("✓ right", "✗ wrong")] == [True, True]
    dense, other = paper.split("</td><td>")
    assert ("✗ wrong" in dense, "first parse: of all accepted names" in dense) == (True, True)
    assert ("✓ right" in other, "substring: a name counts anywhere" in other) == (True, True)


def add_agreement(store: Path, recipes: dict[Recipe, tuple[str, int, int]]) -> None:
    """Write a run a recipe; each says a text and agrees with the first tokens and characters of the dense one, which has four tokens."""
    sample = Sample(sample_id="s", question="Who?", turns=("Who?",), gold=(("Jane Austen",),))
    for recipe, (said, n_agreed, n_characters) in recipes.items():
        spec = spec_of("factoid_qa", recipe)
        more = (
            {}
            if recipe.is_dense
            else {"dense_n_tokens": 4, "dense_n_agreed": n_agreed, "dense_agreed_length": n_characters, "dense_kl": 0.5}
        )
        add_run(store, spec, [sample], [Answer(run_id=spec.run_id, sample_id="s", text=said, n_tokens=4, **more)])


def test_the_place_where_a_recipe_parts_is_marked_in_the_dense_answer(app: Start, tmp_path: Path):
    add_agreement(tmp_path, {Recipe(): (" Jane Austen", 0, 0), WANDA: (" Jane Eyre", 1, 5)})
    shown = text(compare(app, tmp_path))
    dense = re.search(r'<div class="kick-answer right"[^>]*>(.*?)</div>', shown).group(1)
    before, after = re.split(r'<span class="kick-parts" title="Here Wanda 50% would go on in another way"></span>', dense)
    assert re.sub(r"<.*?>", "", before) == "Jane"  # the space in front is not shown
    assert re.sub(r"<.*?>", "", after) == " Austen"
    assert "parts at token 2 of 4" in shown


def test_two_recipes_are_shown_with_the_dense_answer_above_and_both_places_marked(app: Start, tmp_path: Path):
    add_agreement(tmp_path, {Recipe(): (" Jane Austen", 0, 0), LIGHT: (" Jane Ash", 2, 7), WANDA: ("", 0, 0)})
    shown = text(compare(app, tmp_path, a="wanda-30", b="wanda-50"))
    dense = re.search(r'<b>Dense</b>.*?<div class="kick-plain"[^>]*>(.*?)</div>', shown, re.DOTALL).group(1)
    assert re.findall(r'title="Here (.*?) would', dense) == ["Wanda 50%", "Wanda 30%"]
    assert "Dense" not in re.search(r"<th></th>(.*?)</tr>", shown).group(1)
    assert "against dense" not in shown
    assert "with Wanda 30%" in shown


def test_a_recipe_that_would_write_the_dense_answer_parts_nowhere(app: Start, tmp_path: Path):
    add_agreement(tmp_path, {Recipe(): ("Jane", 0, 0), WANDA: ("Jane", 4, 4)})
    shown = text(compare(app, tmp_path))
    assert "to its end" in shown
    assert 'class="kick-parts" title=' not in shown


def test_every_recipe_leads_to_its_pair_on_the_same_question(app: Start, full_store: Path):
    at = compare(app, full_store, a="wanda-30", b="wanda-50", sort="position")
    q = str(question_list(at).value)
    links = re.findall(r'<a class="kick-at" href="compare\?(.*?)"', text(at))
    assert len(links) == 8  # ten recipes without the two in sight
    assert all("a=wanda-30" in link for link in links)
    assert any("b=dense" in link for link in links)
    assert not any("b=wanda-30" in link or "b=wanda-50" in link for link in links)
    more = {link.proto.label: parse_qs(link.proto.query_string) for link in at.main.get("page_link")}
    assert {more[name]["q"][0] for name in ("All sparsities", "Try it live")} == {q}


def test_accepted_answers_are_marked_in_the_evidence(app: Start, full_store: Path):
    at = compare(app, full_store, task="open_book_qa")
    assert 'class="kick-gold"' in text(at)
    assert any(caption.value == "An accepted answer stands in it 1 time, marked." for caption in at.caption)


def test_the_margin_of_log_probabilities_is_named_apart_from_the_stored_one(app: Start, full_store: Path):
    at = compare(app, full_store, task="multiple_choice")
    assert "Margin in log-probability, nats" in text(at)
    assert any("margin is a difference of probabilities" in caption.value for caption in at.caption)


def test_what_comes_in_later_leaves_the_question_in_sight(app: Start, tmp_path: Path):
    samples = samples_of("factoid_qa", 2)
    for recipe, n in ((Recipe(), len(samples)), (WANDA, 3)):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, samples, answers_of(spec, samples[:n], 0.0 if recipe.is_dense else 0.4))
    spec = spec_of("factoid_qa", WANDA)
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="cancelled", n_done=3, n_total=len(samples)))
    at = compare(app, tmp_path)
    seen = question_list(at).value
    late = [replace(answer, gold_logprob=-90.0) for answer in answers_of(spec, samples[3:6], 0.4)]  # breaks worst: comes first
    from llmkick_core import catalog

    scores = [row for s, one in zip(samples[3:6], late, strict=True) for row in catalog.TASKS["factoid_qa"].score(s, [one], "corrected")]
    append_part(run_dir(tmp_path, spec.run_id), late, scores)
    at.run()
    assert question_list(at).value == seen
    assert at.get_by_key("choice_outcome").options[0] == "All 6"


def test_a_run_that_failed_says_why_and_where_to_go(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=2, recipes=[Recipe(), WANDA], tasks=("factoid_qa",))
    message = "CUDA ran out of memory <b>"
    write_status(tmp_path, RunStatus(run_id=spec_of("factoid_qa", WANDA).run_id, state="failed", n_done=4, n_total=9, message=message))
    at = compare(app, tmp_path)
    assert "CUDA ran out of memory" in at.warning[0].value
    assert "<b>" not in at.warning[0].value.replace("\\<", "")
    assert any(link.label == "Open the queue" for link in at.main.get("page_link"))


def test_a_recipe_that_waits_or_failed_before_its_first_answer_is_named(app: Start, tmp_path: Path):
    make_store(tmp_path, n_each=2, recipes=[Recipe()], tasks=("factoid_qa",))
    spec = spec_of("factoid_qa", WANDA)
    write_spec(tmp_path, spec)
    write_samples(tmp_path, spec.run_id, samples_of("factoid_qa", 2))
    write_status(tmp_path, RunStatus(run_id=spec.run_id, state="failed", message="no such weights"))
    at = compare(app, tmp_path)
    assert "Only one recipe" in at.info[0].proto.title
    assert "no such weights" in at.warning[0].value


def test_hostile_subjects_and_tags_of_a_file_stay_text(app: Start, tmp_path: Path):
    sample = Sample(
        sample_id="s\u202e",
        question="a\x1b[31mb \u202e c \u05e9",
        turns=("Q",),
        subject=HOSTILE,
        category="![](http://x.y/z.png)",
        gold=((HOSTILE,),),
    )
    other = Sample(sample_id="t", question="t", turns=("Q",), subject="<b>", category="$x$", gold=(("t",),))
    for recipe, said in ((Recipe(), HOSTILE), (WANDA, "x" * 1_000_000)):
        spec = spec_of("factoid_qa", recipe)
        add_run(
            tmp_path, spec, [sample, other], [Answer(run_id=spec.run_id, sample_id=one.sample_id, text=said) for one in (sample, other)]
        )
    at = compare(app, tmp_path, q="s\u202e")
    shown = text(at)
    assert "a⟨ESC⟩[31mb ⟨RLO⟩ c" in shown
    assert "\u202e" not in shown
    assert "more characters)" in shown
    assert max(len(element.value) for element in at.html) < 100_000
    assert "<img" not in shown


def test_a_thought_is_folded_away_beside_its_answer(app: Start, tmp_path: Path):
    sample = Sample(sample_id="s", question="Where?", turns=("Where is it?",), gold=(("Bergen",),))
    for recipe, said, thought in ((Recipe(), "Bergen", "Oslo? <b>No.</b>"), (WANDA, "", "Bergen, surely")):
        spec = spec_of("factoid_qa", recipe)
        add_run(tmp_path, spec, [sample], [Answer(run_id=spec.run_id, sample_id="s", text=said, thought=thought)])
    page = compare(app, tmp_path)
    assert [one.label for one in page.expander if one.label.startswith("Thought")] == ["Thought, not scored"] * 2
    shown = text(page)
    assert "Oslo? &lt;b&gt;No.&lt;/b&gt;" in shown
    assert "(thought only, no answer)" in shown
    assert "✗ wrong" in shown
