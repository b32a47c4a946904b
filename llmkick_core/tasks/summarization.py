"""Summarization: CNN/DailyMail stories of three lengths, in the paper's chat prompt.

    Summarize the given story in less than 150 words while preserving high coherence, consistency, fluency, and relevance.

    {story}.

The paper has a judge compare the summary with another; until there is a verdict, the share of the highlights' names and numbers that
the summary keeps stands for the task. The highlights are never in the prompt. Lengths take turns, so that a limit spreads over all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from llmkick_core.schema import Answer, RunSpec, Sample, Score
from llmkick_core.scoring.degeneration import is_empty, n_words, repetition_share, unique_tokens
from llmkick_core.scoring.entities import entities_kept
from llmkick_core.scoring.paper import mistakes_of
from llmkick_core.scoring.rouge import rouge
from llmkick_core.scoring.rows import main_row, row
from llmkick_core.tasks.base import Measure, Task
from llmkick_core.tasks.datasets.cnn_dailymail import LENGTHS, Story, read_stories
from llmkick_core.tasks.datasets.files import cut, plain_only, take_turns, unique_ids
from llmkick_core.tasks.datasets.kick_stories import is_kick_stories, read_kick_stories

PROMPT = (
    "Summarize the given story in less than 150 words while preserving high coherence, consistency, fluency, and relevance.\n\n{story}."
)
LIMIT_WORDS = 150
"""A summary has fewer words than this, says the prompt."""


def to_sample(story: Story, sample_id: str) -> Sample:
    """Return the sample of one story; its subject is the class of length."""
    return Sample(
        sample_id=sample_id,
        question=story.text.split("\n")[0],
        turns=(PROMPT.format(story=story.text),),
        subject=story.length,
        evidence=story.text,
        reference="\n".join(story.highlights),
    )


def load(path: Path, spec: RunSpec) -> list[Sample]:
    """Return the samples of a folder of .story files, or of small/, medium/ and large/, or of a CSV file, or of LLM-KICK's file of questions.

    Raises:
        DataError: the data is missing or not in the official format.
        TaskError: the spec asks for solved examples or a formulation.
    """
    plain_only(spec)
    if is_kick_stories(path):
        asked = read_kick_stories(path)  # one story may be asked under two names, each with answers of its own
        stories = take_turns([[story for story in asked if story.length == length] for length in LENGTHS])
    else:
        stories = take_turns(list(read_stories(path).values()))
    n_of_name = Counter(story.name for story in stories)
    names = [story.name if n_of_name[story.name] == 1 else f"{story.length}/{story.name}" for story in stories]
    ids = unique_ids(names)  # before the cut: ids last
    return cut([to_sample(story, sample_id) for story, sample_id in zip(stories[: spec.limit], ids, strict=False)], spec, path)


def score(sample: Sample, answers: Sequence[Answer], scorer: str) -> list[Score]:
    """Return entities_kept, rouge_1, rouge_2, rouge_l, n_words, is_within_limit, unique_tokens, repetition and is_empty of each summary.

    Under `judge_only` there is no verdict. An empty summary keeps the limit of words: read it beside is_empty.
    """
    mistakes = mistakes_of(scorer)
    scores = []
    for answer in answers:
        if "judge_only" in mistakes:
            scores.append(main_row(answer, scorer, "entities_kept", None, is_due=False))
            continue
        kept, found = entities_kept(answer.text, sample.reference, sample.evidence)
        scores.append(main_row(answer, scorer, "entities_kept", kept, is_due=False, extracted=", ".join(found)))
        scores += [row(answer, scorer, metric, value) for metric, value in rouge(answer.text, sample.reference).items()]
        words = n_words(answer.text)
        scores.append(row(answer, scorer, "n_words", float(words)))
        scores.append(row(answer, scorer, "is_within_limit", float(words < LIMIT_WORDS)))
        scores.append(row(answer, scorer, "unique_tokens", float(unique_tokens(answer.text))))
        scores.append(row(answer, scorer, "repetition", repetition_share(answer.text)))
        scores.append(row(answer, scorer, "is_empty", float(is_empty(answer.text))))
    return scores


ENTITIES_KEPT = Measure(name="entities_kept", title="Entities kept", right_at=0.5)

TASK = Task(
    name="summarization",
    title="Summarization",
    version=5,
    kind="chat",
    group="in context",
    measures=(ENTITIES_KEPT,),
    load=load,
    score=score,
    bundled_path="kick-mini/cnn_dailymail",
    bundled_limit=6,
    data_form="a folder of .story files, or a CSV file with id, article, highlights",
    short_title="summary",
    max_new_tokens=256,
    stop=("USER:",),
    source="paper, in-context summarization; https://arxiv.org/abs/1506.03340",
)
