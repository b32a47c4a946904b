from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core.catalog import TASKS
from llmkick_core.errors import DataError, NoLikelihoodsError
from llmkick_core.evaluate import evaluate
from llmkick_core.models.base import Generation, Likelihood, Prompt, Sampling
from llmkick_core.models.hugging_face import load
from llmkick_core.models.pace import AT_ONCE
from llmkick_core.schema import Sample, Thinking
from llmkick_core.trace import Trace


def said(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "|".join(f"{message.role[0]}:{message.content}" for message in prompt)


class Parrot:
    """A model that repeats the end of its prompt, likes long continuations, and remembers what it was asked."""

    context_length = 100
    batch_size = 64
    pace = AT_ONCE

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self.n_calls = 0

    def count_tokens(self, prompts: Sequence[Prompt]) -> list[int]:
        return [len(said(prompt).split()) for prompt in prompts]

    def generate(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int, stop: Sequence[str] = (), sampling: Sampling | None = None
    ) -> list[Generation]:
        prompts = [said(prompt) for prompt in prompts]
        self.prompts += prompts
        self.n_calls += 1
        return [Generation(text=f" {prompt[-3:]}", n_prompt_tokens=len(prompt), n_tokens=3, finish="stop") for prompt in prompts]

    def likelihoods(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        pairs = [(said(before), after) for before, after in pairs]
        self.pairs += pairs
        return [Likelihood(logprob=-10.0 + len(after), n_tokens=1, n_prompt_tokens=len(before)) for before, after in pairs]

    def traces(self, prompts: Sequence[Prompt], generations: Sequence[Generation]) -> list[None]:
        return [None] * len(prompts)

    def agreements(self, traces: Sequence[Trace]) -> list[None]:
        return [None] * len(traces)

    def likelihood_batches(self, pairs: Sequence[tuple[Prompt, str]], is_wanted: object = bool) -> Iterator[dict[int, Likelihood]]:
        yield dict(enumerate(self.likelihoods(pairs)))

    def windows(self, text: str, *, size: int | None = None) -> list[str]:
        return text.split()

    def window_nlls(self, windows: Sequence[str]) -> list[tuple[float, int]]:
        self.n_calls += 1
        return [(float(len(word)), 1) for word in windows]


def sample(i: int = 0, **changes: object) -> Sample:
    return replace(Sample(sample_id=f"s{i}", question="?", turns=(f"Question {i}?",), gold=(("Oslo",),)), **changes)


def answers(kind: str, samples: Sequence[Sample], model: Parrot | None = None, **options: object) -> list[tuple]:
    task = next(task for task in TASKS.values() if task.kind == kind)
    return [pair for batch in evaluate(model or Parrot(), task, samples, "run", **options) for pair in batch]


def test_generation_keeps_the_raw_text_and_asks_how_likely_the_right_answer_was():
    model = Parrot()
    [(asked, (answer,))] = answers("generate", [sample()], model)
    assert asked.sample_id == answer.sample_id == "s0"
    assert (answer.run_id, answer.text, answer.n_prompt_tokens, answer.finish) == ("run", "  0?", 11, "stop")
    assert model.pairs == [("Question 0?", " Oslo")]
    assert answer.gold_logprob == -5.0
    assert answer.seconds > 0


def test_a_prompt_that_ends_in_a_space_gets_no_second_one():
    model = Parrot()
    answers("generate", [sample(turns=("The answer is ",))], model)
    assert model.pairs == [("The answer is ", "Oslo")]


def test_a_question_without_a_right_answer_has_no_log_probability():
    pairs = answers("generate", [sample(0, gold=()), sample(1), sample(2, gold=((),))])
    assert [found[0].gold_logprob is None for _, found in pairs] == [True, False, True]


def test_conversations_put_answers_back_and_come_whole():
    model = Parrot()
    talks = [sample(0, turns=("one", "two"), gold=((), ("yes",))), sample(1, turns=("solo",), gold=())]
    pairs = answers("chat", talks, model)
    assert model.prompts == ["u:one", "u:solo", "u:one|a: one|u:two"]
    assert model.n_calls == 2  # one a turn, not one a conversation
    assert [[(a.sample_id, a.turn, a.text) for a in found] for _, found in pairs] == [
        [("s0", 0, " one"), ("s0", 1, " two")],
        [("s1", 0, " olo")],
    ]
    assert [a.gold_logprob is not None for a in pairs[0][1]] == [False, True]


def test_a_question_in_chat_form_is_a_users_message():
    model = Parrot()
    answers("generate", [sample()], model, prompt="chat")
    assert (model.prompts, model.pairs) == (["u:Question 0?"], [("u:Question 0?", "Oslo")])


def test_options_in_chat_form_are_replies():
    model = Parrot()
    answers("choose", [sample(choices=("Rome", "Oslo"), gold_choice=1)], model, prompt="chat", formulation="letters")
    assert model.pairs == [("u:Question 0?", "A"), ("u:Question 0?", "B")]


def test_a_conversation_in_plain_form_is_in_the_papers_words():
    model = Parrot()
    answers("chat", [sample(0, turns=("one", "two"), gold=())], model, prompt="plain")
    assert model.prompts == ["USER: one ASSISTANT:", "USER: one ASSISTANT: NT:\nUSER: two ASSISTANT:"]


def test_multiple_choice_prompts_that_begin_alike_are_asked_together():
    asked = [sample(i, turns=(f"{subject} {i}?",), choices=("Rome", "Oslo"), gold_choice=1) for i, subject in enumerate("baba")]
    assert [found.sample_id for found, _ in answers("choose", asked)] == ["s1", "s3", "s0", "s2"]


def test_letters_compare_the_letters():
    model = Parrot()
    [(_, (answer,))] = answers("choose", [sample(choices=("Rome", "Oslo"), gold_choice=1)], model, formulation="letters")
    assert model.pairs == [("Question 0?", " A"), ("Question 0?", " B")]
    assert (answer.text, answer.finish, answer.gold_logprob) == ("Rome", "scored", -8.0)  # a tie: the first
    assert answer.choice_logprobs == (-8.0, -8.0)
    assert answer.choice_lengths == (4, 4)


def test_cloze_divides_by_the_characters_of_an_option():
    # -10 + characters, space included: "Ur" -7, "Abcdefgh" -1; divided by 2 and 8 characters: -3.5 and -0.125
    [(_, (answer,))] = answers("choose", [sample(choices=("Ur", "Abcdefgh"), gold_choice=0)], formulation="cloze")
    assert (answer.text, answer.choice_logprobs, answer.gold_logprob) == ("Abcdefgh", (-7.0, -1.0), -7.0)


def test_letters_are_the_usual_formulation():
    model = Parrot()
    answers("choose", [sample(choices=("Rome", "Oslo"), gold_choice=1)], model)
    assert model.pairs[0][1] == " A"


class Silent(Parrot):
    """A model that does not tell how likely anything is."""

    def likelihoods(self, pairs: Sequence[tuple[Prompt, str]]) -> list[Likelihood]:
        raise NoLikelihoodsError("nobody knows.")


def test_without_log_probabilities_the_letter_is_asked_for():
    model = Silent()
    [(_, (answer,))] = answers("choose", [sample(choices=("Rome", "Oslo"), gold_choice=1)], model)
    assert model.prompts == ["Question 0?"]
    assert (answer.text, answer.finish, answer.n_tokens) == ("  0?", "stop", 3)
    assert (answer.choice_logprobs, answer.gold_logprob) == ((), None)


def test_without_log_probabilities_option_texts_cannot_be_compared():
    with pytest.raises(NoLikelihoodsError, match=r"option texts cannot be compared: nobody knows\. Ask by letters"):
        answers("choose", [sample(choices=("Rome", "Oslo"), gold_choice=1)], Silent(), formulation="cloze")


@pytest.mark.parametrize("kind", ["generate", "chat"])
def test_without_log_probabilities_the_right_answer_has_none(kind: str):
    [(_, (answer,))] = answers(kind, [sample()], Silent())
    assert (answer.text[-2:], answer.gold_logprob) == ("0?", None)


@pytest.mark.parametrize("choices", [(), ("one",), tuple("abcdefghijk")])
def test_a_question_without_usable_options_is_named(choices: tuple[str, ...]):
    with pytest.raises(DataError, match="sample s0"):
        answers("choose", [sample(choices=choices)])


def test_windows_of_a_text_are_turns():
    [(_, found)] = answers("likelihood", [sample(turns=("a bb ccc",))])
    assert [(a.turn, a.nll, a.n_tokens, a.finish) for a in found] == [(0, 1.0, 1, "scored"), (1, 2.0, 1, "scored"), (2, 3.0, 1, "scored")]


def test_a_text_with_nothing_to_score_is_named():
    with pytest.raises(DataError, match="s0"):
        answers("likelihood", [sample(turns=("",))])


def test_batches_keep_the_order_and_lose_nothing():
    samples = [sample(i) for i in range(300)]
    model = Parrot()
    batches = list(evaluate(model, TASKS["factoid_qa"], samples, "run"))
    assert [asked.sample_id for batch in batches for asked, _ in batch] == [s.sample_id for s in samples]
    assert [len(batch) for batch in batches] == [64, 64, 64, 64, 44]
    assert [len(batch) for batch in evaluate(model, TASKS["factoid_qa"], samples, "run", batch_size=128)] == [128, 128, 44]


def test_a_run_that_goes_on_asks_the_batches_of_an_undisturbed_one():
    samples = [sample(i) for i in range(20)]
    whole = [[asked.sample_id for asked, _ in batch] for batch in evaluate(Parrot(), TASKS["factoid_qa"], samples, "run", batch_size=8)]
    for n_done in range(len(whole) + 1):
        answered = {(name, 0) for batch in whole[:n_done] for name in batch}
        rest = evaluate(Parrot(), TASKS["factoid_qa"], samples, "run", answered=answered, batch_size=8)
        assert [[asked.sample_id for asked, _ in batch] for batch in rest] == whole[n_done:]


def test_no_sample_is_no_batch():
    assert list(evaluate(Parrot(), TASKS["factoid_qa"], [], "run")) == []


@pytest.mark.parametrize("folder", ["tiny_llama_folder", "tiny_qwen2_folder"])
@pytest.mark.parametrize("kind", ["generate", "chat", "choose", "likelihood"])
def test_real_models_answer_in_batches_as_one_by_one(folder: str, kind: str, request: pytest.FixtureRequest):
    path: Path = request.getfixturevalue(folder)
    samples = [
        sample(i, turns=(f"What is capital number {i}{', please' * i}?", "And now?"), gold=(("Oslo",), ("Rome",)), choices=("Rome", "Oslo"))
        for i in range(5)
    ]
    if kind in ("choose", "likelihood"):
        samples = [replace(s, turns=s.turns[:1]) for s in samples]
    task = replace(next(task for task in TASKS.values() if task.kind == kind), max_new_tokens=8)
    options = {"formulation": "cloze"} if kind == "choose" else {}
    together = [pair for batch in evaluate(load(path, device="cpu"), task, samples, "r", batch_size=5, **options) for pair in batch]
    alone = [pair for batch in evaluate(load(path, device="cpu"), task, samples, "r", batch_size=1, **options) for pair in batch]
    for (_, several), (_, single) in zip(together, alone, strict=True):
        for a, b in zip(several, single, strict=True):
            assert (a.text, a.finish, a.n_tokens, a.n_prompt_tokens) == (b.text, b.finish, b.n_tokens, b.n_prompt_tokens)
            assert a.choice_logprobs == pytest.approx(b.choice_logprobs, abs=1e-4)
            assert a.gold_logprob == pytest.approx(b.gold_logprob, abs=1e-4)
            assert a.nll == pytest.approx(b.nll, abs=1e-4)


# prompts that are too long


class Small(Parrot):
    context_length = 40


def question(n_words: int, i: int = 0) -> str:
    return " ".join(["word"] * (n_words - 1) + [f"end{i}?"])


def test_solved_examples_are_left_out_from_the_last_until_the_question_fits():
    model = Small()
    shots = tuple(f"{question(10, i)} A\n\n" for i in range(5))
    asked = [
        sample(i, turns=(f"About words. {''.join(shots)}{question(n, 9)}\nAnswer:",), shots=shots, choices=("Rome", "Oslo"), gold_choice=1)
        for i, n in enumerate((10, 25, 36))
    ]
    found = {one.sample_id: answers[0] for one, answers in answers("choose", asked, model, formulation="letters")}
    assert [found[f"s{i}"].cut for i in range(3)] == [
        "3 of 5 few-shot examples left out",
        "4 of 5 few-shot examples left out",
        "5 of 5 few-shot examples left out",
    ]
    assert all(len(prompt.split()) <= 39 and prompt.endswith("end9?\nAnswer:") for prompt, _ in model.pairs)
    assert model.pairs[0][0].startswith("About words. ")
    assert "end0?" in model.pairs[0][0]
    assert {one.finish for one in found.values()} == {"scored"}


def test_evidence_is_cut_around_the_answer_and_the_question_never():
    model = Small()
    text = " ".join(f"w{i}" for i in range(300)) + " Oslo is it. " + " ".join(f"v{i}" for i in range(300))
    prompt = f"{text}\nAnswer these questions:\nQ: Which?\nA:"
    [(asked, (answer,))] = answers("generate", [sample(turns=(prompt,), evidence=text)], model)
    assert len(model.prompts[0].split()) <= 20
    assert "Oslo" in model.prompts[0]
    assert model.prompts[0].endswith("\nAnswer these questions:\nQ: Which?\nA:")
    assert answer.cut.endswith(f"of {len(text):,} characters of the text kept")
    assert asked.turns == (prompt,)  # what is stored is the whole sample


def test_what_cannot_be_asked_is_overflow_and_has_no_verdict():
    task = next(task for task in TASKS.values() if task.kind == "generate")
    model = Small()
    asked = [sample(0), sample(1, turns=(question(50),)), sample(2)]
    found = answers("generate", asked, model)
    assert [one.sample_id for one, _ in found] == ["s0", "s1", "s2"]
    assert [said[0].finish for _, said in found] == ["stop", "overflow", "stop"]
    assert (found[1][1][0].text, found[1][1][0].n_prompt_tokens) == ("", 50)
    assert len(model.prompts) == 2
    for scorer in ("corrected", "paper"):
        assert {score.value for score in task.score(asked[1], found[1][1], scorer)} == {None}


def test_a_second_turn_that_no_longer_fits_is_overflow():
    model = Small()
    talks = [sample(0, turns=("one", question(30)), gold=()), sample(1, turns=("one", "two"), gold=())]
    found = answers("chat", talks, model)
    assert [[one.finish for one in said] for _, said in found] == [["stop", "overflow"], ["stop", "stop"]]
    assert [[one.turn for one in said] for _, said in found] == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("thinking", "context", "limit"),
    [(None, 8192, 64), ("off", 8192, 64), ("room", 8192, 64 + 1024), ("room", 1024, 512), ("room", 100, 64), (None, 100, 64)],
)
def test_room_for_a_thought_is_added_to_the_reply_as_far_as_the_context_goes(thinking: Thinking | None, context: int, limit: int):
    class Wide(Parrot):
        context_length = context

        def generate(self, prompts: Sequence[Prompt], *, max_new_tokens: int, **options: object) -> list[Generation]:
            limits.append(max_new_tokens)
            return super().generate(prompts, max_new_tokens=8)

    limits: list[int] = []
    list(evaluate(Wide(), TASKS["factoid_qa"], [sample(0)], "r", prompt="chat", thinking=thinking))
    assert limits == [limit]


def test_a_thought_is_kept_apart_and_not_put_back():
    class Thinker(Parrot):
        def generate(self, prompts: Sequence[Prompt], **options: object) -> list[Generation]:
            return [replace(one, thought="Hm.") for one in super().generate(prompts, max_new_tokens=8)]

    model = Thinker()
    [(_, found)] = answers("chat", [sample(0, turns=("one", "two"), gold=())], model)
    assert model.prompts == ["u:one", "u:one|a: one|u:two"]
    assert [(one.thought, one.text) for one in found] == [("Hm.", " one"), ("Hm.", " two")]
