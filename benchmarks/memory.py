"""How much memory compressing a large checkpoint takes: its peak beside what loading it whole would.

PYTHONPATH=. python benchmarks/memory.py [--gigabytes 6.5] [--folder DIR]

Writes a random Llama-shaped checkpoint in shards (bfloat16), compresses it by `python -m llmkick_core compress` with a few short samples, and reads the peak resident
memory of that process from the kernel.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig

from llmkick_core.settings import BUNDLED_ROOT

HIDDEN, INTERMEDIATE, VOCABULARY = 2560, 6912, 4096
METHODS = {
    "magnitude-50": ("--method", "magnitude", "--sparsity", "0.5"),
    "wanda-50": ("--method", "wanda", "--sparsity", "0.5", "--n-samples", "8", "--seq-len", "128"),
}


def write_checkpoint(folder: Path, n_bytes: float) -> int:
    """Write the checkpoint, a shard a block, and return the bytes of its weights."""
    config = LlamaConfig(
        hidden_size=HIDDEN,
        intermediate_size=INTERMEDIATE,
        num_attention_heads=20,
        vocab_size=VOCABULARY,
        max_position_embeddings=512,
        tie_word_embeddings=False,
        dtype="bfloat16",
    )
    shapes = {
        **{f"self_attn.{name}_proj": (HIDDEN, HIDDEN) for name in "qkvo"},
        **{f"mlp.{name}_proj": (INTERMEDIATE, HIDDEN) for name in ("gate", "up")},
        "mlp.down_proj": (HIDDEN, INTERMEDIATE),
    }
    config.num_hidden_layers = int(n_bytes / 2 / sum(a * b for a, b in shapes.values())) + 1
    folder.mkdir(parents=True)
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> torch.Tensor:
        return (torch.randn(*shape, generator=generator) * 0.02).bfloat16()

    weight_map, total = {}, 0
    outside = {
        "model.embed_tokens.weight": random(VOCABULARY, HIDDEN),
        "lm_head.weight": random(VOCABULARY, HIDDEN),
        "model.norm.weight": torch.ones(HIDDEN).bfloat16(),
    }
    for k in range(config.num_hidden_layers + 1):
        tensors = outside
        if k < config.num_hidden_layers:
            tensors = {f"model.layers.{k}.{name}.weight": random(*shape) for name, shape in shapes.items()}
            norms = ("input_layernorm", "post_attention_layernorm")
            tensors |= {f"model.layers.{k}.{name}.weight": torch.ones(HIDDEN).bfloat16() for name in norms}
        file = f"model-{k + 1:05d}-of-{config.num_hidden_layers + 1:05d}.safetensors"
        save_file(tensors, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(tensors, file)
        total += sum(tensor.nbytes for tensor in tensors.values())
    config.architectures = ["LlamaForCausalLM"]
    config.save_pretrained(folder)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": weight_map}))
    for path in (BUNDLED_ROOT / "kick-tiny").glob("tokenizer*"):
        shutil.copyfile(path, folder / path.name)
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the memory of compressing a large checkpoint.")
    parser.add_argument("--gigabytes", type=float, default=6.5)
    parser.add_argument("--folder", type=Path, help="where the checkpoints go; a temporary folder where it is left out")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        dense = Path(name) / "dense"
        total = write_checkpoint(dense, arguments.gigabytes * 1e9)
        block = (4 * HIDDEN * HIDDEN + 3 * HIDDEN * INTERMEDIATE) * 4
        print(
            f"{total / 1e9:.2f} GB in bfloat16; loaded whole in float32: {2 * total / 1e9:.1f} GB; a block in float32: {block / 1e9:.2f} GB.\n"
        )
        print("| recipe | peak resident memory | seconds |\n|---|---:|---:|")
        for label, words in METHODS.items():
            out = Path(name) / label
            command = [
                sys.executable,
                "-m",
                "llmkick_core",
                "compress",
                "--model",
                str(dense),
                *words,
                "--device",
                "cpu",
                "--out",
                str(out),
            ]
            started = time.monotonic()
            subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            seconds = time.monotonic() - started
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024  # the largest child so far; the recipes grow
            print(f"| {label} | {peak / 1e9:.2f} GB | {seconds:.0f} |", flush=True)
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
