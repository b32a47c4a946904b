"""What can be wrong with a file in an official format: each thing is told in one line that names the file and the line."""

import csv
import gzip
import io
import json

import pytest

from llmkick_core.data_files import read_rows
from llmkick_core.errors import DataError
from llmkick_core.schema import RunSpec
from llmkick_core.tasks import closed_book_qa, factoid_qa, instruction_following, multiple_choice, open_book_qa, perplexity, summarization

ANSWERS = [{"Parse-Id": "p", "TopicEntityName": "t", "InferentialChain": "a.b", "Answers": [{"AnswersMid": "m", "AnswersName": ["Bell"]}]}]
FREEBASE = {"Question-ID": "q", "RawQuestion": "Who opened it?", "Parses": ANSWERS}
TRIVIA = {"QuestionId": "tc_1", "Question": "Who opened it?", "Answer": {"Value": "Bell", "Aliases": ["Anna Bell"]}}
CHAT = {"question_id": 81, "category": "writing", "turns": ["Write.", "Again."]}
MMLU = ["Which is a noble gas?", "Neon", "Iron", "Sulphur", "None", "A"]
STORY = ["f001", "Anna Bell opened a park.", "Bell opens park ."]


def load(task, path, **changes):
    return task.TASK.load(path, RunSpec(model="m", task=task.TASK.name, **changes))


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def document(key, *rows):
    return json.dumps({"Dataset": 'a "Questions": [ in a text', key: list(rows), "Version": 1.0}, indent=1)


def table(*rows):
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


HEADER = ["id", "article", "highlights"]
BAD = [
    (factoid_qa, "x.json", document("Questions", FREEBASE, {**FREEBASE, "RawQuestion": " "}), r"x\.json line 23: 'RawQuestion' is blank"),
    (factoid_qa, "x.json", document("Questions", FREEBASE, {"Parses": ANSWERS}), r"line 23: 'RawQuestion' is missing or no text"),
    (factoid_qa, "x.json", document("Questions", {**FREEBASE, "Parses": [{"Answers": [{"AnswersName": [None]}]}]}), "line 4: no parse has"),
    (factoid_qa, "x.json", document("Questions", FREEBASE)[:-60], r"line \d+ is not JSON: the file ends in the middle"),
    (factoid_qa, "x.json", document("Questions", FREEBASE)[:180], r"line \d+ is not JSON: the file ends in the middle"),
    (factoid_qa, "x.json", document("Rows", FREEBASE), "'Questions' is missing or no list"),
    (factoid_qa, "x.json", document("Questions"), "holds no question"),
    (factoid_qa, "x.json", "", "holds no question"),
    (factoid_qa, "x.json", "Who?", "line 1 is not JSON"),
    (factoid_qa, "x.json", "[" * 100_000, "is not JSON"),
    (factoid_qa, "x.json", document("Questions", FREEBASE).replace("Who", "\\ud83d Who"), "question q holds half a character"),
    (
        factoid_qa,
        "x.json",
        document("Questions", FREEBASE).replace("Who", "\xe9").encode("latin-1"),
        r"line 6 is not UTF-8 text \(byte \d+",
    ),
    (closed_book_qa, "wikipedia-dev.json", document("Data", TRIVIA)[:-40], r"line \d+ is not JSON: the file ends in the middle"),
    (closed_book_qa, "x.json", document("Data", TRIVIA, {**TRIVIA, "Question": ""}), r"x\.json line 14: no question with an answer"),
    (closed_book_qa, "x.jsonl", lines(TRIVIA, {"Question": "?"}), r"x\.jsonl line 2: no question with an answer"),
    (open_book_qa, "x.jsonl", "\n" + lines({**TRIVIA, "EntityPages": "a"}), r"x\.jsonl line 2: 'EntityPages' is no list"),
    (open_book_qa, "x.jsonl", lines({**TRIVIA, "EntityPages": [{"Title": "a"}]}), r"line 1: 'Filename' is missing"),
    (instruction_following, "question.jsonl", "\n" + lines(CHAT, {"question_id": 82}), r"question\.jsonl line 3: 'turns' is missing"),
    (instruction_following, "question.jsonl", lines({**CHAT, "turns": ["a", 3]}), "line 1: 'turns' is empty or holds a turn that is blank"),
    (instruction_following, "question.jsonl", lines(CHAT, CHAT)[:-30], "line 2 is not JSON: the file ends in the middle"),
    (instruction_following, "question.jsonl", "\n", "holds no question"),
    (multiple_choice, "x_test.csv", table(MMLU, MMLU[1:]), r"x_test\.csv line 2 has 5 cells"),
    (multiple_choice, "x_test.csv", table(["Two\nlines", *MMLU[1:]], [*MMLU, "more"]), "line 3 has 7 cells"),
    (multiple_choice, "x_test.csv", table(MMLU, [*MMLU[:-1], "E"]), "line 2: the right answer is 'E'; it must be a letter from A to D"),
    (multiple_choice, "x_test.csv", table(MMLU, [*MMLU[:-1], ""]), "line 2: the right answer is ''"),
    (multiple_choice, "x_test.csv", table(MMLU, [*MMLU[:-1], "AB"]), "line 2: the right answer is 'AB'"),
    (multiple_choice, "x_test.csv", table(MMLU, [" ", *MMLU[1:]]), "line 2: the question is blank"),
    (multiple_choice, "x_test.csv", table(MMLU).encode() + "Qu\xe9?,a,b,c,d,A".encode("latin-1"), r"line 2 is not UTF-8 text \(byte 50"),
    (multiple_choice, "x_test.csv", "\n", "x_test.csv holds no question"),
    (
        summarization,
        "test.csv",
        table(["id", "text", "summary"], STORY),
        "has no column article and no column highlights; its first row must",
    ),
    (summarization, "test.csv", table(HEADER, STORY, STORY[:2]), r"test\.csv line 3 has 2 cells, the first row 3"),
    (summarization, "test.csv", table(HEADER, [STORY[0], "", STORY[2]]), "line 2: article is blank"),
    (summarization, "test.csv", table(HEADER, [*STORY[:2], " "]), "line 2: highlights is blank"),
    (summarization, "test.csv", table(HEADER), r"no \.story file"),
    (summarization, "a.story", "caf\xe9\n\n@highlight\n\nx".encode("latin-1"), r"a\.story line 1 is not UTF-8 text \(byte 3"),
    (perplexity, "x.jsonl", lines({"text": "One."}, {"txt": "Two."}), r"x\.jsonl line 2: 'text' is missing or no text"),
    (perplexity, "x.txt", b"ok\n\xff", r"x\.txt line 2 is not UTF-8 text \(byte 3"),
    (perplexity, "x.txt.gz", b"no gzip", r"x\.txt\.gz cannot be read"),
    (perplexity, "x.txt.gz", gzip.compress(b"cut off" * 99)[:-12], r"x\.txt\.gz cannot be read"),
]


@pytest.mark.parametrize(("task", "name", "content", "message"), BAD, ids=[f"{task.TASK.name}: {message}" for task, _, _, message in BAD])
@pytest.mark.parametrize("is_folder", [False, True])
def test_what_is_wrong_with_a_file_is_told_in_one_line(task, name, content, message, is_folder, tmp_path):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        load(task, tmp_path if is_folder else tmp_path / name)
    assert "\n" not in str(caught.value)


GOOD = [
    (factoid_qa, "FreebaseQA-train.json", document("Questions", FREEBASE, FREEBASE)),
    (factoid_qa, "FreebaseQA-dev.json", document("Questions", FREEBASE)),
    (closed_book_qa, "web-dev.json", document("Data", TRIVIA, TRIVIA)),
    (instruction_following, "question.jsonl", lines(CHAT, CHAT)),
    (multiple_choice, "x_test.csv", table(["Two\nlines,\nor three?", *MMLU[1:]], MMLU)),
    (summarization, "test.csv", table(HEADER, ["f1", "One, \"two\"\nthree.", "a\nb"], STORY)),
    (summarization, "a.story", "One.\n\nTwo.\n\n@highlight\n\nx\n"),
    (perplexity, "x.txt", "One.\n\nTwo."),
    (perplexity, "x.jsonl", lines({"text": "One."}, {"text": "Two."})),
]  # fmt: skip


@pytest.mark.parametrize(("task", "name", "content"), GOOD)
def test_a_byte_order_mark_and_line_ends_of_windows_change_nothing(task, name, content, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "plain" / name).write_bytes(content.replace("\r\n", "\n").encode())
    (tmp_path / "other" / name).write_bytes(b"\xef\xbb\xbf" + content.replace("\r\n", "\n").replace("\n", "\r\n").encode())
    samples = load(task, tmp_path / "plain")
    assert samples
    assert len({sample.sample_id for sample in samples}) == len(samples)
    assert load(task, tmp_path / "other") == samples


def test_rows_know_the_line_they_begin_in(tmp_path):
    (tmp_path / "x.json").write_text('{"a": {"Rows": [1]}, "Rows":\n\n [{"b":\n 1},\n\n {"Rows": [2]}, {}], "c": [4]}')
    found = read_rows(tmp_path / "x.json", "Rows")
    assert [(row, int(where.rpartition(" ")[2])) for row, where in found] == [({"b": 1}, 3), ({"Rows": [2]}, 6), ({}, 6)]


def test_a_row_that_is_not_asked_is_not_looked_at(tmp_path):
    (tmp_path / "x.jsonl").write_text(lines(TRIVIA, {"Question": "?"}))
    assert len(load(closed_book_qa, tmp_path, limit=1)) == 1


def test_a_long_article_is_read_and_only_one_beyond_the_limit_refused_by_its_number(tmp_path, monkeypatch):
    article = "word, " * 40_000
    (tmp_path / "test.csv").write_text(table(HEADER, ["long", article, "One."]))
    assert [sample.sample_id for sample in load(summarization, tmp_path)] == ["long"]
    monkeypatch.setattr("llmkick_core.tasks.datasets.files.MOST_CELL", 200_000)
    with pytest.raises(DataError, match=r"test\.csv: the row that begins in line 2 .*more than 200,000 characters"):
        load(summarization, tmp_path)


def test_the_csv_file_of_cnn_dailymail_is_told_by_its_columns_and_words(tmp_path):
    rows = [["highlights", "id", "url", "article"], *([f"H {n} .\nNone", f"f{n}", "u", "word " * n] for n in (470, 471, 789, 790))]
    (tmp_path / "validation.csv").write_text(table(["id", "article", "highlights"], ["x", "y", "z"]))
    (tmp_path / "test.csv").write_text(table(*rows))
    samples = load(summarization, tmp_path)
    assert sorted((s.sample_id, s.subject) for s in samples) == [
        ("f470", "small"),
        ("f471", "medium"),
        ("f789", "medium"),
        ("f790", "large"),
    ]
    assert samples[0].reference == "H 470 .\nNone"
    assert "H 470" not in samples[0].turns[0]
    assert load(summarization, tmp_path / "test.csv") == samples


def test_stories_of_one_id_are_told_apart(tmp_path):
    (tmp_path / "test.csv").write_text(table(HEADER, ["f", "One.", "x"], ["f", "Two.", "x"], ["g", "Three.", "x"]))
    assert [sample.sample_id for sample in load(summarization, tmp_path)] == ["small/f", "small/f#2", "g"]


def test_a_packed_text_is_unpacked(tmp_path):
    (tmp_path / "c4-validation.00000-of-00008.json.gz").write_bytes(gzip.compress(lines({"text": "One."}, {"text": "Two."}).encode()))
    (sample,) = load(perplexity, tmp_path)
    assert sample.turns == ("One.\n\nTwo.",)
