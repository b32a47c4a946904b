"""Thousands of damaged data and import files, with a fixed seed: each is read, or refused in one line, in time and in little memory."""

from __future__ import annotations

import gzip
import json
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.data_files import MOST_VALUES, id_of, number_text, read_rows, texts_of
from llmkick_core.errors import DataError, LlmkickError
from llmkick_core.interchange.answers import import_answers
from llmkick_core.interchange.fastchat import review, said
from llmkick_core.interchange.lines import read_lines
from llmkick_core.interchange.reviews import import_reviews
from llmkick_core.interchange.whose import Subject
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.store.runs import write_samples
from llmkick_core.tasks import closed_book_qa, factoid_qa, instruction_following, multiple_choice, open_book_qa, perplexity, summarization
from llmkick_core.tasks.datasets.hub import _bounded
from tests.interchange.fastchat_files import (
    aspects,
    chat_source,
    chats,
    new_answer,
    old_answer,
    old_review,
    pair,
    single,
    story_source,
    summaries,
)
from tests.security.test_fuzz_store import LONGEST_S, MOST_BYTES, RAW, VALUES, in_time, spots
from tests.tasks.test_official_files import CHAT, FREEBASE, HEADER, MMLU, STORY, TRIVIA, document, lines, table

N_OF_FILE, N_OF_IMPORT, N_STORED = 250, 1500, 60
"""Mutants of each file of a task, of rows to import, and of these the files that are imported into a store."""

PAGES = {"EntityPages": [{"Title": "Anna Bell", "Filename": "Anna_Bell.txt"}], "SearchResults": [{"Title": "a", "Filename": "0/0_1.txt"}]}
FILES = [
    (factoid_qa, "FreebaseQA-eval.json", document("Questions", FREEBASE, FREEBASE)),
    (closed_book_qa, "wikipedia-dev.json", document("Data", TRIVIA, TRIVIA)),
    (closed_book_qa, "nq-open.jsonl", lines({"question": "Who wrote Emma?", "answer": ["Jane Austen"]}, {"question": "Who?", "answer": ["A", "B"]})),
    (open_book_qa, "wikipedia-dev.json", document("Data", {**TRIVIA, **PAGES}, {**TRIVIA, **PAGES})),
    (instruction_following, "question.jsonl", lines(CHAT, {**CHAT, "question_id": 82, "reference": ["a", "b"]})),
    (multiple_choice, "anatomy_test.csv", table(MMLU, ["Two\nlines, or three?", *MMLU[1:]])),
    (summarization, "test.csv", table(HEADER, STORY, ["f1", 'One, "two"\nthree.', "a\nb"])),
    (summarization, "a.story", "One.\n\nTwo.\n\n@highlight\n\nx\n"),
    (summarization, "new_question.jsonl", lines({"question_id": 1, "text": "(CNN) -- A park.@highlightA park opens", "category": "small"})),
    (perplexity, "x.jsonl", lines({"text": "One."}, {"text": "Two."})),
    (perplexity, "x.txt", "One.\n\nTwo."),
]  # fmt: skip
"""A file of each official format."""
ROWS = [
    old_answer(1, "Summary."), new_answer(81, "One", "Two", more=[["Other"]]), old_review(1, "9 8\n\nGood.", aspects((8, 7), (8, 7), (9, 8), (8, 6))), old_review(2, "error", [-1, -1]),
    single(81, 7), single(82, -1), pair(81, "model_1", "tie"),
]  # fmt: skip
"""A row of each kind that FastChat and LLM-KICK publish."""


def dumped(value: Any, chance: random.Random) -> str:
    return json.dumps(value, ensure_ascii=chance.random() < 0.5)


def changed(value: Any, chance: random.Random) -> str:
    """Return JSON with one value changed, removed, doubled, added or renamed."""
    value = json.loads(json.dumps(value))
    way = chance.choice(list(spots(value)))
    other = chance.choice([*VALUES, *([""] if isinstance(value, list) else [])])
    if not way:
        return chance.choice(RAW)
    place = value
    for key in way[:-1]:
        place = place[key]
    kind = chance.random()
    if kind < 0.1:
        del place[way[-1]]
    elif kind < 0.2 and isinstance(place, dict):
        place[chance.choice(["", "unheard_of", "\ud800", *place])] = place.pop(way[-1])
    elif kind < 0.3 and isinstance(place, list):
        place += chance.randint(1, 50) * [place[way[-1]]]
    elif kind < 0.5:
        place[way[-1]] = "@RAW@"
        return json.dumps(value).replace('"@RAW@"', chance.choice(RAW))
    elif kind < 0.6:
        place[way[-1]] = [place[way[-1]]]
    else:
        place[way[-1]] = other
    return dumped(value, chance)


def mutant(text: str, chance: random.Random) -> bytes:
    """Return the bytes of a file that was damaged in one way."""
    kind = chance.random()
    raw = text.encode()
    if kind < 0.1:
        return raw[: chance.randrange(len(raw) + 1)]
    if kind < 0.25:
        found = bytearray(raw)
        for _ in range(chance.randint(1, 4)):
            found[chance.randrange(len(found))] = chance.randrange(256)
        return bytes(found)
    if kind < 0.3:
        at = chance.randrange(len(raw))
        return (
            raw[:at]
            + chance.choice([b"\0", b'"', b"\n\n", b"\xff", b"\xe2\x80\xa8", b"[", b"{", b",", b"\xef\xbb\xbf", b"\r", b"@highlight\n"])
            + raw[at:]
        )
    if kind < 0.34:
        return gzip.compress(raw)[: chance.choice([None, -4, 12])]
    if kind < 0.37:
        return raw * chance.choice([2, 300])
    return as_json(text, chance).encode("utf-8", errors="surrogatepass")


def as_json(text: str, chance: random.Random) -> str:
    """Change a value of a whole document, of a line, or a cell."""
    try:
        return changed(json.loads(text), chance)
    except ValueError:
        found = text.split("\n")
    at = chance.choice([n for n, line in enumerate(found) if line] or [0])
    try:
        found[at] = changed(json.loads(found[at]), chance)
    except ValueError:
        cells = found[at].split(",")
        cells[chance.randrange(len(cells))] = str(chance.choice(VALUES))
        found[at] = ",".join(cells)
    return "\n".join(found)


def is_one_line(error: LlmkickError) -> None:
    assert "\n" not in str(error)


@pytest.fixture(autouse=True)
def _bounded_memory() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MOST_BYTES


@pytest.mark.parametrize(("task", "name", "content"), FILES, ids=[f"{task.TASK.name} {name}" for task, name, _ in FILES])
def test_no_damaged_data_file_breaks_a_task(task, name, content, tmp_path):
    chance = random.Random(f"19 {task.TASK.name} {name}")
    (tmp_path / "evidence" / "wikipedia").mkdir(parents=True)
    (tmp_path / "evidence" / "wikipedia" / "Anna_Bell.txt").write_text("Anna Bell opened the park.")
    n_read = 0
    for n in range(N_OF_FILE):
        (tmp_path / name).write_bytes(damaged := mutant(content, chance))
        try:
            with in_time():
                samples = task.TASK.load(tmp_path / name, RunSpec(model="m", task=task.TASK.name))
                write_samples(tmp_path / "store", "a", samples)
                for sample in samples[:2]:
                    task.TASK.score(sample, [Answer(run_id="a", sample_id=sample.sample_id, text="Bell")], "corrected")
            n_read += 1
        except LlmkickError as error:
            is_one_line(error)
        except BaseException as error:
            error.add_note(f"mutant {n}: {damaged[:2000]!r}")
            raise
    assert N_OF_FILE * 0.02 < n_read < N_OF_FILE


def test_no_damaged_row_of_an_import_breaks_its_reading(tmp_path):
    chance = random.Random(19)
    path = tmp_path / "rows.jsonl"
    n_said = n_judged = 0
    for n in range(N_OF_IMPORT):
        path.write_bytes(damaged := mutant("".join(json.dumps(row) + "\n" for row in chance.sample(ROWS, 3)), chance))
        try:
            with in_time():
                for line in read_lines(path).lines:
                    n_said += not isinstance(said(line), str)
                    n_judged += not isinstance(review(line), str)
        except LlmkickError as error:
            is_one_line(error)
        except BaseException as error:
            error.add_note(f"mutant {n}: {damaged[:2000]!r}")
            raise
    assert n_said > N_OF_IMPORT / 2
    assert n_judged > N_OF_IMPORT / 2


@pytest.mark.parametrize("kind", ["summaries", "chats", "reviews", "singles"])
def test_no_damaged_file_breaks_an_import(kind, tmp_path):
    chance = random.Random(f"19 {kind}")
    of_stories, of_chats = (make(tmp_path / "store", tmp_path).run_id for make in (summaries, chats))
    rows: dict[str, list[dict[str, Any]]] = {
        "summaries": [old_answer(k, f"Summary {k}.", tag="B") for k in (1, 2, 3)],
        "chats": [new_answer(k, f"One {k}", f"Two {k}", model="other") for k in (81, 82, 83)],
        "reviews": [old_review(k, "8 7\n8 7\n9 8\n8 6\n\nGood.", aspects((8, 7), (8, 7), (9, 8), (8, 6))) for k in (1, 2)],
        "singles": [single(81, 7), single(82, 8, turn=2), single(83, -1)],
    }
    path, n_done = tmp_path / "import.jsonl", 0
    for n in range(N_STORED):
        path.write_bytes(damaged := mutant("".join(json.dumps(row) + "\n" for row in rows[kind]), chance))
        try:
            with in_time():
                if kind == "summaries":
                    import_answers(tmp_path / f"s{n}", path, source=story_source(tmp_path))
                elif kind == "chats":
                    import_answers(tmp_path / f"s{n}", path, source=chat_source(tmp_path))
                elif kind == "reviews":
                    import_reviews(tmp_path / "store", path, subject=Subject(run=of_stories, references="dataset", judge="gpt-4"))
                else:
                    import_reviews(tmp_path / "store", path, subject=Subject(run=of_chats))
            n_done += 1
        except LlmkickError as error:
            is_one_line(error)
        except BaseException as error:
            error.add_note(f"mutant {n}: {damaged[:2000]!r}")
            raise
    assert n_done > N_STORED / 10


# amplification

FLOODS = [
    "[" + "[]," * 6_000_000 + "[]]",
    '[{"a": 1}' + ',{"":{}}' * 4_000_000 + "]",
    "\n" * (MOST_VALUES + 1),
    '{"a": [' + "1," * MOST_VALUES + "1]}",
]


@pytest.mark.parametrize("flood", FLOODS, ids=range(len(FLOODS)))
@pytest.mark.parametrize("read", [read_rows, read_lines])
@pytest.mark.parametrize("is_packed", [False, True])
def test_small_files_of_millions_of_values_are_refused_before_they_are_parsed(flood, read, is_packed, tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_bytes(gzip.compress(flood.encode(), 1) if is_packed else flood.encode())
    started = time.monotonic()
    with pytest.raises(DataError, match=r"values; at most|unpacks to more"):
        read(path)
    assert time.monotonic() - started < LONGEST_S


def test_what_unpacks_to_more_than_256_megabytes_is_refused(tmp_path):
    path = tmp_path / "x.jsonl"
    noise = random.Random(19).randbytes(3_000_000).hex().encode()
    with gzip.open(path, "wb", 1) as stream:
        for _ in range(50):
            stream.write(noise)
    assert path.stat().st_size * 100 > 2**28
    with pytest.raises(DataError, match="268,435,456"):
        read_rows(path)


def test_numbers_that_no_float_holds_are_texts_like_others():
    assert number_text(10**400) == "1" + "0" * 400
    assert texts_of([10**400, True, float("inf"), float("nan"), 81.0]) == ["1" + "0" * 400, "81"]
    assert id_of({"id": -(10**310)}, ["id"], 0, "x").startswith("-1")


class Dripping:
    """A server that sends a byte at a time, without end."""

    def __init__(self, piece: bytes, pause_s: float) -> None:
        self._piece, self._pause_s = piece, pause_s

    def read1(self, _: int) -> bytes:
        time.sleep(self._pause_s)
        return self._piece


def test_a_file_of_the_hub_has_limits_of_size_and_time(monkeypatch):
    with pytest.raises(DataError, match="sends more than"):
        _bounded(Dripping(b"x" * 2**24, 0), "https://example.org/x.json")  # type: ignore[arg-type]
    monkeypatch.setattr("llmkick_core.tasks.datasets.hub._LONGEST_S", 0.2)
    with pytest.raises(DataError, match="within 0 seconds"):
        _bounded(Dripping(b"x", 0.05), "https://example.org/x.json")  # type: ignore[arg-type]


def test_the_fuzz_has_files_of_every_task_that_reads_any():
    from llmkick_core.catalog import TASKS

    assert {task.TASK.name for task, _, _ in FILES} == set(TASKS)
    assert Path(__file__).exists()
