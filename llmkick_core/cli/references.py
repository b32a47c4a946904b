"""What `judge --protocol reference` compares with: the data set's own answers, a run, or a model behind a server that is asked for them first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from llmkick_core.catalog import TASKS, plan
from llmkick_core.cli.compute import compute
from llmkick_core.cli.console import errors
from llmkick_core.errors import JobError, PreflightError, UsageError
from llmkick_core.judge.prices import price_of
from llmkick_core.judge.references import Usage, answers_of, expected, used
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.judgment import DATASET
from llmkick_core.models.locate import split_endpoint
from llmkick_core.schema import RunSpec, Sample
from llmkick_core.store.runs import read_samples, sample_set_of

Groups = dict[str, tuple[str, ...]]
"""{what they are compared with: the runs to judge}."""


def named(specs: Sequence[RunSpec], word: str | None, find: Callable[[str, str], list[RunSpec]]) -> Groups:
    """Return the runs to judge by the run that a word names, or by the data set.

    Args:
        specs: the runs to judge.
        word: `dataset`, or a run; None is `dataset`.
        find: returns the runs of a task that a word names.

    Raises:
        UsageError: the word names no run, or several.
    """
    if word in (None, DATASET):
        return {DATASET: tuple(spec.run_id for spec in specs)}
    groups: Groups = {}
    for spec in specs:
        found = find(str(word), spec.task)
        if len(found) != 1:
            ids = ", ".join(one.run_id for one in found[:5])
            raise UsageError(f"--references {word!r} names {len(found)} runs of {spec.task}; name one by its id ({ids}).")
        groups[found[0].run_id] = (*groups.get(found[0].run_id, ()), spec.run_id)
    return groups


def made(
    specs: Sequence[RunSpec], model: str, wanted: JudgeRequest, store: Path, device: str | None, agree: Callable[[Usage, str], None]
) -> tuple[Groups, Usage]:
    """Return the runs to judge by the run in which an endpoint's model answers the same questions, and what its answers took.

    Answers that are missing are told of, agreed to, and asked for; those that are there cost nothing.

    Args:
        specs: the runs to judge.
        model: `endpoint:URL#name`.
        wanted: what is asked of the judge: its limit, and its caps, which count these answers too.
        store: root of the store.
        device: as everywhere.
        agree: asks a person, or raises; it is given the most that the answers take, and a line that says so.

    Raises:
        PreflightError: the answers may take more than a cap allows.
        JobError: they could not be made.
    """
    url, name = split_endpoint(model)
    price = price_of(name, url, store)
    groups: Groups = {}
    asked: dict[str, tuple[RunSpec, list[Sample]]] = {}
    for spec in specs:
        few = min((n for n in (wanted.limit, spec.limit) if n is not None), default=None)
        (own,) = plan(model, [spec.dense().recipe], [spec.task], dataset=spec.dataset, limit=few)
        groups[own.run_id] = (*groups.get(own.run_id, ()), spec.run_id)
        questions = sample_set_of(store, spec.run_id)
        asked.setdefault(own.run_id, (own, read_samples(store, questions)[:few] if questions is not None else []))
    before = {run_id: answers_of(store, run_id) for run_id in asked}
    most = Usage()
    for run_id, (own, samples) in asked.items():
        most += expected(samples, before[run_id], max_new_tokens=TASKS[own.task].max_new_tokens, price=price)
    if not most.n_requests:
        return groups, Usage()
    _check(most, name, wanted)
    cost = "price not known" if most.cost is None else f"at most ${most.cost:.4f}" if most.cost else "at no cost known"
    agree(most, f"First {most.n_requests:,} reference answers by {name} at {url}: at most {most.n_tokens:,} tokens, {cost}.")
    outcome = compute([own for own, _ in asked.values()], store, errors, device=device)
    if outcome.failed:
        raise JobError(f"the reference answers could not be made: {' '.join(outcome.failures())}")
    taken = Usage()
    for run_id in asked:
        known = {(one.sample_id, one.turn) for one in before[run_id]}
        taken += used([one for one in answers_of(store, run_id) if (one.sample_id, one.turn) not in known], price)
    return groups, taken


def _check(most: Usage, name: str, wanted: JudgeRequest) -> None:
    """Raise PreflightError where reference answers may take more than a cap allows."""
    way_out = "raise it, judge fewer with --limit, or make them first with `run` and name that run."
    if wanted.max_cost is not None and most.cost is None:
        raise PreflightError(
            f"the price of {name}, which is to give the reference answers, is not known, so ${wanted.max_cost:g} cannot be kept to: "
            "add it to the table of prices on the Judge page, or make the answers first with `run` and name that run."
        )
    for what, needed, cap in (
        ("--max-requests", most.n_requests, wanted.max_requests),
        ("--max-total-tokens", most.n_tokens, wanted.max_total_tokens),
        ("--max-cost", most.cost or 0.0, wanted.max_cost),
    ):
        if cap is not None and needed > cap:
            raise PreflightError(f"the reference answers by {name} may take {needed:,.6g}, and {what} is {cap:,.6g}: {way_out}")
