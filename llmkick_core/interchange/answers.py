"""Published answers as a run: questions, answers, scores and status, as if a model had been asked here.

    import_answers(store, Path("answer.jsonl"), source=Source(task="summarization", questions="new_question.jsonl", recipe=Recipe()))
    -> ImportedAnswers(run_id="3f..", model="import:lmsys/vicuna-7b-v1.3", n_lines=90, n_imported=90, ...)

The run has the id of its questions, model name and recipe, so that recipes of one model stand on one axis; another file adds answers that are not
there yet, and is refused where it answers a question otherwise.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llmkick_core import settings
from llmkick_core.catalog import canonical, data_spec, find_task, load_samples, procedure_of
from llmkick_core.decoding import NAME, list_of, named_values
from llmkick_core.errors import CorruptFileError, DataError, StoreBusyError, TaskError, UsageError
from llmkick_core.fingerprint import digest
from llmkick_core.interchange.fastchat import Said, said
from llmkick_core.interchange.lines import last_of_each, listed, read_lines
from llmkick_core.judgment import JUDGED_TASKS
from llmkick_core.models.locate import imported
from llmkick_core.models.thoughts import apart
from llmkick_core.schema import SCORERS, UNKNOWN, Answer, Calibration, Recipe, RunSpec, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import read_json, run_dir, write_json
from llmkick_core.store.locks import group_lock, held
from llmkick_core.store.opener import LARGE, exists
from llmkick_core.store.parts import append_part, read_parts
from llmkick_core.store.runs import read_status, sample_set_of, write_facts, write_samples, write_spec, write_status
from llmkick_core.tasks.datasets import kick_stories

REVISION = "imported"
"""In place of a fingerprint of weights: nobody knows them. The digest of the answers stands among the facts of the run."""
ANSWER_IDS = "answer_ids.json"
LONGEST_NAME = 120
_AT_ONCE = 20_000  # questions of a part, which has a size limit when it is read
_IDS = named_values(list_of(NAME), 10_000_000)

UNKNOWN_QUESTION = "of a question that is not asked"
LATER = "answered again further down, which counts"


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a file of answers does not say of itself."""

    task: str
    """Task that the questions are of."""
    questions: str
    """Where the questions are: bundled, hub, or a file or folder, as the data of a run."""
    recipe: Recipe
    """How the model had been compressed."""
    name: str = ""
    """Name of the model; empty takes the one of the file. Of several in a file it chooses one."""


@dataclass(frozen=True, kw_only=True)
class ImportedAnswers:
    """What came of a file."""

    run_id: str
    """The run."""
    model: str
    """Its model."""
    recipe: str
    """Label of its recipe."""
    n_lines: int
    """Lines of the file that are not blank."""
    n_imported: int
    """Answers, turn by turn, that are new."""
    n_answered: int
    """Questions that the run has answers to."""
    n_questions: int
    """Questions that there are."""
    left_out: dict[str, int]
    """{why: lines that gave no answer}."""
    notes: tuple[str, ...]
    """What else is to be known, a sentence each."""


def import_answers(store: Path, path: Path, *, source: Source) -> ImportedAnswers:
    """Write the run of a file of answers, or add to it what is new, and return what came of it.

    Raises:
        UsageError: the file, the questions or the recipe cannot be used, it holds answers of several models, or the run answers a question otherwise.
        StoreError: the store cannot be written.
    """
    if source.task not in JUDGED_TASKS:
        raise TaskError(
            f"answers to {source.task!r} cannot be imported; only those to {' and '.join(JUDGED_TASKS)} are published in such files."
        )
    lines = read_lines(path)
    found = [said(line) for line in lines.lines]
    left_out = lines.left_out + Counter(one for one in found if isinstance(one, str))
    rows, name, others = _of_one_model([one for one in found if isinstance(one, Said)], source.name, path)
    left_out += others
    spec = _spec(source, name)
    samples = load_samples(spec, settings.data_cache())
    turns = {sample.sample_id: len(sample.turns) for sample in samples}
    known = [row for row in rows if row.question_id in turns]
    counted = last_of_each(known, lambda row: row.question_id)
    left_out += Counter({UNKNOWN_QUESTION: len(rows) - len(known), LATER: len(known) - len(counted)})
    if not counted:
        raise DataError(
            f"{path} answers none of the {len(samples):,} questions of {source.questions} (such as {listed(list(turns), most=3)}); "
            "name the file of questions that it answers with --questions."
        )
    n_imported, n_answered = _write(store, spec, samples, counted, file=lines.name)
    return ImportedAnswers(
        run_id=spec.run_id,
        model=spec.model,
        recipe=spec.recipe.label,
        n_lines=lines.n_lines,
        n_imported=n_imported,
        n_answered=n_answered,
        n_questions=len(samples),
        left_out={why: n for why, n in left_out.items() if n},
        notes=(*_notes(counted, turns, n_answered), *_story_notes(spec)),
    )


def answer_ids(store: Path, run_id: str) -> dict[str, list[str]]:
    """Return the ids that files give to the answers of a run: {question: ids}; empty where it was not imported.

    Raises:
        CorruptFileError: the file is damaged.
    """
    path = run_dir(store, run_id) / ANSWER_IDS
    try:
        found = read_json(path, LARGE)
    except FileNotFoundError:
        return {}
    if not _IDS.holds(found):
        raise CorruptFileError(f"{path} is damaged: it is no object of lists of ids. Delete it and import the answers again.")
    return dict(found)


def _of_one_model(rows: Sequence[Said], wanted: str, path: Path) -> tuple[list[Said], str, Counter[str]]:
    """Return the answers of one model, its name, and the others' lines, counted.

    Raises:
        DataError: there is no answer.
        UsageError: several models answered and none of them is named, or nobody says who did.
    """
    if not rows:
        raise DataError(f"{path} holds no answer: rows need a `text` or `choices`; name its --kind where it holds reviews.")
    names = {row.model for row in rows}
    wanted = " ".join(wanted.split())
    if len(wanted) > LONGEST_NAME or not wanted.isprintable():
        raise UsageError(f"the name of a model has at most {LONGEST_NAME} characters, all of them printable.")
    if len(names) > 1 and wanted not in names:
        raise UsageError(f"{path} holds answers of {len(names)} models ({listed(names)}); choose one of them with --name.")
    if len(names) > 1:
        mine = [row for row in rows if row.model == wanted]
        return mine, wanted, Counter({"of another model": len(rows) - len(mine)})
    name = wanted or next(iter(names))[:LONGEST_NAME]
    if not name:
        raise UsageError(f"{path} does not say which model answered (model_id); name it with --name.")
    return list(rows), name, Counter()


def _spec(source: Source, name: str) -> RunSpec:
    """Return the run: where its questions are, and how its model was compressed as far as that is known."""
    recipe = canonical(replace(source.recipe, calibration=Calibration()))
    if not recipe.is_dense and procedure_of(recipe).needs:
        recipe = replace(recipe, calibration=Calibration(source=UNKNOWN))
    return replace(data_spec(find_task(source.task), source.questions), model=imported(name), model_revision=REVISION, recipe=recipe)


def _write(store: Path, spec: RunSpec, samples: Sequence[Sample], rows: Sequence[Said], *, file: str) -> tuple[int, int]:
    """Add the answers that are new, and return how many these are and how many questions the run answers.

    The spec is written last: a folder with a spec is a run.
    """
    folder = run_dir(store, spec.run_id)
    with held(group_lock(store, spec.compression_id)) as is_ours:
        if not is_ours:
            raise StoreBusyError(f"another process is at the runs of {spec.model}, {spec.recipe.label}; wait until it is done.")
        before = {(answer.sample_id, answer.turn): apart(answer).text for answers, _ in read_parts(folder) for answer in answers}
        fresh = _fresh(spec, samples, rows, before)
        if sample_set_of(store, spec.run_id) is None or fresh:
            write_samples(store, spec.run_id, samples)
        if fresh:
            task = find_task(spec.task)
            for start in range(0, len(fresh), _AT_ONCE):
                some = fresh[start : start + _AT_ONCE]
                scores = [score for sample, said_now in some for scorer in SCORERS for score in task.score(sample, said_now, scorer)]
                append_part(folder, [answer for _, said_now in some for answer in said_now], scores)
            before |= {(answer.sample_id, answer.turn): answer.text for _, said_now in fresh for answer in said_now}
            write_facts(store, spec.run_id, _facts(file, rows, before))
        _keep_ids(store, spec.run_id, rows)
        n_answered = len({sample_id for sample_id, _ in before})
        if fresh or read_status(store, spec.run_id).state != "done":
            now = time.time()
            done = RunStatus(run_id=spec.run_id, state="done", n_done=n_answered, n_total=len(samples), submitted_at=now, updated_at=now)
            write_status(store, done)
        if not exists(folder / "spec.json"):
            write_spec(store, spec)
    return sum(len(said_now) for _, said_now in fresh), n_answered


def _fresh(
    spec: RunSpec, samples: Sequence[Sample], rows: Sequence[Said], before: dict[tuple[str, int], str]
) -> list[tuple[Sample, tuple[Answer, ...]]]:
    """Return the questions that a file answers and the run does not yet, with their answers.

    Raises:
        UsageError: the run has another answer to one.
    """
    by_id = {sample.sample_id: sample for sample in samples}
    fresh, others = [], []
    for row in rows:
        sample = by_id[row.question_id]
        turns = list(enumerate(row.turns[: len(sample.turns)]))
        others += [row.question_id for turn, text in turns if before.get((row.question_id, turn), text) != text]
        thoughts = dict(enumerate(row.thoughts))
        new = [
            Answer(run_id=spec.run_id, sample_id=row.question_id, turn=turn, text=text, thought=thoughts.get(turn, ""))
            for turn, text in turns
            if (row.question_id, turn) not in before
        ]
        if new:
            fresh.append((sample, tuple(new)))
    if others:
        raise UsageError(
            f"run {spec.run_id} ({spec.model}, {spec.recipe.label}) has other answers to {len(set(others)):,} of these questions "
            f"({listed(others, most=3)}); give these another --name, or say how their model was compressed (--method, --sparsity)."
        )
    return fresh


def _facts(file: str, rows: Sequence[Said], answers: dict[tuple[str, int], str]) -> dict[str, str]:
    named = {row.model for row in rows} - {""}
    return {
        "imported_from": clean_name(file),
        "answers_digest": digest(sorted([question, turn, text] for (question, turn), text in answers.items())),
        **({"model_in_file": listed(named)} if named else {}),
    }


def clean_name(file: str) -> str:
    """Return the name of a file as it can be written, whatever bytes it has."""
    return file.encode("utf-8", errors="replace").decode()


def _keep_ids(store: Path, run_id: str, rows: Sequence[Said]) -> None:
    """Keep the ids of the answers, by which a review says what it is of; identical answers of several files have several."""
    known = answer_ids(store, run_id)
    both = {question: list(ids) for question, ids in known.items()}
    for row in rows:
        if row.answer_id and row.answer_id not in both.setdefault(row.question_id, []):
            both[row.question_id].append(row.answer_id)
    if both != known:
        write_json(run_dir(store, run_id) / ANSWER_IDS, both)


def _notes(rows: Sequence[Said], turns: dict[str, int], n_answered: int) -> list[str]:
    """Return what is to be known of the answers taken."""
    counts: dict[str, Any] = {
        "{} answered in several ways (choices): the first was taken": sum(row.n_choices > 1 for row in rows),
        "{} answered in the first turns only": sum(len(row.turns) < turns[row.question_id] for row in rows),
        "{} answered in more turns than are asked: the others were left out": sum(len(row.turns) > turns[row.question_id] for row in rows),
        "{} not answered": len(turns) - n_answered,
    }
    return [words.format(f"{n:,} question{' is' if n == 1 else 's are'}") + "." for words, n in counts.items() if n]


def _story_notes(spec: RunSpec) -> list[str]:
    """Return what is wrong with stories that hold their own reference summary."""
    path = Path(spec.dataset)
    n = kick_stories.n_marked(path) if spec.task == "summarization" and kick_stories.is_kick_stories(path) else 0
    return [
        f"{n:,} stories of {path.name} hold their @highlight lines, which the model was shown; here these are the reference, not the story."
    ] * bool(n)
