from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core import answer_parts
from llmkick_core import run as module
from llmkick_core.catalog import plan
from llmkick_core.errors import DataError, TaskError
from llmkick_core.jobs.local import LocalExecutor
from llmkick_core.run import CANCEL, execute
from llmkick_core.schema import Answer, Calibration, Recipe, RunSpec, Score
from llmkick_core.store.asking import asking_advice
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.layout import checkpoint_dir, run_dir
from llmkick_core.store.parts import part_files, read_parts
from llmkick_core.store.runs import read_facts, read_layers, read_samples, read_spec, read_status, sample_set_of, write_facts, write_spec
from tests.models.chat_templates import DEEPSEEK_R1


@pytest.fixture(autouse=True)
def batches_of_16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let twenty questions take two batches."""
    monkeypatch.setattr("llmkick_core.models.hugging_face.HuggingFaceModel.batch_size", 16)


def specs_of(model: Path, data: Path, recipe: Recipe | None = None, limit: int | None = 20) -> list[RunSpec]:
    """Return the runs of one recipe on three kinds of task."""
    recipe = recipe or Recipe()
    places = {"factoid_qa": "freebaseqa", "multiple_choice": "mmlu", "perplexity": "perplexity.txt"}
    return [spec for task, place in places.items() for spec in plan(str(model), [recipe], [task], dataset=str(data / place), limit=limit)]


def wanda(data: Path) -> Recipe:
    return Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source=str(data / "calibration.txt"), n_samples=4, seq_len=32))


def answers_of(store: Path, spec: RunSpec) -> dict[tuple[str, int], Answer]:
    """Return the answers of a run by sample and turn, seen to be there once each, with scores for each under both scorers."""
    answers: list[Answer] = []
    scores: list[Score] = []
    for some, their in read_parts(run_dir(store, spec.run_id)):
        answers += some
        scores += their
    found = {(answer.sample_id, answer.turn): replace(answer, seconds=0.0) for answer in answers}
    assert len(found) == len(answers)
    keys = [(score.sample_id, score.turn, score.scorer, score.metric) for score in scores]
    assert len(set(keys)) == len(keys)
    assert {key[:3] for key in keys} == {(*key, scorer) for key in found for scorer in ("corrected", "paper")}
    return found


def same(some: dict[tuple[str, int], Answer], others: dict[tuple[str, int], Answer]) -> None:
    assert some.keys() == others.keys()
    for key, one in some.items():
        other = others[key]
        assert (one.text, one.n_tokens, one.finish) == (other.text, other.n_tokens, other.finish)
        assert one.gold_logprob == pytest.approx(other.gold_logprob, abs=1e-4)
        assert one.choice_logprobs == pytest.approx(other.choice_logprobs, abs=1e-4)
        assert one.nll == pytest.approx(other.nll, abs=1e-4)


def states(store: Path, specs: Sequence[RunSpec]) -> list[str]:
    return [read_status(store, spec.run_id).state for spec in specs]


def test_a_group_is_compressed_once_and_asked_every_task(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from llmkick_core.compress import engine

    calls = []
    compress_model = engine.compress_model
    monkeypatch.setattr(engine, "compress_model", lambda *args, **options: calls.append(1) or compress_model(*args, **options))
    specs = specs_of(tiny_llama_folder, tiny_data, wanda(tiny_data))
    statuses = execute(tmp_path, specs, device="cpu")
    assert len(calls) == 1
    assert [(status.state, status.n_done, status.n_total) for status in statuses] == [("done", 20, 20), ("done", 10, 10), ("done", 4, 4)]
    assert [status.block for status in statuses] == [2, 2, 2]
    for spec, status in zip(specs, statuses, strict=True):
        assert read_status(tmp_path, spec.run_id) == status
        assert read_spec(tmp_path, spec.run_id) == spec
        assert len(answers_of(tmp_path, spec)) >= status.n_total
        layers = read_layers(tmp_path, spec.run_id)
        assert len(layers) == 14
        assert {round(layer.sparsity, 3) for layer in layers} == {0.5}
        samples = read_samples(tmp_path, sample_set_of(tmp_path, spec.run_id))
        assert {sample.sample_id for sample in samples} == {sample for sample, _ in answers_of(tmp_path, spec)}
    assert len(list(checkpoint_dir(tmp_path, specs[0].compression_id).glob("block-*.safetensors"))) == 2


def test_a_later_run_of_a_recipe_loads_the_compressed_model_that_was_kept(
    tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from llmkick_core.compress import engine

    first, *later = specs_of(tiny_qwen2_folder, tiny_data, wanda(tiny_data))
    execute(tmp_path, [first], device="cpu")
    monkeypatch.setattr(engine, "compress_group", None)
    statuses = execute(tmp_path, later, device="cpu")
    assert {status.state for status in statuses} == {"done"}
    assert read_layers(tmp_path, later[0].run_id) == read_layers(tmp_path, first.run_id)


def test_a_dense_run_differs_from_a_compressed_one(tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path):
    dense, pruned = specs_of(tiny_qwen2_folder, tiny_data), specs_of(tiny_qwen2_folder, tiny_data, wanda(tiny_data))
    execute(tmp_path, dense, device="cpu")
    execute(tmp_path, pruned, device="cpu")
    texts = [[answer.text for answer in answers_of(tmp_path, specs[0]).values()] for specs in (dense, pruned)]
    assert texts[0] != texts[1]
    assert read_layers(tmp_path, dense[0].run_id) == []


def test_a_compressed_run_is_compared_with_the_dense_answers_that_are_there(tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path):
    dense = specs_of(tiny_qwen2_folder, tiny_data)[0]
    compressed = specs_of(tiny_qwen2_folder, tiny_data, wanda(tiny_data))[0]
    execute(tmp_path / "alone", [compressed])
    assert {answer.dense_n_tokens for answer in answers_of(tmp_path / "alone", compressed).values()} == {None}
    execute(tmp_path, [dense])
    execute(tmp_path, [compressed])
    whole, found = answers_of(tmp_path, dense), answers_of(tmp_path, compressed)
    assert {answer.dense_n_tokens for answer in whole.values()} == {None}
    for turn, answer in found.items():
        before = whole[turn]
        assert answer.dense_n_tokens == before.n_tokens
        assert (answer.dense_n_agreed == before.n_tokens) == (answer.text == before.text and answer.n_tokens == before.n_tokens)
        assert answer.dense_agreed_length >= 0
        assert answer.dense_logprob < 0
        assert answer.dense_kl > 0
    assert json.loads((run_dir(tmp_path, compressed.run_id) / "facts.json").read_text())["device"] == "cpu"


def test_answers_given_before_the_dense_ones_are_compared_when_submitted_again(tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path):
    dense = specs_of(tiny_qwen2_folder, tiny_data)[0]
    compressed = specs_of(tiny_qwen2_folder, tiny_data, wanda(tiny_data))[0]
    executor = LocalExecutor(tmp_path)
    for spec in (compressed, dense):
        executor.submit([spec])
        execute(tmp_path, [spec])
    before = answers_of(tmp_path, compressed)
    assert read_status(tmp_path, compressed.run_id).state == "done"
    executor.submit([compressed])
    assert read_status(tmp_path, compressed.run_id).state == "queued"
    execute(tmp_path, [compressed])
    assert read_status(tmp_path, compressed.run_id).state == "done"
    later = {(answer.sample_id, answer.turn): answer for some, _ in read_parts(run_dir(tmp_path, compressed.run_id)) for answer in some}
    assert later.keys() == before.keys()
    for turn, answer in later.items():
        assert answer.dense_n_tokens > 0
        assert answer.text == before[turn].text
    executor.submit([compressed])
    assert read_status(tmp_path, compressed.run_id).state == "done"


def test_a_compressed_run_waits_for_the_dense_answers_that_another_worker_gives(
    tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    dense = specs_of(tiny_qwen2_folder, tiny_data)[0]
    compressed = specs_of(tiny_qwen2_folder, tiny_data, wanda(tiny_data))[0]
    write_spec(tmp_path, dense)
    looks = []

    def look(path: Path) -> bool:
        looks.append(path)
        if len(looks) == 3:
            execute(tmp_path, [dense])
        return True

    monkeypatch.setattr(module, "is_held", look)
    execute(tmp_path, [compressed])
    assert len(looks) == 3
    assert all(answer.dense_n_tokens for answer in answers_of(tmp_path, compressed).values())


def test_a_compressed_run_does_not_wait_for_ever_for_a_worker_that_died(
    tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    compressed = specs_of(tiny_qwen2_folder, tiny_data, wanda(tiny_data))[0]
    write_spec(tmp_path, compressed.dense())
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.2)
    assert execute(tmp_path, [compressed])[0].state == "done"


def test_a_run_that_goes_on_elsewhere_says_so(tmp_path: Path):
    for facts in ({"device": "cpu"}, {"device": "cpu", "torch": "2"}, {"device": "cuda", "torch": "2"}, {"device": "cuda", "torch": "2"}):
        write_facts(tmp_path, "r", facts)
    assert read_facts(tmp_path, "r") == {"device": "cpu, then cuda", "torch": "2"}


@pytest.mark.parametrize("temperature", [math.nan, -1.0, 2.5, math.inf])
@pytest.mark.parametrize("task", ["factoid_qa", "perplexity"])
def test_a_temperature_that_is_none_is_refused(temperature: float, task: str):
    with pytest.raises(TaskError, match="temperature"):
        plan("bundled:kick-tiny", [Recipe()], [task], temperature=temperature)


def test_a_sampled_run_gives_the_same_answers_again(tiny_qwen2_folder: Path, tiny_data: Path, tmp_path: Path):
    place = str(tiny_data / "freebaseqa")
    hot, other, cold = (
        plan(str(tiny_qwen2_folder), [Recipe()], ["factoid_qa"], dataset=place, limit=20, temperature=temperature, seed=seed)[0]
        for temperature, seed in ((1.0, 3), (1.0, 4), (0.0, 3))
    )
    assert cold == plan(str(tiny_qwen2_folder), [Recipe()], ["factoid_qa"], dataset=place, limit=20)[0]
    for store in ("one", "two"):
        execute(tmp_path / store, [hot])
    execute(tmp_path / "one", [other])
    execute(tmp_path / "one", [cold])
    same(answers_of(tmp_path / "one", hot), answers_of(tmp_path / "two", hot))
    texts = [[answer.text for answer in answers_of(tmp_path / "one", spec).values()] for spec in (hot, other, cold)]
    assert texts[0] != texts[1] != texts[2] != texts[0]


def test_a_done_run_is_not_computed_again(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    specs = specs_of(tiny_llama_folder, tiny_data)
    execute(tmp_path, specs, device="cpu")
    monkeypatch.setattr(module, "_compressed", lambda *_: pytest.fail("a model was loaded"))
    assert [status.state for status in execute(tmp_path, specs, device="cpu")] == ["done"] * 3


def test_a_run_goes_on_from_its_last_part(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    specs = specs_of(tiny_llama_folder, tiny_data)
    execute(tmp_path / "whole", specs, device="cpu")
    execute(tmp_path / "cut", specs, device="cpu")
    last = part_files(run_dir(tmp_path / "cut", specs[0].run_id))[-1]
    assert last.name == "part-00001.jsonl"
    last.unlink()
    [status, *_] = execute(tmp_path / "cut", specs, device="cpu")
    assert (status.state, status.n_done) == ("done", 20)
    same(answers_of(tmp_path / "cut", specs[0]), answers_of(tmp_path / "whole", specs[0]))


def test_perplexity_stops_between_windows_and_goes_on_with_those_it_lacks(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spec = specs_of(tiny_llama_folder, tiny_data)[-1]
    execute(tmp_path / "whole", [spec], device="cpu")
    monkeypatch.setattr("llmkick_core.models.pace.Pace.n_together", lambda *_, **__: 1)
    monkeypatch.setattr(answer_parts, "PART_SECONDS", 0.0)
    append_part = answer_parts.append_part

    def cancelling(folder: Path, *rows):
        (folder / CANCEL).touch()
        return append_part(folder, *rows)

    monkeypatch.setattr(answer_parts, "append_part", cancelling)
    [status] = execute(tmp_path / "cut", [spec], device="cpu")
    assert (status.state, status.n_done, status.n_total) == ("cancelled", 1, 4)
    monkeypatch.setattr(answer_parts, "append_part", append_part)
    (run_dir(tmp_path / "cut", spec.run_id) / CANCEL).unlink()
    [status] = execute(tmp_path / "cut", [spec], device="cpu")
    assert (status.state, status.n_done, status.n_total) == ("done", 4, 4)
    assert len(part_files(run_dir(tmp_path / "cut", spec.run_id))) == 4
    same(answers_of(tmp_path / "cut", spec), answers_of(tmp_path / "whole", spec))


def test_a_limit_of_perplexity_counts_windows(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    whole, some = (specs_of(tiny_llama_folder, tiny_data, limit=limit)[-1] for limit in (None, 3))
    execute(tmp_path, [whole], device="cpu")
    [status] = execute(tmp_path, [some], device="cpu")
    assert (status.state, status.n_done, status.n_total) == ("done", 3, 3)
    first = {turn: answer for turn, answer in answers_of(tmp_path, whole).items() if turn[1] < 3}
    same(answers_of(tmp_path, some), {turn: replace(answer, run_id=some.run_id) for turn, answer in first.items()})
    assert {answer.n_tokens for answer in first.values()} == {128}  # the context


def test_a_damaged_part_is_set_aside_and_its_questions_asked_again(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    specs = specs_of(tiny_llama_folder, tiny_data)
    execute(tmp_path, specs, device="cpu")
    whole = answers_of(tmp_path, specs[0])
    first = part_files(run_dir(tmp_path, specs[0].run_id))[0]
    first.write_text(first.read_text()[:-50])
    [status, *_] = execute(tmp_path, specs, device="cpu")
    assert status.state == "done"
    assert first.with_name("part-00000.jsonl.corrupt").exists()
    same(answers_of(tmp_path, specs[0]), whole)


def test_a_cancelled_run_stops_at_its_next_batch_and_keeps_its_answers(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    specs = specs_of(tiny_llama_folder, tiny_data)
    append_part = answer_parts.append_part

    def cancelling(folder: Path, *rows):
        path = append_part(folder, *rows)
        (folder / CANCEL).touch()
        return path

    monkeypatch.setattr(answer_parts, "append_part", cancelling)
    statuses = execute(tmp_path, specs, device="cpu")
    assert [(status.state, status.n_done) for status in statuses] == [
        ("cancelled", 16),
        ("done", 10),
        ("done", 4),
    ]  # the others had one batch
    assert "submitting it again goes on" in statuses[0].message
    assert len(answers_of(tmp_path, specs[0])) == 16
    monkeypatch.setattr(answer_parts, "append_part", append_part)
    (run_dir(tmp_path, specs[0].run_id) / CANCEL).unlink()
    assert execute(tmp_path, specs, device="cpu")[0].n_done == 20


def test_a_run_submitted_again_just_before_it_stops_waits_for_its_next_turn(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    specs = specs_of(tiny_llama_folder, tiny_data)[:1]
    check_cancelled = module._Run.check_cancelled

    def resubmitted(run):
        if len(part_files(run.folder)) == 1:
            (run.folder / CANCEL).touch()
        try:
            check_cancelled(run)
        finally:
            (run.folder / CANCEL).unlink(missing_ok=True)

    monkeypatch.setattr(module._Run, "check_cancelled", resubmitted)
    [status] = execute(tmp_path, specs, device="cpu")
    assert (status.state, status.message, status.n_done) == ("queued", "", 16)
    assert status.submitted_at > 0


def test_a_group_cancelled_while_it_is_compressed_keeps_its_blocks(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    specs = specs_of(tiny_llama_folder, tiny_data, wanda(tiny_data))
    report = module._Run.report

    def cancelling(run, **changes):
        report(run, **changes)
        if changes.get("block") == 1:
            (run.folder / CANCEL).touch()

    monkeypatch.setattr(module._Run, "report", cancelling)
    assert [status.state for status in execute(tmp_path, specs, device="cpu")] == ["cancelled"] * 3
    assert len(list(checkpoint_dir(tmp_path, specs[0].compression_id).glob("block-*.safetensors"))) == 1


def test_calibration_text_that_changed_since_is_refused(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    text = tmp_path / "text.txt"
    text.write_text((tiny_data / "calibration.txt").read_text())
    recipe = Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source=str(text), n_samples=4, seq_len=32))
    [before, *_] = specs_of(tiny_llama_folder, tiny_data, recipe)
    text.write_text(text.read_text().replace("Mongolia", "Portugal"))
    [after, *_] = specs_of(tiny_llama_folder, tiny_data, recipe)
    assert before.run_id != after.run_id
    assert before.compression_id != after.compression_id
    [status] = execute(tmp_path / "store", [before], device="cpu")
    assert status.state == "failed"
    assert f"the calibration text {text} has changed" in status.message
    assert execute(tmp_path / "store", [after], device="cpu")[0].state == "done"


def test_one_failure_does_not_stop_the_others(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    specs = specs_of(tiny_llama_folder, tiny_data)
    bad = replace(specs[0], dataset_revision="0" * 16)
    statuses = execute(tmp_path, [bad, *specs[1:]], device="cpu")
    assert [status.state for status in statuses] == ["failed", "done", "done"]
    assert "has changed" in read_status(tmp_path, bad.run_id).message


def test_a_model_that_cannot_be_loaded_fails_every_run_of_the_group(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    specs = [replace(spec, model_revision="0" * 16) for spec in specs_of(tiny_llama_folder, tiny_data)]
    statuses = execute(tmp_path, specs, device="cpu")
    assert [status.state for status in statuses] == ["failed"] * 3
    assert all("has changed" in status.message and "\n" not in status.message for status in statuses)


def test_a_defect_is_one_line_in_the_status_and_a_trace_in_the_log(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division by zero\nmore")

    monkeypatch.setattr(answer_parts, "append_part", broken)
    [status] = execute(tmp_path, specs_of(tiny_llama_folder, tiny_data)[:1], device="cpu")
    assert status.state == "failed"
    assert status.message.startswith("ZeroDivisionError: division by zero (")
    assert "Traceback" in caplog.text


def test_the_status_follows_the_work(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen = []
    write_status = module.write_status
    monkeypatch.setattr(module, "write_status", lambda store, status: (seen.append(status), write_status(store, status)))
    execute(tmp_path, specs_of(tiny_llama_folder, tiny_data, wanda(tiny_data))[:1], device="cpu")
    stages = list(dict.fromkeys(status.stage for status in seen))
    assert stages == ["waiting", "loading", "calibrating", "compressing", "asking", ""]
    assert [status.state for status in seen[:-1]] == ["running"] * (len(seen) - 1)
    assert seen[-1].state == "done"
    assert seen[-1].rate > 0


def test_a_status_is_written_twice_a_second_at_most(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    one = module._Run(tmp_path, specs_of(tiny_llama_folder, tiny_data)[0])
    one.report(stage="asking")
    for n in range(100):
        one.report(n_done=n)
    assert read_status(tmp_path, one.spec.run_id).n_done == 0
    one._written_at = 0.0
    one.report(n_done=100)
    assert read_status(tmp_path, one.spec.run_id).n_done == 100


def test_parts_are_json_lines_closed_by_a_checksum(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    [spec, *_] = specs_of(tiny_llama_folder, tiny_data, limit=3)
    execute(tmp_path, [spec], device="cpu")
    lines = [json.loads(line) for line in part_files(run_dir(tmp_path, spec.run_id))[0].read_text().split("\n") if line]
    assert [next(iter(line)) for line in lines] == ["answer"] * 3 + ["score"] * 18 + ["end"]


def test_hub_data_that_cannot_be_fetched_fails_the_run(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def unreachable(*_: object) -> Path:
        raise DataError("no network.")

    monkeypatch.setattr("llmkick_core.tasks.datasets.hub.fetch", unreachable)
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["perplexity"], dataset="hub")
    assert execute(tmp_path, [spec], device="cpu")[0].message == "no network."


def test_a_template_that_opens_a_thought_is_asked_with_room_and_cut_off_thoughts_are_told(
    tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path
):
    folder = Path(shutil.copytree(tiny_llama_folder, tmp_path / "thinker"))
    (folder / "chat_template.jinja").write_text(DEEPSEEK_R1)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 256}))
    store = tmp_path / "store"
    (spec,) = plan(str(folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=6, prompt="chat")
    assert [status.state for status in execute(store, [spec], device="cpu")] == ["done"]
    assert read_facts(store, spec.run_id)["thinking"] == "on, with room for a thought"
    found = answers_of(store, spec).values()
    assert max(answer.n_tokens for answer in found) == 128  # half of the context, where 64 + 1,024 are too many
    assert all(answer.thought and not answer.text for answer in found)  # a random model never closes its thought
    told = read_status(store, spec.run_id).advice
    assert "6 of 6 dense answers are empty" in told
    assert "6 were cut off while the model thought" in told
    with Database(store) as db:
        ingest(db)
        assert asking_advice(db) == {spec.run_id: told}
