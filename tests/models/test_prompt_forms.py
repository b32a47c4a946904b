"""The form of prompts a model was made for, told from its files."""

import json

import pytest

from llmkick_core.catalog import asked_form, form_of, plan
from llmkick_core.catalog import find_task as task
from llmkick_core.errors import TaskError
from llmkick_core.models.locate import Location, locate
from llmkick_core.models.prompt_forms import usual_form
from llmkick_core.schema import Recipe


def folder_with(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return Location(model=str(tmp_path), revision="r", path=tmp_path)


def test_a_template_in_a_file_of_its_own_makes_a_chat_model(tmp_path):
    assert usual_form(folder_with(tmp_path, chat_template__jinja="{{ messages }}")) == "chat"


@pytest.mark.parametrize("template", ["{{ messages }}", [{"name": "default", "template": "{{ messages }}"}]])
def test_a_template_in_the_tokenizers_config_makes_a_chat_model(tmp_path, template):
    assert usual_form(folder_with(tmp_path, tokenizer_config__json=json.dumps({"chat_template": template}))) == "chat"


def test_without_a_template_a_model_is_asked_plain(tmp_path):
    assert usual_form(folder_with(tmp_path, tokenizer_config__json="{}")) == "plain"


def test_a_vicuna_brings_no_template_and_is_a_chat_model(tmp_path):
    (tmp_path / "vicuna-7b").mkdir()
    assert usual_form(Location(model="v", revision="r", path=tmp_path / "vicuna-7b")) == "chat"


def test_the_bundled_model_states_that_its_questions_are_plain():
    assert usual_form(locate("bundled:kick-tiny")) == "plain"


def test_a_model_behind_a_server_is_asked_in_chat_form():
    assert usual_form(Location(model="endpoint:http://localhost:1/v1#m", revision="unpinned", path=None)) == "chat"


def test_only_questions_that_are_answered_in_words_follow_the_model():
    assert form_of(task("factoid_qa"), "auto", "chat") == "chat"
    assert form_of(task("multiple_choice"), "auto", "chat") is None
    assert form_of(task("perplexity"), "chat", "chat") is None
    assert form_of(task("instruction_following"), "plain", "plain") == "plain"
    assert form_of(task("multiple_choice"), "chat", "chat") == "chat"


def test_a_run_in_its_tasks_own_form_keeps_the_identity_it_always_had():
    (auto,) = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"], limit=4)
    (plain,) = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"], limit=4, prompt="plain")
    (chat,) = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"], limit=4, prompt="chat")
    assert auto.run_id == plain.run_id != chat.run_id
    assert "prompt" not in auto.to_dict()
    assert (asked_form(auto), asked_form(chat)) == ("plain", "chat")


def test_the_papers_way_is_plain_letters_and_five_examples():
    (choice,) = plan("bundled:kick-tiny", [Recipe()], ["multiple_choice"], limit=4, is_paper=True)
    assert (choice.formulation, choice.k_shot, choice.prompt) == ("letters", 5, None)


def test_an_unknown_form_is_refused():
    with pytest.raises(TaskError, match="prompt 'templated' is none of auto, plain, chat"):
        plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"], prompt="templated")
