"""One compression by llmcompressor, for benchmarks/compression.py: run by the Python of an environment of its own.

python benchmarks/peer_llmcompressor.py MODEL_FOLDER TOKENS.pt METHOD BATCH_SIZE [OUT.safetensors]    # METHOD: wanda, wanda-2:4, sparsegpt, sparsegpt-2:4, gptq
prints {"seconds": ...}; with OUT it also writes the compressed weights.
"""

import json
import os
import sys
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from datasets import Dataset
from llmcompressor import oneshot
from llmcompressor.modifiers.gptq import GPTQModifier
from llmcompressor.modifiers.pruning import SparseGPTModifier, WandaPruningModifier
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer


def modifier(method: str) -> object:
    """Return what llmcompressor calls the method, on the linear layers of the blocks, with the papers' settings."""
    name, _, structure = method.partition("-")
    if name == "gptq":
        scheme = {"num_bits": 4, "type": "int", "symmetric": True, "strategy": "group", "group_size": 64}
        groups = {"group_0": {"targets": ["Linear"], "weights": scheme}}
        return GPTQModifier(config_groups=groups, ignore=["lm_head"], dampening_frac=0.01, actorder=None)
    kind = WandaPruningModifier if name == "wanda" else SparseGPTModifier
    more = {"mask_structure": structure} if structure else {}
    return kind(sparsity=0.5, targets=["Linear"], ignore=["lm_head"], **more)


def main() -> None:
    folder, tokens_file, method, batch_size, *out = sys.argv[1:]
    tokens = torch.load(tokens_file)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    rows = {"input_ids": tokens.tolist(), "attention_mask": torch.ones_like(tokens).tolist()}
    data = Dataset.from_dict(rows)
    started = time.perf_counter()
    oneshot(
        model=model,
        processor=AutoTokenizer.from_pretrained(folder),  # asked for, though the text is tokens already
        dataset=data,
        recipe=modifier(method),
        num_calibration_samples=len(tokens),
        max_seq_length=tokens.shape[1],
        shuffle_calibration_samples=False,
        batch_size=int(batch_size),
        pipeline="sequential",
    )
    print(json.dumps({"seconds": time.perf_counter() - started}))
    if out:
        weights = {}
        for name, module in model.named_modules():
            if isinstance(module, torch.nn.Linear) and "layers." in name:
                weights[name] = module.weight.detach().clone().contiguous()
        save_file(weights, out[0])


if __name__ == "__main__":
    main()
