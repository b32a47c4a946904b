"""`live`: a dense and a compressed model answer one prompt side by side, on the terminal as they stream."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from llmkick_core.cli import options as option
from llmkick_core.cli.console import errors, print_json, tables
from llmkick_core.cli.fetching import make_ready
from llmkick_core.cli.frame import command, store_of
from llmkick_core.cli.recipes import Order, calibrated
from llmkick_core.errors import JobError, RunCancelled
from llmkick_core.schema import Recipe, RunSpec

if TYPE_CHECKING:
    from rich.table import Table

    from llmkick_core.live.duel import Duel

_LOOK_S = 0.1

Prompt = Annotated[str, typer.Option("--prompt", metavar="TEXT", help="What both are asked.")]
Chat = Annotated[
    bool, typer.Option("--chat", help="Put it as a conversation, through the model's chat template, instead of as text to go on from.")
]
MaxTokens = Annotated[int, typer.Option("--max-tokens", metavar="N", help="Most tokens of an answer.")]
Temperature = Annotated[float, typer.Option("--temperature", metavar="T", help="Draw tokens; 0 always takes the most likely one.")]


@command
def live(
    prompt: Prompt,
    model: option.Model = "bundled:kick-tiny",
    method: option.Method = "dense",
    sparsity: option.Sparsity = None,
    structure: option.Structure = "unstructured",
    bits: option.Bits = None,
    group_size: option.GroupSize = None,
    quantizer: option.Quantizer = None,
    asymmetric: option.Asymmetric = False,
    activation_order: option.ActivationOrder = False,
    order: option.Order = "layer",
    calibration: option.CalibrationText = "auto",
    n_samples: option.NSamples = None,
    seq_len: option.SeqLen = None,
    seed: option.Seed = 0,
    chat: Chat = False,
    max_tokens: MaxTokens = 64,
    temperature: Temperature = 0.0,
    store: option.Store = None,
    device: option.Device = None,
    as_json: option.Json = False,
) -> None:
    """Let the dense and a compressed model answer one prompt side by side, token by token."""
    from llmkick_core.live.duel import Ask

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
    ask = Ask(prompt=prompt, is_chat=chat, max_tokens=max_tokens, temperature=temperature)
    make_ready(model, errors)
    specs = _specs(model, calibrated(model, [Recipe(), recipe], calibration, n_samples, seq_len, seed))
    labels = [spec.recipe.label for spec in specs]
    duel = _answered(specs, ask, store_of(store), device)
    failed = [f"{label}: {side.message}" for label, side in zip(labels, duel.snapshot(), strict=True) if side.state == "failed"]
    if failed:
        raise JobError(" ".join(failed))
    if as_json:
        print_json(document(labels, duel))
    else:
        tables().print(side_by_side(labels, duel))


def _specs(model: str, recipes: list[Recipe]) -> list[RunSpec]:
    """Return what stands for the models that answer: the dense one, and where the other recipe is not dense the compressed one."""
    from llmkick_core.catalog import plan

    recipes = [one for k, one in enumerate(recipes) if not k or not one.is_dense]
    return plan(model, recipes, ["factoid_qa"])[: len(recipes)]


def _answered(specs: list[RunSpec], ask: Any, store: Path, device: str | None) -> Duel:
    """Return the answers once they have ended, after showing them as they come; the servers are ended before."""
    from rich.live import Live

    from llmkick_core.live.sources import source_of
    from llmkick_core.live.studio import Studio

    labels = [spec.recipe.label for spec in specs]
    studio = Studio(store, device=device)
    try:
        duel = studio.start([source_of(spec, is_named=True) for spec in specs], ask)
        with Live(console=errors, transient=True, auto_refresh=False) as screen:
            while not duel.is_over:
                if errors.is_terminal:
                    screen.update(side_by_side(labels, duel), refresh=True)
                time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        raise RunCancelled("stopped before the answers were whole.") from None
    finally:
        studio.close()
    return duel


def side_by_side(labels: list[str], duel: Duel) -> Table:
    """Return the answers in columns as far as they have come, marked from where they part."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from llmkick_core.live.agreement import n_agreed
    from llmkick_core.live.duel import OVER

    sides, cut = duel.snapshot(), duel.compared()
    table = Table(box=SIMPLE_HEAD, expand=True)
    for label in labels:
        table.add_column(Text(label), ratio=1)
    shown, told = [], []
    for k, side in enumerate(sides):
        n = n_agreed(cut[k], cut[1 - k]) if len(cut) > 1 else len(cut[k])
        text = Text("".join(cut[k][:n]))
        text.append("".join(cut[k][n:]), style="green" if k == 0 else "red")
        if side.state not in (*OVER, "streaming"):
            text.append(f"{side.state} {side.message}".strip(), style="dim")
        speed = f", {side.tokens_per_s:.0f} a second" if side.tokens_per_s is not None else ""
        shown.append(text)
        told.append(Text(f"{side.n_tokens} tokens{speed}", style="dim"))
    table.add_row(*shown)
    table.add_row(*told)
    return table


def document(labels: list[str], duel: Duel) -> dict[str, Any]:
    """Return what `--json` prints; `n_agreed` is None where one model alone answered."""
    from llmkick_core.live.agreement import parting

    cut = duel.compared()
    sides = [
        {
            "recipe": label,
            "text": side.text,
            **({"thought": side.thought} if side.thought else {}),
            "n_tokens": side.n_tokens,
            "tokens_per_s": None if side.tokens_per_s is None else round(side.tokens_per_s, 1),
            "first_token_s": None if side.first_s is None else round(side.first_s, 3),
        }
        for label, side in zip(labels, duel.snapshot(), strict=True)
    ]
    return {"prompt": duel.ask.prompt, "sides": sides, "n_agreed": parting(cut[0], cut[1]).n_agreed if len(cut) > 1 else None}
