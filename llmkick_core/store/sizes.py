"""Score against bytes: is a large model that was compressed better than a small one that was not?

Bytes are those of a packed format: compressed layers at their effective bits, everything else at 16 bits. Models stand beside each other where they
were asked the same questions in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from llmkick_core.store.database import Database
from llmkick_core.store.overview import run_overview

BYTES_A_WEIGHT = 2
"""Of a weight that was not compressed, as models are published."""

_LAYERS = """
SELECT r.run_id, sum(l.n_out::BIGINT * l.n_in)::BIGINT AS n_weights, sum(l.n_out::BIGINT * l.n_in * l.bits) / 8 AS n_bytes
FROM runs r JOIN layers l USING (compression_id) WHERE r.model = $model GROUP BY r.run_id
"""
_TWINS = """
SELECT o.run_id, o.model FROM runs r JOIN runs o ON o.model <> r.model AND o.method = 'dense' AND o.task = r.task AND o.task_version = r.task_version
    AND o.dataset = r.dataset AND o.dataset_revision = r.dataset_revision AND o.formulation IS NOT DISTINCT FROM r.formulation AND o.k_shot = r.k_shot AND o.prompt = r.prompt
    AND o.question_limit IS NOT DISTINCT FROM r.question_limit AND coalesce(o.temperature, 0) = coalesce(r.temperature, 0)
WHERE r.comparison_id = $comparison GROUP BY ALL ORDER BY o.model
"""

_PARAMETERS = """
SELECT model, max(TRY_CAST(facts->>'n_parameters' AS BIGINT)) AS n FROM runs GROUP BY model HAVING n IS NOT NULL
"""

COLUMNS = ("run_id", "model", "recipe", "method", "sparsity", "structure", "bits", "variant", "n_bytes", "n", "score", "low", "high")


def twins(db: Database, comparison_id: str) -> dict[str, str]:
    """Return the dense runs of other models that were asked the same questions in the same way: {run_id: model}."""
    found: dict[str, str] = db.remember(("twins", comparison_id), lambda: dict(db.rows(_TWINS, {"comparison": comparison_id})))
    return found


def parameters(db: Database) -> dict[str, int]:
    """Return the number of weights of each model whose runs kept it."""
    found: dict[str, int] = db.remember(("parameters",), lambda: dict(db.rows(_PARAMETERS)))
    return dict(found)


def scores_by_size(
    db: Database, runs: pd.DataFrame, n_parameters: Mapping[str, int], scorer: str = "corrected", measure: str | None = None
) -> pd.DataFrame:
    """Return score and bytes of every run of one comparison, and of the dense runs of other models that were asked the same: `COLUMNS`.

    A run without a score, whose layers are not known yet, or whose model has no known size, is left out.

    Args:
        db: the database.
        runs: rows of run_overview of one comparison, with the column `variant`.
        n_parameters: {model: stored weights}.
        scorer: `corrected` or `paper`.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
    """
    if runs.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    model, comparison = str(runs["model"].iloc[0]), str(runs["comparison_id"].iloc[0])
    layers = db.remember(("packed", model), lambda: db.query(_LAYERS, {"model": model})).set_index("run_id")
    others = twins(db, comparison)
    frames = [runs[runs["score"].notna()]]
    for other in dict.fromkeys(others.values()):
        theirs = run_overview(db, other, scorer, measure).assign(variant="")
        frames.append(theirs[theirs["run_id"].isin(list(others)) & theirs["score"].notna()])
    frame = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
    whole = frame["model"].map(n_parameters).astype("float64") * BYTES_A_WEIGHT
    packed_bytes, n_weights = (
        frame["run_id"].map(layers[name]).astype("float64") for name in ("n_bytes", "n_weights")
    )  # objects where no run has layers
    packed = packed_bytes - n_weights * BYTES_A_WEIGHT
    frame["n_bytes"] = whole + packed.where(frame["method"] != "dense", 0.0)
    return frame[frame["n_bytes"].notna()][list(COLUMNS)].sort_values("n_bytes", ignore_index=True)
