"""How fast compression is: ours, llmcompressor and the papers' own way, in turn on the same model, tokens and machine.

PYTHONPATH=. python benchmarks/compression.py --peer-python PEER_VENV/bin/python --rounds 3

The model is a random Llama (8 blocks, hidden 512, intermediate 1408, vocabulary 4,096, float32), the text 64 x 512 random tokens. Prints a markdown table of medians, ratios to the peer, and
shares of the floor: the forward passes, Hessians and solves in floating-point operations, at the machine's own measured rate of matrix products.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.catalog import canonical, procedure_of
from llmkick_core.compress.engine import compress_model
from llmkick_core.schema import Recipe
from llmkick_core.settings import BUNDLED_ROOT

RECIPES = {
    "wanda": Recipe(method="wanda", sparsity=0.5),
    "wanda-2:4": Recipe(method="wanda", structure="2:4"),
    "sparsegpt": Recipe(method="sparsegpt", sparsity=0.5),
    "sparsegpt-2:4": Recipe(method="sparsegpt", structure="2:4"),
    "gptq": Recipe(method="gptq", bits=4, group_size=64),
}
SHAPE = {"hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 8, "num_attention_heads": 8, "vocab_size": 4096}
LAYERS = (*[(512, 512)] * 4, *[(1408, 512)] * 2, (512, 1408))  # (out, in) of a block
GROUPS = ((1536, 512), (512, 512), (2816, 512), (512, 1408))  # the same, layers of one input together


def model() -> LlamaForCausalLM:
    """Return the random model, the same each time."""
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=False)).eval()


def tokens() -> torch.Tensor:
    """Return (64, 512) random tokens."""
    return torch.randint(0, SHAPE["vocab_size"], (64, 512), generator=torch.Generator().manual_seed(1))


def matmul_rate() -> float:
    """Return floating-point operations a second of a matrix product like those of a forward pass."""
    x, w = torch.randn(2048, 512), torch.randn(512, 1408)
    times = []
    for _ in range(30):
        started = time.perf_counter()
        x @ w
        times.append(time.perf_counter() - started)
    return 2 * 2048 * 512 * 1408 / statistics.median(times)


def floor_operations(method: str, passes: int) -> float:
    """Return the floating-point operations that a method cannot do without: passes through the blocks, Hessians once a group, factors and solves."""
    n = tokens().numel()
    attention = 2 * 2 * n * 512 * 512  # scores and values, all pairs of a sequence of 512
    operations = passes * SHAPE["num_hidden_layers"] * (sum(2 * n * n_out * n_in for n_out, n_in in LAYERS) + attention)
    if method.partition("-")[0] in ("sparsegpt", "gptq"):
        for n_out, n_in in GROUPS:
            operations += SHAPE["num_hidden_layers"] * (n * n_in**2 + n_in**3 + n_out * n_in**2)  # half of x^T x, two factors, the solve
    return operations


def ours(method: str, order: str) -> float:
    """Return seconds of our compression."""
    recipe = canonical(RECIPES[method])
    procedure = procedure_of(Recipe(**{**recipe.to_dict(), "order": order, "calibration": recipe.calibration}))
    made, text = model(), tokens()
    started = time.perf_counter()
    compress_model(made, procedure, text)
    return time.perf_counter() - started


def write_for_peer(folder: Path) -> None:
    """Write model, tokens and a tokenizer for llmcompressor."""
    model().save_pretrained(folder)
    torch.save(tokens(), folder / "tokens.pt")
    for path in (BUNDLED_ROOT / "kick-tiny").glob("tokenizer*"):
        shutil.copyfile(path, folder / path.name)


def peer(python: str, method: str, folder: Path, out: Path | None = None, batch_size: int = 4) -> float:
    """Return seconds of llmcompressor's."""
    words = [
        python,
        str(Path(__file__).with_name("peer_llmcompressor.py")),
        str(folder),
        str(folder / "tokens.pt"),
        method,
        str(batch_size),
    ]
    done = subprocess.run([*words, *([str(out)] if out else [])], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.strip().splitlines()[-1])["seconds"])


@torch.no_grad()
def textbook(method: str) -> float:
    """Return seconds of the papers' way: sample by sample, every layer its own statistics, two passes a block, n:m group by group."""
    made, text = model(), tokens()
    started = time.perf_counter()
    base = made.model
    hidden = [base.embed_tokens(row[None]) for row in text]
    positions = torch.arange(text.shape[1])[None]
    rotary = base.rotary_emb(hidden[0], positions)
    for block in base.layers:
        linears = {name: module for name, module in block.named_modules() if isinstance(module, nn.Linear)}
        hessians = {name: torch.zeros(module.in_features, module.in_features) for name, module in linears.items()}
        squares = {name: torch.zeros(module.in_features) for name, module in linears.items()}

        def see(name: str, hessians: dict = hessians, squares: dict = squares) -> Callable[..., None]:
            def hook(module: nn.Module, args: tuple[torch.Tensor, ...]) -> None:
                x = args[0].reshape(-1, args[0].shape[-1]).T
                if method.startswith("sparsegpt"):
                    hessians[name] += 2 / len(text) * x @ x.T
                else:
                    squares[name] += x.norm(dim=1) ** 2 / len(text)

            return hook

        handles = [module.register_forward_pre_hook(see(name)) for name, module in linears.items()]
        for row in hidden:
            block(row, position_embeddings=rotary, position_ids=positions)
        for handle in handles:
            handle.remove()
        for name, module in linears.items():
            if method.startswith("sparsegpt"):
                module.weight.copy_(_textbook_sparsegpt(module.weight, hessians[name], method.endswith("2:4")))
            else:
                module.weight.copy_(_textbook_wanda(module.weight, squares[name].sqrt(), method.endswith("2:4")))
        hidden = [block(row, position_embeddings=rotary, position_ids=positions) for row in hidden]
    return time.perf_counter() - started


def _textbook_wanda(weight: torch.Tensor, norm: torch.Tensor, is_structured: bool) -> torch.Tensor:
    importance = weight.abs() * norm
    mask = torch.zeros_like(weight, dtype=torch.bool)
    if is_structured:
        for column in range(0, weight.shape[1], 4):
            group = importance[:, column : column + 4]
            mask.scatter_(1, column + group.topk(2, dim=1, largest=False)[1], True)
    else:
        order = importance.sort(dim=1, stable=True)[1]
        mask.scatter_(1, order[:, : weight.shape[1] // 2], True)
    return weight.masked_fill(mask, 0)


def _textbook_sparsegpt(weight: torch.Tensor, hessian: torch.Tensor, is_structured: bool) -> torch.Tensor:
    left = weight.clone()
    n_in = weight.shape[1]
    hessian.diagonal().add_(0.01 * hessian.diagonal().mean())
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(hessian)), upper=True)
    for start in range(0, n_in, 128):
        stop = min(start + 128, n_in)
        block = left[:, start:stop].clone()
        made, errors = torch.zeros_like(block), torch.zeros_like(block)
        local = factor[start:stop, start:stop]
        importance = block**2 / local.diagonal() ** 2
        mask = (
            importance <= importance.flatten().sort()[0][importance.numel() // 2]
            if not is_structured
            else torch.zeros_like(block, dtype=torch.bool)
        )
        for j in range(stop - start):
            if is_structured and j % 4 == 0:
                group = block[:, j : j + 4] ** 2 / local.diagonal()[j : j + 4] ** 2
                mask.scatter_(1, j + group.topk(2, dim=1, largest=False)[1], True)
            kept = block[:, j].masked_fill(mask[:, j], 0)
            made[:, j] = kept
            error = (block[:, j] - kept) / local[j, j]
            block[:, j:] -= error[:, None] * local[j, j:][None]
            errors[:, j] = error
        left[:, start:stop] = made
        left[:, stop:] -= errors @ factor[start:stop, stop:]
    return left


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure compression side by side.")
    parser.add_argument("--peer-python", help="the Python of an environment with llmcompressor 0.14; left out, the peer is")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--methods", default=",".join(RECIPES))
    parser.add_argument("--no-textbook", action="store_true")
    arguments = parser.parse_args()
    methods = arguments.methods.split(",")
    found: dict[tuple[str, str], list[float]] = {}
    rates = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_for_peer(folder)
        for _ in range(arguments.rounds):
            for method in methods:
                rates.append(matmul_rate())
                ways: dict[str, Callable[[], float]] = {order: (lambda m=method, o=order: ours(m, o)) for order in ("layer", "block")}
                if arguments.peer_python:
                    ways["llmcompressor"] = lambda m=method: peer(arguments.peer_python, m, folder)
                if not arguments.no_textbook and not method.startswith("gptq"):
                    ways["textbook"] = lambda m=method: textbook(m)
                for way, run in ways.items():
                    found.setdefault((method, way), []).append(run())
                    print(f"{method} {way}: {found[method, way][-1]:.1f} s", flush=True)
    rate = statistics.median(rates)
    print(f"\nMatrix products: {rate / 1e9:.0f} GFLOP/s (median).\n")
    print(
        "| method | layer | block | llmcompressor | textbook | layer / llmcompressor | block / llmcompressor | share of the floor, layer | block |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for method in methods:
        medians = {way: statistics.median(times) for (name, way), times in found.items() if name == method}
        theirs = medians.get("llmcompressor")
        cells = [f"{medians[way]:.1f} s" if way in medians else "" for way in ("layer", "block", "llmcompressor", "textbook")]
        cells += [f"{medians[way] / theirs:.2f}" if theirs else "" for way in ("layer", "block")]
        cells += [f"{floor_operations(method, passes) / rate / medians[way]:.2f}" for way, passes in (("layer", 1), ("block", 2))]
        print(f"| {method} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
