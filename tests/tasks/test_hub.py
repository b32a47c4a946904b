"""The hub's loaders on a local folder laid out as the hub lays it out: a card that names configurations, and parquet files."""

import json
import re
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import RunSpec
from llmkick_core.tasks import closed_book_qa, factoid_qa, instruction_following, multiple_choice, open_book_qa, perplexity, summarization
from llmkick_core.tasks.datasets import hub


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets-cache")


def repository(folder, config, splits):
    """Write a data set repository with one configuration."""
    folder.mkdir()
    files = "".join(f"  - split: {split}\n    path: {config}/{split}-*\n" for split in splits)
    (folder / "README.md").write_text(f"---\nconfigs:\n- config_name: {config}\n  data_files:\n{files}---\n")
    (folder / config).mkdir()
    for split, rows in splits.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / config / f"{split}-00000-of-00001.parquet")
    return folder


def fetched(task, tmp_path, splits, **changes):
    source = hub.SOURCES[task]
    path = repository(tmp_path / "repository", source.config or "default", splits)
    return hub.fetch(task, tmp_path / "cache", replace(source, path=str(path), revision="", **changes))


def load(task, path, **changes):
    return task.load(path, RunSpec(model="m", task=task.name, **changes))


def test_mmlu_from_the_hub_is_the_csv_files(tmp_path):
    def row(question, choices, answer):
        return {"question": question, "subject": "astronomy", "choices": choices, "answer": answer}

    splits = {"dev": [row("D, d?", ["a", "b", "c", "d"], 3)], "test": [row('T "t"\n?', ["None", "NA", "", "x"], 1)]}
    (sample,) = load(multiple_choice.TASK, fetched("multiple_choice", tmp_path, splits), k_shot=1)
    assert sample.choices == ("None", "NA", "", "x")
    assert sample.gold_choice == 1
    assert 'D, d?\nA. a\nB. b\nC. c\nD. d\nAnswer: D\n\nT "t"\n?\nA. None' in sample.turns[0]


def test_triviaqa_from_the_hub_answers_both_tasks(tmp_path):
    rows = [
        {
            "question_id": f"tc_{number}",
            "question": "Who?",
            "answer": {"value": "Bell", "aliases": ["Anna Bell"], "normalized_aliases": ["bell", "anna bell"]},
            "entity_pages": {"filename": ["a.txt"], "wiki_context": ["It was Bell."]},
            "search_results": {"search_context": ["web"]},
        }
        for number in range(3)
    ]
    path = fetched("open_book_qa", tmp_path, {"validation": rows}, n_rows=2)
    assert [sample.evidence for sample in load(open_book_qa.TASK, path)] == ["It was Bell."] * 2
    assert load(closed_book_qa.TASK, path)[1].gold == (("Bell", "Anna Bell"),)


def test_stories_from_the_hub_fill_their_lengths(tmp_path, monkeypatch):
    monkeypatch.setattr(hub, "N_STORIES", 1)
    rows = [{"article": f"s{n} " * n, "highlights": "One .\nTwo .", "id": f"id{n}"} for n in (10, 20, 500, 800, 30)]
    samples = load(summarization.TASK, fetched("summarization", tmp_path, {"test": rows}))
    assert [(sample.sample_id, sample.subject) for sample in samples] == [("id10", "small"), ("id500", "medium"), ("id800", "large")]
    assert samples[0].reference == "One .\nTwo ."
    assert "highlight" not in samples[0].turns[0]


def test_mt_bench_from_the_hub_is_question_jsonl(tmp_path):
    rows = [{"prompt": ["One?", "Two?"], "category": "math", "reference": ["1"], "prompt_id": 7}]
    (sample,) = load(instruction_following.TASK, fetched("instruction_following", tmp_path, {"train": rows}))
    assert (sample.sample_id, sample.turns, sample.subject, sample.reference) == ("7", ("One?", "Two?"), "math", "1")


def test_wikitext_from_the_hub_is_one_text(tmp_path):
    (sample,) = load(
        perplexity.TASK, fetched("perplexity", tmp_path, {"test": [{"text": " = Title = \n"}, {"text": ""}, {"text": " Words .\n"}]})
    )
    assert sample.turns == (" = Title = \n\n\n\n\n Words .\n",)


def test_freebaseqa_is_the_authors_file(tmp_path):
    question = {
        "Question-ID": "q",
        "RawQuestion": "Who?",
        "Parses": [{"TopicEntityName": "t", "InferentialChain": "a.b", "Answers": [{"AnswersMid": "m", "AnswersName": ["Bell"]}]}],
    }
    (tmp_path / "local.json").write_text(json.dumps({"Dataset": "x", "Questions": [question]}))
    source = replace(hub.SOURCES["factoid_qa"], data_file=str(tmp_path / "{revision}.json"), revision="local")
    (sample,) = load(factoid_qa.TASK, hub.fetch("factoid_qa", tmp_path / "cache", source))
    assert (sample.sample_id, sample.gold, sample.subject) == ("q", (("Bell",),), "a")


def test_what_was_fetched_is_not_fetched_again(tmp_path):
    rows = {"test": [{"text": "one"}]}
    path = fetched("perplexity", tmp_path, rows)
    source = replace(hub.SOURCES["perplexity"], path=str(tmp_path / "repository"), revision="")
    (tmp_path / "repository" / "README.md").unlink()
    assert hub.fetch("perplexity", tmp_path / "cache", source) == path


def test_a_failed_download_leaves_nothing_and_is_told_in_one_line(tmp_path):
    source = replace(hub.SOURCES["perplexity"], path=str(tmp_path / "nowhere"), revision="")
    with pytest.raises(DataError, match=r"could not be fetched .* name them with --data") as caught:
        hub.fetch("perplexity", tmp_path / "cache", source)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_every_source_is_pinned_to_a_commit():
    assert all(re.fullmatch(r"[0-9a-f]{40}", source.revision) for source in hub.SOURCES.values())


def test_a_task_without_a_source_is_told():
    with pytest.raises(TaskError, match="no data set on the hub"):
        hub.source_of("chess")
