"""Evidence on its way into a prompt, counted by a real tokenizer: chosen, cut by characters, then by the tokens a model has room for."""

import json

import pytest

from llmkick_core.fitting import fitted
from llmkick_core.models.base import prompt_room
from llmkick_core.schema import RunSpec
from llmkick_core.settings import BUNDLED_ROOT
from llmkick_core.tasks.open_book_qa import EVIDENCE_CHARACTERS, TASK

FILLER = "Der Fluß fließt durch die Stadt; 東京 is far away, and 3.14159 is a number. "


class Counting:
    """Counts tokens as kick-tiny does."""

    def __init__(self) -> None:
        from transformers import AutoTokenizer

        self.tokenizer = AutoTokenizer.from_pretrained(BUNDLED_ROOT / "kick-tiny")

    def count_tokens(self, prompts):
        return [len(self.tokenizer(prompt)["input_ids"]) for prompt in prompts]


@pytest.fixture(scope="module")
def model():
    return Counting()


def sample_of(tmp_path, *texts, answer="Sunset Boulevard"):
    names = []
    (tmp_path / "evidence" / "wikipedia").mkdir(parents=True)
    for number, text in enumerate(texts):
        names.append({"Filename": f"{number}.txt"})
        (tmp_path / "evidence" / "wikipedia" / f"{number}.txt").write_text(text, encoding="utf-8")
    row = {"QuestionId": "q", "Question": "Which musical?", "Answer": {"Value": answer}, "EntityPages": names}
    (tmp_path / "wikipedia-dev.json").write_text(json.dumps({"Data": [row]}))
    return TASK.load(tmp_path, RunSpec(model="m", task="open_book_qa"))[0]


@pytest.mark.parametrize("context", [64, 128, 256, 512])
def test_evidence_is_chosen_and_cut_to_the_window_with_the_answer_inside(context, model, tmp_path):
    sample = sample_of(tmp_path, FILLER * 200, FILLER * 300 + "It was Sunset Boulevard. " + FILLER * 300)
    assert sample.is_answer_shown
    assert EVIDENCE_CHARACTERS - 50 < len(sample.evidence) <= EVIDENCE_CHARACTERS
    room = prompt_room(context, TASK.max_new_tokens)
    (found,) = fitted(model, [sample], [room], put=str)
    assert not found.is_overflow
    assert room / 2 < found.n_tokens <= room  # what fits is used
    assert found.n_tokens == model.count_tokens(found.sample.turns)[0]
    assert "Sunset Boulevard" in found.sample.evidence
    assert found.sample.turns == (f"{found.sample.evidence}\nAnswer these questions:\nQ: Which musical?\nA:",)
    assert found.sample.is_answer_shown
    assert found.cut.endswith("characters of the text kept")


def test_evidence_that_fits_is_shown_whole(model, tmp_path):
    sample = sample_of(tmp_path, "It was Sunset Boulevard.")
    (found,) = fitted(model, [sample], [480], put=str)
    assert (found.sample, found.cut) == (sample, "")


def test_an_answer_that_the_cut_leaves_no_room_for_is_recorded(model, tmp_path):
    answer = "The Very Long Title of a Musical " * 8
    sample = sample_of(tmp_path, FILLER * 20 + answer + FILLER * 20, answer=answer.strip())
    assert sample.is_answer_shown
    (found,) = fitted(model, [sample], [60], put=str)
    assert found.sample.is_answer_shown is False
    assert found.cut.endswith("characters of the text kept, no answer among them")


def test_a_question_that_leaves_evidence_no_room_is_not_asked(model, tmp_path):
    (found,) = fitted(model, [sample_of(tmp_path, FILLER * 20)], [12], put=str)
    assert found.is_overflow
    assert found.sample.is_answer_shown is False
