"""A judge's reply, read: the judgment that it makes of an answer. Pure."""

from __future__ import annotations

import time
from dataclasses import replace

from llmkick_core.judge.base import Item, Reply, Verdict, Wanted
from llmkick_core.judge.prices import Price
from llmkick_core.judge.verdicts import read
from llmkick_core.judgment import Judgment, Outcome, Winner


def judgment_of(item: Item, wanted: Wanted, reply: Reply, *, key: str, price: Price | None) -> Judgment:
    """Return what a reply makes of an answer; a reply that cannot be read is a failure with its name, never a score.

    Args:
        item: the answer that was asked about.
        wanted: what the verdict had to hold.
        reply: what came back.
        key: hash of what was asked.
        price: of the judge's tokens; None where it is not known.
    """
    verdict = read(reply.text, wanted) if reply.outcome == "text" else None
    outcome: Outcome = verdict.outcome if verdict is not None else reply.outcome  # type: ignore[assignment]  # "text" has a verdict
    blank = Judgment(
        sample_id=item.sample.sample_id,
        turn=item.turn,
        place=item.place,
        repeat=item.repeat,
        outcome="failed",
        reply=reply.text,
        key=key,
        finish=reply.finish,
        format=reply.format if reply.n_tries else "",
        n_tries=reply.n_tries,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost=None if price is None else price.cost(reply.prompt_tokens, reply.completion_tokens),
        reply_model=reply.model,
        fingerprint=reply.fingerprint,
        latency_s=reply.latency_s,
        asked_at=time.time(),
    )
    if verdict is None:
        return replace(blank, outcome=outcome, reason=reply.reason)
    return _with(blank, item, verdict)


def said_again(item: Item, wanted: Wanted, paid: Judgment) -> Judgment:
    """Return what a reply that was paid for before makes of an answer that was shown in the same words; it is read anew, and costs nothing."""
    blank = replace(moved(paid, item), outcome="unparsed", scores={}, opponent_scores={}, winner="")
    return _with(blank, item, read(paid.reply, wanted))


def moved(judged: Judgment, item: Item) -> Judgment:
    """Return a judgment, such as a failure, for another answer that was shown in the same words; it costs nothing more."""
    return replace(
        judged,
        sample_id=item.sample.sample_id,
        turn=item.turn,
        place=item.place,
        repeat=item.repeat,
        n_tries=0,
        prompt_tokens=0,
        completion_tokens=0,
        cost=0.0,
        is_cached=True,
    )


def _with(blank: Judgment, item: Item, verdict: Verdict) -> Judgment:
    """Return a judgment with what a verdict says of the places, told of candidate and opponent."""
    if verdict.outcome != "scored":
        return replace(blank, outcome="unparsed", reason=verdict.reason, explanation=verdict.explanation)
    own = item.place - 1
    winner: Winner = ""
    if verdict.winner:
        first: Winner = "candidate" if item.place == 1 else "opponent"
        second: Winner = "opponent" if item.place == 1 else "candidate"
        winner = "tie" if verdict.winner == "tie" else first if verdict.winner == "first" else second
    return replace(
        blank,
        outcome="scored",
        reason="",
        winner=winner,
        scores=verdict.scores[own] if verdict.scores else {},
        opponent_scores=verdict.scores[1 - own] if len(verdict.scores) > 1 else {},
        explanation=verdict.explanation,
    )
