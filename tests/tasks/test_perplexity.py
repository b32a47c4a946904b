import json
import math

import pytest

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import Answer, RunSpec
from llmkick_core.tasks.perplexity import LONGEST_WINDOW, TASK


def load(path, **changes):
    return TASK.load(path, RunSpec(model="m", task="perplexity", **changes))


def test_a_file_is_one_text_as_it_is(tmp_path):
    (tmp_path / "perplexity.txt").write_text(" One.\n\nTwo.\n")
    (sample,) = load(tmp_path / "perplexity.txt")
    assert (sample.sample_id, sample.turns, sample.question) == ("perplexity.txt", (" One.\n\nTwo.\n",), "One. Two.")


def test_a_folder_is_its_texts_in_order(tmp_path):
    for name in ("b.txt", "a.txt", "empty.txt", "picture.png"):
        (tmp_path / name).write_text("" if name == "empty.txt" else f"text {name}")
    assert [s.sample_id for s in load(tmp_path)] == ["a.txt", "b.txt"]


def test_a_long_text_is_one_whole_and_for_a_few_windows_only_its_beginning_is_read(tmp_path):
    text = "One two three. " * 100_000
    (tmp_path / "long.txt").write_text(text)
    assert load(tmp_path / "long.txt")[0].turns == (text,)
    beginning = load(tmp_path / "long.txt", limit=2)[0].turns[0]
    assert text.startswith(beginning)
    assert 3 * LONGEST_WINDOW * 32 < len(beginning) < len(text)


def test_json_lines_make_one_text(tmp_path):
    (tmp_path / "c4.jsonl").write_text('{"text": "One."}\n{"text": "Two."}\n')
    assert load(tmp_path / "c4.jsonl")[0].turns == ("One.\n\nTwo.",)


@pytest.mark.parametrize("content", [json.dumps({"no": "text"}), "   "])
def test_data_without_text_is_told(tmp_path, content):
    (tmp_path / "x.jsonl").write_text(content)
    with pytest.raises(DataError, match="text"):
        load(tmp_path)


def test_each_window_has_its_nll_and_a_broken_one_has_none(tmp_path):
    (tmp_path / "x.txt").write_text("text")
    (sample,) = load(tmp_path)
    answers = [
        Answer(run_id="r", sample_id="x.txt", turn=turn, nll=nll, n_tokens=8, finish="scored")
        for turn, nll in enumerate([2.5, math.nan, math.inf, None])
    ]
    scores = TASK.score(sample, answers, "corrected")
    assert [(s.turn, s.metric, s.value) for s in scores] == [(0, "nll", 2.5), (1, "nll", None), (2, "nll", None), (3, "nll", None)]
    assert [s.value for s in TASK.score(sample, answers, "paper")] == [2.5, None, None, None]
    with pytest.raises(TaskError, match="does not exist"):
        TASK.score(sample, answers, "strict")
