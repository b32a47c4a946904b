"""The command `import`: published answers and judgments, browsed, compared and measured like our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from llmkick_core.cli import options as option
from llmkick_core.cli.console import errors, print_json, say
from llmkick_core.cli.frame import command, store_of
from llmkick_core.cli.recipes import Order
from llmkick_core.errors import UsageError
from llmkick_core.schema import Recipe

if TYPE_CHECKING:
    from llmkick_core.interchange.answers import ImportedAnswers
    from llmkick_core.interchange.reviews import ImportedReviews

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="FastChat's or LLM-KICK's answers, reviews or judgments, one JSON object a line.")
]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="answers or reviews. [default: what most rows are]")]
Task = Annotated[str | None, typer.Option("--task", metavar="TASK", help="Of answers: summarization or instruction_following.")]
Questions = Annotated[
    str | None,
    typer.Option(
        "--questions", "--data", metavar="DATA", help="Of answers: bundled, hub, or the file or folder of the questions they answer."
    ),
]
Name = Annotated[
    str,
    typer.Option(
        "--name",
        metavar="NAME",
        help="Of answers: the model's name. Of judgments: what the file calls the run's model. [default: the file's]",
    ),
]
Run = Annotated[
    str | None, typer.Option("--run", metavar="RUN", help="Of reviews: the run whose answers were judged, or the beginning of its id.")
]
References = Annotated[
    str, typer.Option("--references", metavar="RUN", help="Of reviews: the run whose answers they compare with, or dataset as a stand-in.")
]
Opponent = Annotated[str, typer.Option("--opponent", metavar="RUN", help="Of judgments of pairs: the run of the other model.")]
OpponentName = Annotated[str, typer.Option("--opponent-name", metavar="NAME", help="What the file calls that model.")]
Judge = Annotated[str, typer.Option("--judge", metavar="NAME", help="Who judged, where the file does not say, or says several.")]
JudgeTemperature = Annotated[float, typer.Option("--temperature", metavar="T", help="Of the judge.")]
ReadAgain = Annotated[bool, typer.Option("--read-again", help="Count verdicts that can be read in the text where the file has -1.")]


@command
def import_(
    files: Files,
    kind: Kind = None,
    task: Task = None,
    questions: Questions = None,
    name: Name = "",
    method: option.Method = "dense",
    sparsity: option.Sparsity = None,
    structure: option.Structure = "unstructured",
    bits: option.Bits = None,
    group_size: option.GroupSize = None,
    quantizer: option.Quantizer = None,
    asymmetric: option.Asymmetric = False,
    activation_order: option.ActivationOrder = False,
    order: option.Order = "layer",
    run: Run = None,
    references: References = "",
    opponent: Opponent = "",
    opponent_name: OpponentName = "",
    judge: Judge = "",
    temperature: JudgeTemperature = 0.0,
    read_again: ReadAgain = False,
    store: option.Store = None,
    as_json: option.Json = False,
) -> None:
    """Read published answers as a run, or published reviews as judgments of a run."""
    from llmkick_core.interchange.answers import Source, import_answers
    from llmkick_core.interchange.reviews import import_reviews
    from llmkick_core.interchange.whose import Subject

    place = store_of(store)
    recipe = Recipe(
        method=method,
        sparsity=sparsity,
        structure=structure,
        bits=bits,
        group_size=group_size,
        quantizer=quantizer,
        is_symmetric=not asymmetric,
        has_activation_order=activation_order,
        order=cast(Order, order),
    )
    documents = []
    for file in files:
        path = file.expanduser()
        if _kind(path, kind) == "answers":
            _check_answers(task, questions, run=run, of_reviews=(references, opponent, opponent_name, judge))
            source = Source(task=task or "", questions=questions or "", recipe=recipe, name=name)
            documents.append(_told_answers(path, import_answers(place, path, source=source), as_json=as_json))
        else:
            _check_reviews(task, questions, recipe, run=run)
            subject = Subject(
                run=run or "",
                references=references,
                opponent=opponent,
                judge=judge,
                name=name,
                opponent_name=opponent_name,
                temperature=temperature,
                is_read_again=read_again,
            )
            documents.append(_told_reviews(path, import_reviews(place, path, subject=subject), is_read_again=read_again, as_json=as_json))
    if as_json:
        print_json(documents[0] if len(documents) == 1 else {"imported": documents})


def _kind(path: Path, wanted: str | None) -> str:
    """Return what a file holds: as it was named, else what most of its rows are."""
    from llmkick_core.interchange.fastchat import KINDS, kind_of
    from llmkick_core.interchange.lines import read_lines

    if wanted is not None and wanted not in KINDS:
        raise UsageError(f"kind {wanted!r} is none of {', '.join(KINDS)}.")
    return wanted or kind_of(read_lines(path))


def _check_answers(task: str | None, questions: str | None, *, run: str | None, of_reviews: Sequence[str]) -> None:
    """See that answers come with what they do not say of themselves."""
    if run is not None or any(of_reviews):
        raise UsageError(
            "--run, --references, --opponent and --judge go with reviews, and this file holds answers; --kind reviews insists."
        )
    if not task or not questions:
        raise UsageError("answers do not say what was asked: name --task (summarization or instruction_following) and --questions.")


def _check_reviews(task: str | None, questions: str | None, recipe: Recipe, *, run: str | None) -> None:
    """See that reviews come with their run and with nothing that only answers take."""
    if task or questions or not recipe.is_dense:
        raise UsageError("--task, --questions and the recipe go with answers, and this file holds reviews: the run (--run) has them.")
    if run is None:
        raise UsageError("reviews do not say whose answers they judge: import the answers first, and name their run with --run.")


def _told_answers(path: Path, done: ImportedAnswers, *, as_json: bool) -> dict[str, Any]:
    """Tell what came of a file of answers, and return it as a document."""
    new = f"{done.n_imported:,} new answers" if done.n_imported else "nothing new"
    said = f"{path.name}: {new} from {done.n_lines:,} lines; run {done.run_id} ({done.model}, {done.recipe}) answers {done.n_answered:,} of {done.n_questions:,} questions."
    _tell([said, *_left_out(done.left_out), *done.notes], as_json=as_json)
    return {"file": path.name, **_document(done)}


def _told_reviews(path: Path, done: ImportedReviews, *, is_read_again: bool, as_json: bool) -> dict[str, Any]:
    """Tell what came of a file of reviews, and return it as a document."""
    new = f"{done.n_imported:,} new judgments" if done.n_imported else "nothing new"
    against = f" against {done.opponent}" if done.opponent else ""
    said = [
        f"{path.name}: {new} from {done.n_lines:,} lines, as time {done.repeat + 1} of judging {done.judging_id}: run {done.run_id}{against}, by {done.judge}.",
        f"Outcomes: {', '.join(f'{n:,} {outcome}' for outcome, n in done.outcomes.items())}.",
    ]
    for aspect, means in done.means.items():
        beside = f" (against {means['opponent']:.4f})" if "opponent" in means else ""
        said.append(f"Mean {aspect}: {means['candidate']:.4f}{beside}, n = {means['n']:,}.")
    if done.winners:
        said.append(f"Better: {', '.join(f'{word} {n:,}' for word, n in done.winners.items())}; both orders counted one by one.")
    if done.n_readable_after_all:
        counted = ", and are counted" if is_read_again else "; --read-again counts them"
        said.append(f"{done.n_readable_after_all:,} that the file has as failed can be read after all{counted}.")
    _tell([*said, *_left_out(done.left_out), *done.notes], as_json=as_json)
    return {"file": path.name, **_document(done)}


def _left_out(reasons: dict[str, int]) -> list[str]:
    return [f"Left out: {'; '.join(f'{n:,} {why}' for why, n in reasons.items())}."] if reasons else []


def _document(done: ImportedAnswers | ImportedReviews) -> dict[str, Any]:
    raw = asdict(done)
    return {**raw, "left_out": [{"reason": why, "n": n} for why, n in done.left_out.items()], "notes": list(done.notes)}


def _tell(lines: Sequence[str], *, as_json: bool) -> None:
    """Print lines: the result on stdout, or beside the document on stderr."""
    for line in lines:
        if as_json:
            errors.print(line, soft_wrap=True)
        else:
            say(line)
