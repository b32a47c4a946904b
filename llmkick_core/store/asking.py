"""Whether dense models were asked in a way they were not made for, from their stored answers (scoring/advice.py)."""

from __future__ import annotations

import json

from llmkick_core.catalog import TASKS
from llmkick_core.models.chat import PAPERS_SHAPE
from llmkick_core.models.thinking import ROOM_FACT
from llmkick_core.scoring.advice import advice
from llmkick_core.store.database import Database
from llmkick_core.store.metrics import measure_of_run

_RUNS = """
SELECT run_id, task, prompt, k_shot, coalesce(facts::VARCHAR, '{}') FROM runs WHERE method = 'dense' AND run_id IN (SELECT DISTINCT run_id FROM parts)
"""
_COUNTS = """
SELECT coalesce(outcome, ''), count(*) FROM scores WHERE run_id = $run AND scorer = 'corrected' AND metric = $metric GROUP BY ALL
"""
_CUT_OFF = "SELECT count(*) FROM answers WHERE run_id = $run AND coalesce(thought, '') <> '' AND trim(text, ' \n\t\r') = ''"


def asking_advice(db: Database) -> dict[str, str]:
    """Return one line with the way out for each dense run most of whose answers are empty, loops or unreadable, by run; the others are missing."""

    def look() -> dict[str, str]:
        found = {}
        for run_id, task, prompt, k_shot, facts in db.rows(_RUNS):
            if task not in TASKS:
                continue
            counts = dict(db.rows(_COUNTS, {"run": run_id, "metric": measure_of_run(db, run_id).name}))
            told = json.loads(facts)
            template = str(told.get("chat_template", PAPERS_SHAPE))
            found[run_id] = advice(
                counts,
                form=prompt or TASKS[task].own_form,
                has_template=not template.startswith(PAPERS_SHAPE),
                k_shot=k_shot,
                takes_shots=TASKS[task].takes_shots,
                n_cut_off=int(db.rows(_CUT_OFF, {"run": run_id})[0][0]),
                has_room=told.get("thinking") == ROOM_FACT,
            )
        return {run_id: line for run_id, line in found.items() if line}

    lines: dict[str, str] = db.remember(("asking advice",), look)
    return lines
