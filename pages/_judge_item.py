"""One judged answer in full: what was asked, both answers, the scores in each order, the judge's reasons, and what was stored of its replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from llmkick_core.judgment import DATASET, Judgment
from llmkick_core.store import queries
from llmkick_core.store.queries import JudgedItem, Setup
from pages import _judge_words, _words
from pages._links import Side, dense_title
from pages._shared import Page
from pages._text import differences, escape, isolated, label, marked, visible

LONGEST_REPLY = 20_000
"""Characters of a raw reply that are shown."""
PLACES = {1: "Shown first", 2: "Shown second"}


def draw(
    page: Page, setup: Setup, side: Side, judging_id: str, sample_id: str, turn: int, *, dense_score: float, dense: Sequence[str]
) -> None:
    """Draw one answer and what a judge said of it.

    Args:
        page: the page.
        setup: the judge.
        side: the recipe.
        judging_id: its judging.
        sample_id: the question.
        turn: which answer to it.
        dense_score: what the dense model's answer has, NaN where there is none.
        dense: the dense model's answers up to this turn, where they stand nowhere else.
    """
    item = queries.judged_item(page.db, judging_id, sample_id, turn)
    if item is None or not (item.judgments or turn < len(item.candidate)):
        st.warning(f"The link asks for answer {label(sample_id)}, turn {turn + 1}, which this judge was not asked about.")
        return
    sample = item.sample
    words = [isolated(sample.subject.replace("_", " "), longest=120)] if sample.subject else []
    words += [f"turn {turn + 1} of {len(sample.turns)}"] if len(sample.turns) > 1 else []
    words.append(summary(setup, item, dense_score))
    st.html(f'<div class="kick-question" dir="auto">{escape(sample.question)}</div><div class="kick-muted">{" · ".join(words)}</div>')
    if sample.evidence:
        with st.expander("The story"):
            st.html(f'<pre class="kick-plain" dir="auto">{escape(sample.evidence)}</pre>')
    other = opponent_name(page, setup, item)
    if sample.evidence or len(sample.turns) <= 1:
        pair(item, turn, side.title, other)
    else:
        for earlier in range(turn + 1):
            asked = sample.turns[earlier] if earlier < len(sample.turns) else ""  # a file may hold a turn that there is not
            text = (
                f'<div class="kick-plain" dir="auto">{escape(asked)}</div>' if asked not in ("", sample.question) else ""
            )  # the first one stands above already
            st.html(f'<div class="kick-muted">Turn {earlier + 1}</div>{text}')
            pair(item, earlier, side.title, other)
    if turn < min(len(dense), len(item.candidate)):
        with st.expander("What dense wrote" if dense[turn].strip() != item.candidate[turn].strip() else "Dense wrote the same"):
            spans = differences(dense[turn].strip(), item.candidate[turn].strip())
            st.html(body(marked(dense[turn].strip(), spans[0], side="dense")))
    verdicts(item, side.title, other)
    links(page, side, sample_id)
    raw(item)


def summary(setup: Setup, item: JudgedItem, dense_score: float) -> str:
    """Return what came of the answer in a few words."""
    if setup.way == "pairwise":
        sign, word = _judge_words.OUTCOMES.get("failed" if item.status == "partial" else item.status, ("?", "not asked"))
        return f"{escape(sign)} {word}"
    if item.score is None:
        return (
            "? no score: an order has no verdict"
            if item.status == "partial"
            else "\u2261 same text"
            if item.status == "same"
            else "? no verdict"
        )
    beside = f", the reference {_judge_words.decimal(item.opponent_score, 1)}" if item.opponent_score is not None else ""
    dense = "" if dense_score != dense_score else f", dense {_judge_words.decimal(dense_score, 1)}"
    return f"score {_judge_words.decimal(item.score, 1)}{dense}{beside}"


def opponent_name(page: Page, setup: Setup, item: JudgedItem) -> str:
    """Return what stands above the other answer."""
    if setup.way == "pairwise":
        return dense_title(page.sides)
    if item.about.opponent == DATASET:
        return "Reference of the data set"
    return f"Reference: {_judge_words.opponent(setup, page)}"


def pair(item: JudgedItem, turn: int, title: str, other: str) -> None:
    """Draw both answers to one turn side by side, the other one left, with the words that differ; the one alone where nothing stood beside it."""
    mine = item.candidate[turn].strip() if turn < len(item.candidate) else ""
    theirs = item.opponent[turn].strip() if turn < len(item.opponent) else ""
    if not item.opponent:
        st.html(head(title) + body(marked(mine, [])))
        return
    spans = differences(theirs, mine) if mine and theirs else ([], [])
    left, right = st.columns(2)
    left.html(head(other) + body(marked(theirs, spans[0], side="dense")))
    right.html(head(title) + body(marked(mine, spans[1])))


def head(title: str) -> str:
    """Return the line above an answer."""
    return f'<div class="kick-head"><b>{isolated(title)}</b></div>'


def body(markup: str) -> str:
    """Return an answer."""
    return f'<div class="kick-answer" dir="auto">{markup or "<span class=kick-muted>(empty answer)</span>"}</div>'


def verdicts(item: JudgedItem, title: str, other: str) -> None:
    """Draw the scores in each order, the sentence on how they disagree, and the reasons; repeats below."""
    if not item.judgments:
        st.caption("The judge was not asked about this answer.")
        return
    if all(one.outcome == "same" for one in item.judgments):
        st.caption("Both answers are one text, so the judge was not asked.")
        return
    first = [one for one in item.judgments if one.repeat == min(other.repeat for other in item.judgments)]
    n_times = len({one.repeat for one in item.judgments})
    meant = means(item.judgments)
    said = [escape(sentence) for sentence in disagreements(meant or first, other)]
    if meant:
        st.html(scores_table(meant, title, other, n_times))
    if n_times > 1:
        said.insert(len(said) if meant else 0, "Below, what was said the first time; all times stand further down.")
    for sentence in said:
        st.html(f'<div class="kick-muted">{sentence}</div>')
    for column, judgment in zip(st.columns(max(len(first), 1)), first, strict=False):
        with column:
            st.html(reason(judgment, other, is_alone=not item.about.opponent))
    repeats(item, title)


def means(judgments: Sequence[Judgment]) -> list[Judgment]:
    """Return one judgment for each order, with the means of its scores over repeats; an order without scores as it is, nothing where none has any."""
    found = []
    for place in sorted({one.place for one in judgments}):
        mine = [one for one in judgments if one.place == place]
        scored = [one for one in mine if one.scores]
        found.append(
            replace(scored[0], scores=mean([one.scores for one in scored]), opponent_scores=mean([one.opponent_scores for one in scored]))
            if scored
            else mine[0]
        )
    return found if any(one.scores for one in found) else []


def mean(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each aspect."""
    return {aspect: sum(one[aspect] for one in scores) / len(scores) for aspect in scores[0] if all(aspect in one for one in scores)}


def scores_table(judgments: Sequence[Judgment], title: str, other: str, n_times: int) -> str:
    """Return the scores of both answers in each order, means where they were asked several times; what is not the same in both orders is marked."""
    aspects = list(dict.fromkeys(aspect for one in judgments for aspect in one.scores))
    has_other = any(one.opponent_scores for one in judgments)
    names = [title, *([other] if has_other else [])]
    places = [one for one in judgments if one.scores]
    times = f"mean of {n_times} times" if n_times > 1 else ""
    told = [", ".join(filter(None, (PLACES[one.place] if has_other else "", times))) for one in places]
    head = "".join(f'<th class="number" colspan="{len(names)}">{text[:1].upper()}{text[1:]}</th>' for text in told)
    below = "".join(f'<th class="number">{escape(short(name))}</th>' for _ in places for name in names) if has_other else ""
    rows = []
    for aspect in aspects:
        cells = []
        for one in places:
            for values in ("scores", "opponent_scores")[: len(names)]:
                mine = getattr(one, values).get(aspect)
                differs = len({getattr(two, values).get(aspect) for two in places}) > 1
                text = points(mine)
                cells.append(f'<td class="number">{f"<span class=kick-differs>{text}</span>" if differs else text}</td>')
        rows.append(f"<tr><td>{escape(_judge_words.ASPECTS.get(aspect, aspect))}</td>{''.join(cells)}</tr>")
    second = f"<tr><th></th>{below}</tr>" if below else ""
    return f'<div class="kick-scroll"><table class="kick-table kick-facts"><tr><th></th>{head}</tr>{second}{"".join(rows)}</table></div>'


def points(score: float | None) -> str:
    """Return a score of one order: whole where it is, else with a decimal."""
    return _judge_words.decimal(score, 0 if score is None or float(score).is_integer() else 1)


def short(name: str) -> str:
    """Return a name short enough for a column of numbers."""
    return "Reference" if name.startswith("Reference") else name


def disagreements(judgments: Sequence[Judgment], other: str) -> list[str]:
    """Return what the two orders do not agree on, a sentence each: `coherence: shown first it got 8, shown second 6`."""
    scored = {one.place: one for one in judgments if one.outcome == "scored"}
    if len(scored) < 2:
        missing = [one for one in judgments if one.outcome not in ("scored", "same")]
        return (
            [f"{PLACES[one.place]}, there is no verdict ({_judge_words.FAILURES[one.outcome][0].lower()})." for one in missing]
            if scored or missing
            else []
        )
    first, second = scored[1], scored[2]
    if first.winner or second.winner:
        if first.winner == second.winner:
            return [f"Both orders agree: {winner(first, other)}."]
        return [f"The orders disagree: shown first, {winner(first, other)}; shown second, {winner(second, other)}."]
    apart = [
        f"{_judge_words.ASPECTS.get(aspect, aspect).lower() + ', ' if len(first.scores) > 1 else ''}shown first it got {points(first.scores[aspect])}, shown second {points(second.scores[aspect])}"
        for aspect in first.scores
        if aspect in second.scores and first.scores[aspect] != second.scores[aspect]
    ]
    if not apart:
        return ["Both orders gave this answer the same scores."]
    return [f"The score depends on the order: {'; '.join(apart)}."]


def winner(judgment: Judgment, other: str) -> str:
    """Return in words which answer a judgment prefers."""
    return {"candidate": "this answer is better", "opponent": f"{other} is better", "tie": "neither is better"}.get(
        judgment.winner, "no verdict"
    )


def reason(judgment: Judgment, other: str, *, is_alone: bool) -> str:
    """Return what the judge said in one order."""
    place = "Reasons" if is_alone else PLACES[judgment.place]
    said = f' <span class="kick-muted">{escape(winner(judgment, other))}</span>' if judgment.winner else ""
    if judgment.outcome == "scored":
        text = escape(judgment.explanation.strip()) or '<span class="kick-muted">(no reasons given)</span>'
    else:
        title, meaning = _judge_words.FAILURES.get(judgment.outcome, (judgment.outcome, ""))
        text = f'<span class="kick-none">? {title}</span> <span class="kick-muted">{escape(judgment.reason or meaning)}</span>'
    return f'<div class="kick-head"><b>{place}</b>{said}</div><div class="kick-plain" dir="auto">{text}</div>'


def repeats(item: JudgedItem, title: str) -> None:
    """Draw what the judge gave when it was asked the same again; nothing where it was asked once."""
    n = 1 + max(one.repeat for one in item.judgments)
    if n < 2:
        return
    with st.expander(f"Asked {n} times"):
        rows = []
        for one in item.judgments:
            told = (
                ", ".join(f"{_judge_words.ASPECTS.get(aspect, aspect).lower()} {score:g}" for aspect, score in one.scores.items())
                if one.scores
                else winner(one, "the other answer")
                if one.winner
                else _judge_words.FAILURES.get(one.outcome, (one.outcome, ""))[0].lower()
            )
            place = "" if not item.about.opponent else f"<td>{_judge_words.ORDERS[one.place]}</td>"
            rows.append(f'<tr><td class="kick-name">time {one.repeat + 1}</td>{place}<td>{escape(told)}</td></tr>')
        st.html(f'<div class="kick-scroll"><table class="kick-table kick-facts">{"".join(rows)}</table></div>')
        st.caption(label(f"Scores of {title}, the same question each time; what differs here is the judge's own noise.", longest=300))


def links(page: Page, side: Side, sample_id: str) -> None:
    """Draw the link to the same question on Compare."""
    if page.a is None or page.b is None:
        return
    where = page.link(page.b.row, a=page.a.key, q=sample_id)
    st.page_link("pages/compare.py", label="The same question on Compare", icon=":material/compare_arrows:", query_params=where)


def raw(item: JudgedItem) -> None:
    """Draw what was stored of every reply, on request."""
    with st.expander("Replies as they came"):
        st.caption(label(f"Judging {item.about.judging_id}, question {item.sample.sample_id}", longest=300))
        for one in item.judgments:
            order = "" if not item.about.opponent else f", {_judge_words.ORDERS[one.place]}"
            st.html(
                f'<div class="kick-head"><b>Time {one.repeat + 1}{order}</b></div><pre class="kick-plain" dir="auto">{escape(one.reply[:LONGEST_REPLY]) or "(no reply)"}</pre>'
            )
            st.caption(label(facts(one), longest=600))


def facts(one: Judgment) -> str:
    """Return what else is known of a reply: who answered, tokens, price, how long it took."""
    words = [one.outcome]
    words += [f"by {visible(one.reply_model)}"] if one.reply_model else []
    words += [f"fingerprint {visible(one.fingerprint)}"] if one.fingerprint else []
    words += [f"asked as {one.format}"] if one.format else []
    words += [f"ended by {visible(one.finish)}"] if one.finish else []
    if one.n_tries or one.is_cached:
        words.append("paid for elsewhere" if one.is_cached else _words.many(one.n_tries, "request"))
    if one.prompt_tokens or one.completion_tokens:
        words.append(f"{one.prompt_tokens:,} + {one.completion_tokens:,} tokens")
    words += [f"${one.cost:.4f}"] if one.cost else []
    words += [f"{one.latency_s:.1f} s"] if one.latency_s else []
    words += [one.reason] if one.reason else []
    return ", ".join(words)
