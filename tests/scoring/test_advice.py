"""When most dense answers are of no use, the way out is named."""

import pytest

from llmkick_core.scoring.advice import LEAST, advice


def told(counts, *, form="plain", has_template=True, k_shot=0, takes_shots=True, **thoughts):
    return advice(counts, form=form, has_template=has_template, k_shot=k_shot, takes_shots=takes_shots, **thoughts)


def test_empty_answers_to_plain_prompts_point_to_the_chat_template():
    line = told({"empty": 52, "wrong": 8})
    assert line == "52 of 60 dense answers are empty; this model has a chat template: ask it with --prompt chat."


def test_a_model_without_template_is_given_examples():
    assert "--k-shot 5" in told({"loop": 30, "right": 2}, has_template=False)


def test_a_chat_that_falls_silent_is_asked_plain_with_examples():
    assert "--prompt plain --k-shot 5" in told({"empty": 9}, form="chat")


def test_a_task_that_takes_no_examples_is_not_told_to_use_them():
    assert "--k-shot" not in told({"empty": 9}, form="chat", takes_shots=False)


def test_several_kinds_are_added_up():
    assert told({"empty": 4, "loop": 3, "unparsed": 2, "wrong": 5}).startswith(
        "9 of 14 dense answers are empty, loops or unreadable (4 are empty)"
    )


@pytest.mark.parametrize("counts", [{"empty": LEAST - 1}, {"empty": 10, "wrong": 10}, {"wrong": 60}, {"overflow": 60, "right": 3}, {}])
def test_wrong_answers_and_few_ones_are_no_sign(counts):
    assert told(counts) == ""


@pytest.mark.parametrize("form", ["chat", "plain"])
def test_thoughts_that_were_cut_off_are_named_with_the_way_out(form):
    line = told({"empty": 52, "wrong": 8}, form=form, n_cut_off=50)
    assert line == "52 of 60 dense answers are empty; 50 were cut off while the model thought: give thoughts room with --thinking room."


def test_thoughts_that_are_cut_off_in_spite_of_their_room_point_to_another_way_of_asking():
    line = told({"empty": 52, "wrong": 8}, form="chat", n_cut_off=50, has_room=True)
    assert "50 were cut off while the model thought" in line
    assert "--prompt plain" in line
    assert "--thinking" not in line


def test_few_thoughts_that_were_cut_off_are_not_the_cause():
    assert "thought" not in told({"empty": 52, "wrong": 8}, n_cut_off=3)
