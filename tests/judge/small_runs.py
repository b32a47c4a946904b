"""Two stories and a conversation of two turns, answered by a dense model and two pruned ones; small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

from llmkick_core.judge.request import JudgeRequest
from llmkick_core.schema import Answer, Recipe, RunSpec, Sample
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec

URL = "http://127.0.0.1:9/v1"  # nobody is there

STORIES = (
    Sample(sample_id="small/flood", question="A river rose.", turns=("Summarize: a river rose.",), subject="small", evidence="A river rose in the night.", reference="River rises"),
    Sample(sample_id="large/garden", question="A garden grew.", turns=("Summarize: a garden grew.",), subject="large", evidence="A garden grew behind the school.", reference="Garden grows"),
)  # fmt: skip
TALKS = (
    Sample(sample_id="1", question="What is six times seven?", turns=("What is six times seven?", "And eight?"), subject="math", references=("42", "56")),
    Sample(sample_id="2", question="Write a poem.", turns=("Write a poem.", "Shorter."), subject="writing"),
)  # fmt: skip

RECIPES = {"dense": Recipe(), "wanda-30": Recipe(method="wanda", sparsity=0.3), "wanda-50": Recipe(method="wanda", sparsity=0.5)}

SUMMARIES = {
    "dense": ("A river rose at night.", "A school garden grew."),
    "wanda-30": ("A river rose at night.", "A garden grew by a school."),  # the first in the dense model's words
    "wanda-50": ("river river river", ""),
}
REPLIES = {
    "dense": (("42.", "56."), ("Roses are red.", "Red.")),
    "wanda-30": (("42.", "54."), ("Roses are red.", "Red.")),
    "wanda-50": (("6.", "7."), ("a a a", "a")),
}


def run_spec(label: str, task: str) -> RunSpec:
    return RunSpec(model="bundled:test", recipe=RECIPES[label], task=task)


def add(store: Path, spec: RunSpec, samples: tuple[Sample, ...], said: tuple[tuple[str, ...], ...]) -> str:
    """Write a run, with one part and no scores; return its id."""
    write_spec(store, spec)
    write_samples(store, spec.run_id, samples)
    answers = [
        Answer(run_id=spec.run_id, sample_id=sample.sample_id, turn=turn, text=text)
        for sample, turns in zip(samples, said, strict=True)
        for turn, text in enumerate(turns)
    ]
    append_part(run_dir(store, spec.run_id), answers, [])
    return spec.run_id


def small_runs(store: Path) -> dict[str, str]:
    """Write six runs; return their ids by recipe and task: `dense summarization`."""
    ids = {}
    for label in RECIPES:
        ids[f"{label} summarization"] = add(store, run_spec(label, "summarization"), STORIES, tuple((text,) for text in SUMMARIES[label]))
        ids[f"{label} instruction_following"] = add(store, run_spec(label, "instruction_following"), TALKS, REPLIES[label])
    return ids


def request(run_ids: list[str] | tuple[str, ...], **more: object) -> JudgeRequest:
    """Return a request for scores beside the data set's reference answers, unless told otherwise."""
    wanted = {"protocol": "reference", "url": URL, "model": "judge"} | more
    if wanted["protocol"] == "reference":
        wanted.setdefault("references", "dataset")
    return JudgeRequest(run_ids=tuple(run_ids), **wanted)
