from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

from llmkick_core.compress import corpora as source
from llmkick_core.compress.calibration import load_calibration
from llmkick_core.compress.corpora import articles, documents, text_revision
from llmkick_core.errors import CalibrationError, DataError
from llmkick_core.schema import Calibration

END = 0


class Letters:
    """One token a character, 1 + its code; token 0 ends a document."""

    eos_token_id: int | None = END

    def __call__(self, texts: list[str]) -> dict[str, list[list[int]]]:
        return {"input_ids": [[1 + ord(letter) for letter in text] for text in texts]}


@pytest.fixture
def text_file(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("\n\n".join(f"{k:07d}" for k in range(100)), encoding="utf-8")  # 100 documents of 7 tokens and an end
    return file


def load(file, n_samples: int, seq_len: int = 8, seed: int = 0, context: int = 64) -> torch.Tensor:
    wanted = Calibration(source=str(file), n_samples=n_samples, seq_len=seq_len, seed=seed)
    return load_calibration(wanted, Letters(), context)


def test_documents_are_laid_end_to_end_with_an_end_token(text_file):
    sequences = load(text_file, n_samples=100)
    assert sequences.shape == (100, 8)
    assert sequences.dtype == torch.int64
    assert sequences[:, -1].tolist() == [END] * 100
    assert sorted("".join(chr(token - 1) for token in row[:-1]) for row in sequences.tolist()) == [f"{k:07d}" for k in range(100)]


def test_the_draw_is_seeded_and_has_no_window_twice(text_file):
    assert torch.equal(load(text_file, 10), load(text_file, 10))
    assert not torch.equal(load(text_file, 10), load(text_file, 10, seed=1))
    assert len(load(text_file, 10).unique(dim=0)) == 10


def test_a_tokenizer_without_an_end_token_works(text_file, monkeypatch):
    monkeypatch.setattr(Letters, "eos_token_id", None)
    assert bool((load(text_file, 5) > 0).all())


def test_sequences_are_cut_to_the_models_context(text_file):
    assert load(text_file, n_samples=3, seq_len=2048, context=16).shape == (3, 16)


def test_a_long_source_is_not_read_to_its_end(text_file):
    sequences = load(text_file, n_samples=1)  # 8 tokens needed, 64 gathered after the first 64 documents
    assert int("".join(chr(token - 1) for token in sequences[0, :7])) < 64


def test_too_little_text_names_the_numbers_and_the_way_out(text_file):
    with pytest.raises(
        CalibrationError, match=r"has 800 tokens in 100 documents, but 101 samples of 8 tokens need 808. Ask for --n-samples 100"
    ):
        load(text_file, n_samples=101)
    with pytest.raises(CalibrationError, match="Ask for --seq-len 800 or less"):
        load(text_file, n_samples=1, seq_len=900, context=1000)


@pytest.mark.parametrize("content", ["", "\n\n \n\n", "\n"])
def test_empty_documents_only_are_refused(tmp_path, content):
    (tmp_path / "empty.txt").write_text(content, encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"holds no text \(0 documents, 0 tokens\)"):
        load(tmp_path / "empty.txt", 1)


def test_jsonl_is_read_by_its_text_field_and_empty_documents_are_left_out(tmp_path):
    file = tmp_path / "text.jsonl"
    rows = [{"text": "one\n\nstill one\u2028"}, {"text": ""}, {"text": "two", "id": 3}]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n", encoding="utf-8")
    assert list(documents(str(file))) == ["one\n\nstill one", "two"]


@pytest.mark.parametrize("line", ["{torn", '{"body": "x"}', "[1]", '{"text": 3}'])
def test_a_jsonl_line_without_text_is_named(tmp_path, line):
    (tmp_path / "bad.jsonl").write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 2"):
        list(documents(str(tmp_path / "bad.jsonl")))


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "latin.txt").write_bytes("caf\xe9".encode("latin-1"))
    with pytest.raises(DataError, match=r"line 1 is not UTF-8 text \(byte 3"):
        list(documents(str(tmp_path / "latin.txt")))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="is no file"):
        list(documents(str(tmp_path / "nowhere.txt")))


def test_text_of_another_revision_is_refused(text_file, monkeypatch):
    revision = text_revision(str(text_file))
    wanted = Calibration(source=str(text_file), n_samples=1, seq_len=8, revision=revision)
    assert load_calibration(wanted, Letters(), 64).shape == (1, 8)
    text_file.write_text(text_file.read_text().replace("1", "2"))
    with pytest.raises(DataError, match=r"text\.txt has changed since the run was asked for"):
        load_calibration(wanted, Letters(), 64)
    asked = hub(monkeypatch, [{"text": "a b c d e f g h"}])
    with pytest.raises(DataError, match="c4 has changed"):
        load_calibration(Calibration(source="c4", n_samples=1, seq_len=8, revision="0" * 40), Letters(), 64)
    assert asked == []
    assert load_calibration(Calibration(source="c4", n_samples=1, seq_len=8, revision=text_revision("c4")), Letters(), 64).shape == (1, 8)


def test_the_bundled_source_reads_the_bundled_file(tmp_path, monkeypatch):
    (tmp_path / "calibration.txt").write_text("first\n\n\nsecond\n", encoding="utf-8")
    monkeypatch.setattr(source, "BUNDLED_FILE", tmp_path / "calibration.txt")
    assert list(documents("bundled")) == ["first", "second"]


def test_wikitext_lines_become_articles_again():
    lines = [" = Tower = \n", "It is tall .\n", " = = History = = \n", "Built in 1889 .\n", " = Bridge = \n", "It is long .\n"]
    assert [article.split("\n")[0] for article in articles(lines)] == [" = Tower = ", " = Bridge = "]


def hub(monkeypatch, rows) -> list[dict]:
    """Stand in for the hub; return what it is asked for."""
    asked: list[dict] = []

    class Rows(list):
        def shuffle(self, *, seed: int, buffer_size: int) -> list:
            return list(self)[seed:] if buffer_size else []

    def load_dataset(path, name=None, **options):
        asked.append({"path": path, "name": name, **options})
        if isinstance(rows, Exception):
            raise rows
        return Rows(rows)

    monkeypatch.setitem(__import__("sys").modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return asked


def test_hub_sources_are_streamed_at_a_pinned_revision(monkeypatch):
    asked = hub(monkeypatch, [{"text": "zero"}, {"text": "one"}])
    assert list(documents("c4", seed=1)) == ["one"]
    assert list(documents("wikitext2")) == ["zeroone"]
    assert [ask["path"] for ask in asked] == ["allenai/c4", "Salesforce/wikitext"]
    assert all(ask["streaming"] and len(ask["revision"]) == 40 and ask["split"] == "train" for ask in asked)


def test_an_unreachable_hub_says_what_to_do(monkeypatch):
    hub(monkeypatch, ConnectionError("no route to the hub\nmore"))
    with pytest.raises(DataError, match=r"cannot be read from the hub \(no route to the hub\). Use --calibration bundled"):
        list(documents("c4"))
