"""Notes and tags on Compare: saved at once, seen in every pair and tab, never lost to what comes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Multiselect, TextArea

from llmkick_core.schema import Recipe
from tests.pages.test_compare import compare
from tests.synthetic_store import make_store, samples_of

Start = Callable[[Path], AppTest]
Q = samples_of("factoid_qa", 2)[0].sample_id


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store of three recipes on a few questions."""
    recipes = [Recipe(), Recipe(method="wanda", sparsity=0.3), Recipe(method="wanda", sparsity=0.5)]
    make_store(tmp_path, n_each=2, recipes=recipes, tasks=("factoid_qa",))
    return tmp_path


def boxes(at: AppTest) -> tuple[TextArea, Multiselect]:
    return at.text_area[0], next(box for box in at.multiselect if box.key.startswith("tags_"))


def lines(store: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in (store / "notes").glob("*.jsonl") for line in path.read_text().splitlines()]


def test_a_note_is_saved_and_stands_in_every_pair_that_asks_the_question(app: Start, store: Path):
    at = compare(app, store, q=Q)
    boxes(at)[0].set_value("Look again.").run()
    boxes(at)[1].set_value(["Odd one"]).run()
    assert not at.exception
    assert [(line["text"], line["tags"]) for line in lines(store)] == [("Look again.", []), ("Look again.", ["odd-one"])]
    assert any(caption.value.startswith("Saved 2") for caption in at.caption)
    other = compare(app, store, q=Q, a="wanda-30", b="wanda-50")
    assert (boxes(other)[0].value, boxes(other)[1].value) == ("Look again.", ["odd-one"])
    at.button(key="next").click().run()
    assert (boxes(at)[0].value, boxes(at)[1].value) == ("", [])


def test_a_note_of_another_tab_is_seen_and_not_overwritten_in_silence(app: Start, store: Path):
    mine, theirs = compare(app, store, q=Q), compare(app, store, q=Q)
    boxes(theirs)[0].set_value("theirs").run()
    boxes(mine)[0].set_value("mine").run()
    assert "changed elsewhere" in mine.warning[0].value
    assert "theirs" in mine.warning[0].value
    assert [line["text"] for line in lines(store)] == ["theirs"]
    assert boxes(mine)[0].value == "mine"
    next(button for button in mine.button if button.label == "Save mine").click().run()
    assert [line["text"] for line in lines(store)] == ["theirs", "mine"]
    assert not mine.warning
    theirs.run()
    assert boxes(theirs)[0].value == "mine"


def test_what_cannot_be_saved_says_why_and_keeps_what_was_typed(app: Start, store: Path):
    (store / "notes").write_text("in the way")
    at = compare(app, store, q=Q)
    boxes(at)[0].set_value("not lost").run()
    assert "The note is not saved" in at.warning[0].value
    assert boxes(at)[0].value == "not lost"


def test_a_tag_that_is_none_says_so(app: Start, store: Path):
    at = compare(app, store, q=Q)
    boxes(at)[1].set_value(["?!"]).run()
    assert "to make a tag of" in at.warning[0].value
    assert not (store / "notes").exists()


def test_a_hostile_note_and_a_damaged_file_leave_the_page_whole(app: Start, store: Path):
    at = compare(app, store, q=Q)
    boxes(at)[0].set_value("<script>window.pwned=true</script> ![](http://127.0.0.1:9/x.png) \u202e").run()
    path = next((store / "notes").glob("*.jsonl"))
    path.write_text(path.read_text() + json.dumps({"sample_id": Q, "text": "x", "at": 1e18}) + "\n{torn")
    at.run()
    assert not at.exception
    assert any("2 files of the store cannot be read" in expander.label for expander in at.expander)
    assert boxes(at)[0].value.startswith("<script>")


def test_a_draft_that_could_not_be_saved_is_there_when_one_comes_back(app: Start, store: Path):
    (store / "notes").write_text("in the way")
    at = compare(app, store, q=Q, sort="position")
    boxes(at)[0].set_value("not lost").run()
    at.button(key="next").click().run()
    assert not at.warning
    at.button(key="previous").click().run()
    assert boxes(at)[0].value == "not lost"
    (store / "notes").unlink()
    next(button for button in at.button if button.label == "Save mine").click().run()
    assert not at.warning
    assert [line["text"] for line in lines(store)] == ["not lost"]
