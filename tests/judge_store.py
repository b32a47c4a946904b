"""Judgments few enough to count by hand: four summaries of two recipes, and three conversations of two turns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llmkick_core.judgment import DATASET, JudgeSpec, Judgment
from llmkick_core.schema import Answer, RunSpec, Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.judgings import journal
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import append_part
from llmkick_core.store.runs import write_samples, write_spec
from tests.small_store import DENSE, WANDA_50, spec

STORIES = tuple(
    Sample(sample_id=f"s{i}", question=f"Story {i}.", turns=(f"Summarize {i}",), subject="small", evidence=f"Story {i}. More.", reference="one two three")
    for i in range(4)
)  # fmt: skip
TALKS = tuple(Sample(sample_id=f"t{i}", question=f"Ask {i}", turns=(f"Ask {i}", f"And {i}"), references=("one two", "")) for i in range(3))
DENSE_RUN, WANDA_RUN = spec(DENSE, task="summarization"), spec(WANDA_50, task="summarization")
SUMMARIES = DENSE_RUN.comparison_id


def add_answers(store: Path, run: RunSpec, samples: Sequence[Sample], said: dict[tuple[str, int], str]) -> None:
    write_spec(store, run)
    write_samples(store, run.run_id, samples)
    append_part(
        run_dir(store, run.run_id),
        [Answer(run_id=run.run_id, sample_id=key, turn=turn, text=text) for (key, turn), text in said.items()],
        [],
    )


def judge(store: Path, run: RunSpec, judgments: Sequence[Judgment], **how: object) -> JudgeSpec:
    asked = JudgeSpec(
        **(
            {"run_id": run.run_id, "protocol": "reference", "opponent": DATASET, "url": "http://j", "model": "j1", "prompt_version": 1}
            | how
        )
    )
    with journal(store, asked) as opened:
        opened.add(judgments)
    return asked


def scored(sample_id: str, place: int, coherence: float, fluency: float, other: float = 7.0, **more: object) -> Judgment:
    """Return a judgment; the reference's coherence is always 7, its fluency `other`."""
    scores, others = {"coherence": coherence, "fluency": fluency}, {"coherence": 7.0, "fluency": other}
    return Judgment(sample_id=sample_id, place=place, outcome="scored", scores=scores, opponent_scores=others, **more)


BOTH = (1, 2)
DENSE_SCORES = [
    *(scored("s0", place, coherence, 8) for place, coherence in zip(BOTH, (9, 7), strict=True)),
    *(scored("s1", place, coherence, 8) for place, coherence in zip(BOTH, (8, 6), strict=True)),
    *(scored("s2", place, coherence, 8) for place, coherence in zip(BOTH, (6, 6), strict=True)),
    *(scored("s3", place, coherence, 8) for place, coherence in zip(BOTH, (9, 9), strict=True)),
]
"""Coherence 8, 7, 6, 9: mean 7.5; fluency 8."""
WANDA_SCORES = [
    *(scored("s0", place, coherence, 8) for place, coherence in zip(BOTH, (7, 5), strict=True)),
    *(scored("s1", place, coherence, 6) for place, coherence in zip(BOTH, (6, 6), strict=True)),
    *(scored("s2", place, coherence, 4) for place, coherence in zip(BOTH, (4, 2), strict=True)),
    scored("s3", 1, 9, 9),
    Judgment(sample_id="s3", place=2, outcome="refused", reason="filter", reply="No.", n_tries=2, asked_at=5.0),
]
"""Coherence 6, 6, 3 and none: mean 5; changes -2, -1, -3. Fluency 8, 6, 4: mean 6; changes 0, -2, -4."""


def words(n: int, start: str = "w") -> str:
    return " ".join([start] * n)


def summaries_store(store: Path) -> Path:
    """Return a store with four summaries of two recipes, judged by j1 against the highlights."""
    add_answers(store, DENSE_RUN, STORIES, {(f"s{i}", 0): words(10 + i) for i in range(4)})
    add_answers(store, WANDA_RUN, STORIES, {(f"s{i}", 0): words(9 - 2 * i) for i in range(4)})
    judge(store, WANDA_RUN, WANDA_SCORES)
    judge(store, DENSE_RUN, DENSE_SCORES)
    return store


def only_setup(db: Database, comparison: str = SUMMARIES, **like: object) -> queries.Setup:
    [found] = [one for one in queries.judge_setups(db, comparison) if all(getattr(one, name) == value for name, value in like.items())]
    return found


def row(frame, recipe: str, aspect: str | None = None):
    [found] = frame[(frame["recipe"] == recipe) & (frame["aspect"] == aspect if aspect else True)].to_dict("records")
    return found


def overall(sample_id: str, turn: int, score: float, other: float, place: int = 2) -> Judgment:
    scores, others = {"overall": score}, {"overall": other}
    return Judgment(sample_id=sample_id, turn=turn, place=place, outcome="scored", scores=scores, opponent_scores=others)


TALK_DENSE, TALK_WANDA = spec(DENSE, task="instruction_following"), spec(WANDA_50, task="instruction_following")
TALKED = TALK_DENSE.comparison_id


def chosen(sample_id: str, turn: int, first: str, second: str, repeat: int = 0) -> list[Judgment]:
    """Return both orders of a choice; "" is one that cannot be read."""
    return [
        Judgment(sample_id=sample_id, turn=turn, place=place, repeat=repeat, outcome="scored" if winner else "unparsed", winner=winner)
        for place, winner in zip(BOTH, (first, second), strict=True)
    ]


CHOICES = [
    *chosen("t0", 0, "candidate", "candidate"),
    *chosen("t0", 1, "opponent", "opponent"),
    *chosen("t1", 0, "tie", "tie"),
    *chosen("t1", 1, "candidate", "opponent"),  # the first place wins both times
    *chosen("t2", 0, "candidate", ""),
    *(Judgment(sample_id="t2", turn=1, place=place, outcome="same") for place in BOTH),
]
"""win, loss, tie, inconsistent, partial, same."""


def talks_store(store: Path) -> Path:
    """Return a store with three conversations of two turns, the compressed answers against the dense ones."""
    for run, n in ((TALK_DENSE, 5), (TALK_WANDA, 2)):
        said = {(f"t{i}", turn): words(n + i + turn, "u" if n == 5 else "v") for i in range(3) for turn in (0, 1)}
        add_answers(store, run, TALKS, said | {("t2", 1): "equal"})
    judge(store, TALK_WANDA, CHOICES, protocol="pairwise", opponent=TALK_DENSE.run_id)
    return store
