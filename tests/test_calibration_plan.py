"""Which text calibrates a model and how much of it: settled and checked before a model is loaded."""

from __future__ import annotations

import gzip
import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer as Fast

from llmkick_core import calibration_plan, settings
from llmkick_core.calibration_plan import Wanted, check, fitted
from llmkick_core.catalog import plan
from llmkick_core.compress import corpora
from llmkick_core.compress.calibration import load_calibration
from llmkick_core.errors import CalibrationError, DataError, LlmkickError, ModelError
from llmkick_core.jobs.preflight import check_model, check_runs
from llmkick_core.models.token_counts import check_tokenizer, read_tokenizer
from llmkick_core.schema import Calibration, Recipe

WANDA = Recipe(method="wanda", sparsity=0.5)
KICK_TINY = settings.BUNDLED_ROOT / "kick-tiny"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Return a text of 50 short documents."""
    file = tmp_path / "text.txt"
    file.write_text("\n\n".join(f"Mongolia is a country in Asia, number {k}." for k in range(50)), encoding="utf-8")
    return file


def n_tokens(folder: Path, text: Path) -> int:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return sum(len(tokenizer(document)["input_ids"]) + 1 for document in text.read_text().split("\n\n"))  # an end token behind each


def one(model: object, wanted: Wanted) -> tuple[Calibration, list[str]]:
    recipes, lines = fitted(str(model), [Recipe(), WANDA], wanted)
    assert recipes[0].is_dense
    return recipes[1].calibration, lines


def test_sizes_that_nobody_asked_for_are_cut_to_what_the_text_holds(text, tiny_llama_folder):
    found, lines = one(tiny_llama_folder, Wanted(source=str(text), seq_len=16))
    assert found.n_samples == n_tokens(tiny_llama_folder, text) // 16 < 128
    assert lines == [f"calibration: {found.n_samples} x 16 tokens, all that text.txt holds for this model's tokenizer."]
    check(str(tiny_llama_folder), [replace(WANDA, calibration=found)])


def test_what_is_settled_is_what_the_method_gets(text, tiny_llama_folder):
    from transformers import AutoTokenizer

    found, _ = one(tiny_llama_folder, Wanted(source=str(text), seq_len=16))
    assert load_calibration(found, AutoTokenizer.from_pretrained(tiny_llama_folder), 64).shape == (found.n_samples, 16)


def test_a_text_shorter_than_one_sequence_is_one_sequence(tmp_path, tiny_llama_folder):
    (tmp_path / "short.txt").write_text("Mongolia is a country.")
    found, _ = one(tiny_llama_folder, Wanted(source=str(tmp_path / "short.txt")))
    assert (found.n_samples, found.seq_len) == (1, n_tokens(tiny_llama_folder, tmp_path / "short.txt"))


def test_an_empty_text_is_told(tmp_path, tiny_llama_folder):
    (tmp_path / "empty.txt").write_text("\n\n")
    with pytest.raises(CalibrationError, match="holds no text"):
        one(tiny_llama_folder, Wanted(source=str(tmp_path / "empty.txt")))


@pytest.mark.parametrize("sizes", [{"n_samples": 4000}, {"n_samples": 1, "seq_len": 4000}])
def test_sizes_that_were_asked_for_stay_and_are_refused_with_the_way_out(sizes, text, tiny_llama_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(calibration_plan, "context_of", lambda location: 8192)
    found, _ = one(tiny_llama_folder, Wanted(source=str(text), **sizes))
    assert found.n_samples == sizes["n_samples"]
    specs = plan(str(tiny_llama_folder), [Recipe(), replace(WANDA, calibration=found)], ["factoid_qa"], limit=1)
    with pytest.raises(CalibrationError, match=r"has [\d,]+ tokens in 50 documents, but .* Ask for --(n-samples \d+|seq-len \d+ or less)"):
        check_runs(specs, tmp_path / "store")


def test_the_usual_sizes_fit_a_bundled_model_and_leave_its_recipes_as_they_were():
    recipes, lines = fitted("bundled:kick-tiny", [WANDA], Wanted())
    assert (recipes, lines) == ([WANDA], [])


def test_a_recipe_that_looks_at_no_text_asks_for_none(monkeypatch, tiny_llama_folder):
    monkeypatch.setattr(corpora, "is_hub_reachable", lambda: pytest.fail("asked the hub"))
    magnitude = Recipe(method="magnitude", sparsity=0.5)
    assert fitted(str(tiny_llama_folder), [Recipe(), magnitude], Wanted())[1] == []


@pytest.fixture
def no_c4(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave C4 neither in a folder nor in the hub's cache."""
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_, **__: None)
    monkeypatch.delenv("LLMKICK_HUB_FOLDER", raising=False)


@pytest.mark.usefixtures("no_c4")
def test_the_usual_text_is_c4_where_the_hub_is_reached_and_else_the_bundled_one(monkeypatch):
    for is_reached, source, said in ((True, "c4", "allenai/c4 at 1588ec45"), (False, "bundled", "C4 is not on this machine")):
        monkeypatch.setattr(corpora, "is_hub_reachable", lambda found=is_reached: found)
        found, (line,) = corpora.usual_source("/models/llama")
        assert found == source
        assert said in line
    assert corpora.usual_source("bundled:kick-tiny") == ("bundled", [])


def test_c4_that_was_downloaded_is_the_usual_text_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "is_hub_reachable", lambda: False)
    file = tmp_path / "allenai" / "c4" / "en" / "c4-train.00000-of-01024.json.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(b'{"text": "One document."}\n'))
    monkeypatch.setenv("LLMKICK_HUB_FOLDER", str(tmp_path))
    assert corpora.usual_source("/models/llama")[0] == "c4"
    monkeypatch.delenv("LLMKICK_HUB_FOLDER")
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_, **__: str(file))
    assert corpora.usual_source("/models/llama")[0] == "c4"
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    assert list(corpora.documents("c4")) == ["One document."]


def test_no_stored_recipe_says_auto(no_c4, tiny_llama_folder):
    automatic = replace(WANDA, calibration=Calibration(source="auto"))
    (spec,) = plan(str(tiny_llama_folder), [automatic], ["factoid_qa"], limit=1)
    assert spec.recipe.calibration.source == "bundled"
    assert len(spec.recipe.calibration.revision) == 16


def test_a_hub_that_does_not_answer_is_given_up_in_time(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(corpora, "REACH_S", 0.2)

    def silent(*_: object, **__: object) -> None:
        time.sleep(1)
        raise OSError("no route")

    monkeypatch.setattr("urllib.request.urlopen", silent)
    corpora.is_hub_reachable.cache_clear()
    started = time.monotonic()
    assert not corpora.is_hub_reachable()
    assert time.monotonic() - started < 0.9
    corpora.is_hub_reachable.cache_clear()
    time.sleep(1)  # the request ends while it is stood in for


def test_offline_the_hub_is_not_asked(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("asked the hub"))
    corpora.is_hub_reachable.cache_clear()
    assert not corpora.is_hub_reachable()
    corpora.is_hub_reachable.cache_clear()


def test_a_calibration_at_most_takes_what_there_is(text, tiny_llama_folder):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llama_folder)
    wanted = Calibration(source=str(text), n_samples=4000, seq_len=16, is_at_most=True)
    assert len(load_calibration(wanted, tokenizer, 64)) == n_tokens(tiny_llama_folder, text) // 16
    assert replace(WANDA, calibration=wanted).to_dict()["calibration"]["is_at_most"] is True
    assert "is_at_most" not in WANDA.to_dict()["calibration"]


def test_a_text_may_be_packed_marked_or_a_folder(text, tmp_path, tiny_llama_folder):
    content = text.read_bytes()
    (tmp_path / "text.txt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n")))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_bytes(content[:600])
    rows = [{"text": document} for document in text.read_text().split("\n\n")]
    (tmp_path / "folder" / "b.json").write_text(json.dumps(rows), encoding="utf-8-sig")
    plain = list(corpora.documents(str(text)))
    assert list(corpora.documents(str(tmp_path / "text.txt.gz"))) == plain
    assert list(corpora.documents(str(tmp_path / "folder")))[-50:] == plain
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="is no file"):
        list(corpora.documents(str(tmp_path / "none")))


def test_tokens_are_counted_as_transformers_counts_them():
    from transformers import AutoTokenizer

    texts = ["Mongolia is a country in Asia.", "Its capital is Ulaanbaatar!", "  two\n\nlines é"]
    found, expected = read_tokenizer(KICK_TINY), AutoTokenizer.from_pretrained(KICK_TINY)
    assert found is not None
    assert found.encode(texts) == expected(texts)["input_ids"]
    assert (found.end_id, found.n_tokens) == (expected.eos_token_id, len(expected))


@pytest.mark.parametrize("has_begin", [True, False])
def test_tokens_of_a_sentencepiece_model_are_counted_as_transformers_counts_them(has_begin, tmp_path):
    import sentencepiece
    from transformers import AutoTokenizer

    texts = ["Mongolia is a country in Asia.", "Its capital is Ulaanbaatar!"]
    (tmp_path / "words.txt").write_text("\n".join(texts * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(tmp_path / "words.txt"), model_prefix=str(tmp_path / "tokenizer"), vocab_size=60, model_type="bpe", minloglevel=2
    )
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    told = {"tokenizer_class": "LlamaTokenizer", "add_bos_token": has_begin, "eos_token": "</s>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(told))
    found, expected = read_tokenizer(tmp_path), AutoTokenizer.from_pretrained(tmp_path)
    assert found is not None
    assert found.encode(texts) == expected(texts)["input_ids"]
    assert found.end_id == expected.eos_token_id


def test_a_damaged_tokenizer_is_told_before_the_model_is_loaded(tmp_path, tiny_llama_folder):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "model")
    (folder / "tokenizer.json").write_text('{"version": "1.0"')
    with pytest.raises(ModelError, match=r"the tokenizer in .* cannot be loaded: tokenizer\.json"):
        check_model(str(folder), [])


def test_a_tokenizer_of_another_model_is_told_before_the_model_is_loaded(tmp_path, tiny_llama_folder):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "model")
    other = Fast.from_file(str(folder / "tokenizer.json"))
    other.add_tokens([f"word{k}" for k in range(5000)])
    other.save(str(folder / "tokenizer.json"))
    with pytest.raises(ModelError, match=r"tokens, the model embeds only \d+; they do not belong together"):
        check_tokenizer(folder)
    with pytest.raises(LlmkickError):
        check_runs(plan(str(folder), [Recipe()], ["factoid_qa"], limit=1), tmp_path / "store")
