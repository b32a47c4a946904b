r"""What a reasoning model thinks, told apart from what it answers.

    split_thought("<think>\nIs it Oslo? No.\n</think>\n\nBergen")  -> ("Is it Oslo? No.", "Bergen")
    split_thought("<think>\nIs it Oslo? Hm")                        -> ("Is it Oslo? Hm", "")          cut off while it thought
    split_thought("Is it Oslo? No.\n</think>\n\nBergen")            -> ("Is it Oslo? No.", "Bergen")   the prompt opened it

The rules, in order:

1. A reply in channels (gpt-oss) answers in the channel `final`; all else in it is thought.
2. A reply that begins with an opening mark, or whose prompt ended in one, thinks up to the closing mark of that kind,
   or to its end where there is none. Further thoughts may follow at once.
3. A closing mark without an opening one ends a thought that the prompt opened, unless it is quoted or stands in the
   middle of a sentence.
4. Further on, a mark opens a thought where it begins a line or a sentence outside a code block, and is closed, stands
   alone in its line, or comes after another thought.

All other marks are words that the answer is about, and stay: "Models write <think> before they answer." What a thought
is marked with differs by family (KINDS); `<answer>`, `<response>` and the like around all of what follows a thought are
taken off. Without a mark the text comes back as it is, white space and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from llmkick_core.schema import Answer

KINDS: tuple[tuple[str, str], ...] = (
    # XML-like: DeepSeek-R1, Qwen3, Phi-4-reasoning, Granite 3.3, EXAONE Deep, Seed-OSS and many others
    (
        r"(?:<|&lt;)\s*(?:\w+:)?(?:think|thinking|thought|thoughts|reasoning|scratchpad|antthinking)(?:\s[^<>]*)?\s*(?<!/)(?:>|&gt;)",
        r"(?:<|&lt;)\s*/\s*(?:\w+:)?(?:think|thinking|thought|thoughts|reasoning|scratchpad|antthinking)\s*(?:>|&gt;)",
    ),
    (r"\[\s*think(?:ing)?\s*\]", r"\[\s*/\s*think(?:ing)?\s*\]"),  # Magistral
    (r"<\|\s*begin_of_thought\s*\|>", r"<\|\s*end_of_thought\s*\|>"),  # Sky-T1, OpenThinker
    (r"<\|\s*begin_of_thinking\s*\|>", r"<\|\s*end_of_thinking\s*\|>"),
    (r"<\|\s*start_thinking\s*\|>", r"<\|\s*end_thinking\s*\|>"),  # Command A Reasoning
    (r"<\|\s*think(?:_start|_begin)?\s*\|>", r"<\|\s*(?:/think|think_end|end_think)\s*\|>"),
    (r"<\|\s*cot_start\s*\|>", r"<\|\s*cot_end\s*\|>"),
    (r"<\|\s*inner_prefix\s*\|>", r"<\|\s*inner_suffix\s*\|>"),  # Apertus
    (r"<\|channel>\s*thought", r"<channel\|>"),  # Gemma 4
    (r"◁\s*think\s*▷", r"◁\s*/\s*think\s*▷"),  # Kimi
    (r"<unused94>(?:thought)?", r"<unused95>"),  # MedGemma
    (r"here(?: is|'s) my thought process\s*:", r"here(?: is|'s) my response\s*:"),  # Granite 3.2
)
"""(opening, closing) marks of thoughts as regular expressions, whatever their case."""

MARKS = re.compile(
    r"</?(?:\w+:)?(?:think|thinking|thought|reasoning)>|\[/?THINK\]|<\|(?:begin_of|end_of)_(?:thought|thinking|solution)\|>"
    r"|<\|(?:START|END)_(?:THINKING|RESPONSE)\|>|<\|(?:channel|message|constrain)\|>|<\|/?think\|>|<\|(?:think|cot)_(?:start|end)\|>"
    r"|<\|inner_(?:prefix|suffix)\|>|<\|channel>|<channel\|>|<unused9[45]>|◁/?think▷|</?(?:answer|response)>",
    re.IGNORECASE,
)
"""Tokens that mark thoughts; where a tokenizer calls them special, they have to be read before special tokens are left out."""

CHANNEL_MARKS = ("<|start|>", "<|end|>", "<|return|>", "<|call|>")
"""Further special tokens of replies in channels, which mean other things in other models."""

_FLAGS = re.IGNORECASE
_OPENINGS = [re.compile(opening, _FLAGS) for opening, _ in KINDS]
_CLOSINGS = [re.compile(closing, _FLAGS) for _, closing in KINDS]
_ANY_OPENING = re.compile("|".join(f"(?:{opening})" for opening, _ in KINDS), _FLAGS)
_ANY_CLOSING = re.compile("|".join(f"(?:{closing})" for _, closing in KINDS[:-1]), _FLAGS)  # Granite's last one is plain words
_CHANNEL = re.compile(r"(?:<\|start\|>\s*\w*\s*)?<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>", _FLAGS)
_CHANNEL_END = re.compile(r"<\|(?:end|return|call)\|>(?:\s*<\|start\|>\s*\w*)?|<\|start\|>\w*", _FLAGS)
_BARE_CHANNELS = re.compile(
    r"\s*analysis(?=[A-Z])(?P<thought>.*?)(?:assistantfinal(?P<answer>.*))?$", re.DOTALL
)  # without its special tokens
_WRAPS = tuple(
    (re.compile(rf"\s*{opening}\s*", _FLAGS), re.compile(rf"\s*{closing}\s*$", _FLAGS))
    for opening, closing in (
        ("<answer>", "</answer>"),
        ("<response>", "</response>"),
        (r"<\|begin_of_solution\|>", r"<\|end_of_solution\|>"),
        (r"<\|start_response\|>", r"<\|end_response\|>"),
    )
)
_QUOTES = "`'\"“”‘’«»"
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)", re.MULTILINE)


def split_thought(text: str, is_opened: bool = False) -> tuple[str, str]:
    """Return (thought, answer) of a reply; several thoughts are joined by blank lines, and the space between thought and answer is neither's.

    Args:
        text: the reply, special tokens that mark thoughts included.
        is_opened: whether its prompt ended in an opening mark.
    """
    if _CHANNEL.search(text) or text.lstrip().lower().startswith("<|channel|>"):
        return _by_channel(text)
    if bare := _BARE_CHANNELS.match(text):
        return bare["thought"].strip(), (bare["answer"] or "").lstrip()
    thoughts: list[str] = []
    answer = _begun(text, thoughts, is_opened=is_opened)
    answer = _in_answer(answer, thoughts)
    if not thoughts:
        return "", text
    thought = "\n\n".join(piece for piece in (one.strip() for one in thoughts) if piece)
    return thought, _unwrapped(answer).lstrip()


def apart(answer: Answer) -> Answer:
    """Return a stored answer with its thought apart; runs kept it in the text before they told them apart."""
    if answer.thought or answer.finish == "scored":
        return answer
    thought, text = split_thought(answer.text)
    return replace(answer, thought=thought, text=text)


def is_thought_open(prompt: str, last_said: str = "") -> bool:
    """Return whether a prompt ends in a thought that is open, as some templates write it for the reply.

    Args:
        prompt: as its template wrote it.
        last_said: what was said last, which may be about such marks.
    """
    last_said = last_said.strip()  # as templates put it
    tail = prompt[prompt.rfind(last_said) + len(last_said) :] if last_said and last_said in prompt else prompt[-200:]
    opened = [mark.end() for mark in _ANY_OPENING.finditer(tail)]
    closed = [mark.end() for mark in _ANY_CLOSING.finditer(tail)]
    if not last_said:
        return bool(opened) and not tail[opened[-1] :].strip()
    return bool(opened) and max(opened) > max(closed, default=0)


def _begun(text: str, thoughts: list[str], *, is_opened: bool) -> str:
    """Return what follows the thoughts that a reply begins with."""
    rest = text
    while True:
        begun = rest.lstrip()
        kind = next(
            ((mark, closing) for opening, closing in zip(_OPENINGS, _CLOSINGS, strict=True) if (mark := opening.match(begun))), None
        )
        if kind:
            inner = begun[kind[0].end() :]
            closed = kind[1].search(inner)
        elif is_opened:
            inner, closed = rest, _ANY_CLOSING.search(rest)
        else:
            closed = _orphan(rest)
            if closed is None:
                return rest
            inner = rest
        is_opened = False
        if closed is None:
            thoughts.append(inner)
            return ""
        thoughts.append(inner[: closed.start()])
        rest = inner[closed.end() :]


def _orphan(text: str) -> re.Match[str] | None:
    """Return the closing mark of a thought that the prompt opened; None where there is none, or words are about it."""
    opening = _ANY_OPENING.search(text)
    for mark in _ANY_CLOSING.finditer(text, 0, opening.start() if opening else len(text)):
        if not _is_quoted(text, mark) and not _is_in_code(text, mark.start()):
            return mark
    return None


def _is_quoted(text: str, mark: re.Match[str]) -> bool:
    """Return whether a mark is a word among others: in quotes, or in the middle of a sentence."""
    before, after = text[: mark.start()], text[mark.end() :]
    if before[-1:] in tuple(_QUOTES) or (after[:1] and after[0] in _QUOTES and before[-1:] and before[-1] in _QUOTES):
        return True
    in_line = bool(re.search(r"[\w,;(] $", before))
    goes_on = bool(re.match(r" [a-z(]|[.,;:)?!]", after))
    return in_line and goes_on


def _is_in_code(text: str, place: int) -> bool:
    return len(_FENCE.findall(text, 0, place)) % 2 == 1


def _in_answer(answer: str, thoughts: list[str]) -> str:
    """Return an answer without the thoughts inside it, which begin lines."""
    kept, at = "", 0
    for start, end, closing in _line_marks(answer):
        if start < at or _is_in_code(answer, start):
            continue
        closed = closing.search(answer, end)
        if not thoughts and (_is_quoted(answer, closed) if closed else not _is_alone(answer, start, end)):
            continue
        kept += answer[at:start]
        thoughts.append(answer[end : closed.start() if closed else len(answer)])
        at = closed.end() if closed else len(answer)
    return kept + answer[at:]


def _is_alone(text: str, start: int, end: int) -> bool:
    """Return whether nothing else stands in the line of a mark."""
    return not text[text.rfind("\n", 0, start) + 1 : start].strip() and not text[end:].partition("\n")[0].strip()


def _line_marks(text: str) -> Iterator[tuple[int, int, re.Pattern[str]]]:
    """Yield (start, end, closing mark) of the opening marks that begin a line or a sentence, in order."""
    found = [
        (mark.start(1), mark.end(), closing)
        for (opening, _), closing in zip(KINDS, _CLOSINGS, strict=True)
        for mark in re.finditer(rf"(?:^[ \t]*|(?<=[.!?])[ \t]+)({opening})", text, _FLAGS | re.MULTILINE)
        if not text[: mark.start(1)].rpartition("\n")[2].strip() or not re.match(r" [a-z]", text[mark.end() :])
    ]
    yield from sorted(found, key=lambda one: one[:2])


def _unwrapped(answer: str) -> str:
    for opening, closing in _WRAPS:
        if begun := opening.match(answer):
            return closing.sub("", answer[begun.end() :])
    return answer


def _by_channel(text: str) -> tuple[str, str]:
    """Return (thought, answer) of a reply in channels."""
    thoughts: list[str] = []
    answers: list[str] = []
    marks = list(_CHANNEL.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)] if marks else []
    if not marks or text[: marks[0].start()].strip():
        before = _CHANNEL_END.sub("", text[: marks[0].start() if marks else len(text)])
        (answers if marks else thoughts).append(before)
    for mark, end in zip(marks, ends, strict=True):
        said = _CHANNEL_END.sub("", re.split(r"<\|channel\|>", text[mark.end() : end], maxsplit=1)[0])
        (answers if mark[1].lower() == "final" else thoughts).append(said)
    return "\n\n".join(filter(None, map(str.strip, thoughts))), "\n\n".join(filter(str.strip, answers)).lstrip()
