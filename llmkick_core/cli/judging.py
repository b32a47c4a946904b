"""`judge`: has stored summaries and conversations rated by another model, after saying what it will take."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from llmkick_core import judgment
from llmkick_core.cli import options as option
from llmkick_core.cli.console import errors, print_json, tables
from llmkick_core.cli.frame import command, store_of
from llmkick_core.cli.progress import duration
from llmkick_core.cli.recipes import words
from llmkick_core.cli.results import existing, opened
from llmkick_core.errors import BudgetError, RunCancelled, UsageError
from llmkick_core.judge.protocols import PROTOCOLS
from llmkick_core.judgment import DATASET, JUDGED_TASKS
from llmkick_core.schema import RunSpec
from llmkick_core.store.runs import read_spec, run_ids

if TYPE_CHECKING:
    from llmkick_core.judge.plan import Estimate
    from llmkick_core.judge.prices import Price
    from llmkick_core.judge.references import Usage
    from llmkick_core.judge.request import JudgeRequest
    from llmkick_core.judge.session import End, Progress

_SHORTEST_ID = 4

Runs = Annotated[
    list[str] | None,
    typer.Option(
        "--runs",
        metavar="RUNS",
        help="Recipes such as wanda-50, or ids of runs or their beginnings; may be repeated, or with commas. [default: all]",
    ),
]
JudgedTasks = Annotated[
    list[str] | None, typer.Option("--task", metavar="TASK", help="summarization or instruction_following. [default: both]")
]
Endpoint = Annotated[
    str, typer.Option("--endpoint", metavar="URL", help="Address of the judge's server, such as http://localhost:8000/v1.")
]
Name = Annotated[str, typer.Option("--model", metavar="NAME", help="The judge, as its server calls it.")]
ProtocolName = Annotated[
    str,
    typer.Option(
        "--protocol",
        metavar="PROTOCOL",
        help="; ".join(f"{one.name}: {one.help or one.title}" for one in PROTOCOLS.values()) + ".",
    ),
]
References = Annotated[
    str | None,
    typer.Option(
        "--references",
        metavar="WHAT",
        help="Of reference: dataset (its own reference answers, or highlights, as a stand-in), a run, or endpoint:URL#model, which is asked for them first. "
        "[default: dataset]",
    ),
]
Repeats = Annotated[int, typer.Option("--repeats", metavar="N", help="Ask the same N times; from 2 on the judge's own noise is known.")]
JudgeLimit = Annotated[int | None, typer.Option("--limit", metavar="N", help="Judge the first N questions. [default: all]")]
Temperature = Annotated[float, typer.Option("--temperature", metavar="T", help="Of the judge's tokens.")]
ReplyTokens = Annotated[int, typer.Option("--max-tokens", metavar="N", help="Longest reply.")]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", metavar="N", help="Requests at a time. [default: LLMKICK_ENDPOINT_CONCURRENCY, or 8]")
]
MaxCost = Annotated[float | None, typer.Option("--max-cost", metavar="USD", help="Stop before more than this is spent.")]
MaxRequests = Annotated[
    int | None, typer.Option("--max-requests", metavar="N", help="Stop before more requests are sent, repeated ones included.")
]
MaxTotal = Annotated[
    int | None, typer.Option("--max-total-tokens", metavar="N", help="Stop before more tokens are used, prompts and replies together.")
]
PriceWords = Annotated[
    str | None,
    typer.Option(
        "--price", metavar="IN/OUT", help="Dollars a million tokens of prompts and replies, such as 2.5/10. [default: the table of prices]"
    ),
]
Retry = Annotated[bool, typer.Option("--retry", help="Ask again what ended without a verdict before.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before starting.")]


@command
def judge(
    endpoint: Endpoint,
    name: Name,
    runs: Runs = None,
    task: JudgedTasks = None,
    protocol: ProtocolName = "reference",
    references: References = None,
    repeats: Repeats = 1,
    limit: JudgeLimit = None,
    temperature: Temperature = 0.0,
    max_tokens: ReplyTokens = 1024,
    concurrency: Concurrency = None,
    max_cost: MaxCost = None,
    max_requests: MaxRequests = None,
    max_total_tokens: MaxTotal = None,
    price: PriceWords = None,
    retry: Retry = False,
    yes: Yes = False,
    store: option.Store = None,
    device: option.Device = None,
    as_json: option.Json = False,
) -> None:
    """Have another model rate stored summaries and conversations, in both orders; what is judged already is not asked again."""
    from llmkick_core.judge.request import JudgeRequest

    place = existing(store_of(store))
    specs = find_runs(place, words(runs), words(task))
    asked: dict[str, Any] = {
        "protocol": protocol,
        "url": endpoint,
        "model": name,
        "repeats": repeats,
        "limit": limit,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "concurrency": concurrency,
        "max_cost": max_cost,
        "max_requests": max_requests,
        "max_total_tokens": max_total_tokens,
        "price": read_price(price),
        "is_retrying": retry,
    }
    # what cannot be meant is told before reference answers are made
    wanted = JudgeRequest(run_ids=tuple(spec.run_id for spec in specs), references=DATASET if is_reference(protocol) else "", **asked)
    may_ask = sys.stdin.isatty() and not as_json
    groups, taken = _groups(specs, wanted, references, place, device, is_agreed=yes, may_ask=may_ask)
    requests = [replace(wanted, run_ids=ids, references=given) for given, ids in groups.items()]
    ends: list[End] = []
    for request in requests:
        ends.append(_judged(place, _with_rest(request, taken, ends), is_agreed=yes, may_ask=may_ask))
        if ends[-1].state != "done":
            break
    stopped = [end.message or "everything so far is kept, and the same command goes on." for end in ends if end.state != "done"]
    for note in {end.message for end in ends if end.state == "done" and end.message}:
        errors.print(note, soft_wrap=True)
    document = _document(place, requests, ends, taken)
    if as_json:
        print_json(document)
    else:
        _print(tables(), document)
    if stopped:
        errors.print(f"stopped: {stopped[0]}", soft_wrap=True)
        raise typer.Exit(1)


def _groups(
    specs: Sequence[RunSpec],
    wanted: JudgeRequest,
    references: str | None,
    store: Path,
    device: str | None,
    *,
    is_agreed: bool,
    may_ask: bool,
) -> tuple[dict[str, tuple[str, ...]], Usage]:
    """Return the runs to judge by what they are compared with, and what it took to make that; reference answers of an endpoint are asked for first."""
    from llmkick_core.cli import references as source
    from llmkick_core.judge.references import Usage

    if wanted.way != "reference":
        if references is not None:
            raise UsageError(f"protocol {wanted.protocol} takes no --references.")
        return {"": wanted.run_ids}, Usage()
    if references is None or not references.startswith("endpoint:"):
        return source.named(specs, references, lambda word, task: find_runs(store, [word], [task])), Usage()

    def agree(most: Usage, line: str) -> None:
        errors.print(line, soft_wrap=True)
        if not is_agreed:
            _agree(most.cost, wanted, may_ask=may_ask)

    return source.made(specs, references, wanted, store, device, agree)


def _with_rest(request: JudgeRequest, taken: Usage, ends: Sequence[End]) -> JudgeRequest:
    """Return a request with what its caps leave after what came before it: the caps are of the whole command.

    Raises:
        BudgetError: nothing is left.
    """
    used = [end.progress for end in ends]
    caps = {
        "max_requests": (request.max_requests, taken.n_requests + sum(one.n_requests for one in used)),
        "max_total_tokens": (request.max_total_tokens, taken.n_tokens + sum(one.n_tokens for one in used)),
        "max_cost": (request.max_cost, (taken.cost or 0.0) + sum(one.cost or 0.0 for one in used)),
    }
    rest = {name: cap - spent for name, (cap, spent) in caps.items() if cap is not None}
    if any(left <= 0 for left in rest.values()):
        raise BudgetError(
            "a cap is reached, and more was to be judged. Everything so far is kept, and the same command again goes on; caps count anew each time."
        )
    return replace(request, **rest)  # type: ignore[arg-type]


def is_reference(protocol: str) -> bool:
    """Return whether a protocol compares with reference answers."""
    return protocol in PROTOCOLS and PROTOCOLS[protocol].way == "reference"


def find_runs(store: Path, asked: Sequence[str], tasks: Sequence[str]) -> list[RunSpec]:
    """Return the runs of judged tasks that words name: labels of recipes, ids, or beginnings of ids; all where nothing is named.

    Raises:
        UsageError: a word names nothing, or a task has no judge.
    """
    for task in tasks:
        if task not in JUDGED_TASKS:
            raise UsageError(f"task {task!r} needs no judge; {' and '.join(JUDGED_TASKS)} have one.")
    specs = [read_spec(store, run_id) for run_id in run_ids(store)]
    judged = [spec for spec in specs if spec.task in (tasks or JUDGED_TASKS)]
    if not judged:
        raise UsageError(f"no run of {' or '.join(tasks or JUDGED_TASKS)} in {store}; `python -m llmkick_core demo` makes some.")
    if not asked or list(asked) == ["all"]:
        return judged
    found: dict[str, RunSpec] = {}
    for word in asked:
        named = [spec for spec in judged if word == spec.recipe.label or (len(word) >= _SHORTEST_ID and spec.run_id.startswith(word))]
        if not named:
            others = [spec for spec in specs if spec.run_id == word]
            known = ", ".join(sorted({spec.recipe.label for spec in judged}))
            raise UsageError(
                f"run {word} asks {others[0].task}, which needs no judge." if others else f"no run {word!r} to judge; there are {known}."
            )
        found |= {spec.run_id: spec for spec in named}
    return list(found.values())


def read_price(text: str | None) -> Price | None:
    """Return a price from words such as 2.5/10; None where there are none.

    Raises:
        UsageError: they are no price.
    """
    from llmkick_core.judge.prices import Price

    if text is None:
        return None
    try:
        prompt, reply = (float(part) for part in text.split("/"))
    except ValueError as error:
        raise UsageError(f"--price {text!r} is not like 2.5/10: dollars a million tokens of prompts, and of replies.") from error
    return Price(input=prompt, output=reply)


def _judged(store: Path, request: JudgeRequest, *, is_agreed: bool, may_ask: bool) -> End:
    """Return how a request ended, after saying what it takes and asking whether to start."""
    from llmkick_core.judge.jobs import create, work
    from llmkick_core.judge.plan import estimate_of, plan

    planned = plan(store, request)
    expected = estimate_of(store, planned)
    for line in (*expected.notes, *told(expected, request)):
        errors.print(line, soft_wrap=True)
    if planned.asks and not is_agreed:
        _agree(expected.cost, request, may_ask=may_ask)
    with _bars(errors) as bars:
        bar = bars.add_task("judging", total=planned.n_judgments, detail="")

        def show(progress: Progress) -> None:
            bars.update(bar, completed=progress.n_done, detail=_detail(progress))

        try:
            return work(store, create(store, request), on_progress=show, planned=planned)
        except KeyboardInterrupt:
            raise RunCancelled("stopped: every judgment so far is kept, and the same command goes on from there.") from None


def told(expected: Estimate, request: JudgeRequest) -> list[str]:
    """Return what a request will take, in lines."""
    known = f" ({expected.n_known:,} of {expected.n_judgments:,} judgments are there already)" if expected.n_known else ""
    lines = []
    if expected.n_requests:
        cost = (
            "price not known"
            if expected.cost is None
            else f"about ${expected.cost:.4f}"
            if expected.cost
            else "no cost known for this machine's own server"
        )
        cap = f", at most ${request.max_cost:g}" if request.max_cost is not None else ""
        tokens = f"about {expected.prompt_tokens:,} + {expected.completion_tokens:,} tokens"
        lines.append(f"{expected.n_requests:,} requests to {request.model} at {request.url}, {tokens}, {cost}{cap}{known}.")
        if expected.price is not None and expected.cost:
            lines.append(f"Price: ${expected.price.input:g} + ${expected.price.output:g} a million tokens, from {expected.price.origin}.")
    else:
        lines.append(f"Nothing to ask{known}.")
    if expected.n_unasked:
        lines.append(
            f"{expected.n_unasked:,} judgments cannot be asked for, such as those without an answer or a reference answer; the ledger names them."
        )
    if expected.n_same:
        lines.append(f"{expected.n_same:,} judgments are of two answers in one text, and are not asked for.")
    if expected.n_shared:
        lines.append(f"{expected.n_shared:,} judgments share the reply to an equal question of another run.")
    return lines


def _agree(cost: float | None, request: JudgeRequest, *, may_ask: bool) -> None:
    """Ask whether to start; where nobody can be asked, a cap or a free model is enough."""
    if may_ask:
        if not typer.confirm("Start?", err=True):
            raise UsageError("not started.")
    elif cost != 0 and request.max_cost is None and request.max_requests is None and request.max_total_tokens is None:
        raise UsageError("this may cost money: give --max-cost, --max-requests or --max-total-tokens, or --yes.")


def _bars(console: Console) -> Bars:
    columns = [
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total} {task.fields[detail]}", markup=False),
    ]
    return Bars(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal)


def _detail(progress: Progress) -> str:
    n_failed = sum(n for outcome, n in progress.outcomes.items() if outcome in judgment.FAILURES)
    parts = [f"{n_failed} without verdict" if n_failed else "", f"${progress.cost:.4f}" if progress.cost else ""]
    parts.append(f"{duration(progress.eta_s)} left" if progress.eta_s is not None else "")
    return ", ".join(part for part in parts if part)


def _document(store: Path, requests: Sequence[JudgeRequest], ends: Sequence[End], taken: Usage) -> dict[str, Any]:
    """Return what `--json` prints: how it ended, and what every run that was asked about got from this judge."""
    from llmkick_core.cli.verdicts import judged_rows

    with opened(store, errors) as results:
        rows = [row for request in requests for row in judged_rows(results.db, request)]
    ended = [end.progress for end in ends]
    costs = [progress.cost for progress in ended]
    return {
        "judgings": rows,
        "n_judged": sum(progress.n_done for progress in ended),
        "n_requests": sum(progress.n_requests for progress in ended),
        "n_tokens": sum(progress.n_tokens for progress in ended),
        "cost": None if None in costs else sum(cost for cost in costs if cost is not None),
        "reference_answers": {"n_requests": taken.n_requests, "n_tokens": taken.n_tokens, "cost": taken.cost},
        "state": next((end.state for end in ends if end.state != "done"), "done"),
        "message": next((end.message for end in ends if end.message), ""),
    }


def _print(console: Console, document: dict[str, Any]) -> None:
    from llmkick_core.cli.verdicts import print_judged

    print_judged(console, document["judgings"])
    spent = f", ${document['cost']:.4f}" if document["cost"] else ""
    console.print(f"{document['n_judged']:,} judgments by {document['n_requests']:,} requests, {document['n_tokens']:,} tokens{spent}.")
