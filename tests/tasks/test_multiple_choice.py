import math

import pytest

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.tasks.datasets.mmlu_subjects import SUBJECTS, category
from llmkick_core.tasks.multiple_choice import TASK, is_letters


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "dev").mkdir()
    (tmp_path / "test").mkdir()
    (tmp_path / "dev" / "college_biology_dev.csv").write_text('"One, two?",a,b,c,d,B\nThree?,e,f,g,h,D\n')
    (tmp_path / "test" / "college_biology_test.csv").write_text('How many?,One,None,NA,"Two\nor more",B\nWhich?,1,2,3,4,A\n')
    (tmp_path / "test" / "zoo_test.csv").write_text("Who?,w,x,y,z,C\n")
    return tmp_path


def load(path, **changes):
    return TASK.load(path, RunSpec(model="m", task="multiple_choice", **changes))


def test_the_letters_prompt_is_the_papers(folder):
    assert load(folder)[0].turns == (
        "The following are multiple choice questions (with answers) about college biology.\n\n"
        "How many?\nA. One\nB. None\nC. NA\nD. Two\nor more\nAnswer:",
    )


def test_solved_examples_stand_in_front_in_the_same_shape(folder):
    assert load(folder, k_shot=2, limit=1)[0].turns[0] == (
        "The following are multiple choice questions (with answers) about college biology.\n\n"
        "One, two?\nA. a\nB. b\nC. c\nD. d\nAnswer: B\n\n"
        "Three?\nA. e\nB. f\nC. g\nD. h\nAnswer: D\n\n"
        "How many?\nA. One\nB. None\nC. NA\nD. Two\nor more\nAnswer:"
    )


def test_the_cloze_prompt_takes_option_texts(folder):
    sample = load(folder, k_shot=1, limit=1, formulation="cloze")[0]
    assert sample.turns == ("Question: One, two?\nAnswer: b\n\nQuestion: How many?\nAnswer:",)
    assert not is_letters(sample)


def test_options_that_read_none_stay_text(folder):
    sample = load(folder)[0]
    assert sample.choices == ("One", "None", "NA", "Two\nor more")
    assert (sample.gold_choice, sample.gold) == (1, (("None",),))


def test_subjects_take_turns_so_that_a_limit_spreads(folder):
    assert [sample.sample_id for sample in load(folder)] == ["college_biology#0", "zoo#0", "college_biology#1"]
    assert [sample.subject for sample in load(folder, limit=2)] == ["college_biology", "zoo"]


def test_a_test_folder_or_file_finds_its_examples(folder):
    assert load(folder / "test", k_shot=1, limit=1) == load(folder, k_shot=1, limit=1)
    assert load(folder / "test" / "college_biology_test.csv", k_shot=1)[0] == load(folder, k_shot=1, limit=1)[0]


def test_val_is_asked_where_there_is_no_test(folder):
    (folder / "test").rename(folder / "val")
    for file in (folder / "val").iterdir():
        file.rename(file.with_name(file.name.replace("_test", "_val")))
    samples = load(folder)
    assert [sample.sample_id for sample in samples] == ["college_biology#0", "zoo#0", "college_biology#1"]
    assert load(folder / "val") == samples
    assert "One, two?" in load(folder, k_shot=1, limit=1)[0].turns[0]
    (folder / "test").mkdir()
    (folder / "test" / "zoo_test.csv").write_text("Other?,w,x,y,z,C\n")
    assert [sample.question for sample in load(folder)] == ["Other?"]
    assert load(folder / "val") == samples


def test_a_question_is_no_solved_example_of_itself(folder):
    assert len(load(folder / "dev")) == 2
    with pytest.raises(DataError, match="holds the questions that are asked"):
        load(folder / "dev", k_shot=1)
    with pytest.raises(DataError, match="holds the questions that are asked"):
        load(folder / "dev" / "college_biology_dev.csv", k_shot=1)


def test_a_question_carries_the_category_of_its_subject(folder):
    assert [(sample.subject, sample.category) for sample in load(folder, limit=2)] == [("college_biology", "STEM"), ("zoo", "other")]


def test_too_few_solved_examples_are_told(folder):
    with pytest.raises(TaskError, match=r"dev/college_biology_dev\.csv has 2"):
        load(folder, k_shot=3)
    with pytest.raises(TaskError, match=r"dev/zoo_dev\.csv has 0"):
        load(folder, k_shot=1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("question,answer\n", "line 1 has 2 cells"),
        ("Q?,a,b,c,d,E\n", "'E'; it must be a letter from A to D"),
        ("question,A,B,C,D,answer\n", "'answer'; it must be a letter"),
        ("", "holds no question"),
    ],
)
def test_data_that_is_not_mmlu_is_told(tmp_path, content, message):
    (tmp_path / "x_test.csv").write_text(content)
    with pytest.raises(DataError, match=message):
        load(tmp_path)


@pytest.mark.parametrize("bad", ['"an unclosed quote,a,b,c,d,A\n', 'a question,a,b,c,d,"A\n'])
def test_a_quote_that_is_never_closed_in_a_large_file_is_told_by_file_and_line(tmp_path, bad):
    row = "Which?,1,2,3,4,A\n"
    (tmp_path / "x_test.csv").write_text('"Two\nlines",1,2,3,4,A\n' + row + bad + row * 10_000)
    with pytest.raises(DataError, match=r"x_test\.csv: the row that begins in line 4 is not CSV .*quote"):
        load(tmp_path)


def test_missing_data_is_told(tmp_path):
    with pytest.raises(DataError, match=r"no test/<subject>_test\.csv"):
        load(tmp_path)


def scored(sample, scorer="corrected", **answer):
    return {
        score.metric: score
        for score in TASK.score(sample, [Answer(run_id="r", sample_id=sample.sample_id, finish="scored", **answer)], scorer)
    }


def test_letters_are_not_normalised_by_length(folder):
    found = scored(load(folder)[0], choice_logprobs=(-3.0, -2.0, -2.5, -4.0), choice_lengths=(3, 4, 2, 11))
    assert (found["accuracy"].value, found["accuracy"].extracted) == (1.0, "B. None")
    weights = [math.exp(x) for x in (-3.0, -2.0, -2.5, -4.0)]
    assert found["p_gold"].value == pytest.approx(weights[1] / sum(weights))
    assert found["margin"].value == pytest.approx((weights[1] - weights[2]) / sum(weights))
    assert found["accuracy"].outcome == "right"


def test_cloze_is_normalised_by_characters(folder):
    sample = load(folder, formulation="cloze")[0]
    found = scored(sample, choice_logprobs=(-3.0, -8.0, -1.9, -8.8))  # a character: -1, -2, -0.95, -0.8
    assert (found["accuracy"].value, found["accuracy"].extracted) == (0.0, "D. Two\nor more")


@pytest.mark.parametrize("logprobs", [(), (math.nan, -1.0, -1.0, -1.0)])
def test_without_log_probabilities_there_is_no_verdict(folder, logprobs):
    found = scored(load(folder)[0], choice_logprobs=logprobs)
    assert found["accuracy"].value is None
    assert found["p_gold"].value is None
    assert found["margin"].value is None
    assert found["accuracy"].outcome == "unparsed"


@pytest.mark.parametrize(("text", "value", "said"), [(" B.", 1.0, "B. None"), ("(A)", 0.0, "A. One"), ("I do not know", None, "")])
def test_a_letter_is_read_from_text_where_nobody_tells_log_probabilities(folder, text, value, said):
    sample = load(folder)[0]
    answer = Answer(run_id="r", sample_id=sample.sample_id, text=text, finish="length")
    accuracy, p_gold, margin = TASK.score(sample, [answer], "corrected")
    assert (accuracy.value, accuracy.extracted) == (value, said)
    assert accuracy.outcome == {1.0: "right", 0.0: "wrong", None: "unparsed"}[value]
    assert p_gold.value is margin.value is None


def test_option_texts_are_never_read_as_letters(folder):
    sample = load(folder, formulation="cloze")[0]
    answer = Answer(run_id="r", sample_id=sample.sample_id, text="B", finish="stop")
    assert TASK.score(sample, [answer], "corrected")[0].value is None


def test_the_paper_reads_the_last_character_of_generated_text_only(folder):
    sample = load(folder)[0]
    logprobs = (-3.0, -2.0, -2.5, -4.0)
    unread = scored(sample, "paper", choice_logprobs=logprobs, text="None")["accuracy"]
    assert (unread.value, unread.outcome) == (None, "")  # nothing was generated: no verdict was due
    for text, value, kind in ((" B", 1.0, "right"), (" The", 0.0, "wrong"), ("\n", 0.0, "empty"), ("", 0.0, "empty")):
        answer = Answer(run_id="r", sample_id=sample.sample_id, text=text, choice_logprobs=logprobs, finish="length")
        found = TASK.score(sample, [answer], "paper:last_character")[0]
        assert (found.value, found.outcome) == (value, kind)


def test_the_57_subjects_have_one_category_each():
    assert [len(SUBJECTS[name]) for name in ("STEM", "humanities", "social sciences", "other")] == [18, 13, 12, 14]
    assert len({subject for subjects in SUBJECTS.values() for subject in subjects}) == 57
    assert category("formal_logic") == "humanities"
    assert category("geography") == "social sciences"  # an area of KICK-mini
    assert category("my_subject") == "other"
