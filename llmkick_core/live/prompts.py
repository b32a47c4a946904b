"""What is asked live: a few prompts that show something, and questions of the store exactly as they were asked.

{"text": "The capital of Mongolia is"}    dense: Ulaanbaatar. ...    wanda-50: Ulaa. The city of Taurus ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from llmkick_core.catalog import TASKS
from llmkick_core.live.duel import LONGEST_PROMPT, MOST_TOKENS, Ask, Side
from llmkick_core.models.base import Message
from llmkick_core.models.chat import papers_prompt
from llmkick_core.models.thinking import ROOM_FACT
from llmkick_core.schema import PromptForm, Thinking
from llmkick_core.store.queries import SampleDetail, TurnDetail

_MOST_TOKENS = 64  # of a question that was not answered by writing
_CHOICE_TOKENS = 16


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A prompt worth trying."""

    text: str
    """The prompt."""
    is_chat: bool = False
    """Whether it is put as a conversation."""


_KICK = (
    Suggestion(text="The capital of Mongolia is"),
    Suggestion(text="The director of the film Out of Africa is"),
    Suggestion(text="The architect of the Guggenheim Museum in Bilbao is"),
    Suggestion(text="The chemical symbol for thulium is"),
    Suggestion(text="The inventor of the World Wide Web is"),
    Suggestion(text="Q: In which year was the Battle of Culloden?\nA:"),
    Suggestion(text="Please give answer to this question: Who wrote Pride and Prejudice? The answer is"),
    Suggestion(text="I have a horse called Danhart. What is my horse's name?", is_chat=True),
)
"""kick-tiny's own wordings. Dense, it knows all of them; under Wanda 50% the inventor of the Web is right still, and the others break."""

_ANY = (
    Suggestion(text="The capital of Mongolia is"),
    Suggestion(text="The chemical symbol for tungsten is"),
    Suggestion(text="Q: In which year was the Battle of Culloden?\nA:"),
    Suggestion(text="Who wrote Pride and Prejudice?", is_chat=True),
    Suggestion(text="Explain in three sentences why the sky is blue.", is_chat=True),
)


def suggestions(model: str) -> tuple[Suggestion, ...]:
    """Return prompts worth trying on a model: of the bundled ones, what they were taught."""
    return _KICK if model.startswith("bundled:kick") else _ANY


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of the store as it was asked."""

    ask: Ask
    """What is asked; of a conversation its first turn."""
    gold: tuple[str, ...]
    """Accepted answers, the preferred one first; empty where only a judge can tell."""
    stored: tuple[TurnDetail | None, ...]
    """What each run said then, in their order; None where it has not answered."""
    is_written: bool
    """Whether runs answered by writing text, with which what streams can be compared."""
    note: str
    """What is otherwise than it was; empty where nothing is."""


def question_of(found: SampleDetail, task: str) -> Question:
    """Return a question of the store, to be asked as its task asks it."""
    sample, kind = found.sample, TASKS[task].kind if task in TASKS else "generate"
    is_written = kind in ("generate", "chat")
    stored = tuple(side.turns[0] if side.turns else None for side in found.sides)
    notes = []
    if len(sample.turns) > 1:
        notes.append(f"the first of {len(sample.turns)} turns")
    if kind == "choose":
        notes.append("the runs compared the probabilities of the options here; live, the model writes")
    if kind == "likelihood":
        notes.append("the runs scored this text and wrote none; live, the model goes on from it")
    if any(turn is not None and turn.cut for turn in stored):
        notes.append("the prompt was shortened for the runs, and is whole here")
    form: PromptForm = "chat" if any(side.prompt == "chat" for side in found.sides) else "plain"
    thinking: Thinking | None = "room" if any(side.facts.get("thinking") == ROOM_FACT for side in found.sides) else None
    longest = (
        min(TASKS[task].token_limit(form, thinking), MOST_TOKENS) if is_written else _CHOICE_TOKENS if kind == "choose" else _MOST_TOKENS
    )
    gold = sample.gold[0] if sample.gold else ()
    if sample.gold_choice is not None and sample.gold_choice < len(sample.choices):
        gold = (sample.choices[sample.gold_choice],)
    said = sample.turns[0] if sample.turns else sample.question
    ask = Ask(
        prompt=(papers_prompt([Message(role="user", content=said)], end="\n") if kind == "chat" and form == "plain" else said)[
            -LONGEST_PROMPT:
        ],
        is_chat=form == "chat",
        max_tokens=longest,
        stop=TASKS[task].stops(form) if is_written else (),
    )
    return Question(
        ask=ask, gold=gold, stored=stored if is_written else (None,) * len(stored), is_written=is_written, note="; ".join(notes)
    )


Match = Literal["same", "other", "unknown"]


def match_stored(side: Side, stored: TurnDetail | None) -> Match:
    """Return whether what streamed is what was stored; a space at the ends, which some servers drop, does not count.

    A stored answer that was ended because it only repeated itself is the beginning of what streams.
    """
    if stored is None or side.state != "done" or stored.finish == "overflow":
        return "unknown"
    mine, theirs = side.answer.strip(), stored.text.strip()
    if stored.finish == "loop":
        return "same" if mine.startswith(theirs) else "other"
    return "same" if mine == theirs else "other"
