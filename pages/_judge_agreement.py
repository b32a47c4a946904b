"""How far two judges, a judge and people, or two people agree, in a sentence and as rows of a table."""

from __future__ import annotations

from llmkick_core.stats.agreement import Agreement
from pages import _words
from pages._judge_words import decimal, span
from pages._text import escape

KAPPA = (
    "Kappa: agreement beyond what chance makes, 1 is perfect, 0 is chance. Scores: quadratic weights, in whole points. Verdicts: better, tie or worse; what one of "
    "them has no verdict on, or an inconsistent one, is left out and counted."
)


FEW = 20
"""Answers below which a kappa says too little for a word."""


def agreement_sentence(who: str, one: Agreement) -> str:
    """Return what an agreement says."""
    if one.share is None:
        return f"{who} have no verdict on the same answers."
    base = f"{who} say the same of {_words.percent(one.share, decimals=0)} of {one.n:,} answers"
    if one.kappa is None:
        return f"{base}; kappa cannot be said, as they always say one thing."
    interval = f"95% interval {span(one.low, one.high)}" if one.low is not None else "no interval can be said"
    if one.n < FEW:
        return f"{base}; kappa {decimal(one.kappa)} ({interval}). That is too few to tell how far they agree."
    strength = next(
        word
        for least, word in ((0.8, "almost perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"), (-2.0, "slight"))
        if one.kappa > least
    )
    return f"{base}; kappa {decimal(one.kappa)} ({interval}), {strength} agreement."


def agreement_row(name: str, one: Agreement) -> str:
    """Return one row of a table of agreements."""
    return (
        f'<tr><td>{escape(name)}</td><td class="number">{one.n:,}</td><td class="number">{one.n_left_out:,}</td>'
        f'<td class="number">{_words.percent(one.share, decimals=0)}</td><td class="number">{decimal(one.kappa)}</td><td class="number">{span(one.low, one.high)}</td></tr>'
    )


def agreement_table(rows: list[str]) -> str:
    """Return a table of agreements."""
    names = ("n", "Left out", "Same", "Kappa", "95% interval")
    head = "".join(f'<th class="number">{name}</th>' for name in names)
    return f'<div class="kick-scroll"><table class="kick-table kick-facts"><tr><th></th>{head}</tr>{"".join(rows)}</table></div>'
