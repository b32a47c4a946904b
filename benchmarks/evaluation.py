"""How fast questions are asked: ours and lm_eval in turn on the same model, questions and machine; and our generation beside a loop of one prompt at a time.

PYTHONPATH=. python benchmarks/evaluation.py --mmlu FOLDER --peer-python PEER_VENV/bin/python --rounds 3 [--model kick-tiny]

The model is a random Llama (8 blocks, hidden 512, intermediate 1408, vocabulary 4,096, float32, kick-tiny's tokenizer), the questions the first 100 of two subjects of the real MMLU with five solved examples; or kick-tiny, whose context of 512 tokens holds one.
Prints markdown tables: medians, ratios, and the share of the floor (each distinct token once, a subject's examples with it, in floating-point operations at the machine's own rate of matrix products); then how far
the two agree.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from compression import SHAPE, matmul_rate
from transformers import LlamaConfig, LlamaForCausalLM

from llmkick_core.catalog import TASKS
from llmkick_core.evaluate import evaluate
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from llmkick_core.schema import Recipe, RunSpec, Sample
from llmkick_core.settings import BUNDLED_ROOT
from llmkick_core.tasks.datasets.mmlu import read_examples, read_mmlu

SUBJECTS = ("anatomy", "econometrics")
N_QUESTIONS = 100
K_SHOT = {"random": 5, "kick-tiny": 1}


def write_model(folder: Path, name: str) -> None:
    """Write the model of that name."""
    if name != "random":
        shutil.copytree(BUNDLED_ROOT / name, folder)
        return
    torch.manual_seed(0)
    LlamaForCausalLM(
        LlamaConfig(**SHAPE, max_position_embeddings=8192, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2)
    ).save_pretrained(folder)
    for path in (BUNDLED_ROOT / "kick-tiny").glob("tokenizer*"):
        shutil.copyfile(path, folder / path.name)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(config | {"model_max_length": 8192}))


def write_questions(mmlu: Path, subjects: Sequence[str], folder: Path) -> Path:
    """Write the questions for both: MMLU's CSV files cut to the first hundred, and lm_eval's JSON lines."""
    for subject in subjects:
        for split, rows in (("test", read_mmlu(mmlu)[subject][:N_QUESTIONS]), ("dev", read_examples(mmlu, subject))):
            lines = [json.dumps({"question": row.question, "choices": list(row.options), "answer": row.gold}) for row in rows]
            (folder / f"{subject}.{split}.jsonl").write_text("\n".join(lines) + "\n")
        for split in ("test", "dev"):
            place = folder / "mmlu" / split
            place.mkdir(parents=True, exist_ok=True)
            lines = (mmlu / split / f"{subject}_{split}.csv").read_text(encoding="utf-8")
            (place / f"{subject}_{split}.csv").write_text(lines, encoding="utf-8")
    return folder / "mmlu"


def samples_of(mmlu: Path, k_shot: int) -> list[Sample]:
    """Return the questions as ours asks them."""
    spec = RunSpec(model="m", model_revision="0", recipe=Recipe(), task="multiple_choice", formulation="letters", k_shot=k_shot)
    loaded = TASKS["multiple_choice"].load(mmlu, spec)
    return [sample for sample in loaded if int(sample.sample_id.rpartition("#")[2]) < N_QUESTIONS]


def ask(model: HuggingFaceModel, samples: Sequence[Sample]) -> dict[str, list[float]]:
    """Return the log-probabilities of the letters by question."""
    batches = evaluate(model, TASKS["multiple_choice"], samples, "benchmark", formulation="letters")
    return {sample.sample_id: list(answers[0].choice_logprobs) for batch in batches for sample, answers in batch}


def distinct_tokens(model: HuggingFaceModel, samples: Sequence[Sample]) -> tuple[int, int]:
    """Return the tokens of all prompts, and how many are left when what a subject's prompts begin with is counted once."""
    rows = [model.tokenizer(sample.turns[0])["input_ids"] for sample in samples]
    seen: set[tuple[int, ...]] = set()
    for row in rows:
        seen.update(tuple(row[:n]) for n in range(1, len(row) + 1))
    return sum(map(len, rows)), len(seen)


def seconds(work: Callable[[], object]) -> float:
    """Return how long work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def peer(python: str, model: Path, questions: Path, batch_size: int, k_shot: int, out: Path | None = None) -> float:
    """Return seconds of lm_eval's, its model loaded beforehand."""
    words = [python, str(Path(__file__).with_name("peer_lm_eval.py")), str(model), str(questions), str(batch_size), str(k_shot)]
    done = subprocess.run([*words, *([str(out)] if out else [])], capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout.strip().splitlines()[-1])["seconds"])


@torch.inference_mode()
def one_by_one(model: HuggingFaceModel, prompts: Sequence[str], n_tokens: int) -> list[list[int]]:
    """Return what transformers' generate writes, a prompt at a time, as the paper's code asks."""
    made = []
    for prompt in prompts:
        ids = torch.tensor([model.tokenizer(prompt)["input_ids"]])
        written = model.module.generate(ids, max_new_tokens=n_tokens, do_sample=False, attention_mask=torch.ones_like(ids), pad_token_id=0)
        made.append(written[0, ids.shape[1] :].tolist())
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure asking side by side.")
    parser.add_argument("--mmlu", type=Path, required=True, help="the folder of the real MMLU, with test/ and dev/")
    parser.add_argument("--peer-python", required=True, help="the Python of an environment with lm_eval 0.4.13")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch-sizes", default="1,16", help="of lm_eval")
    parser.add_argument("--model", choices=sorted(K_SHOT), default="random")
    arguments = parser.parse_args()
    k_shot = K_SHOT[arguments.model]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder / "model", arguments.model)
        samples = samples_of(write_questions(arguments.mmlu, SUBJECTS, folder), k_shot)
        model = load(folder / "model", device="cpu")
        n_weights = sum(weight.numel() for key, weight in model.module.named_parameters() if ".layers." in key and weight.dim() == 2)
        n_tokens, n_distinct = distinct_tokens(model, samples)
        sizes = [int(size) for size in arguments.batch_sizes.split(",")]
        times: dict[str, list[float]] = {}
        rates = []
        for _ in range(arguments.rounds):
            rates.append(matmul_rate())
            times.setdefault("ours", []).append(seconds(lambda: ask(model, samples)))
            for size in sizes:
                times.setdefault(f"lm_eval, batch {size}", []).append(
                    peer(arguments.peer_python, folder / "model", folder, size, k_shot, folder / "peer.json")
                )
            print({way: round(found[-1], 1) for way, found in times.items()}, flush=True)
        rate = statistics.median(rates)
        floor = 2 * n_weights * n_distinct / rate
        print(
            f"\n{len(samples)} questions, {n_tokens:,} tokens of prompts, {n_distinct:,} of them distinct; {rate / 1e9:.0f} GFLOP/s; floor {floor:.1f} s.\n"
        )
        print("| way | seconds | of lm_eval's best | share of the floor |\n|---|---:|---:|---:|")
        medians = {way: statistics.median(found) for way, found in times.items()}
        best = min(median for way, median in medians.items() if way != "ours")
        for way, median in medians.items():
            print(f"| {way} | {median:.1f} | {median / best:.2f} | {floor / median:.2f} |")
        mine, theirs = ask(model, samples), json.loads((folder / "peer.json").read_text())
        same = [max(range(4), key=mine[key].__getitem__) == max(range(4), key=theirs[key].__getitem__) for key in mine]
        apart = max(abs(a - b) for key in mine for a, b in zip(mine[key], theirs[key], strict=True))
        print(f"\nSame letter on {100 * sum(same) / len(same):.1f}% of {len(same)}; log-probabilities at most {apart:.1e} apart.\n")
        compare_generation(model, samples, arguments.rounds)


def compare_generation(model: HuggingFaceModel, samples: Sequence[Sample], rounds: int) -> None:
    """Print our generation beside a loop of one prompt at a time."""
    prompts = [f"Please give answer to this question: {sample.question} The answer is" for sample in samples]
    times: dict[str, list[float]] = {"ours": [], "generate, one by one": []}
    for _ in range(rounds):
        times["ours"].append(seconds(lambda: model.generate(prompts, max_new_tokens=32)))
        times["generate, one by one"].append(seconds(lambda: one_by_one(model, prompts, 32)))
    medians = {way: statistics.median(found) for way, found in times.items()}
    print(f"| {len(prompts)} prompts, 32 tokens each | seconds | times as fast |\n|---|---:|---:|")
    for way, median in medians.items():
        print(f"| {way} | {median:.1f} | {medians['generate, one by one'] / median:.1f} |")


if __name__ == "__main__":
    main()
