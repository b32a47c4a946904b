"""MMLU by lm_eval, for benchmarks/evaluation.py: run by the Python of an environment of its own.

python benchmarks/peer_lm_eval.py MODEL_FOLDER QUESTIONS_FOLDER BATCH_SIZE K_SHOT [OUT.json]    # QUESTIONS_FOLDER: SUBJECT.test.jsonl and SUBJECT.dev.jsonl
prints {"seconds": ...}; with OUT it also writes the log-probabilities of the letters, {"SUBJECT#NUMBER": [A, B, C, D]}.
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

TASK = """task: kick_{subject}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {folder}/{subject}.test.jsonl
    dev: {folder}/{subject}.dev.jsonl
test_split: test
fewshot_split: dev
fewshot_config:
  sampler: first_n
output_type: multiple_choice
description: "The following are multiple choice questions (with answers) about {words}.\\n\\n"
doc_to_text: "{{{{question.strip()}}}}\\nA. {{{{choices[0]}}}}\\nB. {{{{choices[1]}}}}\\nC. {{{{choices[2]}}}}\\nD. {{{{choices[3]}}}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: answer
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""


def main() -> None:
    model, folder, batch_size, k_shot, *out = sys.argv[1:]
    tasks = Path(folder) / "tasks"
    tasks.mkdir(exist_ok=True)
    subjects = sorted(path.name.split(".")[0] for path in Path(folder).glob("*.test.jsonl"))
    for subject in subjects:
        (tasks / f"{subject}.yaml").write_text(TASK.format(subject=subject, folder=folder, words=subject.replace("_", " ")))
    made = HFLM(pretrained=model, dtype="float32", device="cpu", batch_size=int(batch_size))
    names = [f"kick_{subject}" for subject in subjects]
    manager = TaskManager(include_path=str(tasks), include_defaults=False)
    started = time.perf_counter()
    found = lm_eval.simple_evaluate(
        made, tasks=names, num_fewshot=int(k_shot), task_manager=manager, bootstrap_iters=0, log_samples=bool(out)
    )
    print(json.dumps({"seconds": time.perf_counter() - started}))
    if out:
        letters = {
            f"{subject}#{sample['doc_id']}": [float(answer[0][0]) for answer in sample["resps"]]
            for subject in subjects
            for sample in found["samples"][f"kick_{subject}"]
        }
        Path(out[0]).write_text(json.dumps(letters))


if __name__ == "__main__":
    main()
