"""The loaders on the real MMLU, MT-Bench and TriviaQA files, where they are at hand."""

import csv
import io

import pytest

from llmkick_core import settings
from llmkick_core.errors import DataError
from llmkick_core.schema import RunSpec
from llmkick_core.tasks import closed_book_qa, instruction_following, multiple_choice, open_book_qa
from llmkick_core.tasks.datasets.mmlu_subjects import category

ROOT = settings.real_data_root()
pytestmark = pytest.mark.skipif(ROOT is None, reason="LLMKICK_REAL_DATA is not set to the folder of the real MMLU, MT-Bench and TriviaQA")


def test_every_row_of_mmlu_is_a_question_with_five_examples():
    path = ROOT / "mmlu"
    samples = multiple_choice.TASK.load(path, RunSpec(model="m", task="multiple_choice", k_shot=5))
    texts = [file.read_text(encoding="utf-8") for file in (path / "test").glob("*.csv")]
    n_rows = sum(len(list(csv.reader(io.StringIO(text)))) for text in texts)
    assert len(samples) == len({sample.sample_id for sample in samples}) == n_rows
    assert all(len(sample.choices) == 4 and all(sample.choices) for sample in samples)
    assert all(sample.turns[0].count("\nAnswer:") == 6 for sample in samples)
    assert {category(sample.subject) for sample in samples} == {"STEM", "humanities", "social sciences", "other"}


def test_mt_bench_has_ten_two_turn_questions_of_each_category():
    samples = instruction_following.TASK.load(ROOT / "mt_bench", RunSpec(model="m", task="instruction_following"))
    assert len(samples) == 80
    assert all(len(sample.turns) == 2 for sample in samples)
    assert len({sample.subject for sample in samples[:8]}) == 8
    assert sum(bool(sample.reference) for sample in samples) >= 30


def test_the_triviaqa_sample_reads_and_tells_that_its_evidence_is_elsewhere():
    path = ROOT / "triviaqa"
    (sample,) = closed_book_qa.TASK.load(path, RunSpec(model="m", task="closed_book_qa"))
    assert sample.gold[0][0] == "Sunset Boulevard"
    assert "West Sunset Boulevard" in sample.gold[0]
    with pytest.raises(DataError, match="put evidence/ beside qa/"):
        open_book_qa.TASK.load(path, RunSpec(model="m", task="open_book_qa"))
