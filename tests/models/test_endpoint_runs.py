"""Runs of a model behind a server: the same answers as here, what is kept, and how they end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmkick_core import settings
from llmkick_core.catalog import TASKS, load_samples, plan
from llmkick_core.errors import ModelError
from llmkick_core.evaluate import evaluate
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.models import open_model, with_weights
from llmkick_core.models.hugging_face import HuggingFaceModel, load
from llmkick_core.models.openai_api import EndpointModel, connect
from llmkick_core.run import execute
from llmkick_core.schema import Recipe
from llmkick_core.store.layout import run_dir
from llmkick_core.store.parts import part_files, read_part
from tests.models.fake_server import FakeServer, Reply, Words, refused, refusing_where, text_reply

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LLMKICK_API_KEY", "OPENAI_API_KEY", "LLMKICK_ENDPOINT_CONTEXT", "LLMKICK_ENDPOINT_CONCURRENCY"):
        monkeypatch.delenv(name, raising=False)


@contextmanager
def serving(answer: Any, **options: Any) -> Iterator[tuple[FakeServer, EndpointModel]]:
    with FakeServer(answer) as fake:
        model = connect(fake.model, first_wait_s=0.001, **options)
        fake.asked.clear()
        try:
            yield fake, model
        finally:
            model.close()


# the same model here and behind a server


class Served:
    """The bundled model behind /completions, with echo, as vLLM has it; tokens are told with their spaces or, decoded one by one, without."""

    def __init__(self, model: HuggingFaceModel, *, has_spaces: bool) -> None:
        self.model = model
        self.has_spaces = has_spaces
        self.lock = threading.Lock()

    def __call__(self, path: str, body: dict[str, Any]) -> Reply:
        if path != "/v1/completions":
            return refused(404, "Not Found")
        with self.lock:
            return Reply(self.echoed(body["prompt"]) if body.get("echo") else self.continued(body))

    def continued(self, body: dict[str, Any]) -> dict[str, Any]:
        [said] = self.model.generate([body["prompt"]], max_new_tokens=body["max_tokens"], stop=tuple(body.get("stop", ())))
        usage = {"prompt_tokens": said.n_prompt_tokens, "completion_tokens": said.n_tokens}
        return text_reply(said.text, "length" if said.finish == "length" else "stop", usage=usage)

    def echoed(self, prompt: str) -> dict[str, Any]:
        import torch

        ids = self.model.tokenizer(prompt)["input_ids"]
        with torch.inference_mode():
            logprobs = self.model.module(input_ids=torch.tensor([ids])).logits[0].float().log_softmax(-1)  # (tokens, vocabulary)
        told = [None, *(logprobs[i - 1, token].item() for i, token in enumerate(ids) if i > 0), logprobs[-1].max().item()]
        tokens = [self.model.tokenizer.decode([token]) for token in [*ids, int(logprobs[-1].argmax())]]
        if self.has_spaces:
            tokens = [name.replace("Ġ", " ") for name in self.model.tokenizer.convert_ids_to_tokens([*ids, int(logprobs[-1].argmax())])]
        usage = {"prompt_tokens": len(ids), "completion_tokens": 1}
        return text_reply(f"{prompt}{tokens[-1]}", "length", logprobs={"tokens": tokens, "token_logprobs": told}, usage=usage)


@pytest.mark.parametrize("has_spaces", [True, False])
@pytest.mark.parametrize(
    ("task", "formulation"), [("multiple_choice", "letters"), ("multiple_choice", "cloze"), ("factoid_qa", None), ("perplexity", None)]
)
def test_a_model_answers_behind_an_endpoint_as_it_does_here(task: str, formulation: Any, has_spaces: bool):
    here = load(settings.BUNDLED_ROOT / "kick-tiny", device="cpu")
    [spec] = plan("bundled:kick-tiny", [Recipe()], [task], limit=1 if task == "perplexity" else 20, formulation=formulation)
    samples = load_samples(spec, Path())
    if task == "perplexity":
        samples = [replace(sample, turns=(sample.turns[0][:1500],)) for sample in samples]
    with serving(Served(here, has_spaces=has_spaces)) as (_, there):
        both = [
            [
                answer
                for batch in evaluate(model, TASKS[task], samples, "r", formulation=formulation)
                for _, found in batch
                for answer in found
            ]
            for model in (here, there)
        ]
    assert len(both[0]) == len(both[1]) == len(samples)
    for one, other in zip(*both, strict=True):
        assert (one.sample_id, one.text, one.finish, one.n_tokens, one.n_prompt_tokens) == (
            other.sample_id,
            other.text,
            other.finish,
            other.n_tokens,
            other.n_prompt_tokens,
        )
        assert other.choice_logprobs == pytest.approx(one.choice_logprobs, abs=1e-3)
        assert other.gold_logprob == pytest.approx(one.gold_logprob, abs=1e-3)
        assert other.nll == pytest.approx(one.nll, abs=1e-2)


# runs


def test_a_run_of_an_endpoint_keeps_answers_and_facts_and_never_the_key(tmp_path: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LLMKICK_API_KEY", KEY)
    with FakeServer(Words(has_echo=False, says=lambda prompt: f" Lima, says {KEY}")) as fake:
        specs = plan(fake.model, [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=5)
        specs += plan(fake.model, [Recipe()], ["multiple_choice"], dataset=str(tiny_data / "mmlu"), limit=5)
        specs += plan(fake.model, [Recipe()], ["perplexity"], dataset=str(tiny_data / "perplexity.txt"))
        executor = LocalExecutor(tmp_path, device="cpu")
        ids = executor.submit(specs)
        assert work(tmp_path, device="cpu", idle_s=0)
        statuses = executor.status(ids)
        assert set(fake.keys) == {f"Bearer {KEY}"}
    assert [status.state for status in statuses] == ["done", "done", "failed"]
    assert "does not echo" in statuses[2].message
    facts = json.loads((run_dir(tmp_path, specs[0].run_id) / "facts.json").read_text())
    assert facts["multiple_choice"] == "top log-probabilities"
    answers = [answer for path in part_files(run_dir(tmp_path, specs[0].run_id)) for answer in read_part(path).answers]
    assert {(answer.text, answer.gold_logprob) for answer in answers} == {(" Lima, says [API key]", None)}
    chosen = [answer for path in part_files(run_dir(tmp_path, specs[1].run_id)) for answer in read_part(path).answers]
    assert {max(range(4), key=answer.choice_logprobs.__getitem__) for answer in chosen} == {1}
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_a_run_says_in_one_line_that_the_server_is_not_there(tmp_path: Path, tiny_data: Path):
    with FakeServer(Words()) as fake:
        model = fake.model
    [status] = execute(tmp_path, plan(model, [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=5))
    assert status.state == "failed"
    assert status.message.startswith("no server answers at http://127.0.0.1:")


def test_a_model_behind_an_endpoint_has_no_weights_to_compress():
    with FakeServer(Words()) as fake:
        model = open_model(fake.model)
        assert isinstance(model, EndpointModel)
        with pytest.raises(ModelError, match="no weights here"):
            with_weights(model)
        model.close()


def test_a_run_goes_on_past_questions_that_a_content_policy_refuses(tmp_path: Path, tiny_data: Path):
    with FakeServer(refusing_where(Words(has_echo=False), lambda prompt: prompt != "A B C")) as fake:
        specs = plan(fake.model, [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=5)
        specs += plan(fake.model, [Recipe()], ["multiple_choice"], dataset=str(tiny_data / "mmlu"), limit=5)
        assert [status.state for status in execute(tmp_path, specs)] == ["done", "done"]
    answers = [answer for spec in specs for path in part_files(run_dir(tmp_path, spec.run_id)) for answer in read_part(path).answers]
    assert [answer.text for answer in answers] == [""] * 10


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_model_is_closed_when_its_runs_end(state: str, tmp_path: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch):
    closed: list[EndpointModel] = []
    close = EndpointModel.close
    monkeypatch.setattr(EndpointModel, "close", lambda self: closed.append(self) or close(self))
    words = Words(has_echo=False)

    def answer(path: str, body: dict[str, Any]) -> Reply:
        return refused(403, "no") if state == "failed" and body.get("prompt", "A B C") != "A B C" else words(path, body)

    with FakeServer(answer) as fake:
        specs = plan(fake.model, [Recipe()], ["factoid_qa", "closed_book_qa"], limit=5, prompt="plain")
        assert [status.state for status in execute(tmp_path, specs)] == [state] * 2
    assert len(closed) == 1
    assert closed[0].server._transport._client.is_closed
