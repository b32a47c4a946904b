"""The columns of exported tables: type and meaning of each, which Parquet files carry and the Data page shows.

`dense_` is the left run of a pair (A), `other_` the right one (B), as everywhere in the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, tuple[str, str]]
"""{name: (type, meaning)}; the types are those of `_types`."""

QUESTION: Columns = {
    "sample_id": ("text", "Id of the question in its data set"),
    "position": ("whole", "Place in the data set, from 0"),
    "subject": ("word", "Subject; empty where the data set has none"),
    "category": ("word", "Wider group of the subject, such as MMLU's STEM"),
    "fact": ("text", "Questions that share it ask for one fact in several wordings; empty where a question stands alone"),
    "question": ("text", "The bare question"),
    "gold": ("text", "The preferred right answer of the first turn"),
    "accepted": ("lists", "All accepted answers of each turn, the preferred one first"),
    "choices": ("texts", "Options of a multiple-choice question"),
    "gold_choice": ("whole", "Index of the right option, from 0"),
    "is_answer_shown": ("yes", "Whether the evidence mentions an accepted answer"),
}
"""Of a question."""

PROMPTS: Columns = {
    "turns": ("texts", "The prompts as they were asked"),
    "evidence": ("text", "The text shown with the question, or the story to be summarised"),
    "reference": ("text", "A reference summary or answer"),
}
"""Of a question, where asked for: long, and the same for every recipe."""


def _side(side: str, who: str) -> Columns:
    return {
        f"{side}_answer": ("text", f"Answer of {who} as it came; a line break between turns"),
        f"{side}_thought": ("text", f"What {who} wrote for itself before its answer; not scored"),
        f"{side}_extracted": ("text", f"The piece of {who}'s answer that was compared, by `scorer`"),
        f"{side}_corrected": (
            "number",
            f"Value of {who}'s answer by corrected scoring, 0-1, mean of the scored turns; missing without verdict",
        ),
        f"{side}_paper": ("number", f"The same for {who} by the paper's scoring"),
        f"{side}_kind": ("word", f"Kinds of outcome of {who}'s turns by `scorer`: right, wrong, empty, loop, overflow, unparsed"),
        f"{side}_p_gold": (
            "number",
            f"Probability that {who} gives to the right answer: among the options where there are some, else of its text",
        ),
        f"{side}_gold_logprob": ("number", f"Log-probability of the right answer under {who}, nats; the lowest of the turns"),
        f"{side}_probabilities": ("numbers", f"Probability of each option under {who}, per character where options are asked as texts"),
        f"{side}_margin": ("number", f"Right option minus best wrong one under {who}, nats"),
        f"{side}_tokens": ("number", f"Tokens of {who}'s answer, all turns"),
        f"{side}_finish": ("word", f"How {who}'s answer ended: stop, loop, length, scored, overflow"),
        f"{side}_nll": ("number", f"Sum of negative log-likelihoods under {who}, nats; perplexity only"),
    }


PAIR: Columns = {
    **QUESTION,
    **PROMPTS,
    "outcome": ("word", "What became of the question by `scorer`: broke, fixed, both_right, both_wrong, unscored, measured"),
    "outcome_corrected": ("word", "The same by corrected scoring"),
    "outcome_paper": ("word", "The same by the paper's scoring"),
    "damage": (
        "number",
        "Drop of the right answer's log-probability, nats; without one, by how much the value is worse; for perplexity the rise in nats a token",
    ),
    "is_different": ("yes", "Whether the two texts differ"),
    **_side("dense", "A"),
    **_side("other", "B"),
    "agreed": ("number", "Share of the dense answer's tokens that B would have written before its first different one"),
    "kl": ("number", "KL divergence of B from the dense next-token distributions, nats a token"),
    "dense_answer_logprob": ("number", "Log-probability of the dense answer under B, nats"),
    "tags": ("texts", "Tags that people gave the question"),
    "note": ("text", "What somebody wrote about the question; empty where nobody did"),
    "scorer": ("word", "The scorer that `outcome`, kinds and extracted pieces are told by"),
    "metric": ("word", "The measure that values and outcomes are told by"),
    "dense_run_id": ("word", "Run of A"),
    "dense_recipe": ("word", "Recipe of A"),
    "other_run_id": ("word", "Run of B"),
    "other_recipe": ("word", "Recipe of B"),
}
"""Of a pair, one row a question; RUN follows."""

RUN: Columns = {
    "model": ("word", "Model"),
    "model_revision": ("word", "Fingerprint or commit of its weights"),
    "task": ("word", "Task"),
    "task_version": ("whole", "Version of its prompt, data and scoring"),
    "dataset": ("word", "Data set"),
    "dataset_revision": ("word", "Fingerprint or commit of the data"),
    "formulation": ("word", "How multiple choice was asked: letters or cloze"),
    "k_shot": ("whole", "Few-shot examples before the question"),
    "prompt": ("word", "How questions reached the model: plain, or chat, through its chat template"),
    "temperature": ("number", "Of the tokens drawn; 0 takes the most likely one"),
    "seed": ("whole", "Seed of the tokens drawn"),
}
"""Of a run."""

ANSWERS: Columns = {
    "run_id": ("word", "Run"),
    "recipe": ("word", "Its recipe"),
    **QUESTION,
    **PROMPTS,
    "turn": ("whole", "Index of the turn, from 0; of the window for perplexity"),
    "text": ("text", "The answer as it came, a thought left out"),
    "thought": ("text", "What a reasoning model wrote before its answer; not scored"),
    "metric": ("word", "The measure that stands for the task: what `corrected` and `paper` are values of"),
    "corrected": ("number", "Value by corrected scoring, 0-1 where it is a share; missing without verdict"),
    "corrected_extracted": ("text", "The piece that was compared by it"),
    "corrected_kind": ("word", "Kind of outcome by it: right, wrong, empty, loop, overflow, unparsed"),
    "paper": ("number", "Value by the paper's scoring"),
    "paper_extracted": ("text", "The piece that was compared by it"),
    "paper_kind": ("word", "Kind of outcome by it"),
    "scores": ("scores", "Every stored score: scorer, metric, value"),
    "gold_logprob": ("number", "Log-probability of the right answer, nats"),
    "choice_logprobs": ("numbers", "Log-probability of each option, nats"),
    "choice_lengths": ("wholes", "Characters of each option"),
    "nll": ("number", "Sum of negative log-likelihoods, nats; perplexity only"),
    "n_prompt_tokens": ("whole", "Tokens of the prompt"),
    "n_tokens": ("whole", "Tokens generated, or scored"),
    "finish": ("word", "How it ended: stop, loop, length, scored, overflow"),
    "cut": ("word", "What was left out of a prompt that was too long"),
    "seconds": ("number", "Wall time"),
    "dense_n_tokens": ("whole", "Tokens of the dense answer"),
    "dense_n_agreed": ("whole", "Of these, before the first that this model would not have written"),
    "dense_logprob": ("number", "Log-probability of the dense answer under this model, nats"),
    "dense_kl": ("number", "KL divergence from the dense next-token distributions, nats a token"),
}
"""Of the answers of runs, one row a turn; RUN follows."""

OVERVIEW: Columns = {
    "run_id": ("word", "Run"),
    "model": ("word", "Model"),
    "comparison_id": ("word", "Equal for runs that differ in their recipe only"),
    "recipe": ("word", "Recipe"),
    "method": ("word", "Its method"),
    "sparsity": ("number", "Share of weights removed, 0-1"),
    "structure": ("word", "unstructured, or n:m"),
    "bits": ("whole", "Bits of a stored weight"),
    "group_size": ("whole", "Inputs that share a scale"),
    "calibration": ("text", "Text that the method looked at, as JSON"),
    "order": ("word", "Whether layers were calibrated one by one or a block at a time"),
    "task": ("word", "Task"),
    "dataset": ("word", "Data set"),
    "formulation": ("word", "How multiple choice was asked: letters or cloze"),
    "k_shot": ("whole", "Few-shot examples before the question"),
    "prompt": ("word", "How questions reached the model: plain, or chat, through its chat template"),
    "limit": ("whole", "Questions asked, the first ones; missing where all were"),
    "task_version": ("whole", "Version of the task's prompt and data"),
    "model_revision": ("word", "Fingerprint or commit of the weights"),
    "mark": ("word", "What tells the comparison from others of its title; empty where nothing has to"),
    "temperature": ("number", "Of the tokens drawn"),
    "seed": ("whole", "Seed of the tokens drawn"),
    "metric": ("word", "What the score is"),
    "aggregate": ("word", "How values come to the score: mean, or perplexity"),
    "higher_is_better": ("yes", "Whether a higher score is better"),
    "is_share": ("yes", "Whether it is a share 0-1"),
    "source_format": ("word", "What the weights were made from, such as Q4_1, dequantized to bfloat16; empty for ordinary ones"),
    "is_scored": ("yes", "Whether this scorer has seen the answers"),
    "is_mixed": ("yes", "Whether rows of its comparison were scored by different versions of a rule"),
    "n": ("whole", "Questions that were scored; windows for perplexity"),
    "score": ("number", "Share 0-1; perplexity, and what is no share, as it is"),
    "low": ("number", "Lower end of its 95% interval"),
    "high": ("number", "Upper end"),
    "n_unscored": ("whole", "Answers without a verdict, in no share"),
    "dense_run_id": ("word", "Dense run of the same comparison"),
    "dense_score": ("number", "Its score on the questions that both answered"),
    "delta": ("number", "Paired difference from dense"),
    "delta_low": ("number", "Lower end of its 95% interval"),
    "delta_high": ("number", "Upper end"),
    "p_value": ("number", "Exact sign test over facts, two-sided; McNemar's test where questions stand alone"),
    "verdict": ("word", "matching, not matching or undecided"),
    "broke": ("whole", "Questions that the dense model had right and this one wrong"),
    "fixed": ("whole", "The other way round"),
    "scorer": ("word", "The scorer"),
}
"""Of all runs, one row a run and scorer."""


def schema(columns: Columns, *, has_prompts: bool = True) -> pa.Schema:
    """Return the Arrow schema of some columns, their meanings as metadata of the fields."""
    import pyarrow as pa

    types = _types()
    kept = {name: found for name, found in columns.items() if has_prompts or name not in PROMPTS}
    return pa.schema([pa.field(name, types[kind], metadata={"meaning": meaning}) for name, (kind, meaning) in kept.items()])


def _types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    score = pa.struct({"scorer": pa.string(), "metric": pa.string(), "value": pa.float64()})
    return {
        "text": pa.string(),
        "word": pa.dictionary(pa.int32(), pa.string()),
        "whole": pa.int64(),
        "number": pa.float64(),
        "yes": pa.bool_(),
        "texts": pa.list_(pa.string()),
        "lists": pa.list_(pa.list_(pa.string())),
        "numbers": pa.list_(pa.float64()),
        "wholes": pa.list_(pa.int64()),
        "scores": pa.list_(score),
    }
