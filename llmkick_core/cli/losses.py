"""What a compressed model forgot, in one sentence with examples.

{"recipe": "wanda-50", "n_known": 98, "n_lost": 31, "n_fragile": 22, "examples": [{"question": "What is the capital of Mongolia?", ...}], "sentence": "..."}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmkick_core.schema import RunSpec
from llmkick_core.store import queries
from llmkick_core.store.database import Database

N_EXAMPLES = 3


def losses(db: Database, specs: Sequence[RunSpec], recipe: str, task: str) -> dict[str, Any] | None:
    """Return which facts one recipe lost on one task, or None where either of the two runs has no answers.

    A fact is lost where the compressed model has none of its wordings right and the dense one had some.

    Args:
        db: the database.
        specs: runs, those of the recipe and the dense ones among them.
        recipe: a recipe's label.
        task: a task's name.
    """
    other = next((spec for spec in specs if spec.recipe.label == recipe and spec.task == task), None)
    if other is None:
        return None
    pair = (other.dense().run_id, other.run_id)
    if not queries.answered_runs(db).issuperset(pair):
        return None
    facts = queries.pair_summary(db, *pair).facts
    if facts is None:
        return None
    frame = queries.pair_rows(db, *pair, wanted=queries.Filter(outcome="broke"), limit=1000)
    examples: list[dict[str, str]] = []
    told = set()
    for row in frame.to_dict("records"):
        fact = row["fact"] or row["sample_id"]
        if fact in told or len(examples) == N_EXAMPLES:
            continue
        detail = queries.sample_detail(db, row["sample_id"], pair)
        before, after = detail.sides
        if after.n_wordings_right == 0:
            told.add(fact)
            examples.append(
                {"question": row["question"], "gold": row["gold"], "dense": before.turns[0].text, "compressed": after.turns[0].text}
            )
    found = {
        "recipe": recipe,
        "task": task,
        "n_known": facts.n_known,
        "n_lost": facts.n_lost,
        "n_fragile": facts.n_fragile,
        "examples": examples,
    }
    return {**found, "sentence": _sentence(found)}


def _sentence(found: dict[str, Any]) -> str:
    text = f"{found['recipe']} lost {found['n_lost']:,} of the {found['n_known']:,} facts that the dense model knew, and {found['n_fragile']:,} more in some wordings"
    told = "; ".join(f"{example['question']} {example['gold']}, now {_short(example['compressed'])}" for example in found["examples"])
    return f"{text}. {told}." if told else f"{text}."


def _short(text: str) -> str:
    words = " ".join(text.split())
    return f'"{words[:40]}{"..." if len(words) > 40 else ""}"'
