"""Nothing that leaves the program is computed by a spreadsheet, whether by `export` or by the copy and download of a table in the browser."""

from __future__ import annotations

import pandas as pd
import pytest

from llmkick_core.store.formats import guarded, guarded_frame

FORMULAS = (
    "=1+1",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\uff1d1+1",  # full-width signs, which some spreadsheets read as their narrow ones
    "\uff0b1",
    "\uff0d1",
    "\uff20A1",
    "\ufe661",  # a small equals sign
    "\u22121",
    " =1",
    "\u200b=1",
    "\ufeff=1",
    "\x00=1",
    "\u2066=1",
)


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_what_a_spreadsheet_would_compute_is_text(text: str):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Paris", "1 = 1", "a-b", "Ærø", "é=1", "(=1)", "„=“"], ids=ascii)
def test_other_text_stays_as_it_is(text: str):
    assert guarded(text) == text


def test_a_table_in_the_browser_is_guarded_and_keeps_its_numbers():
    frame = pd.DataFrame(
        {"name": ["=cmd()", "model.layers.0"], "error": [-1.5, 0.0], "n": [-1, 2], "when": pd.to_datetime(["2026-01-01"] * 2)}
    )
    found = guarded_frame(frame)
    assert list(found["name"]) == ["'=cmd()", "model.layers.0"]
    pd.testing.assert_frame_equal(found.drop(columns="name"), frame.drop(columns="name"))
