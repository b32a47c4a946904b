"""How closely our compressed weights agree with llmcompressor's, on the same weights and the same calibration tokens.

PYTHONPATH=. python benchmarks/parity.py --peer-python PEER_VENV/bin/python

The model and the text are those of compression.py, in the order `block`, which is llmcompressor's own. Prints a markdown table: the share of weights of which both say the same, kept or removed; and of
the relative output errors of all layers, each on the inputs that reach it behind the compressed blocks before, the ratio of ours to theirs. The masks are compared layer by layer, on the inputs of the
peer's own model; end to end, where one near tie that rounding decides changes all blocks after it; and, to say what rounding does, llmcompressor's with its own at eight sequences at a time instead of four.
"""

import argparse
import tempfile
from pathlib import Path

import torch
from compression import RECIPES, model, peer, tokens, write_for_peer
from safetensors.torch import load_file
from torch import Tensor, nn

from llmkick_core.catalog import canonical, procedure_of
from llmkick_core.compress.engine import compress_model
from llmkick_core.compress.statistics import InputAccumulator
from llmkick_core.schema import Recipe

ROWS = 16
"""Sequences that errors are measured on."""


def ours(method: str) -> dict[str, Tensor]:
    """Return our compressed weights by layer."""
    recipe = canonical(RECIPES[method])
    made = model()
    compress_model(made, procedure_of(Recipe(**{**recipe.to_dict(), "order": "block", "calibration": recipe.calibration})), tokens())
    return {
        name: module.weight.detach().clone() for name, module in made.named_modules() if isinstance(module, nn.Linear) and "layers." in name
    }


@torch.no_grad()
def layer_by_layer(method: str, theirs: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return our compressed weights by layer, each calibrated in its dense block behind the peer's compressed blocks before it."""
    procedure = procedure_of(canonical(RECIPES[method]))
    made, found = model(), {}
    base = made.model
    hidden = base.embed_tokens(tokens())
    positions = torch.arange(hidden.shape[1])[None]
    rotary = base.rotary_emb(hidden, positions)

    def forward(block: nn.Module) -> Tensor:
        return torch.cat([block(rows, position_embeddings=rotary, position_ids=positions) for rows in hidden.split(8)])

    for k, block in enumerate(base.layers):
        linears = {f"model.layers.{k}.{name}": module for name, module in block.named_modules() if isinstance(module, nn.Linear)}
        seen = {name: InputAccumulator(procedure.needs, module.in_features, "cpu") for name, module in linears.items()}
        handles = [
            module.register_forward_pre_hook(lambda module, args, one=seen[name]: one.add(args[0])) for name, module in linears.items()
        ]
        forward(block)
        for handle in handles:
            handle.remove()
        for name, module in linears.items():
            stats = seen[name].result(name)
            if procedure.method.share is not None:
                stats = procedure.method.share([module.weight], stats, procedure.recipe)
            found[name] = procedure.method.compress(module.weight, stats, procedure.recipe).weight
            module.weight.copy_(theirs[name])
        hidden = forward(block)
    return found


def same_kept(mine: dict[str, Tensor], theirs: dict[str, Tensor]) -> float:
    """Return the share of weights that both keep or both remove."""
    n_same = sum(int(((one == 0) == (theirs[layer] == 0)).sum()) for layer, one in mine.items())
    return n_same / sum(one.numel() for one in mine.values())


@torch.no_grad()
def errors(weights: dict[str, Tensor]) -> dict[str, float]:
    """Return ||(W - W') X|| / ||W X|| of each layer, X what reaches it in the dense block behind the compressed ones."""
    made, found = model(), {}
    base = made.model
    hidden = base.embed_tokens(tokens()[:ROWS])
    positions = torch.arange(hidden.shape[1])[None]
    rotary = base.rotary_emb(hidden, positions)
    for k, block in enumerate(base.layers):
        linears = {f"model.layers.{k}.{name}": module for name, module in block.named_modules() if isinstance(module, nn.Linear)}
        inputs: dict[str, Tensor] = {}
        handles = [
            module.register_forward_pre_hook(lambda module, args, name=name, inputs=inputs: inputs.__setitem__(name, args[0]))
            for name, module in linears.items()
        ]
        block(hidden, position_embeddings=rotary, position_ids=positions)
        for handle in handles:
            handle.remove()
        for name, module in linears.items():
            x = inputs[name].flatten(0, 1)
            whole = (x @ module.weight.T).norm()
            found[name] = float((x @ (module.weight - weights[name]).T).norm() / whole)
            module.weight.copy_(weights[name])
        hidden = block(hidden, position_embeddings=rotary, position_ids=positions)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare our compressed weights with llmcompressor's.")
    parser.add_argument("--peer-python", required=True, help="the Python of an environment with llmcompressor 0.14")
    parser.add_argument("--methods", default=",".join(RECIPES))
    arguments = parser.parse_args()
    print(
        "| method | same weights kept, layer by layer | end to end | llmcompressor and itself | layer error, ours | llmcompressor | ratio, mean | largest of a layer |\n"
        "|---|---:|---:|---:|---:|---:|---:|---:|"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_for_peer(folder)
        for method in arguments.methods.split(","):
            peer(arguments.peer_python, method, folder, folder / "peer.safetensors")
            theirs, mine = load_file(folder / "peer.safetensors"), ours(method)
            peer(arguments.peer_python, method, folder, folder / "again.safetensors", batch_size=8)
            again = load_file(folder / "again.safetensors")
            assert mine.keys() == theirs.keys() == again.keys()
            masks = [same_kept(layer_by_layer(method, theirs), theirs), same_kept(mine, theirs), same_kept(again, theirs)]
            mine, theirs = errors(mine), errors(theirs)
            ratios = [mine[layer] / theirs[layer] for layer in mine]
            means = (sum(found.values()) / len(found) for found in (mine, theirs))
            cells = ["" if method.startswith("gptq") else f"{100 * share:.3f}%" for share in masks] + [f"{mean:.4f}" for mean in means]
            print(f"| {method} | {' | '.join(cells)} | {sum(ratios) / len(ratios):.4f} | {max(ratios):.4f} |", flush=True)


if __name__ == "__main__":
    main()
