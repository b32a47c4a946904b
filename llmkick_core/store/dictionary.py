"""What the tables of results.duckdb mean, and queries to begin with, for people who open it themselves.

Copies of the database carry these words as comments (`SELECT comment FROM duckdb_columns()`); a test holds them against the schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmkick_core.catalog import TASKS
from llmkick_core.store.database import Database


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of the database."""

    meaning: str
    """What a row is."""
    columns: dict[str, str]
    """What each column is."""


TABLES: dict[str, Table] = {
    "runs": Table(
        meaning="A run: one model, one recipe, one task, one data set",
        columns={
            "run_id": "Hash of all that determines the result",
            "model": "bundled:NAME, package:NAME, a folder, a GGUF file, hub:org/name@revision, endpoint:URL#name, or import:NAME where answers came from a file",
            "model_revision": "Fingerprint of the weights, or commit on the hub; unpinned behind an endpoint, imported where answers came from a file",
            "recipe": "Short label: dense, wanda-50, gptq-4bit-g128",
            "method": "Compression method; dense where nothing is compressed",
            "sparsity": "Share of weights removed, 0-1; NULL where none is",
            "structure": "unstructured, or n:m",
            "bits": "Bits of a stored weight; NULL where they are left alone",
            "group_size": "Inputs that share a scale; NULL is a whole row",
            "task": "Task",
            "task_version": "Rises when the task's prompt, data or scoring changes",
            "dataset": "bundled, hub, or a file or folder",
            "dataset_revision": "Fingerprint or commit of the data",
            "formulation": "letters or cloze; NULL for other tasks",
            "k_shot": "Few-shot examples before the question",
            "question_limit": "Questions asked, the first ones; NULL asks all",
            "temperature": "Of the tokens drawn; 0 or NULL takes the most likely one",
            "seed": "Seed of the tokens drawn",
            "prompt": "How questions reached the model: plain, as raw text, or chat, through its chat template",
            "template_date": "Day that the chat template was told; NULL where it asks for none",
            "comparison_id": "Equal for runs that differ in their recipe only",
            "compression_id": "Equal for runs of one compressed model",
            "sample_set": "Which questions were asked; NULL until the worker has read the data",
            "spec": "Everything that was asked for, calibration included, as JSON",
            "facts": "How the model was asked: chat template, device, number format, versions, as JSON",
        },
    ),
    "samples": Table(
        meaning="A question",
        columns={
            "sample_set": "Set of questions; runs that ask the same share it",
            "sample_id": "Name of the question in its set",
            "position": "Place in the set, from 0",
            "question": "The bare question",
            "subject": "Subject; empty where there is none",
            "category": "Wider group of the subject",
            "fact": "Wordings of one fact share it; empty where a question stands alone",
            "gold": "The preferred right answer of the first turn",
            "gold_choice": "Index of the right option, from 0; NULL without options",
            "is_answer_shown": "Whether the evidence mentions an accepted answer",
            "detail": "The whole question: prompts, all accepted answers, options, evidence, reference, as JSON",
        },
    ),
    "answers": Table(
        meaning="What a run said to one turn of a question, as it came",
        columns={
            "run_id": "The run",
            "sample_id": "The question",
            "position": "Place of the question in its set; -1 where the set has it not",
            "turn": "Turn from 0; window of the text for perplexity",
            "text": "The answer; the chosen option's text for multiple choice",
            "thought": "What a reasoning model wrote before its answer; never scored",
            "n_prompt_tokens": "Tokens of the prompt",
            "n_tokens": "Tokens generated, or scored",
            "finish": "stop, loop, length, scored, or overflow where the prompt was too long to be asked",
            "cut": "What was left out of a prompt that was too long",
            "choice_logprobs": "Log-probability of each option, nats",
            "choice_lengths": "Characters of each option",
            "gold_logprob": "Log-probability of the right answer after the prompt, nats",
            "nll": "Sum of negative log-likelihoods, nats; perplexity only",
            "seconds": "Wall time",
            "dense_n_tokens": "Tokens of the dense model's answer; this and what follows is NULL where it was not compared",
            "dense_n_agreed": "Of these, how many this model would have written too, before the first different one",
            "dense_agreed_length": "Characters that these make",
            "dense_logprob": "Log-probability of the dense answer under this model, nats",
            "dense_kl": "Mean KL divergence from the dense next-token distributions, nats a token",
        },
    ),
    "notes": Table(
        meaning="What somebody wrote about a question; a later one on the same question in another set stands there too",
        columns={
            "sample_set": "Set of questions it was written in",
            "sample_id": "The question",
            "text": "The note; empty where there are only tags, or where it was taken back",
            "tags": "Short words",
            "written_at": "When, seconds since 1970",
        },
    ),
    "scores": Table(
        meaning="One metric of one answer by one scorer",
        columns={
            "run_id": "The run",
            "sample_id": "The question",
            "position": "Place of the question in its set; -1 where the set has it not",
            "turn": "The turn",
            "scorer": "corrected, paper, or paper:MISTAKE,...",
            "metric": "exact_match, contains, f1, accuracy, entities_kept, nll, ...",
            "version": "Of the scorer's rule",
            "value": "0-1 for what can be right; NULL without verdict",
            "extracted": "The piece of the answer that was compared",
            "outcome": "Of the task's main metric: right, wrong, empty, loop, overflow, unparsed",
        },
    ),
    "judgings": Table(
        meaning="One judge, one protocol, one run",
        columns={
            "judging_id": "Hash of all of it",
            "run_id": "The run whose answers are judged: the candidate",
            "protocol": "reference: scored against a reference answer; single: scored alone; pairwise: which of two answers is better",
            "opponent": "The run it is compared with, dataset for the data set's own reference answers, empty in single",
            "url": "Address of the judge's server; imported where judgments came from a file",
            "model": "The judge, as its server calls it",
            "prompt_version": "Version of the protocol's prompt",
            "temperature": "Of the judge's tokens",
            "n_bytes": "Of its file that were taken in",
            "n_lines": "Lines of its file that were taken in",
        },
    ),
    "judgments": Table(
        meaning="One request to a judge; where the same was asked again, the last one is_current",
        columns={
            "judging_id": "The judging",
            "line": "Line of its file, from 1",
            "sample_id": "The question",
            "turn": "Which of the answers to it, from 0",
            "place": "Where the candidate stood: shown first (1) or second (2)",
            "repeat": "Which time the same was asked, from 0",
            "outcome": "scored, same (both answers are one text), or a failure: unparsed, refused, truncated, too_long, failed, unasked",
            "reason": "Why there is no verdict",
            "winner": "Of pairwise: candidate, opponent or tie; empty without a verdict",
            "explanation": "The judge's reasons",
            "reply": "What the judge said, as it came",
            "key": "Hash of exactly what was asked",
            "finish": "Why the reply ended, in the server's word",
            "format": "How the reply was asked for: json_schema, json_object or brackets",
            "n_tries": "Requests it took; 0 where none was sent",
            "prompt_tokens": "Paid for, all tries together",
            "completion_tokens": "Of replies, all tries together",
            "cost": "US dollars; NULL while the judge's price is not known",
            "reply_model": "The model that the server says answered",
            "fingerprint": "The server's system_fingerprint",
            "latency_s": "Seconds from the last request to the whole reply",
            "asked_at": "When, seconds since 1970",
            "is_cached": "Whether the reply was paid for in another judging",
            "is_current": "Whether it is the judgment that counts",
        },
    ),
    "judge_scores": Table(
        meaning="What a judge gave for one aspect",
        columns={
            "judging_id": "The judging",
            "line": "The judgment",
            "aspect": "coherence, consistency, fluency, relevance or overall",
            "score": "Of the candidate",
            "opponent_score": "Of the reference answer; NULL in single",
        },
    ),
    "votes": Table(
        meaning="What a person thought of two answers whose names were hidden",
        columns={
            "run_a": "The dense run of the pair, or the one that was named first",
            "run_b": "The other",
            "sample_id": "The question",
            "turn": "The turn",
            "voter": "Who, in their own word",
            "winner": "a, b or tie",
            "shown_first": "Which one stood on the left: a or b",
            "voted_at": "When, seconds since 1970",
        },
    ),
    "layers": Table(
        meaning="What compression did to one linear layer",
        columns={
            "compression_id": "The compressed model; runs have it too",
            "name": "Name of the layer",
            "block": "Index of its block",
            "position": "Order in the model",
            "n_out": "Outputs",
            "n_in": "Inputs",
            "sparsity": "Share of weights that are zero, counted",
            "structure_ok": "Whether it is in the n:m structure; NULL where none was asked for",
            "error": "Relative error of its output on calibration inputs",
            "bits": "Effective bits a weight in a packed format",
            "seconds": "Time that it took",
            "note": "What had to be done out of the ordinary",
        },
    ),
    "parts": Table(
        meaning="A file of answers that was taken in",
        columns={"run_id": "The run", "name": "Name of the file in its folder", "sha256": "Checksum of its content"},
    ),
    "schema_version": Table(meaning="Version of this schema: the largest number", columns={"version": "Number of a step that was taken"}),
}
"""The tables, in the order to read them."""

_MEANS = ", ".join(sorted({f"'{measure.name}'" for task in TASKS.values() for measure in task.measures if measure.aggregate == "mean"}))

QUERIES: dict[str, str] = {
    "Score of every run, both scorers": f"""
SELECT r.model, r.task, r.recipe, s.metric, s.scorer, count(s.value) AS n, avg(s.value) AS score, count(*) - count(s.value) AS n_unscored
FROM runs r JOIN scores s USING (run_id)
WHERE s.metric IN ({_MEANS})
GROUP BY ALL ORDER BY ALL""",  # noqa: S608
    "Questions that Wanda 50% broke, the worst first": """
SELECT ro.comparison_id, q.question, q.gold, d.text AS dense_answer, o.text AS answer, d.gold_logprob - o.gold_logprob AS damage
FROM runs rd JOIN runs ro USING (comparison_id)
JOIN answers d ON d.run_id = rd.run_id JOIN answers o ON o.run_id = ro.run_id AND o.sample_id = d.sample_id AND o.turn = d.turn
JOIN scores sd ON sd.run_id = d.run_id AND sd.sample_id = d.sample_id AND sd.turn = d.turn
JOIN scores so ON so.run_id = o.run_id AND so.sample_id = o.sample_id AND so.turn = o.turn
JOIN samples q ON q.sample_set = rd.sample_set AND q.sample_id = d.sample_id
WHERE rd.method = 'dense' AND ro.recipe = 'wanda-50' AND ro.task = 'factoid_qa'
    AND (sd.scorer, sd.metric, sd.value) = ('corrected', 'exact_match', 1) AND (so.scorer, so.metric, so.value) = ('corrected', 'exact_match', 0)
ORDER BY ro.comparison_id, damage DESC -- a comparison is one task asked one way""",
    "Share right by subject and recipe": """
SELECT r.model, r.comparison_id, r.recipe, q.subject, count(s.value) AS n, avg(s.value) AS share_right
FROM runs r JOIN scores s USING (run_id) JOIN samples q ON q.sample_set = r.sample_set AND q.sample_id = s.sample_id
WHERE r.task = 'factoid_qa' AND s.scorer = 'corrected' AND s.metric = 'exact_match'
GROUP BY ALL ORDER BY r.model, r.comparison_id, r.recipe, share_right""",
    "How answers fail: kinds of outcome by recipe": """
SELECT r.task, r.recipe, s.metric, s.outcome, count(*) AS n, count(*) / sum(count(*)) OVER (PARTITION BY r.run_id, s.metric) AS share
FROM runs r JOIN scores s USING (run_id)
WHERE s.scorer = 'corrected' AND s.outcome <> ''
GROUP BY r.task, r.recipe, r.run_id, s.metric, s.outcome ORDER BY r.task, r.recipe, n DESC""",
    "Facts lost in every wording": """
WITH known AS (
    SELECT r.recipe, r.comparison_id, q.fact, max(s.value) AS best
    FROM runs r JOIN scores s USING (run_id) JOIN samples q ON q.sample_set = r.sample_set AND q.sample_id = s.sample_id
    WHERE s.scorer = 'corrected' AND s.metric = 'exact_match' AND q.fact <> '' GROUP BY ALL
)
SELECT comparison_id, o.recipe, count(*) FILTER (o.best < 1) AS n_lost, count(*) AS n_known_to_dense
FROM known d JOIN known o USING (comparison_id, fact)
WHERE d.recipe = 'dense' AND d.best = 1 AND o.recipe <> 'dense' GROUP BY ALL ORDER BY comparison_id, n_lost""",
}
"""Queries that run as they stand, by what they answer; a test runs them."""

EXPLAIN = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal"
"""The query that tells what the columns of a copy mean."""

COPY = "results-copy.duckdb"
"""Name of a copy in the store's folder of exports."""


def copy_database(db: Database, name: str = COPY) -> Path:
    """Write a copy of the database that any program may open, its tables and columns explained in comments, and return its path.

    Raises:
        StoreError: there is no room, or the store cannot be written.
    """
    comments = [(table, "", found.meaning) for table, found in TABLES.items()]
    comments += [(table, column, meaning) for table, found in TABLES.items() for column, meaning in found.columns.items()]
    return db.copy_to(name, comments)
