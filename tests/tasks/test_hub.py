"""The hub's loaders on a local folder laid out as the hub lays it out: a card that names configurations, and parquet files."""

import gzip
import io
import json
import re
from dataclasses import replace
from http.client import BadStatusLine, IncompleteRead
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from httpx2 import RemoteProtocolError

from llmkick_core.errors import DataError, TaskError
from llmkick_core.schema import RunSpec
from llmkick_core.tasks import closed_book_qa, factoid_qa, instruction_following, multiple_choice, open_book_qa, perplexity, summarization
from llmkick_core.tasks.datasets import hub, hub_writers

TASKS = {module.TASK.name: module.TASK for module in (closed_book_qa, factoid_qa, perplexity, summarization)}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "datasets-cache")


def repository(folder, config, splits):
    """Write a data set repository with one configuration."""
    folder.mkdir(parents=True)
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
    monkeypatch.setattr(hub_writers, "N_STORIES", 1)
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
    source = replace(hub.SOURCES["factoid_qa"], address=str(tmp_path / "{revision}.json"), revision="local")
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
    with pytest.raises(DataError, match=r"could not be fetched .* name it as the data") as caught:
        hub.fetch("perplexity", tmp_path / "cache", source)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("error", [IncompleteRead(b"{"), BadStatusLine("x"), EOFError("cut"), RemoteProtocolError("closed")])
def test_a_download_that_breaks_off_leaves_nothing_and_is_one_line(tmp_path, monkeypatch, error):
    class Broken(io.BytesIO):
        def read1(self, *_):
            raise error

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("LLMKICK_HUB_FOLDER", raising=False)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: Broken())
    with pytest.raises(DataError, match=rf"could not be fetched \({type(error).__name__}.* get the data by hand") as caught:
        hub.fetch("factoid_qa", tmp_path / "cache")
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_every_source_is_pinned_to_a_commit_and_says_how_to_do_without_a_network():
    every = [*hub.SOURCES.values(), *(source for others in hub.OTHERS.values() for source in others.values())]
    assert all(re.fullmatch(r"[0-9a-f]{40}", source.revision) and source.by_hand for source in every)
    assert len({hub.place_of(source, tmp) for source in every for tmp in [Path("x")]}) == len(every) - 1  # TriviaQA serves two tasks


MMLU_ROW = {"question": "Q?", "subject": "astronomy", "choices": ["a", "b", "c", "d"], "answer": 1}


def downloaded(root, source, split, rows, note=""):
    """Write the parquet file of one split where `hf download` puts it, without the rest of the repository."""
    file = root / source.path / source.files.format(split=split).replace("*", "00000-of-00001.parquet")
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), file)
    if note:
        metadata = root / source.path / ".cache" / "huggingface" / "download" / f"{file.name}.metadata"
        metadata.parent.mkdir(parents=True, exist_ok=True)
        metadata.write_text(f"{note}\n0123\n1700000000.0\n")


def test_repositories_downloaded_by_hand_stand_in_for_the_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path / "hub"))
    source = hub.SOURCES["multiple_choice"]
    for split in ("dev", "test", "validation"):
        downloaded(tmp_path / "hub", source, split, [{**MMLU_ROW, "question": f"Q {split}?"}], note=source.revision)
    path = hub.fetch("multiple_choice", tmp_path / "cache")
    assert [sample.question for sample in load(multiple_choice.TASK, path, k_shot=1)] == ["Q test?"]
    path = hub.fetch("multiple_choice", tmp_path / "cache", hub.source_of("multiple_choice", "hub:val"))
    (sample,) = load(multiple_choice.TASK, path, k_shot=1)
    assert (sample.question, sample.category) == ("Q validation?", "STEM")
    assert "Q dev?" in sample.turns[0]


@pytest.mark.parametrize("task", ["closed_book_qa", "summarization", "perplexity"])
def test_what_lies_in_the_folder_of_a_repository_is_read_by_its_name(task, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path / "hub"))
    texts = {"entity_pages": {"wiki_context": ["It was Bell."]}, "search_results": {"search_context": ["web"]}}
    rows = {
        "closed_book_qa": {"question_id": "q", "question": "Who?", "answer": {"value": "Bell"}, **texts},
        "summarization": {"id": "q", "article": "One two.", "highlights": "One .", "extra": 1},
        "perplexity": {"text": "Words."},
    }
    source = hub.SOURCES[task]
    downloaded(tmp_path / "hub", source, source.splits[0], [rows[task]])
    assert len(load(TASKS[task], hub.fetch(task, tmp_path / "cache"))) == 1


def test_the_mt_bench_prompts_are_read_as_their_card_says(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path))
    repository(
        tmp_path / "HuggingFaceH4" / "mt_bench_prompts", "data", {"train": [{"prompt": ["One?"], "category": "math", "prompt_id": 7}]}
    )
    (tmp_path / "HuggingFaceH4" / "mt_bench_prompts" / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n---\n"
    )
    (sample,) = load(instruction_following.TASK, hub.fetch("instruction_following", tmp_path / "cache"))
    assert (sample.sample_id, sample.turns) == ("7", ("One?",))


def test_c4_is_the_first_documents_of_its_validation_file(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path / "hub"))
    folder = tmp_path / "hub" / "allenai" / "c4" / "en"
    folder.mkdir(parents=True)
    lines = [json.dumps({"text": f"Text {n}.", "timestamp": "2019-04-25T12:57:54Z", "url": "u"}) for n in range(4)]
    (folder / "c4-validation.00000-of-00008.json.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    source = replace(hub.source_of("perplexity", "hub:c4"), n_rows=3)
    (sample,) = load(perplexity.TASK, hub.fetch("perplexity", tmp_path / "cache", source))
    assert sample.turns == ("Text 0. Text 1. Text 2.",)


def test_freebaseqa_by_hand_is_taken_only_if_it_is_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path))
    folder = tmp_path / "kelvin-jiang" / "FreebaseQA"
    folder.mkdir(parents=True)
    (folder / "FreebaseQA-dev.json").write_text('{"Questions": [')
    with pytest.raises(DataError, match=r"could not be fetched \(JSONDecodeError.*download FreebaseQA-dev\.json from https"):
        hub.fetch("factoid_qa", tmp_path / "cache", hub.source_of("factoid_qa", "hub:dev"))
    row = {"RawQuestion": "Who?", "Parses": [{"Answers": [{"AnswersName": ["Bell"]}]}]}
    (folder / "FreebaseQA-dev.json").write_text(json.dumps({"Questions": [row]}))
    assert len(load(factoid_qa.TASK, hub.fetch("factoid_qa", tmp_path / "cache", hub.source_of("factoid_qa", "hub:dev")))) == 1


def test_another_revision_by_hand_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path / "hub"))
    downloaded(tmp_path / "hub", hub.SOURCES["perplexity"], "test", [{"text": "x"}], note="f" * 40)
    with pytest.raises(DataError, match=f"downloaded at revision {'f' * 40}, not at {hub.SOURCES['perplexity'].revision}"):
        hub.fetch("perplexity", tmp_path / "cache")


@pytest.mark.parametrize(
    ("task", "rows", "message"),
    [
        (
            "multiple_choice",
            [{"question": "Q?", "subject": "a", "choices": ["a", "b", "c", "d"]}],
            "row 1 has no column answer; it has question",
        ),
        ("multiple_choice", [MMLU_ROW, {**MMLU_ROW, "answer": 4}], "row 2 has 4 options, and number 4 is right"),
        ("multiple_choice", [{**MMLU_ROW, "choices": ["a", "b"]}], "row 1 has 2 options"),
        ("multiple_choice", [MMLU_ROW, {**MMLU_ROW, "question": None}], "row 2: 'question' is missing or no text"),
        ("summarization", [{"id": "a", "article": "x"}], "no column highlights"),
        ("perplexity", [{"line": "x"}], "no column text"),
    ],
)
def test_rows_that_are_not_what_they_should_be_are_told(task, rows, message, tmp_path):
    splits = dict.fromkeys(hub.SOURCES[task].splits, rows)
    with pytest.raises(DataError, match=message) as caught:
        fetched(task, tmp_path, splits)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_split_without_rows_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.load_dataset", lambda *args, **options: [])
    with pytest.raises(DataError, match="Salesforce/wikitext test has no row"):
        hub.fetch("perplexity", tmp_path / "cache")


@pytest.mark.parametrize(("task", "dataset"), [(task, word) for task in hub.SOURCES for word in hub.names(task)])
def test_an_offline_hub_says_how_to_get_the_data_by_hand(task, dataset, tmp_path, monkeypatch):
    monkeypatch.delenv("LLMKICK_HUB_FOLDER", raising=False)
    source = hub.source_of(task, dataset)
    with pytest.raises(DataError, match=r"could not be fetched .*by hand: download .*and name it as the data") as caught:
        hub.fetch(task, tmp_path / "cache", source)
    assert "\n" not in str(caught.value)
    if source.address is None:
        assert f"hf download {source.path} --repo-type dataset --revision {source.revision}" in str(caught.value)


def test_an_unknown_name_on_the_hub_is_told():
    with pytest.raises(DataError, match=r"no data 'hub:c5' of perplexity on the hub; known: hub, hub:c4"):
        hub.source_of("perplexity", "hub:c5")


def test_a_task_without_a_source_is_told():
    with pytest.raises(TaskError, match="no data set on the hub"):
        hub.source_of("chess")
