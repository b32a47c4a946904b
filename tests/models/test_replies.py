"""Replies as servers send them, read by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from llmkick_core.models import replies
from llmkick_core.models.failures import MalformedReplyError


def completion(**choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, **choice}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}


def told(tokens: list[str], logprobs: list[Any], n_prompt: int | None = None) -> dict[str, Any]:
    usage = {} if n_prompt is None else {"usage": {"prompt_tokens": n_prompt}}
    return {"choices": [{"text": "", "logprobs": {"tokens": tokens, "token_logprobs": logprobs}}], **usage}


def generation(reply: dict[str, Any], *, stop: tuple[str, ...] = (), limit: int = 8):
    return replies.generation(reply, n_prompt_characters=10, max_new_tokens=limit, stop=stop)


@pytest.mark.parametrize(
    ("reason", "finish"), [("stop", "stop"), ("length", "length"), ("content_filter", "stop"), ("tool_calls", "stop"), (None, "stop")]
)
def test_finish_reasons(reason: str | None, finish: str):
    assert generation(completion(text=" Oslo", finish_reason=reason)).finish == finish


def test_a_reply_without_a_reason_that_is_as_long_as_it_may_be_met_its_limit():
    assert generation(completion(text=" Oslo", finish_reason=None), limit=2).finish == "length"


def test_what_a_content_filter_left_is_taken_as_it_is_even_nothing():
    found = generation(completion(message={"content": None}, finish_reason="content_filter"))
    assert (found.text, found.finish) == ("", "stop")


@pytest.mark.parametrize("choice", [{"message": {"content": None}}, {"message": {}}, {"text": None}])
def test_a_reply_that_met_its_limit_before_its_text_is_empty(choice: dict[str, Any]):
    found = generation(completion(**choice, finish_reason="length"))
    assert (found.text, found.n_tokens, found.finish) == ("", 2, "length")
    for reason in ("stop", None):
        with pytest.raises(MalformedReplyError, match="without text"):
            generation(completion(**choice, finish_reason=reason))


def test_a_stop_string_that_the_server_left_in_is_cut_off():
    found = generation(completion(text=" Oslo\nQ: more", finish_reason="length"), stop=("", "\n", "more"))
    assert (found.text, found.finish) == (" Oslo", "stop")


def test_tokens_are_the_servers_count_or_a_quarter_of_the_characters():
    counted = generation(completion(text="abcdefghi"))
    assert (counted.n_prompt_tokens, counted.n_tokens) == (3, 2)
    for usage in ({}, {"usage": None}, {"usage": {"prompt_tokens": "3", "completion_tokens": -1}}):
        guessed = generation({**completion(text="abcdefghi"), "usage": None} | usage)
        assert (guessed.n_prompt_tokens, guessed.n_tokens) == (3, 3)  # 10 and 9 characters


def test_markup_is_kept_as_text():
    text = "<b>Oslo</b> <script>alert(1)</script> $x$ ![](http://x/y.png)"
    assert generation(completion(text=text)).text == text


def test_an_echo_leaves_out_what_was_generated():
    for n_prompt in (2, None):
        assert replies.echo(told(["a", " b", " c"], [None, -1.0, -2], n_prompt), "a b").logprobs == (None, -1.0)
    assert replies.echo(told(["a", " b"], [None, -1], 2), "a b").tokens == ("a", " b")  # nothing was generated
    assert replies.echo(told(["a", " b"], [None, -1]), "a b").tokens == ("a", " b")


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {},
        {"tokens": [], "token_logprobs": []},
        {"tokens": ["a", "b"], "token_logprobs": [None]},
        {"tokens": "ab", "token_logprobs": 3},
        {"tokens": ["a", "b", "c"], "token_logprobs": [None, None, -1.0]},
        {"tokens": ["a", "b", "c"], "token_logprobs": [None, "-1", -1.0]},
        {"tokens": [" c"], "token_logprobs": [-1.0]},  # of the generated token alone: echo was not understood
    ],
)
def test_an_echo_without_log_probabilities_is_none(logprobs: object):
    reply = {"choices": [{"text": "", "logprobs": logprobs}], "usage": {"prompt_tokens": 3}}
    with pytest.raises(MalformedReplyError):
        replies.echo(reply, "abc")


@pytest.mark.parametrize(
    ("tokens", "context", "start"),
    [
        (("The", " answer", " is", " B"), "The answer is", 3),
        (("<s>", "The", " answer", " is", " B"), "The answer is", 4),
        (("<s>", " The", " answer", " is", " B"), "The answer is", 4),
        ((" The", " answer", " is", " B"), "The answer is", 3),
        (("The", " answer", " is B"), "The answer is", None),  # a token across the border
        (("The", "answer", "is", "B"), "The answer is", None),  # spaces lost
        (("The", " answer", " is", " B"), "The answer is B", None),
    ],
)
def test_where_a_continuation_begins(tokens: tuple[str, ...], context: str, start: int | None):
    said = replies.Echo(tokens=tokens, logprobs=(None, *[-1.0] * (len(tokens) - 1)))
    assert said.start_of(context, "The answer is B") == start


def test_log_probabilities_are_summed_from_a_token_on():
    said = replies.Echo(tokens=("a", "b", "c"), logprobs=(None, -1.0, -2.5))
    assert [said.sum_from(i) for i in range(4)] == [(-3.5, 2), (-3.5, 2), (-2.5, 1), (0, 0)]


def test_alternatives_come_in_both_shapes():
    raw = completion(text="", logprobs={"top_logprobs": [{" A": -1.0, " B": None}, {" C": -1.0}]})
    chat = completion(
        logprobs={"content": [{"token": "A", "top_logprobs": [{"token": "A", "logprob": -1}, {"token": "B", "logprob": -2.0}]}]}
    )
    assert replies.alternatives(raw) == {" A": -1.0}
    assert replies.alternatives(chat) == {"A": -1.0, "B": -2.0}
    for bad in (None, [], {"top_logprobs": 3}, {"top_logprobs": [None]}, {"content": []}, {"content": ["A"]}, {"top_logprobs": [{}]}):
        with pytest.raises(MalformedReplyError):
            replies.alternatives(completion(text="", logprobs=bad))


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter"])
@pytest.mark.parametrize("logprobs", [None, {"top_logprobs": [{}]}, {"content": []}, {"content": [{"token": "</s>", "top_logprobs": []}]}])
def test_a_reply_that_ended_at_once_may_list_nothing(logprobs: object, reason: str):
    for empty in ({"text": ""}, {"message": {"content": ""}}, {"message": {"content": None}}):
        assert replies.alternatives(completion(**empty, finish_reason=reason, logprobs=logprobs)) == {}
    with pytest.raises(MalformedReplyError):
        replies.alternatives(completion(text=" A", finish_reason=reason, logprobs=logprobs))


def test_a_letter_counts_with_and_without_its_space():
    found = {"A": math.log(0.2), " A": math.log(0.3), "▁B": -1.0, "And": -0.1}
    assert replies.letter_logprob(found, "A") == pytest.approx(math.log(0.5))
    assert replies.letter_logprob(found, "B") == -1.0
    assert replies.letter_logprob(found, "C") is None
    assert replies.letter_logprob({"A": -9999.0}, "A") == -9999.0


def test_models_are_listed_with_their_context_where_it_is_told():
    assert replies.served({"data": [{"id": "a", "max_model_len": 2048}, {"id": "b"}, {"id": "c", "max_model_len": 0}, {}, 3]}) == {
        "a": 2048,
        "b": None,
        "c": None,
    }
    assert replies.served({"data": None}) == {}


@pytest.mark.parametrize(
    "message",
    [
        {"content": "Bergen", "reasoning_content": "Oslo?"},
        {"content": "Bergen", "reasoning": "Oslo?"},
        {"content": "Bergen", "reasoning_content": None, "reasoning": "Oslo?"},
        {"content": "Bergen", "reasoning_details": [{"type": "reasoning.text", "text": "Oslo?"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Oslo?"}]}, {"type": "text", "text": "Bergen"}]},
        {"content": "<think>\nOslo?\n</think>\n\nBergen"},
        {"content": "Oslo?\n</think>\n\nBergen"},
    ],
)
def test_what_a_model_thought_is_apart_in_every_servers_words(message: dict[str, Any]):
    found = generation(completion(message=message, finish_reason="stop"), stop=("\n",))
    assert (found.thought, found.text, found.finish) == ("Oslo?", "Bergen", "stop")


@pytest.mark.parametrize(
    "message", [{"content": None, "reasoning_content": "Oslo?"}, {"content": "", "reasoning": "Oslo?"}, {"content": "<think>\nOslo?"}]
)
@pytest.mark.parametrize("reason", ["length", "stop"])
def test_a_reply_of_nothing_but_a_thought_is_empty(message: dict[str, Any], reason: str):
    found = generation(completion(message=message, finish_reason=reason), stop=("\n",))
    assert (found.thought, found.text, found.finish) == ("Oslo?", "", reason)


def test_a_thought_of_any_length_does_not_make_a_reply_too_long():
    found = generation(completion(message={"content": "Bergen", "reasoning_content": "x" * 10_000}, finish_reason="stop"))
    assert (found.text, len(found.thought)) == ("Bergen", 8 * 64)
