"""Figures, by their data: what hovers, what stands at the end of a line, which steps make one."""

from __future__ import annotations

import math
from itertools import pairwise

import pandas as pd
import pytest

from llmkick_core.schema import Recipe
from pages._charts import HEIGHT, curves, layer_map, matching_line


def frame(*rows: dict[str, object], metric: str = "exact_match") -> pd.DataFrame:
    base = {
        "recipe": "", "method": "wanda", "sparsity": 0.5, "structure": "unstructured", "bits": None, "group_size": None, "task": "factoid_qa",
        "metric": metric, "n": 180, "score": 0.5, "low": 0.45, "high": 0.55, "verdict": None, "variant": "",
        "aggregate": "perplexity" if metric == "nll" else "mean", "higher_is_better": metric != "nll", "is_share": metric != "nll",
    }  # fmt: skip
    found = pd.DataFrame([base | row for row in rows])
    for index, row in found.iterrows():  # the label says what the columns say
        fields = {name: None if pd.isna(row[name]) else row[name] for name in ("sparsity", "bits", "group_size")}
        whole = {name: None if value is None else int(value) for name, value in fields.items() if name != "sparsity"}
        recipe = Recipe(method=row["method"], structure=row["structure"], sparsity=fields["sparsity"], **whole)
        found.loc[index, "recipe"] = row["recipe"] or recipe.label
    return found.astype({"bits": "Int64", "group_size": "Int64", "sparsity": "float64"})


DENSE = {"method": "dense", "sparsity": None, "score": 0.9, "low": 0.85, "high": 0.94}


def test_the_dense_point_says_value_interval_and_n():
    figure = curves(frame(DENSE, {}), with_published=False)
    said = [row[0] for trace in figure.data if trace.customdata is not None for row in trace.customdata]
    assert "<b>Dense</b> 90.0% (85.0\u201394.0), n=180" in said
    assert "" not in said


@pytest.mark.parametrize(
    ("sparsities", "ticks"),
    [
        ((0.3, 0.5, 0.7), ["0", "30%", "50%", "70%"]),
        ((0.5, 0.55), ["0", "20%", "40%"]),  # their names would touch
        ((0.1, 0.2, 0.3, 0.4, 0.5, 0.6), ["0", "30%", "60%"]),  # too many
    ],
)
def test_ticks_stand_at_the_sparsities_of_few_recipes(sparsities: tuple[float, ...], ticks: list[str]):
    figure = curves(frame(DENSE, *({"sparsity": sparsity} for sparsity in sparsities)), with_published=False)
    assert list(figure.layout.xaxis.ticktext) == ticks


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["matching", "undecided", "not matching"], "Wanda 30%"),
        (["undecided", "undecided"], "Wanda undecided"),
        (["undecided", "not matching"], "Wanda undecided"),
        (["not matching"], "Wanda none"),
        ([None], "Wanda not known"),
    ],
)
def test_the_largest_matching_sparsity_in_words(verdicts: list[str | None], expected: str):
    rows = [{"sparsity": 0.3 + 0.2 * k, "verdict": verdict} for k, verdict in enumerate(verdicts)]
    assert matching_line(frame(DENSE, *rows)) == expected


def test_names_at_the_ends_of_lines_are_pushed_apart_on_a_log_axis():
    rows = [{"method": method, "sparsity": 0.7, "score": score, "low": score, "high": score} for method, score in
            (("magnitude", 5000.0), ("wanda", 5100.0), ("random", 5200.0))]  # fmt: skip
    figure = curves(frame(DENSE | {"score": 2.5, "low": 2.4, "high": 2.6}, *rows, metric="nll"), with_published=False)
    low, high = figure.layout.yaxis.range
    assert figure.layout.yaxis.type == "log"
    assert (low < math.log10(2.4), high > math.log10(5200)) == (True, True)
    pixel = (HEIGHT - 60) / (high - low)
    places = sorted(note.y * pixel + note.yshift for note in figure.layout.annotations if note.text in ("Magnitude", "Wanda", "Random"))
    assert len(places) == 3
    assert min(after - before for before, after in pairwise(places)) >= 13.99


def test_two_calibrations_are_two_lines():
    rows = [{"sparsity": sparsity, "variant": variant} for variant in ("16 × 512 tokens", "128 × 2048 tokens") for sparsity in (0.3, 0.5)]
    found = frame(DENSE, *rows)
    lines = [trace for trace in curves(found, with_published=False).data if trace.mode == "lines+markers"]
    assert [(line.name, list(line.x)) for line in lines] == [
        ("Wanda 16 × 512 tokens", [0.0, 0.3, 0.5]),
        ("Wanda 128 × 2048 tokens", [0.0, 0.3, 0.5]),
    ]
    assert matching_line(found).count("Wanda") == 2


def test_a_recipe_that_prunes_and_quantizes_stands_at_its_sparsity_and_on_no_line():
    joint = {"recipe": "wanda-50+rtn-4bit", "bits": 4, "score": 0.4, "verdict": "not matching"}
    figure = curves(frame(DENSE, {"score": 0.8, "verdict": "matching"}, joint), with_published=False)
    stars = [trace for trace in figure.data if trace.marker.symbol == "star"]
    assert [(trace.x[0], trace.y[0]) for trace in stars] == [(0.5, 40)]
    assert stars[0].customdata[0][0].startswith("<b>Wanda 50% + RTN 4 bit</b>")
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert [list(trace.y) for trace in lines] == [[90, 80]]
    assert matching_line(frame(DENSE, {"score": 0.8, "verdict": "matching"}, joint)) == "Wanda 50%"


def test_a_map_of_layers_has_kinds_in_model_order_and_one_cell_for_the_experts_of_a_block():
    rows = [("q", 0, 0.1), ("experts.up", 0, 0.2), ("experts.up", 0, 0.4), ("q", 1, 0.5), ("experts.up", 1, None)]
    figure = layer_map(pd.DataFrame(rows, columns=["kind", "block", "error"]), "error")
    drawn = figure.data[0]
    assert (list(drawn.y), list(drawn.x)) == (["q", "experts.up"], ["0", "1"])
    assert drawn.z[0].tolist() == [0.1, 0.5]
    assert drawn.z[1][0] == pytest.approx(0.3)
    assert math.isnan(drawn.z[1][1])
