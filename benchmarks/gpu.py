"""Compression of a Llama-2-7B-shaped random model on one GPU: seconds of each recipe, and of the column loop as one kernel a block against a loop in torch.

PYTHONPATH=. python benchmarks/gpu.py [--layers 32] [--rounds 3]

The text is 128 x 2048 random tokens, the weights bfloat16, statistics float32. Prints two markdown tables. The share of the floor is that of the blocks' forward pass, the Hessians, factors and
solves in floating-point operations, at the rates of matrix products measured here, over what was taken.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.catalog import canonical, procedure_of
from llmkick_core.compress import fused
from llmkick_core.compress.base import InputStats
from llmkick_core.compress.engine import compress_model
from llmkick_core.compress.gptq import gptq
from llmkick_core.compress.hessian import with_factor
from llmkick_core.compress.sparsegpt import sparsegpt
from llmkick_core.schema import Recipe

RECIPES = {
    "wanda": Recipe(method="wanda", sparsity=0.5),
    "sparsegpt": Recipe(method="sparsegpt", sparsity=0.5),
    "sparsegpt-2:4": Recipe(method="sparsegpt", structure="2:4"),
    "gptq": Recipe(method="gptq", bits=4, group_size=128),
}
HIDDEN, INTERMEDIATE, VOCABULARY = 4096, 11008, 32000
LAYERS = (*[(HIDDEN, HIDDEN)] * 4, *[(INTERMEDIATE, HIDDEN)] * 2, (HIDDEN, INTERMEDIATE))  # (out, in) of a block
GROUPS = ((3 * HIDDEN, HIDDEN), (HIDDEN, HIDDEN), (2 * INTERMEDIATE, HIDDEN), (HIDDEN, INTERMEDIATE))


def seconds(work: Callable[[], object]) -> float:
    """Return how long work on the GPU takes."""
    torch.cuda.synchronize()
    started = time.perf_counter()
    work()
    torch.cuda.synchronize()
    return time.perf_counter() - started


def rate(dtype: torch.dtype) -> float:
    """Return floating-point operations a second of a large matrix product."""
    x = torch.randn(8192, 8192, device="cuda", dtype=dtype)
    x @ x
    return 2 * 8192**3 / statistics.median(seconds(lambda: x @ x) for _ in range(10))


def solve(name: str, n_out: int, n_in: int) -> Callable[[], object]:
    """Return one layer's solve, its factor made beforehand."""
    weight = torch.randn(n_out, n_in, device="cuda")
    x = torch.randn(2 * n_in, n_in, device="cuda")
    stats = with_factor([weight], InputStats(n_tokens=len(x), hessian=x.T @ x * (2 / len(x))), RECIPES[name])
    return lambda: (gptq if name == "gptq" else sparsegpt)(weight, stats, RECIPES[name])


def compare_solves(rounds: int) -> None:
    """Print the kernel against the loop."""
    can_fuse = fused.can_fuse
    print("| solve | layer | kernel | loop in torch | loop / kernel |\n|---|---|---:|---:|---:|")
    for name in ("sparsegpt", "sparsegpt-2:4", "gptq"):
        for n_out, n_in in sorted(set(LAYERS)):
            work = solve(name, n_out, n_in)
            work()
            times: dict[bool, list[float]] = {True: [], False: []}
            for _ in range(rounds):
                for is_fused in (True, False):
                    fused.can_fuse = can_fuse if is_fused else lambda columns: False
                    times[is_fused].append(seconds(work))
            fused.can_fuse = can_fuse
            kernel, loop = (statistics.median(times[is_fused]) for is_fused in (True, False))
            print(f"| {name} | {n_out} x {n_in} | {1000 * kernel:.1f} ms | {1000 * loop:.1f} ms | {loop / kernel:.1f} |", flush=True)


def compare_models(n_layers: int, rounds: int) -> None:
    """Print seconds of whole compressions, and how much of them the arithmetic accounts for."""
    config = LlamaConfig(
        hidden_size=HIDDEN,
        intermediate_size=INTERMEDIATE,
        num_hidden_layers=n_layers,
        num_attention_heads=32,
        vocab_size=VOCABULARY,
        max_position_embeddings=4096,
    )
    text = torch.randint(0, VOCABULARY, (128, 2048), generator=torch.Generator().manual_seed(1))
    n = text.numel()
    narrow, wide = rate(torch.bfloat16), rate(torch.float32)
    print(f"\nMatrix products: {narrow / 1e12:.0f} TFLOP/s in bfloat16, {wide / 1e12:.0f} in float32.\n")
    print(f"| recipe | {n_layers} blocks | most memory | share of the floor |\n|---|---:|---:|---:|")
    forward = n_layers * (sum(2 * n * a * b for a, b in LAYERS) + 2 * 2 * n * 2048 * HIDDEN)
    solves = n_layers * sum(n * b**2 + b**3 + a * b**2 for a, b in GROUPS)
    for name, recipe in RECIPES.items():
        procedure = procedure_of(canonical(recipe))
        times = []
        for _ in range(rounds):
            torch.manual_seed(0)
            with torch.device("cuda"):
                model = LlamaForCausalLM(config).to(torch.bfloat16).eval()
            torch.cuda.reset_peak_memory_stats()
            times.append(seconds(lambda model=model, procedure=procedure: compress_model(model, procedure, text)))
            del model
        floor = forward / narrow + (0 if name == "wanda" else solves / wide)
        peak = torch.cuda.max_memory_allocated() / 1e9
        print(f"| {name} | {statistics.median(times):.1f} s | {peak:.1f} GB | {floor / statistics.median(times):.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure compression on one GPU.")
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("no GPU that torch can use")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}\n")
    compare_solves(arguments.rounds)
    compare_models(arguments.layers, arguments.rounds)


if __name__ == "__main__":
    main()
