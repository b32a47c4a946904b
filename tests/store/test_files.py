"""Run folders: parts, specs, status, questions; what a crash or a bad disk may leave of them."""

import json

import pytest

from llmkick_core.errors import CorruptFileError, StoreError
from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Answer, Sample
from llmkick_core.status import RunStatus
from llmkick_core.store.layout import run_dir, samples_file, write_json
from llmkick_core.store.parts import append_part, part_files, read_part, read_parts
from llmkick_core.store.runs import (
    read_layers,
    read_samples,
    read_spec,
    read_status,
    run_ids,
    sample_set_of,
    write_layers,
    write_samples,
    write_spec,
    write_status,
)
from tests.small_store import DENSE_SAID, SAMPLES, answers_and_scores, spec

LAYER = LayerReport(
    name="model.layers.0.mlp.up_proj", block=0, n_out=4, n_in=8, sparsity=0.5, structure_ok=None, error=0.1, bits=9.0, seconds=0.2
)


def test_what_is_written_is_read_again(tmp_path):
    wanted = spec()
    folder = run_dir(tmp_path, wanted.run_id)
    write_spec(tmp_path, wanted)
    answers, scores = answers_and_scores(wanted.run_id, SAMPLES, DENSE_SAID)
    append_part(folder, answers, scores)
    append_part(folder, [], [])
    sample_set = write_samples(tmp_path, wanted.run_id, SAMPLES)
    write_layers(tmp_path, wanted.run_id, [LAYER])
    write_status(tmp_path, RunStatus(run_id=wanted.run_id, state="done"))
    assert run_ids(tmp_path) == [wanted.run_id]
    assert read_spec(tmp_path, wanted.run_id) == wanted
    assert list(read_parts(folder)) == [(answers, scores), ([], [])]
    assert sample_set_of(tmp_path, wanted.run_id) == sample_set
    assert tuple(read_samples(tmp_path, sample_set)) == SAMPLES
    assert read_layers(tmp_path, wanted.run_id) == [LAYER]
    assert read_status(tmp_path, wanted.run_id).state == "done"


@pytest.mark.parametrize("text", ["a\u2028b", "a\u2029b\x85c", "x\r\ny\x0bz\x0c", "\ufffd\x00 \U0001f600", '{"end": 1}\n'])
def test_an_answer_may_hold_any_text(tmp_path, text):
    sample = Sample(sample_id=f"s{text}", question=text, turns=(text,))
    append_part(tmp_path, [Answer(run_id="r", sample_id=sample.sample_id, text=text)], [])
    assert read_part(part_files(tmp_path)[0]).answers[0].text == text
    assert read_samples(tmp_path, write_samples(tmp_path, "r", [sample])) == [sample]


def test_half_a_surrogate_pair_becomes_a_question_mark(tmp_path):
    append_part(tmp_path, [Answer(run_id="r", sample_id="s", text="a\ud83db")], [])
    assert read_part(part_files(tmp_path)[0]).answers[0].text == "a?b"


def test_a_part_never_takes_the_number_of_one_set_aside(tmp_path):
    first = append_part(tmp_path, [], [])
    first.rename(first.with_name(f"{first.name}.corrupt"))
    assert append_part(tmp_path, [], []).name == "part-00001.jsonl"


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "list", "binary", "gone"])
def test_a_damaged_part_is_named_with_a_way_out(tmp_path, damage):
    path = append_part(tmp_path, *answers_and_scores("r", SAMPLES, DENSE_SAID))
    whole = path.read_bytes()
    changed = {
        "cut": whole[: len(whole) // 2],
        "flip": whole.replace(b"Ulaanbaatar", b"Ulaanbataar"),
        "empty": b"",
        "list": b"[1]\n",
        "binary": bytes(range(256)),
    }
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(changed[damage])
    with pytest.raises(CorruptFileError, match=rf"{path.name} is damaged.*Submit the run again"):
        read_part(path)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"model": 3}', "", '{"model": "m", "task": "t", "limit": 0, "recipe": {}}'])
def test_a_damaged_spec_is_named(tmp_path, text):
    path = run_dir(tmp_path, "abc") / "spec.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    way_out = "Mend the value" if "limit" in text else r"Submit the same run again; its answers are kept\."
    with pytest.raises(CorruptFileError, match=rf"spec\.json is damaged.*{way_out}"):
        read_spec(tmp_path, "abc")


@pytest.mark.parametrize("text", ["", "{", '{"state": "run', "[1, 2]", "3", '{"state": "done"}'])
def test_a_torn_status_reads_as_queued(tmp_path, text):
    path = run_dir(tmp_path, "abc") / "status.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    status = read_status(tmp_path, "abc")
    assert (status.run_id, status.state) == ("abc", "queued")
    assert "damaged" in status.message


def test_a_missing_status_reads_as_queued(tmp_path):
    assert read_status(tmp_path, "abc") == RunStatus(run_id="abc")


def test_an_unknown_key_of_a_status_is_dropped(tmp_path):
    write_json(run_dir(tmp_path, "abc") / "status.json", {"run_id": "abc", "state": "done", "mood": "good"})
    assert read_status(tmp_path, "abc").state == "done"


@pytest.mark.parametrize("text", ["[]", "{}", "{"])
def test_a_damaged_questions_pointer_is_named(tmp_path, text):
    path = run_dir(tmp_path, "abc") / "samples.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(CorruptFileError, match=r"samples\.json is damaged"):
        sample_set_of(tmp_path, "abc")


def test_damaged_questions_are_named_and_written_anew(tmp_path):
    sample_set = write_samples(tmp_path, "abc", SAMPLES)
    path = samples_file(tmp_path, sample_set)
    path.write_text(path.read_text().replace("Emma", "Anna"))
    with pytest.raises(CorruptFileError, match="does not fit its name"):
        read_samples(tmp_path, sample_set)
    write_samples(tmp_path, "abc", SAMPLES)
    assert tuple(read_samples(tmp_path, sample_set)) == SAMPLES
    path.unlink()
    with pytest.raises(CorruptFileError, match="missing"):
        read_samples(tmp_path, sample_set)


def test_equal_questions_are_kept_once(tmp_path):
    assert write_samples(tmp_path, "one", SAMPLES) == write_samples(tmp_path, "two", SAMPLES)
    assert len(list((tmp_path / "samples").iterdir())) == 1


def test_damaged_layers_are_named(tmp_path):
    assert read_layers(tmp_path, "abc") == []
    write_json(run_dir(tmp_path, "abc") / "layers.json", [{"name": "x"}])
    with pytest.raises(CorruptFileError, match=r"layers\.json is damaged"):
        read_layers(tmp_path, "abc")


def test_a_store_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*--store"):
        write_spec(tmp_path / "file" / "store", spec())


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    with pytest.raises(StoreError):
        write_json(tmp_path / "x.json" / "y.json", {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]
