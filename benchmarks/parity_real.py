"""How closely our answers on a real model agree with lm_eval's, and our Wanda masks with a plain implementation of the paper.

PYTHONPATH=. python benchmarks/parity_real.py --model SMOLLM2_FOLDER --data REAL_DATA --peer-python PEER_VENV/bin/python

The model is SmolLM2-135M-Instruct as a folder of safetensors (`fetch smollm2-135m` tells where), in float32. lm_eval 0.4.13, in an environment of its own, is given the prompts that we ask,
word for word: MMLU by letters with five solved examples, MMLU and ARC-easy by option texts, NQ-open with five solved examples, WikiText-2 (test) in windows of 2,048 tokens. Prints a markdown table.
"""

import argparse
import json
import math
import subprocess
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from llmkick_core.catalog import TASKS, canonical, procedure_of
from llmkick_core.compress.blocks import find_blocks
from llmkick_core.compress.calibration import load_calibration
from llmkick_core.compress.engine import compress_model
from llmkick_core.evaluate import evaluate
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from llmkick_core.schema import Answer, Calibration, Recipe, RunSpec, Sample
from llmkick_core.scoring.multiple_choice import choose

WANDA = Recipe(method="wanda", sparsity=0.5, order="block", calibration=Calibration(source="bundled", n_samples=8, seq_len=512))


def asked(model: HuggingFaceModel, task: str, samples: Sequence[Sample], formulation: str | None = None) -> dict[str, tuple[Answer, ...]]:
    """Return our answers by question."""
    batches = evaluate(model, TASKS[task], samples, "benchmark", formulation=formulation)
    found: dict[str, tuple[Answer, ...]] = {}
    for batch in batches:
        for sample, answers in batch:
            found[sample.sample_id] = (*found.get(sample.sample_id, ()), *answers)
    return found


def questions(data: Path, folder: Path, n: int) -> dict[str, tuple[str, str | None, list[Sample]]]:
    """Return name -> (task, formulation, samples) of the questions, the first `n` of each data set."""
    lines = (data / "nq_open" / "NQ-open.dev.first1800.jsonl").read_text(encoding="utf-8").splitlines()
    (folder / "NQ-open.dev.jsonl").write_text("\n".join(lines[:1000]) + "\n", encoding="utf-8")
    (folder / "NQ-open.train.jsonl").write_text("\n".join(lines[1000:]) + "\n", encoding="utf-8")
    sets = {
        "mmlu_letters": ("multiple_choice", "letters", data / "mmlu", 5),
        "mmlu_cloze": ("multiple_choice", "cloze", data / "mmlu", 0),
        "arc_easy_cloze": ("multiple_choice", "cloze", data / "arc" / "arc_easy.csv", 0),
        "nq_open": ("closed_book_qa", None, folder / "NQ-open.dev.jsonl", 5),
    }
    found = {}
    for name, (task, formulation, path, k_shot) in sets.items():
        spec = RunSpec(model="m", task=task, formulation=formulation, k_shot=k_shot, limit=n // 2 if k_shot else n)  # long prompts
        found[name] = (task, formulation, TASKS[task].load(path, spec))
    return found


def write_rows(name: str, formulation: str | None, samples: Sequence[Sample], folder: Path) -> None:
    """Write the prompts of questions for lm_eval."""
    kind = "generate" if formulation is None else "choose"
    rows = [
        {
            "prompt": one.turns[0],
            "choices": list("ABCDEFGHIJ"[: len(one.choices)] if formulation == "letters" else one.choices),
            "answer": one.gold_choice,
        }
        if formulation
        else {"prompt": one.turns[0]}
        for one in samples
    ]
    (folder / f"{name}.{kind}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def compare_choices(samples: Sequence[Sample], formulation: str, mine: dict[str, tuple[Answer, ...]], theirs: list[list[float]]) -> str:
    """Return the cells of one comparison: questions, same choice, largest difference of the log-probabilities."""
    same, apart = 0, 0.0
    for sample, other in zip(samples, theirs, strict=True):
        ours = mine[sample.sample_id][0].choice_logprobs
        lengths = tuple(map(len, sample.choices)) if formulation == "cloze" else ()
        same += choose(ours, lengths) == choose(other, lengths)
        apart = max(apart, *(abs(a - b) for a, b in zip(ours, other, strict=True)))
    return f"{len(samples)} | same choice {100 * same / len(samples):.2f}% | log-probabilities at most {apart:.1e} nats apart"


def plain_perplexity(model: HuggingFaceModel, text: str) -> float:
    """Return the perplexity of a text by a plain transformers loop: windows of 2,048 tokens, the token before each in front, each token scored once."""
    ids = [model.tokenizer.bos_token_id or model.tokenizer.eos_token_id, *model.tokenizer(text, add_special_tokens=False)["input_ids"]]
    total = 0.0
    with torch.inference_mode():
        for start in range(0, len(ids) - 1, 2048):
            row = torch.tensor([ids[start : start + 2049]])
            logits = model.module(input_ids=row[:, :-1]).logits[0].float()
            total += float(nn.functional.cross_entropy(logits, row[0, 1:], reduction="sum"))
    return math.exp(total / (len(ids) - 1))


def whole_windows(model: HuggingFaceModel, text: str, size: int = 2048) -> str:
    """Return a text cut to whole windows of tokens: of a shorter last one lm_eval sees more than its own tokens, which is another measure."""
    told = model.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    n_tokens = len(told["input_ids"]) // size * size
    while n_tokens:
        cut = text[: told["offset_mapping"][n_tokens - 1][1]]
        if len(model.tokenizer(cut, add_special_tokens=False)["input_ids"]) == n_tokens:
            return cut
        n_tokens -= size
    raise SystemExit(f"the text has no {size} tokens; take more with --characters.")


def add_squares(total: Tensor, _module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    """Add the squares of a layer's inputs (batch, tokens, inputs) to their sums (inputs,)."""
    total += inputs[0].double().flatten(0, 1).pow(2).sum(dim=0)


@torch.no_grad()
def wanda_agreement(folder: Path) -> tuple[int, int]:
    """Return (weights with the same verdict, weights) of all layers: ours, and Wanda written plainly on the inputs that reach each layer behind our compressed blocks."""
    recipe = canonical(WANDA)
    dense, ours = load(folder, device="cpu"), load(folder, device="cpu")
    text = load_calibration(recipe.calibration, dense.tokenizer, dense.context_length)
    compress_model(ours.module, procedure_of(recipe), text)
    n_same = n_all = 0
    ours_blocks = find_blocks(ours.module)
    for block, mine in zip(find_blocks(dense.module), ours_blocks, strict=True):
        squares = {linear.name: torch.zeros(linear.weight.shape[1], dtype=torch.float64) for linear in block.linears}
        handles = [linear.module.register_forward_pre_hook(partial(add_squares, squares[linear.name])) for linear in block.linears]
        for row in text:
            dense.module(input_ids=row[None])
        for handle in handles:
            handle.remove()
        for linear, pruned in zip(block.linears, mine.linears, strict=True):
            importance = linear.weight.double().abs() * squares[linear.name].sqrt()
            n_removed = linear.weight.shape[1] // 2
            removed = torch.zeros_like(linear.weight, dtype=torch.bool)
            removed.scatter_(1, importance.argsort(dim=1, stable=True)[:, :n_removed], True)
            n_same += int((removed == (pruned.weight == 0)).sum())
            n_all += removed.numel()
        for linear, pruned in zip(block.linears, mine.linears, strict=True):
            linear.overwrite(pruned.weight)  # the next block sees what ours gives
    return n_same, n_all


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare with lm_eval on a real model.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the folder with mmlu/, arc/, nq_open/ and wikitext2/")
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--limit", type=int, default=200, help="questions of each data set, half as many with solved examples")
    parser.add_argument("--only", choices=("text", "wanda"), help="perplexity, or Wanda, alone")
    parser.add_argument("--characters", type=int, default=60_000, help="of WikiText-2 (test), about 14,000 tokens")
    arguments = parser.parse_args()
    print("| what | n | agreement | apart |\n|---|---:|---|---|", flush=True)
    if arguments.only != "wanda":
        compare_answers(arguments)
    if arguments.only != "text":
        n_same, n_all = wanda_agreement(arguments.model)
        print(
            f"| Wanda 50% masks, all layers | {n_all:,} weights | same {100 * n_same / n_all:.4f}% | {n_all - n_same:,} weights |",
            flush=True,
        )


def compare_answers(arguments: argparse.Namespace) -> None:
    """Print how our answers and perplexity compare with lm_eval's."""
    model = load(arguments.model, device="cpu")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "nq").mkdir()
        sets = questions(arguments.data, folder / "nq", arguments.limit) if arguments.only is None else {}
        (folder / "peer").mkdir()
        for key, (_, formulation, samples) in sets.items():
            write_rows(key, formulation, samples, folder / "peer")
        text = (arguments.data / "wikitext2" / "test.txt").read_text(encoding="utf-8")[: arguments.characters]
        text = whole_windows(model, text)
        (folder / "peer" / "wikitext.rolling.jsonl").write_text(json.dumps({"text": text}) + "\n", encoding="utf-8")
        script = str(Path(__file__).with_name("peer_lm_eval_real.py"))
        subprocess.run([arguments.peer_python, script, str(arguments.model), str(folder / "peer"), str(folder / "out.json")], check=True)
        theirs = json.loads((folder / "out.json").read_text())
        for key, (task, formulation, samples) in sets.items():
            mine = asked(model, task, samples, formulation)
            if formulation is not None:
                print(f"| {key} | {compare_choices(samples, formulation, mine, theirs[key])} |", flush=True)
                continue
            same = sum(mine[one.sample_id][0].text.strip() == said.strip() for one, said in zip(samples, theirs[key], strict=True))
            print(f"| {key}, five solved examples | {len(samples)} | same text {100 * same / len(samples):.2f}% | |", flush=True)
        (folder / "text.txt").write_text(text, encoding="utf-8")
        print(compare_perplexity(model, folder / "text.txt", theirs["wikitext"][0]), flush=True)


def compare_perplexity(model: HuggingFaceModel, path: Path, their_logprob: float) -> str:
    """Return the row of one text's perplexity: ours, lm_eval's, a plain loop's."""
    (windows,) = asked(model, "perplexity", TASKS["perplexity"].load(path, RunSpec(model="m", task="perplexity"))).values()
    n_tokens = sum(window.n_tokens for window in windows)
    ours = math.exp(sum(window.nll or 0.0 for window in windows) / n_tokens)
    peer, plain = math.exp(-their_logprob / n_tokens), plain_perplexity(model, path.read_text(encoding="utf-8"))
    return (
        f"| WikiText-2 perplexity | {n_tokens:,} tokens | ours {ours:.5f}, lm_eval {peer:.5f}, plain loop {plain:.5f} "
        f"| {abs(ours / peer - 1):.1e}, {abs(ours / plain - 1):.1e} |"
    )


if __name__ == "__main__":
    main()
