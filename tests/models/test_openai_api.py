"""A model behind a real HTTP server: what it can do is found out, and it answers as the same model does here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from llmkick_core import settings
from llmkick_core.errors import EndpointError, NoLikelihoodsError
from llmkick_core.models.base import Message, Sampling
from llmkick_core.models.openai_api import EndpointModel, connect
from tests.models.fake_server import FakeServer, Reply, Words, refused, refusing_where, text_reply

KEY = "sk-very-secret-0123456789"
TALK = (Message(role="user", content="Where?"), Message(role="assistant", content="Oslo"), Message(role="user", content="Sure?"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMKICK_API_KEY", "OPENAI_API_KEY", "LLMKICK_ENDPOINT_CONTEXT", "LLMKICK_ENDPOINT_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def serving(answer: Any, **options: Any) -> Iterator[tuple[FakeServer, EndpointModel]]:
    with FakeServer(answer) as fake:
        model = connect(fake.model, first_wait_s=0.001, **options)
        fake.asked.clear()
        try:
            yield fake, model
        finally:
            model.close()


# what a server can do


@pytest.mark.parametrize(
    ("words", "prompts", "choice"),
    [
        (Words(), "as raw text", "log-probabilities of the prompt echoed by the server"),
        (Words(has_echo=False), "as raw text", "top log-probabilities"),
        (Words(has_echo=False, has_listed=False), "as raw text", "the letter parsed from the reply"),
        (Words(has_completions=False), "as chat messages, because the server has no /completions", "top log-probabilities"),
        (
            Words(has_completions=False, has_listed=False),
            "as chat messages, because the server has no /completions",
            "the letter parsed from the reply",
        ),
    ],
)
def test_what_a_server_can_do_is_found_out_before_the_first_question(words: Words, prompts: str, choice: str):
    with serving(words) as (fake, model):
        assert model.facts == {"chat_template": "the server's own", "prompts": prompts, "multiple_choice": choice, "server": fake.url}


@pytest.mark.parametrize("status", [400, 404, 405])
def test_raw_text_goes_to_a_server_without_completions_as_a_message(status: int):
    words = Words(has_completions=False, says=lambda prompt: f"{prompt}!")

    def answer(path: str, body: dict[str, Any]) -> Reply:
        return refused(status, "not here") if path == "/v1/completions" else words(path, body)

    with serving(answer) as (fake, model):
        assert [one.text for one in model.generate(["a", "b"], max_new_tokens=4)] == ["a!", "b!"]
        assert [path for path, _ in fake.asked] == ["/v1/chat/completions"] * 2  # remembered: nothing is tried twice
        assert sorted(body["messages"][0]["content"] for _, body in fake.asked) == ["a", "b"]


def test_a_server_that_wants_another_word_for_the_limit_gets_it():
    words = Words(has_completions=False)

    def answer(path: str, body: dict[str, Any]) -> Reply:
        if "max_tokens" in body:
            return refused(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        return words(path, {**body, "max_tokens": body.get("max_completion_tokens")})

    with serving(answer) as (fake, model):
        model.generate(["a"], max_new_tokens=4)
        assert fake.asked[-1][1]["max_completion_tokens"] == 4


def test_fewer_alternatives_are_asked_for_where_twenty_are_too_many():
    words = Words(has_echo=False)

    def answer(path: str, body: dict[str, Any]) -> Reply:
        return refused(400, "logprobs must be at most 5") if (body.get("logprobs") or 0) > 5 else words(path, body)

    with serving(answer) as (fake, model):
        model.likelihoods([("Which?", " A")])
        assert fake.asked[-1][1]["logprobs"] == 5


def test_a_model_that_the_server_does_not_know_is_told_with_those_it_lists():
    with (
        FakeServer(Words(name="llama")) as fake,
        pytest.raises(EndpointError, match=r"the model 'words': 404 .*does not exist\. It lists llama\."),
    ):
        connect(fake.model)


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": "Unexpected endpoint or method."}),
        Reply(b"<!DOCTYPE html><html></html>"),
        Reply(b'{"choices": [{"te'),
        Reply({}),
        Reply({"choices": []}),
        Reply([]),
    ],
)
def test_conversations_are_tried_where_completions_answers_with_what_is_no_answer(reply: Reply):
    words = Words(has_completions=False)
    with serving(lambda path, body: reply if path == "/v1/completions" else words(path, body)) as (_, model):
        assert model.facts["prompts"].startswith("as chat messages")


@pytest.mark.parametrize(
    ("completions", "chat", "said"),
    [
        (Reply({"error": "no route"}), Reply({"error": "no route"}), "200 an error in place of an answer: no route."),
        (Reply({"error": "no route"}), refused(400, "model not loaded"), "400 model not loaded."),
        (Reply({"choices": []}), Reply({"choices": []}), "its replies hold no choices."),
    ],
)
def test_a_server_that_answers_nothing_is_told_in_one_line(completions: Reply, chat: Reply, said: str):
    with (
        FakeServer(lambda path, body: completions if path == "/v1/completions" else chat) as fake,
        pytest.raises(EndpointError, match=rf"does not answer as the model 'words': {said}$"),
    ):
        connect(fake.model, first_wait_s=0.001)


def test_a_server_that_counts_no_tokens_is_asked_all_the_same():
    with serving(lambda path, body: Reply(text_reply(" Oslo", usage={"prompt_tokens": 0, "completion_tokens": 0}))) as (_, model):
        assert model.facts["prompts"] == "as raw text"
        assert model.generate(["a"], max_new_tokens=4)[0].text == " Oslo"


def test_a_server_that_wants_a_key_is_told_at_once():
    with FakeServer(lambda path, body: refused(401, "who are you?")) as fake:
        with pytest.raises(EndpointError, match="no API key is set"):
            connect(fake.model)
        assert len(fake.asked) == 1


def test_the_context_is_the_servers_or_the_settings_or_the_usual_one(monkeypatch: pytest.MonkeyPatch):
    with serving(Words(context=300)) as (_, model):
        assert model.context_length == 300
    with serving(Words()) as (_, model):
        assert model.context_length == 4096
    monkeypatch.setenv("LLMKICK_ENDPOINT_CONTEXT", "1000")
    with serving(Words()) as (_, model):
        assert model.context_length == 1000


@pytest.mark.parametrize("raw", ["", "0", "-1", "many", "4.5"])
def test_settings_that_are_no_number_above_0_are_as_if_unset(raw: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("CONTEXT", "CONCURRENCY", "TIMEOUT"):
        monkeypatch.setenv(f"LLMKICK_ENDPOINT_{name}", raw)
    assert (settings.endpoint_context(), settings.endpoint_concurrency(), settings.endpoint_timeout_s()) == (4096, 8, 300)


def test_a_server_that_lists_no_models_is_asked_all_the_same():
    words = Words()
    with serving(lambda path, body: refused(404, "?") if path == "/v1/models" else words(path, body)) as (_, model):
        assert model.context_length == 4096


# generation


def test_prompts_are_continued_in_order_as_greedily_as_a_server_can():
    with serving(Words(says=lambda prompt: f" {prompt}.\nmore")) as (fake, model):
        said = model.generate(["a", "b", "a"], max_new_tokens=8, stop=("\n", "1", "2", "3", "4"))
        assert [(one.text, one.n_prompt_tokens, one.n_tokens, one.finish) for one in said] == [
            (" a.", 1, 1, "stop"),
            (" b.", 1, 1, "stop"),
            (" a.", 1, 1, "stop"),
        ]
        assert len(fake.asked) == 2  # equal prompts continue equally
        body = min(fake.bodies("/completions"), key=lambda body: body["prompt"])
        assert body == {"model": "words", "prompt": "a", "max_tokens": 8, "temperature": 0, "stop": ["\n", "1", "2", "3"]}


def test_sampling_and_conversations_are_handed_on():
    with serving(Words()) as (fake, model):
        model.generate([TALK], max_new_tokens=8, sampling=Sampling(temperature=0.7, seed=5))
        [body] = fake.bodies("/chat/completions")
        assert (body["temperature"], body["seed"]) == (0.7, 5)
        assert body["messages"] == [
            {"role": "user", "content": "Where?"},
            {"role": "assistant", "content": "Oslo"},
            {"role": "user", "content": "Sure?"},
        ]


def test_a_prompt_that_is_too_long_keeps_its_end():
    with serving(Words(context=20, says=lambda prompt: prompt)) as (_, model):
        [said] = model.generate([" ".join(["word"] * 60) + " end?"], max_new_tokens=5)
        assert said.text.endswith(" word end?")
        assert said.n_prompt_tokens <= 15


def test_a_conversation_that_is_too_long_is_told():
    with serving(Words(context=20)) as (_, model), pytest.raises(EndpointError, match="maximum context length"):
        model.generate([(Message(role="user", content="word " * 60),)], max_new_tokens=5)


# tokens


def test_tokens_are_guessed_far_below_the_context_and_counted_near_it():
    with serving(Words(context=100)) as (fake, model):
        assert model.count_tokens(["", "abcde", TALK]) == [0, 2, 4]
        assert fake.asked == []
        assert model.count_tokens(["a " * 98, "word " * 60, "word " * 200, "word " * 60]) == [49, 61, 250, 61]
        assert len(fake.asked) == 2  # 49 * 2 is below 100; "word " * 60 is one prompt
    with serving(Words(context=100)) as (_, model):
        assert model.count_tokens(["a " * 150]) == [101]  # 75 by the guess, but the server says no


# content policies and replies without text


@pytest.mark.parametrize("has_completions", [True, False])
def test_what_a_content_policy_refuses_is_answered_by_nothing(has_completions: bool):
    with serving(refusing_where(Words(has_completions=has_completions), lambda prompt: "bad" in prompt)) as (fake, model):
        said = model.generate(["good", "bad one", "fine"], max_new_tokens=4)
        assert [(one.text, one.finish) for one in said] == [(" Oslo", "stop"), ("", "stop"), (" Oslo", "stop")]
        assert (said[1].n_tokens, said[1].n_prompt_tokens) == (0, 2)  # 7 characters
        assert len(fake.asked) == 3  # not tried again
        assert model.count_tokens(["bad " * 4000]) == [4000]


def test_another_refusal_ends_the_run():
    words = Words()
    with (
        serving(lambda path, body: refused(400, "bad") if body.get("prompt") == "bad" else words(path, body)) as (_, model),
        pytest.raises(EndpointError, match="400: bad"),
    ):
        model.generate(["bad"], max_new_tokens=4)


@pytest.mark.parametrize("words", [Words(), Words(has_echo=False), Words(has_completions=False)], ids=["echo", "top", "chat"])
def test_nothing_is_known_of_letters_of_a_question_that_a_content_policy_refuses(words: Words):
    with serving(refusing_where(words, lambda prompt: "bad" in prompt)) as (_, model):
        found = model.likelihoods([("Which?", " A"), ("Which bad?", " A"), ("Which bad?", " B")])
    assert [math.isnan(one.logprob) for one in found] == [False, True, True]


def test_nothing_is_known_where_a_content_policy_refuses_the_context_alone():
    # tokens that do not join to the prompt: how many the context has is asked of it alone
    with serving(refusing_where(Words(is_split_wrongly=True), lambda prompt: prompt == "Where is it?")) as (_, model):
        [found] = model.likelihoods([("Where is it?", " Oslo")])
    assert math.isnan(found.logprob)


def test_perplexity_is_not_told_without_a_window_that_a_content_policy_refuses():
    with (
        serving(refusing_where(Words(), lambda prompt: "bad" in prompt)) as (_, model),
        pytest.raises(EndpointError, match="content policy"),
    ):
        model.window_nlls(model.windows("good words and bad words"))


@pytest.mark.parametrize("words", [Words(has_echo=False), Words(has_completions=False)], ids=["raw", "chat"])
def test_a_question_that_is_answered_by_an_end_token_has_no_verdict_and_is_asked_once(words: Words):
    def answer(path: str, body: dict[str, Any]) -> Reply:
        if "Which?" in (body.get("prompt"), body.get("messages", [{}])[0].get("content")):
            return Reply({"choices": [{"text": "", "message": {"content": ""}, "finish_reason": "stop", "logprobs": {"content": []}}]})
        return words(path, body)

    with serving(answer) as (fake, model):
        assert all(math.isnan(one.logprob) for one in model.likelihoods([("Which?", " A"), ("Which?", " B")]))
        assert len(fake.asked) == 1


def test_a_reply_that_met_its_limit_before_its_text_is_an_empty_answer():
    def answer(path: str, body: dict[str, Any]) -> Reply:
        thinks = {"message": {"content": None, "reasoning_content": "Let me"}, "finish_reason": "length"}
        return refused(404, "?") if path == "/v1/completions" else Reply({"choices": [thinks]})

    with serving(answer) as (fake, model):
        [said] = model.generate(["Where?"], max_new_tokens=4)
        assert (said.text, said.finish) == ("", "length")
        assert len(fake.asked) == 1


# likelihoods


@pytest.mark.parametrize(
    "words", [Words(), Words(has_begin=True), Words(is_split_wrongly=True)], ids=["plain", "begin token", "tokens that do not join"]
)
def test_echoed_prompts_tell_the_likelihood_of_what_comes_last(words: Words):
    # " Oslo" -0.5, " in" -0.3, " Norway" -0.7
    with serving(words) as (_, model):
        found = model.likelihoods(
            [("Where is it?", " Oslo in Norway"), ("Where is it?", " Oslo"), ("Where is it? ", "Oslo"), ("Where is it?", " Oslo")]
        )
    n_before = 4 if words.has_begin else 3
    assert [(one.n_tokens, one.n_prompt_tokens) for one in found] == [(3, n_before), (1, n_before), (1, n_before), (1, n_before)]
    assert [one.logprob for one in found] == pytest.approx([-1.5, -0.5, -0.5, -0.5])


def test_letters_are_read_from_the_likeliest_tokens_and_a_context_is_asked_once():
    for words in (Words(has_echo=False), Words(has_completions=False)):
        with serving(words) as (fake, model):
            a, b, c, d = model.likelihoods([("Which?", f" {letter}") for letter in "ABCD"])
            assert len(fake.asked) == 1
        assert a.logprob == -2.0
        assert b.logprob == pytest.approx(math.log(math.exp(-0.5) + math.exp(-3)))
        assert c.logprob == d.logprob == pytest.approx(-3.0)  # at most as likely as the least that is listed
        assert c.logprob < -3.0
        assert (a.n_tokens, a.n_prompt_tokens) == (1, 1)


def test_nothing_is_known_of_letters_of_which_none_is_listed():
    with serving(Words(has_echo=False, listed={" The": -0.1, " In": -2.0})) as (_, model):
        assert all(math.isnan(one.logprob) for one in model.likelihoods([("Which?", " A"), ("Which?", " B")]))


@pytest.mark.parametrize(
    ("words", "pair"),
    [
        (Words(has_echo=False), ("Where?", " Oslo")),
        (Words(has_echo=False, has_listed=False), ("Which?", " A")),
        (Words(), (TALK, "Yes")),
        (Words(has_completions=False), (TALK, "Yes")),
    ],
)
def test_what_a_server_cannot_tell_is_refused_before_anything_is_asked(words: Words, pair: Any):
    with serving(words) as (fake, model):
        with pytest.raises(NoLikelihoodsError, match="does not tell how likely"):
            model.likelihoods([pair])
        assert fake.asked == []


# perplexity


def test_windows_of_a_text_are_scored_from_its_echo():
    # tokens of 1 to 3 letters and a space; the first of each window has no log-probability
    text = " ".join(["a", "bb", "ccc"] * 20)  # 60 tokens, 179 letters
    with serving(Words(context=40)) as (_, model):
        found = model.window_nlls(model.windows(text, size=31))
    assert sum(n for _, n in found) == 60 - len(found)
    assert len(found) == 2  # 93 characters a window
    assert sum(nll for nll, _ in found) == pytest.approx(sum(len(word) + 1 for word in text.split()[1:]) / 10, abs=0.5)


def test_a_window_that_is_too_long_is_halved():
    with serving(Words(context=40)) as (_, model):
        windows = model.windows("a " * 50 + "end")  # 2 characters a token, where 3 were guessed
        found = model.window_nlls(windows)
    assert len(found) == len(windows) == 1
    assert found[0][1] == 51 - 2  # the first token of each half has no log-probability


def test_perplexity_is_refused_without_echo_before_anything_is_asked():
    with serving(Words(has_echo=False)) as (fake, model):
        with pytest.raises(NoLikelihoodsError, match="perplexity needs the log-probabilities of a whole text"):
            model.windows("a b c")
        assert fake.asked == []
