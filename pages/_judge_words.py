"""What the Judge page says: names of judges, protocols and outcomes, and the answer in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from llmkick_core.judge import protocols
from llmkick_core.judgment import DATASET, IMPORTED
from llmkick_core.store.queries import Setup
from pages import _words
from pages._links import Side
from pages._shared import Page

LONGEST_NAME = 60
"""Letters of a judge's name in a sentence."""
PROTOCOLS = {name: one.short_title or one.title for name, one in protocols.PROTOCOLS.items()}
"""What an answer is judged by, as the controls name it."""
PROTOCOL_HELP = " ".join(f"{PROTOCOLS[name]}: {one.help or one.title}." for name, one in protocols.PROTOCOLS.items())


def protocol_title(protocol: str) -> str:
    """Return the name of a protocol as people read it; its own where it is not declared here."""
    return PROTOCOLS.get(protocol, protocol)


ASPECTS = {
    "coherence": "Coherence",
    "consistency": "Consistency",
    "fluency": "Fluency",
    "relevance": "Relevance",
    "overall": "Score",
    "all": "All aspects",
}

NOUNS = {"summarization": ("story", "stories"), "instruction_following": ("turn", "turns")}
"""What a judge rates the answer to, and several of them."""

OUTCOMES = {
    "win": ("+", "better"),
    "same": ("\u2261", "same text"),
    "tie": ("=", "as good"),
    "inconsistent": ("~", "orders disagree"),
    "loss": ("\u2212", "worse"),
    "failed": ("?", "no verdict"),
}
"""Sign and word of what became of an answer, in the order of the bars."""

MEANINGS = {
    "pairwise": {
        "win": "than the dense answer, in both orders",
        "same": "as dense, so nobody was asked",
        "tie": "in both orders",
        "inconsistent": "one verdict shown first, another shown second: the place decided",
        "loss": "than the dense answer, in both orders",
        "failed": "in some order",
    },
    "reference": {
        "win": "than the reference, mean of both orders",
        "same": "as the reference",
        "tie": "as the reference",
        "inconsistent": "one order prefers the answer, the other the reference",
        "loss": "than the reference, mean of both orders",
        "failed": "in some order",
    },
}
"""What these mean in each protocol."""

ONE_ORDER = {"win": "than {}", "tie": "as {}", "loss": "than {}", "failed": ""}
"""The same where answers were shown in one order only."""

FAILURES = {
    "unparsed": ("Unreadable", "the judge replied, and no verdict within its scale can be read from it"),
    "refused": ("Refused", "a content filter, or the server, would not answer"),
    "truncated": ("Cut off", "the reply ended before its verdict; more tokens for a reply help"),
    "too_long": ("Too long", "the judge cannot read so much; one with a longer context can"),
    "failed": ("No reply", "the server gave none, after all tries; asking again may help"),
    "unasked": ("Nothing to ask", "there is nothing to judge or to compare with, such as no reference answer of this turn"),
}
"""Title and meaning of every kind of judgment without a verdict."""

ORDERS = {1: "shown first", 2: "shown second"}


def meaning(setup: Setup, kind: str) -> str:
    """Return what an outcome means in a setup."""
    if setup.is_one_order and kind in ONE_ORDER:
        return ONE_ORDER[kind].format("the dense answer" if setup.way == "pairwise" else "the reference")
    return MEANINGS[setup.way][kind]


def decimal(number: float | None, decimals: int = 2) -> str:
    """Return a score or another plain number, a dash where there is none."""
    return _words.NONE if number is None or number != number else f"{number:.{decimals}f}".replace("-", _words.MINUS)


def change_text(number: float | None, decimals: int = 2) -> str:
    """Return a change with its sign, a dash where there is none."""
    return _words.NONE if number is None or number != number else _words.signed(number, decimals=decimals)


def span(low: float | None, high: float | None, decimals: int = 2, *, is_signed: bool = False) -> str:
    """Return an interval as `−1.20 to −0.50`, a dash where there is none."""
    if low is None or high is None or low != low or high != high:
        return _words.NONE
    form = change_text if is_signed else decimal
    return f"{form(low, decimals)} to {form(high, decimals)}"


def noun(task: str | None, n: int) -> str:
    """Return so many of what is judged: `90 stories`, `1 turn`."""
    one, several = NOUNS.get(str(task), ("answer", "answers"))
    return f"{n:,} {one if n == 1 else several}"


def place(url: str) -> str:
    """Return where a judge's server is: its host, or that its judgments were imported."""
    return "imported" if url == IMPORTED else urlsplit(url).netloc or url


def setup_titles(setups: Sequence[Setup], page: Page) -> dict[str, str]:
    """Return the title of each setup, by its key: the judge and what it compares with, with what tells it from others of that title."""
    plain = {setup.key: f"{setup.model} · {against(setup, page)}" for setup in setups}
    titles = {}
    for setup in setups:
        title = plain[setup.key]
        others = [other for other in setups if other.key != setup.key and plain[other.key] == title]
        if any(other.url != setup.url for other in others) or setup.url == IMPORTED:
            title += f" · {place(setup.url)}"
        if any(other.temperature != setup.temperature for other in others):
            title += f" · temperature {setup.temperature:g}"
        if any(other.prompt_version != setup.prompt_version for other in others):
            title += f" · prompt {setup.prompt_version}"
        titles[setup.key] = title
    return titles


def against(setup: Setup, page: Page) -> str:
    """Return what a setup compares answers with, in a few words."""
    if setup.way == "single":
        return "alone"
    if setup.way == "pairwise":
        return "against dense"
    return "against the data set's references" if setup.opponent == DATASET else f"against {opponent(setup, page)}"


def opponent(setup: Setup, page: Page) -> str:
    """Return the name of a run that answers are compared with; a piece of its id where this model has no such run."""
    side = page.all_sides.get(setup.opponent)
    if side is not None:
        return f"the answers of {side.title}"
    spec = next((spec for spec, status in page.jobs if status.run_id == setup.opponent), None)
    if spec is None:
        return f"run {setup.opponent[:6]}"
    named = "" if spec.recipe.is_dense else f", {_words.recipe_title(spec.recipe.label)}"
    return f"the answers of {_words.model_title(spec.model).rpartition('#')[2]}{named}"


def stand_in(setup: Setup, task: str | None, page: Page) -> str:
    """Return in plain words what answers are held against, and what it stands in for."""
    if setup.way == "single":
        return "Each answer was scored by itself, with nothing beside it."
    if setup.way == "pairwise":
        return "The judge saw the dense and the compressed answer side by side, and said which is better."
    if setup.opponent == DATASET:
        what = "the highlights that the data set brings" if task == "summarization" else "the reference answers that the data set brings"
        return f"Each answer stood beside {what}; they stand in for the GPT-3.5 answers that the paper's judge saw."
    return f"Each answer stood beside {opponent(setup, page)}, as beside GPT-3.5's in the paper."


def short_name(setup: Setup) -> str:
    """Return the judge's name, short enough for a sentence."""
    return setup.model if len(setup.model) <= LONGEST_NAME else f"{setup.model[:LONGEST_NAME]}…"


def sentence(
    setup: Setup, side: Side, rows: Sequence[Mapping[str, Any]], counts: Mapping[str, Any] | None, task: str | None, *, n_asked: int
) -> str:
    """Return the answer of the page for one recipe.

    Args:
        setup: who judged, and how.
        side: the recipe.
        rows: its rows of queries.aspect_scores.
        counts: its row of queries.outcome_counts.
        task: what was asked.
        n_asked: its answers that the judge was asked about, with a verdict or without.
    """
    if setup.way == "pairwise":
        return _pairwise(setup, side, counts, task, n_asked)
    by_aspect = {str(row["aspect"]): row for row in rows}
    row = by_aspect.get("all") if len(by_aspect) > 2 or "all" in by_aspect else next(iter(by_aspect.values()), None)
    if row is None or not row["n"]:
        return unjudged(setup, side.title, task, n_asked)
    judge = short_name(setup)
    n_aspects = len([one for one in by_aspect if one != "all"])
    over = f" over {n_aspects} aspects" if n_aspects > 1 else ""
    on = f"on {noun(task, int(row['n_paired'] or row['n']))}"
    if side.method == "dense" or row["change"] != row["change"] or row["change"] is None:
        alone = "" if side.method == "dense" else " It has not judged dense on these, so no change can be told."
        return (
            f"{judge} gives {side.title} {decimal(row['mean'])}{over} on {noun(task, int(row['n']))} "
            f"(95% interval {span(row['low'], row['high'])}).{alone}"
        )
    numbers = (
        f"{decimal(row['paired_mean'])} against {decimal(row['dense_mean'])}{over} (change {change_text(row['change'])}, "
        f"95% interval {span(row['change_low'], row['change_high'], is_signed=True)})"
    )
    head = f"{judge} {finding(row, side.title)} {on}: {numbers}"
    is_told = not row["is_below_noise"] and (row["change_low"] > 0 or row["change_high"] < 0)
    return f"{head}{noise(row)}{worst(by_aspect) if is_told else ''}."


def unjudged(setup: Setup, what: str, task: str | None, n_asked: int) -> str:
    """Return that there is no verdict on a recipe: on none of the answers that were asked about, or because none was."""
    if not n_asked:
        return f"{short_name(setup)} has not judged {what} yet."
    return f"{short_name(setup)} has no verdict on {what}: none of {noun(task, n_asked)} has one in every order; the ledger says why."


def finding(row: Mapping[str, Any], title: str) -> str:
    """Return what a judge says of a recipe, before the numbers: `finds Wanda 50% worse than dense`."""
    if row["is_below_noise"]:
        return f"sees no more than its own noise between {title} and dense"
    if row["change_high"] < 0:
        return f"finds {title} worse than dense"
    if row["change_low"] > 0:
        return f"finds {title} better than dense"
    return f"cannot tell {title} from dense"


def noise(row: Mapping[str, Any]) -> str:
    """Return how a change stands to what the judge changes by itself; that it is not known where nothing was asked twice."""
    floor = row["noise_floor"]
    if floor is None or floor != floor:
        return "; how far the judge differs from itself is not known"
    if row["is_below_noise"]:
        return f", within its own noise of {decimal(floor)}"
    return f", above its own noise of {decimal(floor)}"


def worst(by_aspect: Mapping[str, Mapping[str, Any]]) -> str:
    """Return which of several aspects changed most."""
    told = {aspect: row["change"] for aspect, row in by_aspect.items() if aspect != "all" and row["change"] == row["change"]}
    if len(told) < 2:
        return ""
    most = max(told, key=lambda aspect: abs(told[aspect]))
    return f"; most in {ASPECTS.get(most, most).lower()} ({change_text(told[most])})"


def _pairwise(setup: Setup, side: Side, counts: Mapping[str, Any] | None, task: str | None, n_asked: int) -> str:
    if side.method == "dense":
        return f"{short_name(setup)} held the compressed answers against those of the dense model; choose a compressed recipe as B."
    if counts is None or not counts["n"]:
        return unjudged(setup, f"{side.title} against dense", task, n_asked)
    low, high = counts["net_low"], counts["net_high"]
    verdict = (
        f"cannot tell {side.title} from dense"
        if not (low == low and high == high) or low <= 0 <= high
        else f"finds {side.title} {'better' if low > 0 else 'worse'} than dense"
    )
    share = f"net {change_text(counts['net'] * 100, 1)} points, 95% interval {span(low * 100, high * 100, 1, is_signed=True)}"
    same = f"{int(counts['same']):,} the same text, " if counts["same"] else ""
    told = f"{int(counts['win']):,} better, {same}{int(counts['tie']):,} as good, {int(counts['loss']):,} worse"
    apart = f"; in {int(counts['inconsistent']):,} the orders disagree" if counts["inconsistent"] else ""
    return f"{short_name(setup)} {verdict} on {noun(task, int(counts['n']))}: {told} ({share}){apart}."
