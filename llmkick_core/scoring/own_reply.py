r"""Where the answer to a question begins and ends in a reply: behind a question that it repeats, and before another one.

    own_reply("Sure! Question: What is the capital?\nAnswer: Paris")          == "Paris"
    own_reply("Lyon\nQ: What is the capital of France?\nA: Paris")            == "Lyon"
    own_reply("The answer to your question: Paris")                           == "The answer to your question: Paris"

A reply goes on to another question at a marker: a line that begins with one ("Question 2:", "User:", "### Question", "[INST]"), or
"Q:", "Question:" and "USER:" within a line. Within a line they are written so, in these letters, and "Question:" ends a sentence before
it or has a question mark after it, for "the answer to your question:" is no marker. A marker before which nothing is answered
(nothing at all, or "Sure!", "Here is the answer:", "Let me restate it.") opens a question that the reply repeats.
"""

from __future__ import annotations

import re

_REQUEST = r"(?i:Please give answer|Answer (?:this|these|the)(?: following| next)? questions?)"
_ITEM = r"[ \t]*(?:(?:[-*+]|\(?\d{1,2}[.)])[ \t]+)?"  # a bullet or number before a label
_QUESTION = (
    r"[*_\[(]{0,2}(?:(?:(?i:next|another|new|follow-up) )?(?:[Qq]uestion|QUESTION)(?:\s*\d+)?[*_\])]{0,2}\s*:"
    r"|(?:[Qq]uestion|QUESTION)\s*\d+\s*[.)]|Q\s*\d*[*_\])]{0,2}\s*[:.](?!\w))"
)
_USER = r"(?i:(?:#{1,6}[ \t]*)?(?:user|human)\s*\d*\s*:|#{1,6}[ \t]*(?:user|human|instruction|input)\b)"
_TOKEN = r"(?:<\|im_start\|>\s*user|<\|start_header_id\|>\s*user|<start_of_turn>\s*user|<\|user\|>|<\|USER_TOKEN\|>|\[INST\])"
_IN_LINE = r"(?<=\s)(?:Q|USER)\s*:(?=\s)|(?<=[.!?)\"'\]]\s)Question\s*\d*\s*:(?=\s)|(?<=\s)Question\s*\d*\s*:(?=\s[^\n?]{0,300}\?)"
_MARKER = re.compile(rf"(?:^|\n){_ITEM}(?:{_QUESTION}|{_USER}|{_REQUEST})|{_IN_LINE}|{_TOKEN}")
_REPEATED_QUESTION = re.compile(
    rf"\s*{_ITEM}(?:(?:{_REQUEST}|(?i:Reply with the answer only)[^\n]*?)[:.]?\s+)?(?:{_QUESTION}|{_USER}|{_TOKEN}|{_REQUEST}[^\n:?]{{0,40}}:)[^\n?]*(?:\?|\n|$)"
)
_ANSWER = re.compile(
    rf"[\s\"]*{_ITEM}(?:(?:the|final|correct|short)\s+)*"
    r"(?:[*_\[(]{0,2}(?:A|Answer|Response|Assistant)\s*\d*[*_\])]{0,2}\s*:|<\|assistant\|>|\[/INST\])",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(\*{2,3}|__)(?=\S)([^\n]{1,300}?)(?<=\S)\1")
_HEADING = re.compile(r"^[ \t]*(?:>[ \t]*)*#{1,6}[ \t]+(?!(?i:user|human|instruction|input)\b)|^[ \t]*(?:>[ \t]*)+", re.MULTILINE)
_BARE_LABEL = re.compile(
    r"^[ \t]*((?:(?:next|final|short|correct) )?(?:question|answer|response)(?: \d+)?)[ \t]*$", re.MULTILINE | re.IGNORECASE
)
_AGREES = (
    r"(?:sure(?: thing)?|certainly|of course|absolutely|gladly|okay|ok|all ?right|no problem|hello|hi|hey|thank(?:s| you)(?: for [^.!?\n]*)?"
    r"|(?:that(?:'s| is) )?(?:an? )?(?:good|great|excellent|interesting) question)\s*[,.!:-]*"
)
_ANNOUNCES = r"(?:here(?:'s| is| are)|below (?:is|are)|the (?:following|question) (?:is|are|asks)|this is|you asked)\b[^.!?:\n]*:"
_INTENDS = (
    r"(?:(?:let(?:'s| us| me)|(?:i|we)(?:'ll| will|(?:'d| would) be (?:happy|glad) to| (?:need|want|have) to)) (?:help|assist|answer|restate|repeat"
    r"|rephrase|look|start|begin|find|determine|identify|think|see|try|check|break|work|solve)|(?:i|we) can help)\b[^.!?:\n]*[.!:]"
)
_PREFACE = re.compile(rf"\s*(?:{_AGREES}|{_ANNOUNCES}|{_INTENDS})(?=\s|$)", re.IGNORECASE)
"""A sentence in front of an answer: it agrees, announces the answer, or says what is to be done."""


def own_reply(text: str) -> str:
    """Return a reply up to where it goes on to another question, without the question that it may repeat at its start."""
    text = _BARE_LABEL.sub(r"\1:", _HEADING.sub("", _EMPHASIS.sub(r"\2", text))).strip()
    start = _after_preface(text)
    if repeated := _REPEATED_QUESTION.match(text, start):
        text = text[repeated.end() :].strip()
        if answer := _ANSWER.match(text):
            text = text[answer.end() :].strip()
        start = 0
    found = _MARKER.search(text, _after_preface(text))
    return (text[: found.start()] if found else text).strip()


def _after_preface(text: str) -> int:
    """Return where a reply begins that may greet, agree or announce first."""
    at = 0
    while found := _PREFACE.match(text, at):
        at = found.end()
    return at
