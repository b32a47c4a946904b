from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from llmkick_core import settings
from llmkick_core.catalog import (
    METHODS,
    TASKS,
    canonical,
    find_task,
    load_samples,
    model_card,
    models,
    plan,
)
from llmkick_core.errors import DataError, ModelError, RecipeError, TaskError
from llmkick_core.fingerprint import content_digest
from llmkick_core.models.locate import fingerprint
from llmkick_core.schema import Calibration, Recipe, RunSpec
from tests.models.chat_templates import DEEPSEEK_R1, LLAMA_3, QWEN_3


def test_methods_and_tasks_are_discovered():
    assert {"magnitude", "wanda", "rtn", "int8", "random"} <= METHODS.keys()
    assert TASKS.keys() == {
        "factoid_qa",
        "multiple_choice",
        "closed_book_qa",
        "open_book_qa",
        "summarization",
        "instruction_following",
        "perplexity",
    }


def test_the_catalogue_loads_no_torch():
    code = "import sys, llmkick_core.catalog; assert not {'torch', 'transformers', 'datasets', 'huggingface_hub'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (Recipe(method="frobnicate", sparsity=0.5), "no method 'frobnicate'. Known: dense, .*wanda"),
        (Recipe(method="wanda"), "needs --sparsity"),
        (Recipe(method="wanda", sparsity=0.5, group_size=64), "wanda takes no --group-size"),
        (Recipe(method="wanda", sparsity=0.5, bits=4, quantizer="wanda"), "wanda removes weights; --quantizer names"),
        (Recipe(method="wanda", sparsity=0.5, bits=4, quantizer="frobnicate"), "no method 'frobnicate'"),
        (Recipe(method="int8", sparsity=0.5), "takes no --sparsity"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_explained(recipe: Recipe, message: str):
    with pytest.raises(RecipeError, match=message):
        canonical(recipe)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe(method="magnitude", structure="2:4"), Recipe(method="rtn", bits=4, group_size=16)])
def test_a_recipe_that_makes_sense_passes(recipe: Recipe):
    assert canonical(recipe).label == recipe.label
    assert canonical(canonical(recipe)) == canonical(recipe)


def test_bits_that_go_without_saying_make_no_other_recipe():
    assert canonical(Recipe(method="int8", bits=8)) == canonical(Recipe(method="int8"))
    joint = Recipe(method="wanda", sparsity=0.5, quantizer="int8")
    assert canonical(replace(joint, bits=8)) == canonical(joint)


@pytest.mark.parametrize(
    ("recipe", "label"),
    [
        (Recipe(method="wanda", sparsity=0.5, bits=4), "wanda-50+rtn-4bit"),
        (Recipe(method="sparsegpt", structure="2:4", bits=4, group_size=64), "sparsegpt-2:4+gptq-4bit-g64"),
        (Recipe(method="magnitude", sparsity=0.3, quantizer="int8"), "magnitude-30+int8"),
        (Recipe(method="wanda", sparsity=0.5, bits=3, quantizer="awq", is_symmetric=False), "wanda-50+awq-3bit-asym"),
    ],
)
def test_bits_after_pruning_name_their_quantizer(recipe: Recipe, label: str):
    found = canonical(recipe)
    assert found.label == label
    assert canonical(found) == found


def test_a_plan_is_every_recipe_on_every_task_with_revisions(tiny_llama_folder: Path, tiny_data: Path):
    recipes = [Recipe(), Recipe(method="magnitude", sparsity=0.5)]
    specs = plan(str(tiny_llama_folder), recipes, ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), limit=5)
    assert [(spec.recipe.label, spec.task) for spec in specs] == [("dense", "factoid_qa"), ("magnitude-50", "factoid_qa")]
    assert {spec.model_revision for spec in specs} == {fingerprint(tiny_llama_folder)}
    assert {spec.dataset_revision for spec in specs} == {content_digest(tiny_data / "freebaseqa")}
    assert specs[1].dense() == specs[0]
    assert len(load_samples(specs[0], Path("unused"))) == 5


def test_equal_requests_are_the_same_runs(tiny_llama_folder: Path, tiny_data: Path, monkeypatch: pytest.MonkeyPatch):
    def ids(model: str, data: str, **options: object) -> list[str]:
        recipe = Recipe(method="magnitude", sparsity=0.5, **options)
        return [spec.run_id for spec in plan(model, [recipe, recipe], ["factoid_qa", "factoid_qa"], dataset=data)]

    once = ids(str(tiny_llama_folder), str(tiny_data / "freebaseqa"))
    assert len(once) == 1
    monkeypatch.chdir(tiny_data)
    assert ids(f"{tiny_llama_folder}/", "freebaseqa", calibration=Calibration(seed=3), order="block") == once  # magnitude looks at no text


def test_the_seed_goes_to_what_draws(tiny_llama_folder: Path, tiny_data: Path):
    def specs(seed: int) -> dict[str, RunSpec]:
        text = Calibration(source=str(tiny_data / "calibration.txt"), seed=seed)
        recipes = [Recipe(), *(Recipe(method=method, sparsity=0.5, calibration=text) for method in ("magnitude", "random", "wanda"))]
        planned = plan(str(tiny_llama_folder), recipes, ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"))
        return {spec.recipe.method: spec for spec in planned}

    before, after = specs(0), specs(7)
    assert [method for method in before if before[method].run_id != after[method].run_id] == ["random", "wanda"]
    assert [after[method].recipe.calibration.seed for method in ("magnitude", "random", "wanda")] == [0, 7, 7]
    assert len({spec.comparison_id for spec in (*before.values(), *after.values())}) == 1


def test_a_recipe_is_pinned_to_the_content_of_its_calibration_text(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    def pinned(source: str) -> RunSpec:
        recipe = Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source=source))
        [spec] = plan(str(tiny_llama_folder), [recipe], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"))
        return spec

    text = tmp_path / "text.txt"
    text.write_text("one")
    once = pinned(str(text))
    assert pinned(str(text)).run_id == once.run_id
    text.write_text("two")
    assert pinned(str(text)).run_id != once.run_id
    assert len(pinned("c4").recipe.calibration.revision) == 40
    assert len(pinned("bundled").recipe.calibration.revision) == 16
    assert RunSpec.from_dict(once.to_dict()) == once


def test_a_formulation_goes_to_multiple_choice_only(tiny_llama_folder: Path, tiny_data: Path):
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["multiple_choice"], dataset=str(tiny_data / "mmlu"), k_shot=2)
    assert (spec.formulation, spec.k_shot) == ("letters", 2)
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["multiple_choice"], dataset=str(tiny_data / "mmlu"), formulation="cloze")
    assert spec.formulation == "cloze"
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), formulation="cloze")
    assert spec.formulation is None


def test_solved_examples_go_to_tasks_that_take_them_and_their_file_is_pinned(tiny_llama_folder: Path):
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], k_shot=2)
    assert (spec.k_shot, len(spec.examples_revision)) == (2, 16)
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["perplexity"], k_shot=2)
    assert (spec.k_shot, spec.examples_revision) == (0, "")


def test_a_plan_refuses_early(tiny_llama_folder: Path, tiny_data: Path):
    model, data = str(tiny_llama_folder), str(tiny_data / "freebaseqa")
    with pytest.raises(TaskError, match=r"no task 'chess'\. Known: closed_book_qa"):
        plan(model, [Recipe()], ["chess"], dataset=data)
    with pytest.raises(TaskError, match="no task was named"):
        plan(model, [Recipe()], [], dataset=data)
    with pytest.raises(RecipeError, match="no recipe"):
        plan(model, [], ["factoid_qa"], dataset=data)
    with pytest.raises(TaskError, match="limit 0"):
        plan(model, [Recipe()], ["factoid_qa"], dataset=data, limit=0)
    with pytest.raises(ModelError, match="no model"):
        plan("gpt2", [Recipe()], ["factoid_qa"], dataset=data)
    with pytest.raises(DataError, match="no data '/nowhere'"):
        plan(model, [Recipe()], ["factoid_qa"], dataset="/nowhere")
    with pytest.raises(DataError, match="FreebaseQA"):
        plan(model, [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "mmlu"))
    with pytest.raises(DataError, match=r"calibration text '/nowhere\.txt'"):
        plan(model, [Recipe(method="wanda", sparsity=0.5, calibration=Calibration(source="/nowhere.txt"))], ["factoid_qa"], dataset=data)


def test_a_model_behind_an_endpoint_is_asked_dense_only(tiny_data: Path):
    model, data = "endpoint:http://LOCALHOST:8000/v1/#llama", str(tiny_data / "freebaseqa")
    [spec] = plan(model, [Recipe()], ["factoid_qa"], dataset=data)
    assert (spec.model, spec.model_revision) == ("endpoint:http://localhost:8000/v1#llama", "unpinned")
    with pytest.raises(ModelError, match="its weights are not here to compress"):
        plan(model, [Recipe(), Recipe(method="wanda", sparsity=0.5)], ["factoid_qa"], dataset=data)
    with pytest.raises(ModelError, match="behind an endpoint"):
        model_card(model)


def test_hub_data_is_pinned_without_a_download(tiny_llama_folder: Path):
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["perplexity"], dataset="hub")
    assert len(spec.dataset_revision) == 40


def test_missing_bundled_data_says_what_else_there_is(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "BUNDLED_ROOT", tmp_path)
    with pytest.raises(DataError, match=r"bundled data is missing.*--data"):
        plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"])


def test_data_that_changed_since_is_refused(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    copy = shutil.copytree(tiny_data / "freebaseqa", tmp_path / "copy")
    [spec] = plan(str(tiny_llama_folder), [Recipe()], ["factoid_qa"], dataset=str(copy))
    with pytest.raises(DataError, match="has changed"):
        load_samples(replace(spec, dataset_revision="0" * 16), tmp_path)
    (copy / "more.json").write_text("{}")
    with pytest.raises(DataError, match="has changed"):
        load_samples(spec, tmp_path)


def test_models_are_those_bundled_and_those_of_the_roots(tiny_llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bundled, root = tmp_path / "bundled", tmp_path / "root"
    shutil.copytree(tiny_llama_folder, bundled / "kick")
    shutil.copytree(tiny_llama_folder, root / "llama")
    (root / "broken").mkdir()
    (root / "broken" / "config.json").write_text("{}")
    monkeypatch.setattr(settings, "BUNDLED_ROOT", bundled)
    monkeypatch.setenv("LLMKICK_MODEL_ROOTS", str(root))
    cards = models()
    assert [(card.model, card.title) for card in cards] == [
        ("bundled:kick", "kick"),
        ("package:smollm2-135m", "SmolLM2-135M-Instruct"),
        (str(root / "llama"), "llama"),
    ]
    # embeddings 400 x 32, tied; a block: q and o 32 x 32, k and v 16 x 32, three matrices 64 x 32, two norms; one last norm
    n_parameters = 400 * 32 + 2 * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 64 * 32 + 2 * 32) + 32
    assert (cards[0].n_parameters, cards[0].n_bytes, cards[0].dtype) == (n_parameters, 4 * n_parameters, "F32")
    assert (cards[0].architecture, cards[0].n_layers, cards[0].context_length) == ("LlamaForCausalLM", 2, 128)


def test_a_torn_weight_file_is_named(tiny_llama_folder: Path, tmp_path: Path):
    folder = shutil.copytree(tiny_llama_folder, tmp_path / "torn")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        model_card(str(folder))


def test_an_unknown_task_lists_those_there_are():
    with pytest.raises(TaskError, match="perplexity"):
        find_task("chess")


def test_a_chat_template_that_reads_the_date_pins_a_day(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    folder = Path(shutil.copytree(tiny_llama_folder, tmp_path / "dated"))
    (folder / "chat_template.jinja").write_text("{{ strftime_now('%d %b %Y') }}{% for m in messages %}{{ m.content }}{% endfor %}")

    def planned(**more: str) -> RunSpec:
        (spec,) = plan(str(folder), [Recipe()], ["instruction_following"], dataset=str(tiny_data / "mt_bench"), limit=1, **more)
        return spec

    assert planned().template_date == "2024-07-26"
    assert planned(template_date="2025-02-03").template_date == "2025-02-03"
    assert planned().comparison_id != planned(template_date="2025-02-03").comparison_id
    (plain,) = plan(
        str(folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), template_date="2025-02-03", prompt="plain"
    )
    assert plain.template_date == ""
    with pytest.raises(TaskError, match="2025-02-30"):
        planned(template_date="2025-02-30")


@pytest.mark.parametrize(("template", "short", "long"), [(QWEN_3, None, "off"), (DEEPSEEK_R1, "room", "room"), (LLAMA_3, None, None)])
def test_a_run_says_what_its_template_is_told_of_thinking(
    template: str, short: str | None, long: str | None, tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path
):
    folder = Path(shutil.copytree(tiny_llama_folder, tmp_path / "thinks"))
    (folder / "chat_template.jinja").write_text(template)

    def planned(task: str, data: str, **more: str) -> RunSpec:
        (spec,) = plan(str(folder), [Recipe()], [task], dataset=str(tiny_data / data), limit=1, **more)
        return spec

    assert planned("factoid_qa", "freebaseqa", prompt="chat").thinking == short
    assert planned("factoid_qa", "freebaseqa", prompt="plain").thinking is None
    asked = planned("instruction_following", "mt_bench")
    assert asked.thinking == long
    assert RunSpec.from_dict(asked.to_dict()) == asked
    assert ("thinking" in asked.to_dict()) == (long is not None)
    with_room = planned("factoid_qa", "freebaseqa", prompt="plain", thinking="room")
    assert with_room.thinking == "room"
    assert with_room.comparison_id != planned("factoid_qa", "freebaseqa", prompt="plain").comparison_id
    with pytest.raises(TaskError, match="'perhaps' is neither auto nor room"):
        planned("factoid_qa", "freebaseqa", thinking="perhaps")


def test_a_chat_template_that_cannot_be_used_is_told_before_anything_is_computed(tiny_llama_folder: Path, tiny_data: Path, tmp_path: Path):
    folder = Path(shutil.copytree(tiny_llama_folder, tmp_path / "broken"))
    (folder / "chat_template.jinja").write_text("{% for m in messages %}{{ m.content }}")
    with pytest.raises(ModelError, match=r"broken/chat_template.jinja cannot be used: line 1"):
        plan(str(folder), [Recipe()], ["instruction_following"], dataset=str(tiny_data / "mt_bench"))
    assert plan(str(folder), [Recipe()], ["factoid_qa"], dataset=str(tiny_data / "freebaseqa"), prompt="plain")
