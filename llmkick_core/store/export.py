"""What leaves the store as a table: the questions of a pair under a filter, the answers of whole runs, the scores of all runs.

    with open("lost.parquet", "wb") as out:
        write(pair_export(db, dense_run, other_run, wanted=Filter(outcome="broke")), out, "parquet")

The columns and what they mean are in export_columns.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from llmkick_core.schema import SCORERS
from llmkick_core.store import export_columns as columns
from llmkick_core.store.database import Database
from llmkick_core.store.filters import EVERYTHING, Filter
from llmkick_core.store.formats import Export
from llmkick_core.store.metrics import measure_of_run
from llmkick_core.store.notes import NOTHING, notes_of
from llmkick_core.store.overview import run_overview
from llmkick_core.store.pairs import Sort, pair_frame, pair_ids
from llmkick_core.store.provenance import provenance_of

if TYPE_CHECKING:
    import pyarrow as pa

_BATCH = 5_000  # questions that are looked up at once

_QUESTIONS = """
WITH wanted AS (SELECT unnest($ids) AS sample_id, unnest(range(len($ids))) AS place)
SELECT s.question, s.gold, (s.detail->'gold')::VARCHAR[][] AS accepted, (s.detail->'choices')::VARCHAR[] AS choices, s.gold_choice, s.is_answer_shown,
    (s.detail->'turns')::VARCHAR[] AS turns, s.detail->>'evidence' AS evidence, s.detail->>'reference' AS reference
FROM wanted LEFT JOIN samples s ON s.sample_set = $set AND s.sample_id = wanted.sample_id ORDER BY wanted.place
"""
_SOFTMAX = "list_transform(p, lambda x: exp(x - list_max(p)) / list_sum(list_transform(p, lambda y: exp(y - list_max(p)))))"
_SIDE = f"""
WITH wanted AS (SELECT unnest($ids) AS sample_id, unnest(range(len($ids))) AS place),
compared AS ( -- p is what an option is compared by: its log-probability, of a character where the options are texts
    SELECT *, CASE WHEN $is_cloze AND len(choice_lengths) = len(choice_logprobs)
        THEN list_transform(list_zip(choice_logprobs, choice_lengths), lambda x: x[1] / greatest(x[2], 1)) ELSE choice_logprobs END AS p
    FROM answers WHERE run_id = $run AND sample_id IN (SELECT unnest($ids))
),
said AS (
    SELECT sample_id, string_agg(text, chr(10) ORDER BY turn) AS answer,
        coalesce(string_agg(nullif(thought, ''), chr(10) ORDER BY turn), '') AS thought, min(gold_logprob) FILTER (isfinite(gold_logprob)) AS gold_logprob,
        any_value(CASE WHEN isfinite(list_max(p)) THEN {_SOFTMAX} END) AS probabilities, string_agg(DISTINCT finish, ' ' ORDER BY finish) AS finish,
        sum(nll) AS nll, sum(dense_logprob) AS dense_answer_logprob
    FROM compared GROUP BY sample_id
),
scored AS (
    SELECT sample_id, string_agg(extracted, chr(10) ORDER BY turn) AS extracted FROM scores
    WHERE run_id = $run AND scorer = $scorer AND metric = $metric AND sample_id IN (SELECT unnest($ids)) GROUP BY sample_id
)
SELECT answer, thought, extracted, gold_logprob, probabilities, finish, nll, dense_answer_logprob
FROM wanted LEFT JOIN said USING (sample_id) LEFT JOIN scored USING (sample_id) ORDER BY place
"""  # noqa: S608
_SIDE_TEXTS = ("answer", "thought", "extracted", "gold_logprob", "probabilities", "finish", "nll")


def pair_export(
    db: Database,
    dense_run: str,
    other_run: str,
    *,
    scorer: str = "corrected",
    measure: str | None = None,
    wanted: Filter = EVERYTHING,
    sort: Sort = "position",
    has_prompts: bool = False,
) -> Export:
    """Return a row for each question of a pair that a filter lets through, in the columns of `export_columns.PAIR` and `RUN`.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        scorer: `outcome`, kinds and extracted pieces are told by it; the two usual scorers have columns of their own.
        measure: a measure to tell by where the task has it; None is the one that stands for the task (store.metrics).
        wanted: what the questions are narrowed to.
        sort: `position`, the data set's order, or `damage`, the worst first.
        has_prompts: with prompts, evidence and references, which are long.

    Raises:
        StoreError: one of the runs is not in the store.
    """
    ids = pair_ids(db, dense_run, other_run, scorer=scorer, measure=measure, wanted=wanted, sort=sort)
    told = {"filter": asdict(wanted), "sort": sort}
    return questions_export(db, dense_run, other_run, ids, scorer=scorer, measure=measure, has_prompts=has_prompts, told=told)


def questions_export(
    db: Database,
    dense_run: str,
    other_run: str,
    ids: Sequence[str],
    *,
    scorer: str = "corrected",
    measure: str | None = None,
    has_prompts: bool = False,
    told: dict[str, Any] | None = None,
) -> Export:
    """Return a row for each of some questions that both runs of a pair answered, in their order; else as `pair_export`.

    Args:
        db: the database.
        dense_run: run on the left.
        other_run: run on the right.
        ids: the questions.
        scorer: as in `pair_export`.
        measure: as in `pair_export`.
        has_prompts: as in `pair_export`.
        told: what else is to stand in `Export.about`.
    """
    sides = {"dense": provenance_of(db, dense_run), "other": provenance_of(db, other_run)}
    metric = measure_of_run(db, dense_run, measure).name
    numbers = _numbers(db, dense_run, other_run, scorer, metric, ids)
    written = notes_of(db, sides["dense"]["sample_set"])
    notes = [written.get(one, NOTHING) for one in ids]
    numbers |= {"tags": [list(note.tags) for note in notes], "note": [note.text for note in notes]}
    same = {"scorer": scorer, "metric": metric} | {
        f"{side}_{name}": run[name] for side, run in sides.items() for name in ("run_id", "recipe")
    }
    same |= {name: sides["other"][name] for name in columns.RUN}
    schema = columns.schema(columns.PAIR | columns.RUN, has_prompts=has_prompts)

    def batches() -> Iterator[pa.Table]:
        for start in range(0, len(ids), _BATCH):
            part = list(ids[start : start + _BATCH])
            found = {"sample_id": part} | {name: values[start : start + _BATCH] for name, values in numbers.items()}
            yield _table(schema, found | _texts(db, sides, part, scorer, metric), same)

    about = {"rows": "questions of a pair", "scorer": scorer, "metric": metric, "n": len(ids), **(told or {}), **sides}
    return Export(schema=schema, batches=batches(), about=about)


def _numbers(db: Database, dense_run: str, other_run: str, scorer: str, metric: str, ids: Sequence[str]) -> dict[str, Any]:
    """Return what `pair_frame` knows of some questions, under the scorer asked for and the two usual ones."""
    frames = {
        name: pair_frame(db, dense_run, other_run, scorer=name, measure=metric).set_index("sample_id").loc[list(ids)]
        for name in (scorer, *SCORERS)
    }
    frame = frames[scorer]
    names = ("position", "subject", "category", "fact", "damage", "is_different", "agreed", "kl")
    found: dict[str, Any] = {name: frame[name].to_numpy() for name in names}
    for side in ("dense", "other"):
        found |= {f"{side}_{name}": frame[f"{side}_{name}"].to_numpy() for name in ("kind", "tokens", "margin")}
        found |= {f"{side}_{name}": frames[name][f"{side}_value"].to_numpy() for name in SCORERS}
    return found | {"outcome": frame["outcome"].tolist()} | {f"outcome_{name}": frames[name]["outcome"].tolist() for name in SCORERS}


def _texts(db: Database, sides: dict[str, dict[str, Any]], ids: list[str], scorer: str, metric: str) -> dict[str, Any]:
    """Return what the database has of some questions: texts and probabilities of question and answers."""
    found: dict[str, Any] = dict(db.columns(_QUESTIONS, {"ids": ids, "set": sides["dense"]["sample_set"]}))
    for side, run in sides.items():
        values = {"ids": ids, "run": run["run_id"], "is_cloze": run["formulation"] == "cloze", "scorer": scorer}
        own = db.columns(_SIDE, {**values, "metric": metric})
        found |= {f"{side}_{name}": own[name] for name in _SIDE_TEXTS}
        found[f"{side}_p_gold"] = _p_gold(own["probabilities"], own["gold_logprob"].astype(np.float64), found["gold_choice"])
        found["dense_answer_logprob"] = own["dense_answer_logprob"]  # of the right run, which comes last
    return found


def _p_gold(probabilities: Any, gold_logprob: Any, gold_choice: Any) -> Any:
    """Return the probability of each right answer: among the options where there are some, else of its text."""
    has_options = [np.ndim(row) > 0 and len(row) > 0 and choice == choice for row, choice in zip(probabilities, gold_choice, strict=True)]
    of_options = [row[int(choice)] if has else np.nan for row, choice, has in zip(probabilities, gold_choice, has_options, strict=True)]
    return np.where(has_options, of_options, np.exp(gold_logprob))


def _table(schema: pa.Schema, found: dict[str, Any], same: dict[str, Any]) -> pa.Table:
    """Return columns in a schema, NaN as missing; `same` has the columns that hold one value."""
    import pyarrow as pa

    n = len(found["sample_id"])
    made = []
    for field in schema:
        is_word = pa.types.is_dictionary(field.type)
        kind = field.type.value_type if is_word else field.type
        values = pa.array([same[field.name]] * n, kind) if field.name in same else pa.array(found[field.name], kind, from_pandas=True)
        made.append(values.dictionary_encode() if is_word else values)
    return pa.table(made, schema=schema)


_TURNS = """
WITH said AS (
    SELECT sample_id, turn, list({'scorer': scorer, 'metric': metric, 'value': value} ORDER BY scorer, metric) AS scores,
        max(value) FILTER (scorer = 'corrected' AND metric = $metric) AS corrected, max(value) FILTER (scorer = 'paper' AND metric = $metric) AS paper,
        max(extracted) FILTER (scorer = 'corrected' AND metric = $metric) AS corrected_extracted,
        max(extracted) FILTER (scorer = 'paper' AND metric = $metric) AS paper_extracted,
        coalesce(max(outcome) FILTER (scorer = 'corrected' AND metric = $metric), '') AS corrected_kind,
        coalesce(max(outcome) FILTER (scorer = 'paper' AND metric = $metric), '') AS paper_kind
    FROM scores WHERE run_id = $run AND position BETWEEN $first AND $last GROUP BY sample_id, turn
)
SELECT a.*, coalesce(a.cut, '') AS cut, coalesce(a.thought, '') AS thought, s.question, s.subject, s.category, s.fact, s.gold, (s.detail->'gold')::VARCHAR[][] AS accepted,
    (s.detail->'choices')::VARCHAR[] AS choices, s.gold_choice, s.is_answer_shown, (s.detail->'turns')::VARCHAR[] AS turns, s.detail->>'evidence' AS evidence,
    s.detail->>'reference' AS reference, said.* EXCLUDE (sample_id, turn)
FROM (SELECT * EXCLUDE (cut, thought, run_id), cut, thought FROM answers WHERE run_id = $run AND position BETWEEN $first AND $last) a
LEFT JOIN samples s ON s.sample_set = $set AND s.sample_id = a.sample_id
LEFT JOIN said ON said.sample_id = a.sample_id AND said.turn = a.turn
ORDER BY a.position, a.sample_id, a.turn
"""


def answers_export(db: Database, run_ids: Sequence[str], *, has_prompts: bool = False, measure: str | None = None) -> Export:
    """Return a row for each turn that some runs answered, run by run, in the columns of `export_columns.ANSWERS` and `RUN`.

    Raises:
        StoreError: one of the runs is not in the store.
    """
    runs = [provenance_of(db, run_id) for run_id in run_ids]
    schema = columns.schema(columns.ANSWERS | columns.RUN, has_prompts=has_prompts)

    def batches() -> Iterator[pa.Table]:
        for run in runs:
            metric = measure_of_run(db, run["run_id"], measure).name
            same = {"metric": metric} | {name: run[name] for name in ("run_id", "recipe", *columns.RUN)}
            values = {"run": run["run_id"], "set": run["sample_set"], "metric": metric}
            end = db.rows("SELECT coalesce(max(position), -2) FROM answers WHERE run_id = $run", {"run": run["run_id"]})[0][0]
            for first in range(-1, end + 1, _BATCH):
                found = db.columns(_TURNS, {**values, "first": first, "last": first + _BATCH - 1})
                yield _table(schema, found, same)

    return Export(schema=schema, batches=batches(), about={"rows": "answers of runs", "runs": runs})


def overview_export(db: Database, scorers: Sequence[str] = SCORERS, measure: str | None = None) -> Export:
    """Return a row for each run that has answers and each scorer, in the columns of `export_columns.OVERVIEW`."""
    schema = columns.schema(columns.OVERVIEW)

    def batches() -> Iterator[pa.Table]:
        import pyarrow as pa

        for (model,) in db.rows("SELECT DISTINCT model FROM runs ORDER BY model"):
            for scorer in scorers:
                frame = run_overview(db, model, scorer, measure).assign(scorer=scorer)
                yield pa.Table.from_pandas(frame, schema=schema, preserve_index=False).cast(schema)

    return Export(schema=schema, batches=batches(), about={"rows": "runs", "scorers": list(scorers)})
