"""What is thought and what is answered, in every form that models write."""

from __future__ import annotations

import time

import pytest

from llmkick_core.judge.completion import read
from llmkick_core.models.thoughts import apart, is_thought_open, split_thought
from llmkick_core.schema import Answer

THOUGHT = "Is it Oslo? No, not that."


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\n{THOUGHT}\n</think>\n\nBergen",
        f"\n<think>{THOUGHT}</think>Bergen\n",
        f"<THINK>{THOUGHT}</Think> Bergen",
        f"< think >{THOUGHT}</ think >Bergen",
        f'<think duration="3">{THOUGHT}</think>Bergen',
        f"<thinking>{THOUGHT}</thinking>\nBergen",
        f"<thought>{THOUGHT}</thought>Bergen",
        f"<reasoning>\n{THOUGHT}\n</reasoning>\nBergen",
        f"<seed:think>{THOUGHT}</seed:think>Bergen",
        f"&lt;think&gt;{THOUGHT}&lt;/think&gt;Bergen",
        f"[THINK]{THOUGHT}[/THINK]Bergen",
        f"<|begin_of_thought|>{THOUGHT}<|end_of_thought|>\n<|begin_of_solution|>Bergen<|end_of_solution|>",
        f"<|START_THINKING|>{THOUGHT}<|END_THINKING|><|START_RESPONSE|>Bergen<|END_RESPONSE|>",
        f"◁think▷{THOUGHT}◁/think▷Bergen",
        f"<think>{THOUGHT}</think><answer>Bergen</answer>",
        f"<think>{THOUGHT}</think>\n<response>Bergen</response>",
        f"Here is my thought process: {THOUGHT}\n\nHere is my response: Bergen",
        f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>Bergen<|return|>",
        f"<|start|>assistant<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>Bergen",
        f"analysis{THOUGHT}assistantfinalBergen",
        f"<Thought>{THOUGHT}</Thought>\n\n<Output>\nBergen\n</Output>",
        f"<thinking>{THOUGHT}</thinking><output>Bergen</output>",
        f"<analysis>{THOUGHT}</analysis>\n<final_answer>Bergen</final_answer>",
        f"<reason>{THOUGHT}</reason>Bergen",
        f"<rationale>{THOUGHT}</rationale>\nBergen",
        f"<cot>{THOUGHT}</cot>Bergen",
        f"<reflection>{THOUGHT}</reflection>Bergen",
        f"<internal_thoughts>{THOUGHT}</internal_thoughts>Bergen",
        f"<inner_monologue>{THOUGHT}</inner_monologue>Bergen",
        f"<SCRATCHPAD>{THOUGHT}</SCRATCHPAD>Bergen",
        f"<chain_of_thought>{THOUGHT}</chain_of_thought>Bergen",
        f"<thinking_process>{THOUGHT}</thinking_process>Bergen",
        f"<longcat_think>{THOUGHT}</longcat_think>Bergen",
        f"<think:6124c78e>{THOUGHT}</think:6124c78e>Bergen",
        f"<think>{THOUGHT}</thinking>Bergen",
        f"<think>{THOUGHT}</think>\n<answer>\nBergen\n</answer>",
        f"<think>{THOUGHT}</think><|begin_of_box|>Bergen<|end_of_box|>",
        f"<think>{THOUGHT}</think>Bergen</think>",
        f"**Here is my thought process:**\n{THOUGHT}\n\n**Here is my response:**\nBergen",
        f"Here are my reasoning steps:\n{THOUGHT}\n[BEGIN FINAL RESPONSE]\nBergen\n[END FINAL RESPONSE]",
        f"{THOUGHT}\n[BEGIN FINAL RESPONSE]\nBergen\n[END FINAL RESPONSE]",
        f"{THOUGHT}\n</think>\n\nBergen",
        f"{THOUGHT}</think>Bergen",
        f"{THOUGHT}\n◁/think▷\nBergen",
        f"{THOUGHT}\n[/THINK]\nBergen",
        f"Bergen\n<think>\n{THOUGHT}",
    ],
)
def test_a_thought_is_told_from_the_answer(text: str):
    thought, answer = split_thought(text)
    assert (thought, answer.rstrip()) == (THOUGHT, "Bergen")


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\n{THOUGHT}",
        f"<thinking>{THOUGHT}",
        f"[THINK]{THOUGHT}",
        f"<|channel|>analysis<|message|>{THOUGHT}",
        f"<reasoning>{THOUGHT}\n",
        f"<analysis>{THOUGHT}",
        f"<Thought>{THOUGHT}",
        f"Here are my reasoning steps:\n{THOUGHT}",
    ],
)
def test_what_was_cut_off_in_its_thought_has_no_answer(text: str):
    assert split_thought(text) == (THOUGHT, "")


def test_a_thought_that_the_prompt_opened_ends_at_its_mark_or_never():
    assert split_thought(f"{THOUGHT}\n</think>\n\nBergen", is_opened=True) == (THOUGHT, "Bergen")
    assert split_thought(f"{THOUGHT} And", is_opened=True) == (f"{THOUGHT} And", "")
    assert split_thought(f"<think>{THOUGHT}</think>Bergen", is_opened=True) == (THOUGHT, "Bergen")
    assert split_thought("Use </think> to close it.</think>Bergen", is_opened=True)[1] != "Use </think> to close it.</think>Bergen"


def test_several_thoughts_are_all_taken_out():
    assert split_thought("<think>a</think>One.\n<think>b</think>\nTwo.") == ("a\n\nb", "One.\n\nTwo.")
    assert split_thought("<think>a</think>\n<think>b</think>Two.") == ("a\n\nb", "Two.")
    assert split_thought("<think>a <think>b</think> c</think>Two.") == ("a <think>b\n\nc", "Two.")
    assert split_thought("<think>a</think>Paris<think>b</think>") == ("a\n\nb", "Paris")
    assert split_thought("<think>a</think>Paris <think>b</think>") == ("a\n\nb", "Paris ")
    assert split_thought("<think>a</think>Paris.<reflection>b</reflection> It is.") == ("a\n\nb", "Paris. It is.")
    assert split_thought("<think>a</think><reflection>b</reflection><output>Two.</output>") == ("a\n\nb", "Two.")
    assert split_thought("Well. <think>Is it Oslo? No.</think> Bergen") == ("Is it Oslo? No.", "Well.  Bergen")


def test_a_thought_ends_at_the_mark_of_its_own_kind_and_not_at_a_quoted_one():
    nested = "<thinking>a<reflection>b</reflection>c</thinking><output>Two.</output>"
    assert split_thought(nested) == ("a<reflection>b</reflection>c", "Two.")
    assert split_thought("<think>Close it by `</think>`, not now.</think>Two.") == ("Close it by `</think>`, not now.", "Two.")
    assert split_thought('<think>He said "Oslo"</think>"Bergen"') == ('He said "Oslo"', '"Bergen"')
    assert split_thought('He said "Oslo"</think>"Bergen"') == ('He said "Oslo"', '"Bergen"')


@pytest.mark.parametrize(
    "text",
    [
        "The tag is <think>x</think>.",
        "Models write <think> before and </think> after.",
        "Use `<think>x</think>` here",
        "Write:\n```\n<think>x</think>\n```\nend",
        "Write <think>your reasoning</think> before you answer.",
    ],
)
def test_an_answer_about_marks_stays_behind_a_thought_too(text: str):
    assert split_thought(f"<think>a</think>{text}") == ("a", text)


def test_marks_around_an_answer_are_taken_off_without_a_thought_too():
    assert split_thought("<|START_RESPONSE|>Bergen<|END_RESPONSE|>") == ("", "Bergen")


def test_an_empty_thought_is_taken_out():
    assert split_thought("<think>\n\n</think>\n\nBergen") == ("", "Bergen")
    assert split_thought("<|channel|>final<|message|>Bergen<|return|>") == ("", "Bergen")


@pytest.mark.parametrize(
    "text",
    [
        " Bergen\n",
        "",
        "Models write <think> before and </think> after what they think.",
        "The tag <think> opens a thought.",
        "Write `<think>` first, then `</think>`.",
        "Use </think> to close it.",
        'It ends with "</think>".',
        "There are two marks. <think> opens and </think> closes.",
        "An example:\n```\n<think>\nHm.\n</think>\nBergen\n```\nThat is all.",
        "I think it is Bergen.",
        "<b>Bergen</b>",
        "[think tank] Bergen",
        "The reasoning: it rains there.",
        "analysis of rain: Bergen",
        "<thinker>Bergen</thinker>",
        "<rethink>Oslo</rethink>Bergen",
        "<reasoning_effort>low</reasoning_effort> Bergen",
        "<think> is a special token.",
        "<think> and </think> are special tokens.",
        "Use <analysis> for it.",
        "<rationale>It rains there.</rationale>",
        "<root><reason>It rains.</reason></root>",
        "In XML: <analysis>rain</analysis> Bergen",
        "Result:\n<analysis>rain</analysis>\nBergen",
        "```html\n<analysis>rain</analysis>\n```",
        "<answer>Bergen</answer>",
    ],
)
def test_an_answer_about_marks_stays_as_it_came(text: str):
    assert split_thought(text) == ("", text)


@pytest.mark.parametrize(
    ("prompt", "said", "is_open"),
    [
        ("<|User|>Hi<|Assistant|><think>\n", "Hi", True),
        ("<|User|>Hi<|Assistant|>", "Hi", False),
        ("<|User|>Hi<|Assistant|><think>\n\n</think>\n\n", "Hi", False),
        ("<|User|>What is <think>?<|Assistant|>", "What is <think>?", False),
        ("[SYSTEM]Think in [THINK] and [/THINK][INST]Hi[/INST]", "Hi", False),
        ("... ASSISTANT: <think>", "", True),
        ("What does it mean to write <think> in a prompt?", "", False),
    ],
)
def test_a_prompt_that_opens_a_thought_is_known(prompt: str, said: str, is_open: bool):
    assert is_thought_open(prompt, said) is is_open


def test_a_stored_answer_is_split_once_and_what_was_scored_never():
    old = Answer(run_id="r", sample_id="s", text="<think>Oslo</think>Bergen", finish="stop")
    assert (apart(old).thought, apart(old).text) == ("Oslo", "Bergen")
    assert apart(apart(old)) == apart(old)
    wrapped = Answer(run_id="r", sample_id="s", text="<Output>\nBergen\n</Output>", thought="Oslo")
    assert (apart(wrapped).thought, apart(wrapped).text) == ("Oslo", "Bergen")
    option = Answer(run_id="r", sample_id="s", text="<think>", finish="scored")
    assert apart(option) == option


@pytest.mark.parametrize(
    ("content", "outcome", "text"),
    [
        ("<think>\nPerhaps [[9]]? It is wrong.\n</think>\n\nRating: [[2]]", "text", "Rating: [[2]]"),
        ("<think>\nPerhaps [[9]]?", "unparsed", ""),
        ("Rating: [[2]]", "text", "Rating: [[2]]"),
    ],
)
def test_a_verdict_that_a_judge_weighs_in_its_thoughts_is_none(content: str, outcome: str, text: str):
    found = read({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]})
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize("piece", ["<think>a</think>b", "a</think>", "'</think>' ", "`<think>` ", "< "])
def test_a_very_long_reply_is_split_in_time_that_grows_with_its_length(piece: str):
    started = time.process_time()
    split_thought(piece * 2_000)
    assert time.process_time() - started < 5  # measured: below 0.6 s
