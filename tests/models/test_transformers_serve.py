"""A real server, `transformers serve` with the bundled model, in place of the fake one."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from llmkick_core import settings
from llmkick_core.catalog import TASKS, load_samples, plan
from llmkick_core.cli import app
from llmkick_core.evaluate import evaluate
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.jobs.worker import work
from llmkick_core.judgment import ASPECTS, FAILURES
from llmkick_core.models import open_model
from llmkick_core.models.base import LanguageModel, Message
from llmkick_core.schema import Recipe
from tests.judge.fake_judge import FakeJudge, Judge

FOLDER = settings.BUNDLED_ROOT / "kick-tiny"
MISSING = [name for name in ("fastapi", "uvicorn", "accelerate") if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"transformers serve needs {', '.join(MISSING)} (requirements-dev.txt)"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageModel]:
    place = tmp_path_factory.mktemp("serve")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    host, _, port = address.partition(":")
    command = [sys.executable, "-c", "from transformers.cli.transformers import main; main()", "serve"]
    command += ["--device", "cpu", "--dtype", "float32", "--host", host, "--port", port]
    log = place / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=os.environ | {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(place)}, start_new_session=True
        )
    try:
        _wait(f"http://{address}/health", process, log)
        model = open_model(f"endpoint:http://{address}/v1#{FOLDER}")
        yield model
        model.close()
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"transformers serve did not start: {log.read_text(errors='replace')[-2000:]}")


def test_what_the_server_can_do_is_found_out(served: LanguageModel):
    # it takes echo and logprobs without a word, and gives neither
    assert served.facts["prompts"] == "as raw text"
    assert served.facts["multiple_choice"] == "the letter parsed from the reply"


def test_raw_text_is_continued_as_the_same_model_does_here(served: LanguageModel):
    [spec] = plan("bundled:kick-tiny", [Recipe()], ["factoid_qa"], limit=20)
    samples = load_samples(spec, Path())
    here, there = (
        [answer for batch in evaluate(model, TASKS["factoid_qa"], samples, "r") for _, found in batch for answer in found]
        for model in (open_model("bundled:kick-tiny", device="cpu"), served)
    )
    # it drops the space that a continuation begins with
    assert [(one.text.strip(), one.finish, one.n_tokens, one.n_prompt_tokens) for one in there] == [
        (one.text.strip(), one.finish, one.n_tokens, one.n_prompt_tokens) for one in here
    ]
    assert {one.gold_logprob for one in there} == {None}


def test_a_conversation_goes_through_the_servers_template(served: LanguageModel):
    [said] = served.generate([(Message(role="user", content="What is the capital of Mongolia?"),)], max_new_tokens=12)
    assert "Ulaanbaatar" in said.text


def test_what_a_served_model_answers_is_judged_and_it_is_a_judge_that_nobody_believes(served: LanguageModel, tmp_path: Path):
    """The whole way: a candidate behind a real server is asked, judged in both orders, and compared; then it has to judge itself."""
    url = served.facts["server"]
    specs = plan(f"endpoint:{url}#{FOLDER}", [Recipe()], ["summarization", "instruction_following"], limit=2)
    LocalExecutor(tmp_path).submit(specs)
    work(tmp_path, device="cpu", idle_s=0)
    words = ["judge", "--store", str(tmp_path), "--json", "--concurrency", "2"]
    with FakeJudge(Judge()) as judge:
        told = CliRunner().invoke(app, [*words, "--endpoint", judge.url, "--model", "judge", "--protocol", "reference"])
    document = json.loads(told.stdout)
    assert told.exit_code == 0
    assert {row["task"]: row["outcomes"] for row in document["judgings"]} == {
        "summarization": {"scored": 4},
        "instruction_following": {"scored": 8},
    }
    assert all(1 <= row["aspects"][name]["mean"] <= 10 for row in document["judgings"] for name in ASPECTS[row["task"]])
    itself = CliRunner().invoke(
        app, [*words, "--endpoint", url, "--model", str(FOLDER), "--protocol", "single", "--task", "summarization", "--max-tokens", "64"]
    )
    document = json.loads(itself.stdout)
    assert itself.exit_code == 0, itself.output
    (row,) = document["judgings"]
    assert sum(row["outcomes"].values()) == 2
    assert set(row["outcomes"]) <= set(FAILURES)  # it has never learned to judge: no number of it is taken for a score
    assert all(found["mean"] is None for found in row["aspects"].values())
