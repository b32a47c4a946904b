"""lm_eval on questions whose prompts are given, for benchmarks/parity_real.py: run by the Python of an environment of its own.

python benchmarks/peer_lm_eval_real.py MODEL_FOLDER FOLDER OUT.json    # FOLDER: NAME.choose.jsonl, NAME.generate.jsonl, NAME.rolling.jsonl

A row of `choose` is {"prompt", "choices", "answer"}, of `generate` {"prompt"}, of `rolling` {"text"}. Written are, by name and in the order of the rows, the
log-probabilities of the choices, the texts up to the end of the line (at most 32 tokens), or the log-probability of the whole text.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import lm_eval
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

HEAD = """task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
"""
KINDS = {
    "choose": """output_type: multiple_choice
doc_to_text: "{{prompt}}"
doc_to_choice: "{{choices}}"
doc_to_target: answer
target_delimiter: " "
metric_list:
  - metric: acc
""",
    "generate": """output_type: generate_until
doc_to_text: "{{prompt}}"
doc_to_target: ""
generation_kwargs:
  until: ["\\n"]
  do_sample: false
  max_gen_toks: 32
metric_list:
  - metric: exact_match
""",
    "rolling": """output_type: loglikelihood_rolling
doc_to_text: ""
doc_to_target: "{{text}}"
metric_list:
  - metric: word_perplexity
""",
}


def read_response(kind: str, sample: dict) -> object:
    """Return what a sample came to."""
    answers = [answer[0] if isinstance(answer, list) else answer for answer in sample["resps"]]
    if kind == "choose":
        return [float(answer[0]) for answer in answers]
    return answers[0] if kind == "generate" else float(answers[0][0] if isinstance(answers[0], tuple | list) else answers[0])


def main() -> None:
    model, folder, out = sys.argv[1:]
    tasks = Path(folder) / "tasks"
    tasks.mkdir(exist_ok=True)
    kinds = {}
    for file in sorted(Path(folder).glob("*.jsonl")):
        name, kind = file.name.split(".")[:2]
        kinds[name] = kind
        (tasks / f"{name}.yaml").write_text(HEAD.format(name=name, file=file) + KINDS[kind])
    made = HFLM(pretrained=model, dtype="float32", device="cpu", batch_size=1)
    manager = TaskManager(include_path=str(tasks), include_defaults=False)
    started = time.perf_counter()
    samples = {}
    for is_rolling in (False, True):
        names = [name for name, kind in kinds.items() if (kind == "rolling") == is_rolling]
        if not names:
            continue
        made._max_length = 2048 if is_rolling else None  # windows of a text are of 2,048 tokens; prompts may have all of the context
        found = lm_eval.simple_evaluate(made, tasks=names, num_fewshot=0, task_manager=manager, bootstrap_iters=0, log_samples=True)
        samples |= found["samples"]
    told = {
        name: [read_response(kind, one) for one in sorted(samples[name], key=lambda one: one["doc_id"])] for name, kind in kinds.items()
    }
    Path(out).write_text(json.dumps({"seconds": time.perf_counter() - started, **told}))


if __name__ == "__main__":
    main()
