"""What stands behind two answers, as a small table: both scorings with the paper's mistake where they differ, probabilities, margins, lengths, agreement."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from llmkick_core.mistakes import reasons
from llmkick_core.schema import SCORERS, Answer, Sample
from llmkick_core.store.queries import SideDetail, TurnDetail
from pages import _words
from pages._elsewhere import SIGNS
from pages._text import escape, isolated

FINISHES = {"length": ", cut at the limit", "loop": ", ended in a loop", "overflow": ", prompt too long to be asked"}
"""How a generation ended, where that is worth a word."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PARTS = '<span class="kick-parts"></span>'
"""The line that stands in the dense answer where another recipe parts from it."""

Pair = Sequence[TurnDetail | None]


def table(sample: Sample, sides: Sequence[SideDetail], turn: int, titles: Sequence[str]) -> str:
    """Return the table of one turn, a column a side."""
    pair = [side.turns[turn] if turn < len(side.turns) else None for side in sides]
    rows = [*scorings(sample, sides, turn, pair), *measures(pair)]
    cut = list(dict.fromkeys(side.cut for side in pair if side is not None and side.cut))
    body = "".join(f"<tr><td>{name}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for name, cells in rows)
    head = "".join(f"<th>{isolated(title)}</th>" for title in titles)
    note = "".join(f'<div class="kick-muted">prompt cut: {isolated(words)}</div>' for words in cut)
    return (
        f'<div class="kick-scroll"><table class="kick-table kick-facts"><tr><th></th>{head}</tr>{body}</table></div>' if rows else ""
    ) + note


def scorings(sample: Sample, sides: Sequence[SideDetail], turn: int, pair: Pair) -> list[tuple[str, list[str]]]:
    """Return a row for each scoring, where answers are right or wrong under one of them."""
    if not any(side is not None and any(said.is_right is not None for said in side.verdicts.values()) for side in pair):
        return []
    rows = [("Corrected scoring", [said_by(side, SCORERS[0]) for side in pair])]
    paper = []
    for found, side in zip(sides, pair, strict=True):
        said = said_by(side, SCORERS[1])
        because = mistake_of(sample, found, turn) if side is not None and is_otherwise(side) else ""
        paper.append(f'{said}<div class="kick-muted">{escape(because)}</div>' if because else said)
    return [*rows, ("Paper scoring", paper)]


def said_by(side: TurnDetail | None, scorer: str) -> str:
    """Return what a scorer says of an answer: a sign and a word, and a share where it is neither 0 nor 1."""
    if side is None:
        return _words.NONE
    if scorer not in side.verdicts:
        return '<span class="kick-none">not scored</span>'
    said = side.verdicts[scorer]
    kind, sign, word = SIGNS[said.is_right]
    partly = "" if said.value in (0, 1, None) else f" {said.value:.2f}"
    return f'<span class="kick-{kind}">{sign} {word}{partly}</span>'


def is_otherwise(side: TurnDetail) -> bool:
    """Return whether the two scorings do not say the same of an answer."""
    corrected, paper = (side.verdicts.get(scorer) for scorer in SCORERS)
    return corrected is not None and paper is not None and corrected.value != paper.value


def mistake_of(sample: Sample, side: SideDetail, turn: int) -> str:
    """Return the paper's mistakes that change the verdict on an answer, with their rules."""
    answers = [
        Answer(
            run_id=side.run_id,
            sample_id=sample.sample_id,
            turn=said.turn,
            text=said.text,
            n_tokens=said.n_tokens,
            finish=said.finish,  # type: ignore[arg-type]
            choice_logprobs=said.choice_logprobs,
            choice_lengths=said.choice_lengths,
            gold_logprob=said.gold_logprob,
        )
        for said in side.turns
    ]
    found = reasons(side.task, sample, answers).get(turn, ())
    return "; ".join(f"{mistake.name.replace('_', ' ')}: {mistake.rule}" for mistake in found)


def measures(pair: Pair) -> list[tuple[str, list[str]]]:
    """Return a row for each measure that one of the two answers has."""
    ways: tuple[tuple[str, Callable[[TurnDetail], str | None]], ...] = (
        ("p(right answer)", lambda side: None if side.p_gold is None else probability(side.p_gold)),
        ("Margin in log-probability, nats", lambda side: None if side.margin is None else _words.signed(side.margin, decimals=2)),
        ("Length", length),
        ("Follows the dense answer", follows),
        ("p(dense answer)", lambda side: None if side.dense_logprob is None else probability(math.exp(side.dense_logprob))),
        ("KL from dense, nats a token", lambda side: None if side.dense_kl is None else f"{side.dense_kl:.2f}"),
    )
    rows = [(name, [None if side is None else way(side) for side in pair]) for name, way in ways]
    return [(name, [cell or _words.NONE for cell in cells]) for name, cells in rows if any(cells)]


def length(side: TurnDetail) -> str | None:
    """Return how long an answer is and how it ended; None where nothing was generated."""
    if not side.n_tokens and side.finish != "overflow":
        return None
    return f"{_words.many(side.n_tokens, 'token')}{FINISHES.get(side.finish, '')}"


def follows(side: TurnDetail) -> str | None:
    """Return how far a recipe writes what the dense model wrote, token by token; None where it was not compared."""
    if side.dense_n_tokens is None or side.dense_n_agreed is None:
        return None
    if side.dense_n_agreed == side.dense_n_tokens:
        return "to its end"
    return f"parts at token {side.dense_n_agreed + 1} of {side.dense_n_tokens} {PARTS}"


def probability(p: float) -> str:
    """Return a probability that may be tiny."""
    return f"{p:.2f}" if p >= 0.005 else f"{p:.0e}"


def options(sample: Sample, pair: Pair, titles: Sequence[str]) -> str:
    """Return the options of a multiple-choice question with both models' probabilities."""
    rows = []
    for i, option in enumerate(sample.choices):
        cells = "".join(bar(side.choice_probabilities[i]) for side in pair if side is not None)
        name = f"{LETTERS[i % 26]}. {isolated(option)}"
        rows.append(f"<tr><td>{f'<b>{name}</b> ✓' if i == sample.gold_choice else name}</td>{cells}</tr>")
    head = "".join(f"<th>{isolated(title)}</th>" for title in titles)
    return f'<table class="kick-table"><tr><th>Option</th>{head}</tr>{"".join(rows)}</table>'


def bar(p: float) -> str:
    """Return a probability as a number and a bar."""
    return f'<td class="kick-option">{p:.2f}<span class="kick-bar" style="width:{60 * p:.0f}px"></span></td>'


MOST_WINDOWS = 40
"""Windows of text that are listed for perplexity."""


def windows(sides: Sequence[SideDetail], titles: Sequence[str]) -> str:
    """Return the windows of a text with both models' negative log-likelihood a token."""
    rows = []
    dense, other = (side.turns[:MOST_WINDOWS] for side in sides)
    for left, right in zip(dense, other, strict=False):
        pair = [side.nll / side.n_tokens if side.nll is not None and side.n_tokens else None for side in (left, right)]
        cells = "".join(f'<td class="number">{_words.NONE if value is None else f"{value:.3f}"}</td>' for value in pair)
        rows.append(f'<tr><td class="number">{left.turn + 1}</td><td class="number">{left.n_tokens}</td>{cells}</tr>')
    head = "".join(f'<th class="number">{isolated(title)}<br>nats a token</th>' for title in titles)
    return f'<table class="kick-table"><tr><th class="number">Window</th><th class="number">Tokens</th>{head}</tr>{"".join(rows)}</table>'
