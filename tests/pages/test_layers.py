"""Layers without a browser: a compressed model's report, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from llmkick_core.layer_report import LayerReport
from llmkick_core.schema import Recipe
from llmkick_core.store.runs import write_layers
from tests.synthetic_store import make_store

Start = Callable[[Path], AppTest]


def report(name: str, block: int, error: float | None, note: str = "", structure_ok: bool | None = None) -> LayerReport:
    return LayerReport(
        name=f"model.layers.{block}.{name}", block=block, n_out=64, n_in=32, sparsity=0.5, structure_ok=structure_ok, error=error, bits=9.0, seconds=0.5, note=note
    )  # fmt: skip


def opened(app: Start, store: Path, layers: list[LayerReport], recipe: Recipe | None = None) -> AppTest:
    recipe = recipe or Recipe(method="wanda", sparsity=0.5)
    specs = make_store(store, n_each=3, recipes=[Recipe(), recipe], tasks=("factoid_qa",))
    run = next(spec for spec in specs if not spec.recipe.is_dense)
    if layers:
        write_layers(store, run.run_id, layers)
    at = app(store)
    at.query_params["b"] = recipe.label
    return at.switch_page("pages/layers.py").run()


def test_the_report_says_sparsity_bits_and_the_worst_layer(app: Start, tmp_path: Path):
    layers = [
        report("q", 0, 0.1),
        report("up", 0, 0.2),
        report("q", 1, 0.4, note="the Hessian had no Cholesky factor"),
        report("up", 1, 0.3),
    ]
    at = opened(app, tmp_path, layers)
    assert not at.exception
    sentence = next(element.value for element in at.html if "kick-sentence" in element.value)
    assert "Wanda 50%: 50.0% of the weights are zero, 9.00 bits a weight if packed" in sentence
    assert "miss by 25.0% in the median, most in model.layers.1.q (40.0%)" in sentence
    assert [metric.value for metric in at.metric] == ["16.4 kB", "9.2 kB", "\u2014"]
    assert len(at.get("plotly_chart")) == 1
    assert "no Cholesky factor" in at.warning[0].value
    assert at.dataframe[0].value["name"].tolist() == [layer.name for layer in layers]
    assert any("neither smaller nor faster" in caption.value for caption in at.caption)


def test_a_method_without_calibration_has_no_errors_to_show(app: Start, tmp_path: Path):
    recipe = Recipe(method="wanda", structure="2:4")
    at = opened(app, tmp_path, [report("q", 0, None, structure_ok=True)], recipe)
    assert not at.exception
    assert "error" not in at.dataframe[0].value.columns
    assert at.metric[2].value == "kept"


def test_a_recipe_without_a_report_says_when_it_comes(app: Start, tmp_path: Path):
    at = opened(app, tmp_path, [])
    assert not at.exception
    assert "has compressed no layer yet" in at.info[0].value


def test_an_empty_store_says_what_comes_here(app: Start, tmp_path: Path):
    at = app(tmp_path).switch_page("pages/layers.py").run()
    assert not at.exception
    assert "Start one on the Run page" in at.info[0].value
