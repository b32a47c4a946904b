"""One reader of JSON rows for every loader: what a file holds counts, not how it is called; what is no text is never made one."""

import gzip
import json

import pytest

from llmkick_core.data_files import id_of, number_text, read_documents, read_rows, read_text, text_of, word_of
from llmkick_core.errors import DataError
from llmkick_core.schema import RunSpec
from llmkick_core.tasks import closed_book_qa, factoid_qa, instruction_following, perplexity, summarization

FREEBASE = {"Question-ID": "q", "RawQuestion": "Who opened it?", "Parses": [{"Answers": [{"AnswersName": ["Bell"]}]}]}
TRIVIA = {"question_id": "t", "question": "Who?", "answer": {"value": "S", "aliases": ["S"]}}
NQ = {"question": "who wrote emma", "answer": ["Jane Austen"]}
CHAT = {"question_id": 81, "category": "writing", "turns": ["Write.", "Again."]}
TEXT = {"text": "One."}
STORY = {"id": "f1", "article": "Anna Bell opened a park.", "highlights": "Bell opens park ."}
KICK = {"question_id": 7, "text": "Summarize the given story\n\nAnna Bell opened a park.@highlightBell opens", "category": "mid"}
ROWS = {
    "freebaseqa": (factoid_qa, FREEBASE, "Questions"),
    "triviaqa": (closed_book_qa, TRIVIA, "Data"),
    "nq_open": (closed_book_qa, NQ, "Data"),
    "mt_bench": (instruction_following, CHAT, "data"),
    "texts": (perplexity, TEXT, "data"),
    "stories": (summarization, STORY, "data"),
    "kick_stories": (summarization, KICK, "data"),
}


def load(task, path):
    return task.TASK.load(path, RunSpec(model="m", task=task.TASK.name))


def written(row, key, form):
    """Return two rows in one of the forms that programs write."""
    rows = [row, row]
    return {
        "lines": "".join(json.dumps(one) + "\n" for one in rows),
        "list": json.dumps(rows),
        "indented list": json.dumps(rows, indent=2),
        "object": json.dumps({"version": "1.0", key: rows}),
        "indented object": json.dumps({"version": "1.0", key: rows}, indent=2),
        "data": json.dumps({"data": rows}),
        "one after another": "\n".join(json.dumps(one, indent=2) for one in rows),
    }[form]


FORMS = ("lines", "list", "indented list", "object", "indented object", "data", "one after another")
NAMES = ("validation.json", "validation.jsonl", "rows.json.gz", "packed.jsonl")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("data", ROWS)
def test_every_loader_reads_rows_in_every_form_whatever_the_file_is_called(data, form, name, tmp_path):
    task, row, key = ROWS[data]
    content = b"\xef\xbb\xbf" + written(row, key, form).replace("\n", "\r\n").encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") or name == "packed.jsonl" else content)
    samples = load(task, tmp_path / name)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "rows.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (row, row)))
    expected = load(task, tmp_path / "plain" / "rows.jsonl")
    assert [(one.sample_id, one.turns, one.gold, one.reference) for one in samples][:2] == [
        (one.sample_id.replace("rows.jsonl", name), one.turns, one.gold, one.reference) for one in expected
    ]


def test_an_object_without_the_list_is_told_by_its_key(tmp_path):
    (tmp_path / "x.json").write_text('{"version": 1,\n "rows": 3}')
    with pytest.raises(DataError, match="'Data' is missing or no list"):
        read_rows(tmp_path / "x.json", "Data")


def test_a_file_that_was_unpacked_and_kept_its_name_is_read(tmp_path):
    (tmp_path / "x.jsonl.gz").write_text('{"text": "One."}\n')
    assert read_documents(tmp_path / "x.jsonl.gz") == ["One."]


def test_a_text_is_a_text_whatever_it_begins_with_and_rows_without_an_ending_are_rows(tmp_path):
    (tmp_path / "a.txt").write_text("{not json}\nmore")
    (tmp_path / "c4-train.00000").write_text('{"text": "One."}\n{"text": "Two."}\n')
    assert read_documents(tmp_path / "a.txt") == ["{not json}\nmore"]
    assert read_documents(tmp_path / "c4-train.00000") == ["One.", "Two."]


def test_utf_16_is_told(tmp_path):
    (tmp_path / "x.txt").write_bytes("text".encode("utf-16"))
    with pytest.raises(DataError, match="is not UTF-8 text"):
        read_text(tmp_path / "x.txt")


@pytest.mark.parametrize("value", [None, 4, True, ["a"], {"a": 1}, float("nan"), "NaN", "nan"])
def test_what_is_no_text_is_none(value):
    assert text_of(value) == ""


def test_a_word_may_be_a_number_and_never_null_or_true():
    assert [word_of(value) for value in ("a", 3, 81.0, 1.5, None, True, [1], float("inf"))] == ["a", "3", "81", "1.5", "", "", "", ""]
    assert number_text("3") == ""


@pytest.mark.parametrize(("row", "found"), [({"id": 1}, "1"), ({"id": 81.0}, "81"), ({"id": "a"}, "a"), ({}, "5"), ({"id": None}, "5")])
def test_an_id_is_text_or_a_number_and_else_the_place(row, found):
    assert id_of(row, ["id"], 5, "x line 6") == found


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}, float("inf")])
def test_another_id_is_told_with_its_line(value):
    with pytest.raises(DataError, match=r"x line 6: 'id' is .*, no text and no number"):
        id_of({"id": value}, ["id"], 5, "x line 6")


@pytest.mark.parametrize("value", [None, True, ["a"], {"b": 1}, float("nan")])
@pytest.mark.parametrize(
    ("data", "name"), [("freebaseqa", "Subject"), ("triviaqa", "Group"), ("mt_bench", "category"), ("mt_bench", "Subject")]
)
def test_a_label_that_is_no_word_is_no_label(data, name, value, tmp_path):
    task, row, key = ROWS[data]
    (tmp_path / "x.json").write_text(json.dumps({key: [{**row, name: value}]}))
    (sample,) = load(task, tmp_path / "x.json")
    assert not {"None", "True", "nan", "['a']", "{'b': 1}"} & {sample.subject, sample.group, sample.category}


def mt_bench(folder, turns, **row):
    """Return the sample of one question with a reference answer of these turns."""
    (folder / "reference_answer").mkdir()
    (folder / "question.jsonl").write_text(json.dumps({**CHAT, **row}) + "\n")
    (folder / "reference_answer" / "gpt-4.jsonl").write_text(json.dumps({"question_id": 81.0, "choices": [{"turns": turns}]}) + "\n")
    (sample,) = load(instruction_following, folder)
    return sample


@pytest.mark.parametrize("missing", [None, 4, True, float("nan"), ["a"], {"a": 1}, "", "NaN"])
def test_a_turn_that_is_no_text_is_no_reference(missing, tmp_path):
    sample = mt_bench(tmp_path, ["Four.", missing])
    assert (sample.gold, sample.references, sample.reference) == ((("Four.",), ()), ("Four.", ""), "Four.")


def test_a_question_whose_reference_turns_are_all_null_has_none(tmp_path):
    sample = mt_bench(tmp_path, [None, None], reference=[None, ""])
    assert (sample.gold, sample.references, sample.reference) == ((), (), "")


def test_notes_keep_their_turns_where_one_is_null(tmp_path):
    sample = mt_bench(tmp_path, None, reference=["hi", None])
    assert (sample.gold, sample.references, sample.reference) == ((), ("hi", ""), "hi")


def test_questions_without_ids_have_no_reference_of_another_question(tmp_path):
    (tmp_path / "reference_answer").mkdir()
    (tmp_path / "question.jsonl").write_text(json.dumps({**CHAT, "question_id": None}) + "\n")
    (tmp_path / "reference_answer" / "a.jsonl").write_text(json.dumps({"question_id": None, "choices": [{"turns": ["x", "y"]}]}) + "\n")
    (sample,) = load(instruction_following, tmp_path)
    assert (sample.sample_id, sample.references) == ("0", ())
