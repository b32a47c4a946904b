"""`compress` on a terminal: blocks on their way, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from llmkick_core.cli.progress import duration
from llmkick_core.compression import Compression
from llmkick_core.jobs.estimate import Estimate


@contextmanager
def block_progress(console: Console) -> Iterator[Callable[[int, int], None]]:
    """Yield what is called with (blocks finished, blocks in all) to show how far a compression is."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("blocks, left", markup=False),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("loading", total=None)

        def on_block(n_done: int, n_blocks: int) -> None:
            bars.update(task, description="compressing", completed=n_done, total=n_blocks)
            if not console.is_terminal:
                console.print(f"compressed block {n_done} of {n_blocks}")

        yield on_block


def said(cost: Estimate) -> str:
    """Return in one line what a compression will take."""
    if cost.seconds is None or cost.memory_bytes is None:
        return "The model is downloaded first; until then its size is unknown."
    return f"About {duration(cost.seconds)} and {cost.memory_bytes / 2**30:.1f} GiB of memory by a rough estimate."


def print_compression(console: Console, done: Compression) -> None:
    """Print a line a layer and what the whole comes to."""
    found: dict[str, Any] = done.to_dict()
    has_errors = any(layer.error is not None for layer in done.layers)  # a method that looks at no text has none
    heads = ["layer", "sparsity", *(["error"] if has_errors else []), "bits a weight"]
    table = Table(*heads, title=f"{found['recipe']} in {done.out}", title_justify="left", box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for layer in done.layers:
        error = ["" if layer.error is None else f"{layer.error:.4f}"] if has_errors else []
        table.add_row(layer.name, f"{layer.sparsity:.4f}", *error, f"{layer.bits:.2f}")
    console.print(table)
    dense, stored_size, packed = (f"{found[name] / 1e6:,.1f} MB" for name in ("bytes_dense", "bytes", "bytes_packed"))
    stored = (
        "Quantized layers are packed integers; zeros among them save nothing."
        if done.is_packed
        else "As it is stored, with zeros in dense tensors, the model is neither smaller nor faster."
    )
    console.print(
        f"Sparsity {found['sparsity']:.4f}, {found['bits_per_weight']:.2f} bits a weight in the compressed layers, {found['seconds']:.1f} s.\n"
        f"Weights: {dense} dense, {stored_size} as stored, {packed} in a packed format. {stored}",
        soft_wrap=True,
    )
    if done.left_dense:
        left = ", ".join(f"{name} ({count})" for name, count in done.left_dense.items())
        console.print(f"Also left dense, outside the blocks or no linear layers: {left}.", soft_wrap=True)
