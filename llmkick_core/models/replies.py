"""What an OpenAI-compatible server's replies say, read from plain JSON. No torch, no network.

    {"choices": [{"text": " Ulaanbaatar", "finish_reason": "stop", "logprobs": null}], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}
    {"choices": [{"message": {"content": "Ulaanbaatar", "reasoning_content": "Mongolia's ..."}, "finish_reason": "stop"}], ...}

With `echo`, `logprobs` holds the prompt's own tokens, then the generated ones; the first has no log-probability:

    {"tokens": ["The", " capital", " is", " Oslo"], "token_logprobs": [null, -3.2, -0.4, -1.1], "top_logprobs": [null, {" capital": -3.2}, ...]}
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmkick_core.models.base import Generation
from llmkick_core.models.failures import MalformedReplyError
from llmkick_core.models.thoughts import split_thought

CHARACTERS_A_TOKEN = 4.0
"""Of English, in the field's usual guess; used where a server does not count."""

_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")  # vLLM and DeepSeek, Ollama and OpenRouter, Mistral
_ENDS = ("stop", "length", "content_filter")
_MOST_CHARACTERS = 64  # of a token, runs of spaces included: what is longer was not kept to the limit


@dataclass(frozen=True, kw_only=True)
class Echo:
    """A prompt as the server's tokenizer cut it, with what its model thought of each token."""

    tokens: tuple[str, ...]
    """The tokens as text."""
    logprobs: tuple[float | None, ...]
    """Log-probability of each, nats; None of the first, and of no other."""

    def start_of(self, context: str, prompt: str) -> int | None:
        """Return the index of the first token after `context`, with which `prompt` begins; None where the tokens do not tell.

        They do where they join to the prompt, a begin token and a space that the tokenizer puts first aside, and one of them ends where the context
        does. The offsets that servers send are not used: vLLM's count the letters of the begin token too.
        """
        n_before = 1 if self.tokens and self.logprobs[0] is None and "".join(self.tokens[1:]).lstrip(" ") == prompt.lstrip(" ") else 0
        joined = "".join(self.tokens[n_before:])
        n_put = len(joined) - len(prompt)  # spaces that are not the prompt's
        if not joined.endswith(prompt) or joined[:n_put].strip(" "):
            return None
        n_letters = -n_put
        for i, token in enumerate(self.tokens[n_before:], start=n_before):
            if n_letters == len(context):
                return i
            n_letters += len(token)
        return None

    def sum_from(self, start: int) -> tuple[float, int]:
        """Return the sum of the log-probabilities from a token on, and how many were summed."""
        known = [logprob for logprob in self.logprobs[start:] if logprob is not None]
        return sum(known), len(known)


def served(reply: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the models of a reply of /models, each with the tokens it reads where the server says (vLLM's max_model_len)."""
    found: dict[str, int | None] = {}
    entries = reply.get("data")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            length = entry.get("max_model_len")
            found[entry["id"]] = length if isinstance(length, int) and length > 0 else None
    return found


def generation(reply: Mapping[str, Any], *, n_prompt_characters: int, max_new_tokens: int, stop: Sequence[str]) -> Generation:
    """Return a continuation, cut before the first stop string; tokens are the server's count, else guessed from the characters.

    A reply that the server's content filter cut off, even to nothing, is taken as it came, with finish `stop`: the filter is part of what was asked.
    One that met the limit before its text began, as of a model that thinks first, is an empty one with finish `length`.
    `loop` is never told, for it is seen in token ids. What the model thought is told apart, whether the server does so or the text has it.

    Raises:
        MalformedReplyError: there is no text, or far more than was asked for.
    """
    choice = _choice(reply)
    thought, text = _parts(choice)
    if len(text) > max(1, max_new_tokens) * _MOST_CHARACTERS:
        raise MalformedReplyError(f"{len(text):,} characters, where at most {max_new_tokens} tokens were asked for")
    n_said = len(thought) + len(text)
    thought = thought[: max_new_tokens * _MOST_CHARACTERS]
    in_text, text = split_thought(text)
    thought = "\n\n".join(filter(None, (thought, in_text)))
    start = len(text) - len(text.lstrip()) if "message" in choice else 0  # the space before a reply ends none
    cut = text[: min((place for one in stop if one and (place := text.find(one, start)) >= 0), default=len(text))]
    n_tokens = _usage(reply, "completion_tokens")
    n_tokens = guess_tokens(n_said) if n_tokens is None else n_tokens
    reason = choice.get("finish_reason")
    is_full = reason == "length" or (reason is None and n_tokens >= max_new_tokens)
    return Generation(
        text=cut,
        thought=thought,
        n_prompt_tokens=prompt_tokens(reply, n_prompt_characters),
        n_tokens=n_tokens,
        finish="length" if is_full and len(cut) == len(text) else "stop",
    )


def prompt_tokens(reply: Mapping[str, Any], n_characters: int) -> int:
    """Return the tokens of a prompt as the server counted them, else guessed from its characters."""
    _choice(reply)
    count = _usage(reply, "prompt_tokens")
    return guess_tokens(n_characters) if count is None else count


def echo(reply: Mapping[str, Any], prompt: str) -> Echo:
    """Return the tokens of the prompt, those generated after it left out (at most one was asked for).

    Raises:
        MalformedReplyError: the reply does not hold them with their log-probabilities.
    """
    told = _choice(reply).get("logprobs")
    tokens, logprobs = (told.get(name) if isinstance(told, dict) else None for name in ("tokens", "token_logprobs"))
    if not isinstance(tokens, list) or not isinstance(logprobs, list) or len(tokens) != len(logprobs):
        raise MalformedReplyError("no log-probabilities of the prompt")
    n_prompt = _usage(reply, "prompt_tokens")
    if n_prompt is None:
        n_prompt = len(tokens) if "".join(map(str, tokens)) == prompt else len(tokens) - 1
    if not len(tokens) - 1 <= n_prompt <= len(tokens) or n_prompt < 1:
        raise MalformedReplyError(f"log-probabilities of {len(tokens)} tokens, of a prompt of {n_prompt} and at most one more")
    kept = tuple(_number(logprob) for logprob in logprobs[:n_prompt])
    if None in kept[1:]:
        raise MalformedReplyError("a token of the prompt without its log-probability")
    return Echo(tokens=tuple(map(str, tokens[:n_prompt])), logprobs=kept)


def alternatives(reply: Mapping[str, Any]) -> dict[str, float]:
    """Return the likeliest first tokens with their log-probabilities, from the shape of /completions or of /chat/completions.

    There are none where the reply ended before its text began: some servers list nothing beside an end token.

    Raises:
        MalformedReplyError: the reply has a text and lists none, or does not say why it ended.
    """
    choice = _choice(reply)
    told = choice.get("logprobs")
    told = told if isinstance(told, dict) else {}
    rows = next((rows for name in ("top_logprobs", "content") if isinstance(rows := told.get(name), list) and rows), [None])
    first = rows[0]
    if isinstance(first, dict) and isinstance(listed := first.get("top_logprobs"), list):
        first = {str(one.get("token")): one.get("logprob") for one in listed if isinstance(one, dict)}
    found = (
        {token: number for token, logprob in first.items() if (number := _number(logprob)) is not None} if isinstance(first, dict) else {}
    )
    if not found and not (choice.get("finish_reason") in _ENDS and not _said(choice)):
        raise MalformedReplyError("no log-probabilities of the first token")
    return found


def letter_logprob(found: Mapping[str, float], letter: str) -> float | None:
    """Return the log-probability of a letter, with and without a space before it together; None where neither is listed."""
    spelled = [logprob for token, logprob in found.items() if token.strip(" ▁Ġ") == letter]
    return math.log(sum(map(math.exp, spelled))) if spelled and max(spelled) > -700 else max(spelled, default=None)


def guess_tokens(n_characters: int) -> int:
    """Return about how many tokens a text has."""
    return math.ceil(n_characters / CHARACTERS_A_TOKEN)


def has_choice(reply: Mapping[str, Any]) -> bool:
    """Return whether a reply is an answer, of whatever text."""
    choices = reply.get("choices")
    return isinstance(choices, list) and bool(choices) and isinstance(choices[0], dict)


def _choice(reply: Mapping[str, Any]) -> dict[str, Any]:
    if not has_choice(reply):
        raise MalformedReplyError("no choices in the reply")
    choice: dict[str, Any] = reply["choices"][0]
    return choice


def _said(choice: Mapping[str, Any]) -> object:
    """Return the text of a choice as it came, which may be no text."""
    message = choice.get("message")
    return message.get("content") if isinstance(message, dict) else choice.get("text")


def reasoning(message: Mapping[str, Any]) -> str:
    """Return what a message, or a piece of one, says that the model thought, in any server's word for it; empty where it does not."""
    content = message.get("content")
    found = [message.get(name) for name in _THOUGHTS]
    if isinstance(content, list):  # parts, as Mistral sends them
        found += [part for part in content if isinstance(part, dict) and part.get("type") in _THOUGHTS]
    return next((text for one in found if (text := _flat(one))), "")


def _flat(value: object) -> str:
    """Return the text of a value that is a text, or holds parts with texts."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return next((text for name in ("text", "content", "summary", *_THOUGHTS) if (text := _flat(value.get(name)))), "")
    return "".join(map(_flat, value)) if isinstance(value, list) else ""


def _parts(choice: Mapping[str, Any]) -> tuple[str, str]:
    """Return (thought, text) of a choice as the server tells them apart."""
    message = choice.get("message")
    thought = reasoning(message if isinstance(message, dict) else choice)
    text = _said(choice)
    if isinstance(text, list):
        text = _flat([part for part in text if not (isinstance(part, dict) and part.get("type") in _THOUGHTS)])
    if text is None and (thought or choice.get("finish_reason") in ("length", "content_filter")):
        return thought, ""
    if not isinstance(text, str):
        raise MalformedReplyError("a reply without text")
    return thought, text


def _usage(reply: Mapping[str, Any], name: str) -> int | None:
    usage = reply.get("usage")
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def _number(value: object) -> float | None:
    """Return a log-probability as a number; None where there is none."""
    return float(value) if isinstance(value, float) or (type(value) is int and abs(value) < 2**53) else None
