"""A small store that holds one file of each kind, to be damaged and attacked."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llmkick_core.fingerprint import digest
from llmkick_core.judge.jobs import create
from llmkick_core.judge.request import JudgeRequest
from llmkick_core.layer_report import LayerReport
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir, write_atomic, write_json
from llmkick_core.store.progress import write_drafts, write_windows
from llmkick_core.store.runs import write_facts, write_layers, write_status
from llmkick_core.store.traces import append_traces
from llmkick_core.store.views import save_view
from llmkick_core.trace import Trace
from tests.judge_store import WANDA_RUN, summaries_store, talks_store
from tests.small_store import DENSE_SAID, SAMPLES, WANDA_50, WANDA_SAID, add_run, spec

DENSE_ID, WANDA_ID = spec().run_id, spec(WANDA_50).run_id


def full_store(store: Path) -> Path:
    """Return the store, filled: five questions and four summaries of two recipes, three conversations, and all that lies beside answers."""
    for run, said in ((spec(), DENSE_SAID), (spec(WANDA_50), WANDA_SAID)):
        add_run(store, run, said)
    summaries_store(store)
    talks_store(store)
    for folder in sorted((store / "runs").iterdir()):
        state = "queued" if folder.name == WANDA_ID else "done"
        write_status(store, RunStatus(run_id=folder.name, state=state, n_done=5, n_total=5, rate=2.5, submitted_at=1.7e9, updated_at=1.7e9))
    write_facts(store, DENSE_ID, {"device": "cpu", "chat_template": "none"})
    write_layers(
        store,
        WANDA_ID,
        [LayerReport(name="q", block=0, n_out=4, n_in=4, sparsity=0.5, structure_ok=None, error=0.2, bits=8.0, seconds=0.1)],
    )
    write_windows(store, DENSE_ID, 4)
    write_drafts(store, DENSE_ID, {"ab": [1, 2, 3]})
    top = np.array([[7, 2], [3, 1]], np.int32)
    turns = [(sample.sample_id, 0) for sample in SAMPLES]
    append_traces(
        run_dir(store, DENSE_ID),
        {turn: Trace(prompt=(1, 2), tokens=(7, 3), top_ids=top, top_logprobs=-top.astype(np.float32)) for turn in turns},
    )
    write_json(run_dir(store, DENSE_ID) / "answer_ids.json", {SAMPLES[0].sample_id: ["a1"]})
    write_json(store / "locks" / f"{spec().compression_id}.json", {"n_deaths": 1, "progress": 1})
    sample_set = next(path.stem for path in (store / "samples").iterdir() if SAMPLES[0].sample_id in path.read_text())
    write_atomic(
        store / "notes" / f"{sample_set}.jsonl", f'{{"at": 1.7e9, "sample_id": "{SAMPLES[0].sample_id}", "tags": ["x"], "text": "n"}}\n'
    )
    write_atomic(
        store / "votes" / f"{DENSE_ID}-{WANDA_ID}.jsonl",
        f'{{"run_a": "{DENSE_ID}", "run_b": "{WANDA_ID}", "sample_id": "{SAMPLES[0].sample_id}", "turn": 0, "winner": "a", "shown_first": "b", "voter": "M", "at": 1.7e9}}\n',
    )
    save_view(store, "mine", "compare", "task=factoid_qa")
    create(
        store,
        JudgeRequest(run_ids=(WANDA_RUN.run_id,), protocol="reference", references="dataset", url="http://127.0.0.1:9/v1", model="j1"),
    )
    write_atomic(store / "prices.csv", "model,input,output,source\nj1,1.0,2.0,a contract\n")
    write_json(store / "judges.json", {"http://j": {"j1": {"format": "json_schema", "limit": "max_tokens", "has_temperature": True}}})
    write_atomic(store / "worker.log", f"{digest('x')}\n")
    return store
