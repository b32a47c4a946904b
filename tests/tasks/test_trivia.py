import json

import pytest

from llmkick_core.errors import DataError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.tasks import closed_book_qa, open_book_qa
from llmkick_core.tasks.passages import evidence_window

ROW = {
    "QuestionId": "tc_33",
    "Question": "Which Lloyd Webber musical premiered in the US in 1993?",
    "Answer": {
        "Value": "Sunset Boulevard",
        "Aliases": ["Sunset Blvd", "Sunset Boulevard", "Sunset Blvd."],
        "NormalizedAliases": ["sunset blvd", "west sunset boulevard"],
    },
    "EntityPages": [{"Filename": "Andrew_Lloyd_Webber.txt"}, {"Filename": "Musical.txt"}],
    "SearchResults": [{"Filename": "35/35_995.txt"}],
}
HUB_ROW = {
    "question_id": "tc_33",
    "question": ROW["Question"],
    "answer": {"value": "Sunset Boulevard", "aliases": ["Sunset Blvd"], "normalized_aliases": ["sunset blvd", "west sunset boulevard"]},
    "entity_pages": {"filename": ["Andrew_Lloyd_Webber.txt"], "wiki_context": ["He wrote Sunset Boulevard."]},
    "search_results": {"search_context": ["unused"]},
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "qa").mkdir()
    (tmp_path / "evidence" / "wikipedia").mkdir(parents=True)
    rows = [ROW, {**ROW, "QuestionId": "tc_34", "EntityPages": [{"Filename": "missing.txt"}], "Subject": "stage", "Group": "g"}]
    (tmp_path / "qa" / "wikipedia-test.json").write_text(json.dumps({"Data": rows, "Version": 1.0}))
    (tmp_path / "evidence" / "wikipedia" / "Andrew_Lloyd_Webber.txt").write_text("He wrote Sunset Boulevard.\n")
    (tmp_path / "evidence" / "wikipedia" / "Musical.txt").write_text("A musical is sung.")
    return tmp_path


def closed(path, **changes):
    return closed_book_qa.TASK.load(path, RunSpec(model="m", task="closed_book_qa", **changes))


def opened(path, **changes):
    return open_book_qa.TASK.load(path, RunSpec(model="m", task="open_book_qa", **changes))


def test_the_closed_book_prompt_is_the_papers(folder):
    assert closed(folder)[0].turns == ("Answer these questions:\n\nQ: Which Lloyd Webber musical premiered in the US in 1993?\nA:",)


def test_aliases_that_differ_after_normalization_are_gold_the_value_first(folder):
    assert closed(folder)[0].gold == (("Sunset Boulevard", "Sunset Blvd", "west sunset boulevard"),)


def test_the_open_book_prompt_has_the_evidence_in_front(folder):
    sample = opened(folder, limit=1)[0]
    evidence = "He wrote Sunset Boulevard."
    assert sample.turns == (f"{evidence}\nAnswer these questions:\nQ: Which Lloyd Webber musical premiered in the US in 1993?\nA:",)
    assert (sample.evidence, sample.is_answer_shown) == (evidence, True)


def evidence_of(folder, pages, results=(), ranks=None):
    """Return the open-book sample of a question with these texts."""
    for kind, texts in (("wikipedia", pages), ("web", results)):
        (folder / "evidence" / kind).mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(texts):
            (folder / "evidence" / kind / f"{number}.txt").write_text(text)
    found = [{"Filename": f"{number}.txt"} | ({"Rank": ranks[number]} if ranks else {}) for number in range(len(results))]
    row = {**ROW, "EntityPages": [{"Filename": f"{number}.txt"} for number in range(len(pages))], "SearchResults": found}
    (folder / "qa" / "wikipedia-test.json").write_text(json.dumps({"Data": [row]}))
    return opened(folder)[0]


def test_of_several_texts_the_first_that_mentions_an_answer_is_shown(folder):
    sample = evidence_of(folder, ["A musical is sung.", "It was sunset BLVD."], ["Sunset Boulevard it was."])
    assert (sample.evidence, sample.is_answer_shown) == ("It was sunset BLVD.", True)


def test_the_search_results_come_after_the_pages_and_by_their_rank(folder):
    sample = evidence_of(folder, ["Nothing."], ["Third: Sunset Boulevard.", "Second: Sunset Boulevard.", "First."], ranks=[2, 1, 0])
    assert sample.evidence == "Second: Sunset Boulevard."
    assert evidence_of(folder, [], ["b: Sunset Boulevard.", "a: Sunset Boulevard."]).evidence == "b: Sunset Boulevard."


def test_where_no_text_mentions_an_answer_the_first_is_shown_and_it_is_recorded(folder):
    sample = evidence_of(folder, [" \n", "Sunset Boulevards.", "Another."], ["From the web."])
    assert (sample.evidence, sample.is_answer_shown) == ("Sunset Boulevards.", False)


def test_an_answer_beyond_what_is_shown_is_not_shown(folder):
    assert closed(folder)[0].is_answer_shown is None
    sample = evidence_of(folder, ["x " * 5000 + "Sunset Boulevard " + "y " * 5000])
    assert len(sample.evidence) <= open_book_qa.EVIDENCE_CHARACTERS
    assert sample.is_answer_shown


def test_the_hubs_lines_are_ranked_too(tmp_path):
    results = {"rank": [1, 0], "search_context": ["One: Sunset Blvd", "Zero: Sunset Blvd"]}
    (tmp_path / "validation.jsonl").write_text(json.dumps({**HUB_ROW, "entity_pages": {"wiki_context": [""]}, "search_results": results}))
    assert opened(tmp_path)[0].evidence == "Zero: Sunset Blvd"


def test_web_questions_read_their_evidence_from_web(folder):
    (folder / "evidence" / "web" / "35").mkdir(parents=True)
    (folder / "evidence" / "web" / "35" / "35_995.txt").write_text("On the web: Sunset Blvd.\r\n")
    (folder / "qa" / "wikipedia-test.json").unlink()
    (folder / "qa" / "web-dev.json").write_text(json.dumps({"Data": [{**ROW, "EntityPages": []}], "Domain": "Web"}))
    assert opened(folder)[0].evidence == "On the web: Sunset Blvd."


def test_both_tasks_ask_the_same_questions(folder):
    assert opened(folder, limit=1)[0].sample_id == closed(folder)[0].sample_id == "tc_33"


def test_extra_keys_name_subject_and_group(folder):
    first, second = closed(folder)
    assert (first.subject, first.group) == ("", "")
    assert (second.subject, second.group) == ("stage", "g")


def test_the_hubs_lines_carry_their_evidence(tmp_path):
    lines = [HUB_ROW, {**HUB_ROW, "entity_pages": {"wiki_context": []}, "search_results": {"search_context": ["From the web."]}}]
    (tmp_path / "validation.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, second = opened(tmp_path)
    assert (first.sample_id, first.evidence) == ("tc_33", "He wrote Sunset Boulevard.")
    assert (second.sample_id, second.evidence) == ("tc_33#2", "From the web.")
    assert first.gold == (("Sunset Boulevard", "Sunset Blvd", "west sunset boulevard"),)


def test_missing_evidence_is_told_where_it_is_asked_for(folder):
    assert len(closed(folder)) == 2
    with pytest.raises(DataError, match=r"missing\.txt cannot be read"):
        opened(folder)


def test_evidence_outside_its_folder_is_refused(folder):
    (folder / "secret.txt").write_text("secret")
    row = {**ROW, "EntityPages": [{"Filename": "../../secret.txt"}]}
    (folder / "qa" / "wikipedia-test.json").write_text(json.dumps({"Data": [row]}))
    with pytest.raises(DataError, match="lies outside"):
        opened(folder)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"Question": "q"}, "no question with an answer"),
        ({"Question": "q", "Answer": {}}, "neither value nor alias"),
        ({"Question": "q", "Answer": {"Value": "x"}}, "has no evidence; ask closed_book_qa"),
        ({"Question": "q", "Answer": {"Value": "x"}, "EntityPages": [{"Filename": "a.txt"}]}, "put evidence/ beside qa/"),
        ("text", "line 1 is not a JSON object"),
    ],
)
def test_data_that_is_not_triviaqa_is_told(tmp_path, row, message):
    (tmp_path / "x.json").write_text(json.dumps({"Data": [row]}))
    with pytest.raises(DataError, match=message):
        opened(tmp_path)


ANSWER = {"Value": "Oslo"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Answer": {"Value": "Oslo", "Aliases": "Christiania"}}, "'Aliases' is no list of texts"),
        ({"Answer": {"Value": "Oslo", "Aliases": 3}}, "'Aliases' is no list of texts"),
        ({"Answer": {"Value": "Oslo", "NormalizedAliases": ["oslo", 3]}}, "'NormalizedAliases' is no list of texts"),
        ({"Answer": {"Value": 3, "Aliases": ["Oslo"]}}, "the answer's value is no text"),
        ({"entity_pages": {"wiki_context": 5}}, "'wiki_context' is no list of texts"),
        ({"entity_pages": {"wiki_context": "Oslo.."}}, "'wiki_context' is no list of texts"),
        ({"entity_pages": {"wiki_context": [None]}}, "'wiki_context' is no list of texts"),
        ({"search_results": {"search_context": ["Oslo"], "rank": 5}}, "'rank' is no list of whole numbers"),
        ({"search_results": {"search_context": ["Oslo"], "rank": ["0"]}}, "'rank' is no list of whole numbers"),
        ({"entity_pages": 5}, "'entity_pages' is no list"),
        ({"EntityPages": [{"Filename": "a.txt", "Rank": "first"}]}, "'Rank' is no list of whole numbers"),
        ({"EntityPages": [{"Filename": "a\0.txt"}]}, "can be no file's name"),
        ({"EntityPages": [{"Filename": "\ud83d.txt"}]}, "can be no file's name"),
        ({"EntityPages": ["a.txt"]}, "'Filename' is missing"),
    ],
)
def test_a_value_of_another_type_is_told_by_its_line(tmp_path, changes, message):
    (tmp_path / "evidence" / "wikipedia").mkdir(parents=True)
    (tmp_path / "x.jsonl").write_text("\n" + json.dumps({"Question": "q", "Answer": ANSWER, **changes}))
    with pytest.raises(DataError, match=rf"x\.jsonl line 2: .*{message}"):
        opened(tmp_path)


def test_what_is_null_is_what_is_not_there(tmp_path):
    row = {"Question": "q", "Answer": {"Value": None, "Aliases": ["Oslo"], "HumanAnswers": None}, "EntityPages": None}
    (tmp_path / "x.jsonl").write_text(json.dumps({**row, "search_results": {"search_context": ["In Oslo."], "rank": None}}))
    (sample,) = opened(tmp_path)
    assert (sample.gold, sample.evidence) == ((("Oslo",),), "In Oslo.")


def test_short_evidence_is_left_as_it_is():
    assert evidence_window("  as it is\n", ["is"], 100) == "  as it is\n"


def test_long_evidence_is_cut_around_the_first_mention_of_an_answer():
    text = "alpha " * 100 + "the Gold answer " + "omega " * 100
    window = evidence_window(text, ["missing", "gold"], 60)
    assert len(window) <= 60
    assert window.startswith("alpha ")
    assert window.endswith(" omega")
    left, right = window.split("Gold")
    assert abs(len(left) - len(right)) < 12
    assert "gold" not in text[:60].lower()  # what the reference code would have kept


def test_evidence_without_the_answer_keeps_its_beginning():
    assert evidence_window("one two three four", ["golden"], 9) == "one two"
    assert evidence_window("golden one two three", ["gold", "old"], 8) == "golden"  # "gold" is no word of it


def test_the_window_stays_inside_the_text():
    text = "answer " + "x " * 50 + "last"
    assert evidence_window(text, ["answer"], 20).startswith("answer x")
    assert evidence_window(text, ["last"], 20).endswith("x last")
    assert evidence_window("x" * 50, ["y"], 10) == "x" * 10


def scored(text, scorer):
    sample = closed_book_qa.to_sample(
        closed_book_qa.TriviaQuestion(question_id="q", question="?", answers=("London", "The Big Smoke"), evidence="", subject="", group="")
    )
    return {s.metric: s.value for s in closed_book_qa.TASK.score(sample, [Answer(run_id="r", sample_id="q", text=text)], scorer)}


def test_exact_match_and_f1_follow_the_official_rule():
    assert scored(" Big Smoke!\nQ: next", "corrected") == {"exact_match": 1.0, "f1": 1.0, "contains": 1.0}
    assert scored("London town", "corrected") == {"exact_match": 0.0, "f1": pytest.approx(2 / 3), "contains": 1.0}


def scored_song(text):
    song = closed_book_qa.TriviaQuestion(question_id="q", question="?", answers=("The Answer Is Love",), evidence="", subject="", group="")
    found = closed_book_qa.TASK.score(closed_book_qa.to_sample(song), [Answer(run_id="r", sample_id="q", text=text)], "corrected")
    return {score.metric: score.value for score in found}


@pytest.mark.parametrize("text", ["The Answer Is Love", "The answer is: The Answer Is Love"])
def test_an_answer_that_begins_with_the_answer_is_matches_as_it_is_and_after_it(text):
    assert scored_song(text) == {"exact_match": 1.0, "f1": 1.0, "contains": 1.0}
    assert scored("The answer is London.", "corrected") == {"exact_match": 1.0, "f1": 1.0, "contains": 1.0}


def test_an_empty_output_is_right_for_the_paper_and_wrong_in_truth():
    assert scored("", "paper") == {"exact_match": 1.0, "f1": 0.0, "contains": 0.0}
    assert scored("", "corrected") == {"exact_match": 0.0, "f1": 0.0, "contains": 0.0}
    assert scored("Lond", "paper")["exact_match"] == 1.0


def test_containment_alone_makes_the_difference():
    assert scored("", "paper:containment")["exact_match"] == 1.0
    assert scored("", "paper:substring,judge_only")["exact_match"] == 0.0


def test_an_empty_output_is_told_as_what_the_scorer_takes_it_for():
    sample = closed_book_qa.to_sample(
        closed_book_qa.TriviaQuestion(question_id="q", question="?", answers=("London",), evidence="", subject="", group="")
    )
    for scorer, kind in (("corrected", "empty"), ("paper", "right")):
        exact, by_words, _ = closed_book_qa.TASK.score(sample, [Answer(run_id="r", sample_id="q", text="\n")], scorer)
        assert (exact.outcome, by_words.outcome) == (kind, "")


def test_the_headline_metric_comes_first(folder):
    sample = closed(folder)[0]
    scores = open_book_qa.TASK.score(sample, [Answer(run_id="r", sample_id=sample.sample_id, text="x")], "corrected")
    assert scores[0].metric == open_book_qa.TASK.metric
