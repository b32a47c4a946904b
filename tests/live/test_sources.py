"""Who may be called, and how conversations are put to models whose tokenizer has no template."""

from __future__ import annotations

import json
from pathlib import Path

import jinja2
import pytest

from llmkick_core import settings
from llmkick_core.catalog import plan
from llmkick_core.errors import EndpointError, LlmkickError, ModelError
from llmkick_core.live.sources import Remote, Served, chat_shape, dense_folder, raw_chat, source_of, typed
from llmkick_core.models.base import Message
from llmkick_core.models.chat import VICUNA, vicuna_prompt
from llmkick_core.schema import Recipe, RunSpec


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000/v1", "http://localhost:8000/v1/", "http://[::1]:8000/v1"])
def test_servers_of_this_machine_may_be_typed_and_get_no_key(address: str):
    found = typed(address, "llama")
    assert found == Remote(url=address.rstrip("/"), name="llama", has_key=False)


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/v1",
        "http://example.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost@example.com/v1",
        "http://127.0.0.1:8000/admin",
        "http://127.0.0.1:8000",
        "http://0.0.0.0:8000/v1",
        "http://2130706433/v1",
        "http://\uff4cocalhost/v1",
        "file:///etc/passwd",
        "ftp://127.0.0.1/v1",
        "http://127.0.0.1:99999/v1",
        "",
        "x" * 500,
    ],
)
def test_other_addresses_are_refused(address: str):
    with pytest.raises(LlmkickError):
        typed(address, "llama")


def test_an_address_that_the_environment_names_may_be_typed_and_gets_the_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_LIVE_ENDPOINTS", "nonsense, https://models.example.com/v1/ ,http://box:8000/v1")
    assert typed("https://models.example.com/v1", "llama").has_key
    with pytest.raises(LlmkickError, match="LLMKICK_LIVE_ENDPOINTS"):
        typed("https://models.example.com/v2", "llama")


def test_a_run_says_who_answers():
    behind = RunSpec(model="endpoint:http://127.0.0.1:8000/v1#llama", task="factoid_qa")
    assert source_of(behind) == Remote(url="http://127.0.0.1:8000/v1", name="llama", has_key=False)
    dense, wanda = plan("bundled:kick-tiny", [Recipe(), Recipe(method="wanda", sparsity=0.5)], ["factoid_qa"])
    assert isinstance(source_of(dense), Served)
    assert source_of(dense).key != source_of(wanda).key


def test_a_run_that_came_from_elsewhere_has_no_address_called_and_no_key_sent(monkeypatch: pytest.MonkeyPatch):
    copied = RunSpec(model="endpoint:https://evil.example/v1#m", task="factoid_qa")
    with pytest.raises(EndpointError, match=r"name https://evil\.example/v1 in LLMKICK_LIVE_ENDPOINTS"):
        source_of(copied)
    assert source_of(copied, is_named=True) == Remote(url="https://evil.example/v1", name="m", has_key=True)  # on the command line
    monkeypatch.setenv("LLMKICK_LIVE_ENDPOINTS", "https://evil.example/v1")
    assert source_of(copied) == Remote(url="https://evil.example/v1", name="m", has_key=True)


def test_a_model_that_has_changed_since_is_not_served():
    [spec] = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"])
    assert dense_folder(spec) == settings.BUNDLED_ROOT / "kick-tiny"
    with pytest.raises(ModelError, match="has changed"):
        dense_folder(RunSpec(model="bundled:kick-tiny", model_revision="0" * 16, task="factoid_qa"))


def test_a_template_of_the_tokenizers_own_is_seen(tmp_path: Path):
    assert chat_shape(settings.BUNDLED_ROOT / "kick-tiny") == "own"
    assert chat_shape(tmp_path) == "paper"
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    assert chat_shape(tmp_path) == "own"
    vicuna = tmp_path / "vicuna-7b"
    vicuna.mkdir()
    assert chat_shape(vicuna) == "vicuna"


def test_vicunas_prompt_is_what_its_template_writes():
    said = (Message(role="user", content="Hi"), Message(role="assistant", content=" Hello "), Message(role="user", content="Who?"))
    template = jinja2.Environment().from_string(VICUNA)
    messages = [{"role": one.role, "content": one.content} for one in said]
    assert vicuna_prompt(said) == template.render(messages=messages, eos_token="</s>", add_generation_prompt=True)
    assert raw_chat("vicuna", "Hi") == vicuna_prompt(said[:1])
    assert raw_chat("paper", "Hi") == "USER: Hi ASSISTANT:"


@pytest.mark.parametrize("is_named", [True, False])
def test_imported_answers_have_no_model_to_ask(is_named: bool):
    with pytest.raises(ModelError, match="known by its imported answers alone"):
        source_of(RunSpec(model="import:vicuna", task="summarization"), is_named=is_named)
