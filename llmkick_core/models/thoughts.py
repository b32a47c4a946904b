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
   alone in its line, or comes after another thought. After another thought it may also stand behind the answer.

All other marks are words that the answer is about, and stay: "Models write <think> before they answer." What a thought
is marked with differs by family (KINDS). Tags such as `<analysis>` (PLAIN_NAMES) are found in ordinary XML too: they mark a
thought at the start of a reply with an answer behind it, or after another thought. `<answer>`, `<output>` and the like
around what follows a thought are taken off. Without a mark the text comes back as it is, white space and all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from llmkick_core.schema import Answer

NAMES = (
    r"(?:\w+_)?think(?:ing)?",  # DeepSeek-R1, Qwen3, Phi-4-reasoning, Granite 3.3, Hunyuan, Seed-OSS (`seed:think`), LongCat (`longcat_think`)
    r"thoughts?",  # EXAONE Deep, Marco-o1
    r"reasoning",
    r"(?:thoughts?|think(?:ing)?|reasoning)[_ -](?:process|steps?)",
    r"chain[_ -]?of[_ -]?thoughts?|cot",
    r"(?:inner|internal|hidden|private)[_ -]?(?:thoughts?|thinking|reasoning|monologue|dialogue|voice)|monologue",
    r"scratch[_ -]?pad",
)
"""XML-like tags that mark nothing but thoughts, as regular expressions; those of one row close one another."""

PLAIN_NAMES = (r"analysis", r"reason", r"rationale", r"(?:self[_ -]?)?reflection|reflect", r"deliberation|brainstorm(?:ing)?|planning")
"""XML-like tags that mark thoughts at the start of a reply, and other things elsewhere."""


def _tags(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return (opening, closing) marks of XML-like tags."""
    return tuple(
        (
            rf"(?:<|&lt;)\s*(?:\w+:)?(?:{name})(?::\w+)?(?:\s[^<>]*)?\s*(?<!/)(?:>|&gt;)",
            rf"(?:<|&lt;)\s*/\s*(?:\w+:)?(?:{name})(?::\w+)?\s*(?:>|&gt;)",
        )
        for name in names
    )


KINDS: tuple[tuple[str, str], ...] = (
    *_tags(NAMES),
    (r"\[\s*think(?:ing)?\s*\]", r"\[\s*/\s*think(?:ing)?\s*\]"),  # Magistral
    (r"<\|\s*begin_of_thought\s*\|>", r"<\|\s*end_of_thought\s*\|>"),  # Sky-T1, OpenThinker
    (r"<\|\s*begin_of_thinking\s*\|>", r"<\|\s*end_of_thinking\s*\|>"),
    (r"<\|\s*start_thinking\s*\|>", r"<\|\s*end_thinking\s*\|>"),  # Command A Reasoning
    (r"<\|\s*think(?:ing)?(?:_start|_begin)?\s*\|>", r"<\|\s*(?:/think(?:ing)?|think(?:ing)?_end|end_think(?:ing)?)\s*\|>"),
    (r"<\|\s*cot_start\s*\|>", r"<\|\s*cot_end\s*\|>"),
    (r"<\|\s*inner_prefix\s*\|>", r"<\|\s*inner_suffix\s*\|>"),  # Apertus
    (r"<\|channel>\s*thought", r"<channel\|>"),  # Gemma 4
    (r"◁\s*think\s*▷", r"◁\s*/\s*think\s*▷"),  # Kimi
    (r"<unused94>(?:thought)?", r"<unused95>"),  # MedGemma
    (r"here are my reasoning steps\s*:", r"\[begin final response\]"),  # Apriel
    (
        r"[*#_ ]{0,4}here(?: is|['’]s) my thought process\s*:[*_]{0,3}",
        r"[*#_ ]{0,4}here(?: is|['’]s) my response\s*:[*_]{0,3}",
    ),  # Granite 3.2
)
"""(opening, closing) marks of thoughts as regular expressions, whatever their case."""

MARKS = re.compile(
    rf"</?(?:\w+:)?(?:{'|'.join((*NAMES, *PLAIN_NAMES))})(?::\w+)?>|\[/?THINK\]|<\|(?:begin_of|end_of)_(?:thought|thinking|solution|box)\|>"
    r"|<\|(?:START|END)_(?:THINKING|RESPONSE)\|>|<\|(?:channel|message|constrain)\|>|<\|/?think(?:ing)?\|>|<\|(?:think|cot)_(?:start|end)\|>"
    r"|<\|inner_(?:prefix|suffix)\|>|<\|channel>|<channel\|>|<unused9[45]>|◁/?think▷|</?(?:final_)?(?:answer|response|output|solution)>"
    r"|\[(?:BEGIN|END) FINAL RESPONSE\]",
    re.IGNORECASE,
)
"""Tokens that mark thoughts; where a tokenizer calls them special, they have to be read before special tokens are left out."""

CHANNEL_MARKS = ("<|start|>", "<|end|>", "<|return|>", "<|call|>")
"""Further special tokens of replies in channels, which mean other things in other models."""

_FLAGS = re.IGNORECASE
_CERTAIN, _PLAIN = (
    tuple((re.compile(opening, _FLAGS), re.compile(closing, _FLAGS)) for opening, closing in kinds) for kinds in (KINDS, _tags(PLAIN_NAMES))
)
_ANY_OPENING = re.compile("|".join(f"(?:{opening})" for opening, _ in KINDS), _FLAGS)
_ANY_CLOSING = re.compile("|".join(f"(?:{closing})" for _, closing in KINDS[:-1]), _FLAGS)  # Granite's last one is plain words
_CHANNEL = re.compile(r"(?:<\|start\|>\s*\w*\s*)?<\|channel\|>\s*(\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>", _FLAGS)
_CHANNEL_END = re.compile(r"<\|(?:end|return|call)\|>(?:\s*<\|start\|>\s*\w*)?|<\|start\|>\w*", _FLAGS)
_BARE_CHANNELS = re.compile(
    r"\s*analysis(?=[A-Z])(?P<thought>.*?)(?:assistantfinal(?P<answer>.*))?$", re.DOTALL
)  # without its special tokens
_WRAPS = tuple(
    (re.compile(rf"\s*{opening}\s*", _FLAGS), re.compile(rf"\s*{closing}", _FLAGS))
    for opening, closing in (
        *(
            (rf"<{name}>", rf"</{name}>")
            for name in (r"(?:final[_ -]?)?(?:answer|response|output|solution)", "conclusion", "reply", "final", "result")
        ),
        (r"<\|begin_of_solution\|>", r"<\|end_of_solution\|>"),
        (r"<\|begin_of_box\|>", r"<\|end_of_box\|>"),
        (r"<\|start_response\|>", r"<\|end_response\|>"),
        (r"\[begin final response\]", r"\[end final response\]"),
        (r"(?!\s)", r"\[end final response\]\s*$"),  # its begin closed the thought
    )
)
_LINE = 400  # characters of a line that are looked at before a mark
_ABOUT = re.compile(r" (?:is|are|was|were|and|or|means?|marks?|opens?|tags?|tokens?|elements?|stands?|denotes?|in|for)\b")
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
        return "", _unwrapped(text) if text.lstrip().startswith("<|") else text
    thought = "\n\n".join(piece for piece in (one.strip() for one in thoughts) if piece)
    return thought, _unwrapped(answer).lstrip()


def apart(answer: Answer) -> Answer:
    """Return a stored answer with its thought apart, and without the tags around it; both stood in the text of older runs."""
    if answer.finish == "scored":
        return answer
    if answer.thought:
        return replace(answer, text=_unwrapped(answer.text))
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
        if kind := _opened(begun, is_first=not thoughts):
            inner = begun[kind[0].end() :]
            closed = _closed(inner, kind[1]) or _closed(inner, _ANY_CLOSING)
        elif is_opened:
            inner, closed = rest, _closed(rest, _ANY_CLOSING)
        else:
            closed = _orphan(rest)
            if closed is None:
                return rest
            if thoughts and not rest[closed.end() :].strip() and not _ANY_OPENING.search(thoughts[-1]):
                return rest[: closed.start()]  # closed twice: what stands between is the answer
            inner = rest
        is_opened = False
        if closed is None:
            thoughts.append(inner)
            return ""
        thoughts.append(inner[: closed.start()])
        rest = inner[closed.end() :]


def _opened(begun: str, *, is_first: bool) -> tuple[re.Match[str], re.Pattern[str]] | None:
    """Return (opening mark, closing mark to come) of the thought that a text begins with; None where it begins with none.

    Args:
        begun: the text, without space before it.
        is_first: whether no thought came before.
    """
    for opening, closing in _CERTAIN:
        if (mark := opening.match(begun)) and not (is_first and _ABOUT.match(begun, mark.end())):
            return mark, closing
    for opening, closing in _PLAIN:
        if (mark := opening.match(begun)) and not (is_first and _ABOUT.match(begun, mark.end())):
            closed = closing.search(begun, mark.end())
            if closed is None or begun[closed.end() :].strip():  # all of a reply in such a tag is an answer in XML
                return mark, closing
    return None


def _closed(text: str, closing: re.Pattern[str]) -> re.Match[str] | None:
    """Return the first closing mark that is not in quotes."""
    return next((mark for mark in closing.finditer(text) if not _is_in_quotes(text, mark.start(), mark.end())), None)


def _orphan(text: str) -> re.Match[str] | None:
    """Return the closing mark of a thought that the prompt opened; None where there is none, or words are about it."""
    looked_at = 0
    for mark in _ANY_CLOSING.finditer(text):
        if _ANY_OPENING.search(text, looked_at, mark.start()):
            return None
        looked_at = mark.end()
        if not _is_word(text, mark.start(), mark.end()) and not _is_in_code(text, mark.start()):
            return mark
    return None


def _is_in_quotes(text: str, start: int, end: int) -> bool:
    """Return whether a mark stands right behind a quotation mark that opens."""
    quote = text[start - 1 : start]
    if not quote or quote in "“‘«":
        return bool(quote)
    if quote in '`"':
        in_line = text[max(text.rfind("\n", 0, start) + 1, start - _LINE) : start]
        return len(re.findall(f"{quote}+", in_line)) % 2 == 1
    return quote == "'" and text[end : end + 1] == "'"


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether a mark is a word among others: in quotes, or in the middle of a sentence."""
    if _is_in_quotes(text, start, end):
        return True
    in_line = re.search(r"[\w,;(] $", text[max(0, start - 2) : start])
    return bool(in_line and re.match(r" [a-z(]|[.,;:)?!]", text[end : end + 2]))


def _is_in_code(text: str, place: int) -> bool:
    return len(_FENCE.findall(text, 0, place)) % 2 == 1


def _in_answer(answer: str, thoughts: list[str]) -> str:
    """Return an answer without the thoughts inside it."""
    kept, at = "", 0
    for start, end, closing in _line_marks(answer):
        if start < at or _is_in_code(answer, start):
            continue
        closed = closing.search(answer, end)
        if not thoughts and (_is_word(answer, closed.start(), closed.end()) if closed else not _is_alone(answer, start, end)):
            continue
        kept += answer[at:start]
        thoughts.append(answer[end : closed.start() if closed else len(answer)])
        at = closed.end() if closed else len(answer)
    kept += answer[at:]
    return _without_last(kept, thoughts) if thoughts else kept


def _without_last(answer: str, thoughts: list[str]) -> str:
    """Return an answer behind a thought without further thoughts that stand behind it in its line: "Paris<think>Sure?</think>"."""
    kept, at = "", 0
    for opening, closing in (*_CERTAIN[:-1], *_PLAIN):
        for mark in opening.finditer(answer):
            if mark.start() < at or _is_in_quotes(answer, mark.start(), mark.end()) or _is_in_code(answer, mark.start()):
                continue
            closed = closing.search(answer, mark.end())
            if closed is None or not answer[mark.end() : closed.start()].strip() or _is_in_quotes(answer, closed.start(), closed.end()):
                continue
            is_glued = answer[mark.start() - 1 : mark.start()].isalnum() or answer[mark.start() - 1 : mark.start()] in ".!?*)"
            is_last = not answer[closed.end() :].strip() and not re.search(r"\b[a-z]\w*\s+$", answer[: mark.start()])
            if (is_glued or is_last) and not re.match(r" [a-z]", answer[mark.end() :]):
                kept += answer[at : mark.start()]
                thoughts.append(answer[mark.end() : closed.start()])
                at = closed.end()
        answer, kept, at = kept + answer[at:], "", 0
    return answer


def _is_alone(text: str, start: int, end: int) -> bool:
    """Return whether nothing else stands in the line of a mark."""
    return not text[text.rfind("\n", 0, start) + 1 : start].strip() and not text[end:].partition("\n")[0].strip()


def _line_marks(text: str) -> Iterator[tuple[int, int, re.Pattern[str]]]:
    """Yield (start, end, closing mark) of the opening marks that begin a line or a sentence, in order."""
    found = [
        (mark.start(1), mark.end(), closing)
        for (opening, _), (_, closing) in zip(KINDS, _CERTAIN, strict=True)
        for mark in re.finditer(rf"(?:^[ \t]*|(?<=[.!?])[ \t]+)({opening})", text, _FLAGS | re.MULTILINE)
        if not text[: mark.start(1)].rpartition("\n")[2].strip() or not re.match(r" [a-z]", text[mark.end() :])
    ]
    yield from sorted(found, key=lambda one: one[:2])


def _unwrapped(answer: str) -> str:
    """Return an answer without the tags around it."""
    for opening, closing in _WRAPS:
        if begun := opening.match(answer):
            answer = closing.sub("", answer[begun.end() :], count=1)
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
