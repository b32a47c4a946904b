"""Judge and its neighbours: links that lead there, changed places, what stands beside an answer, and what is taken along."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs

from tests.pages.judge_page import Start, captions, judge, sentence


def test_overview_and_compare_lead_to_the_judge(app: Start, judged_store: Path):
    at = app(judged_store)
    at.query_params.update({"task": "summarization", "b": "wanda-50"})
    at.run()
    assert not at.exception
    links = [link for element in at.html for link in re.findall(r'href="(judge\?[^"]+)"', element.value)]
    assert {parse_qs(link.partition("?")[2])["task"][0] for link in map(unescape, links)} == {"summarization", "instruction_following"}
    at.switch_page("pages/compare.py").run()
    assert not at.exception
    assert "What a judge says" in {link.proto.label for link in at.get("page_link")}


def test_the_answers_of_a_are_seen_by_changing_places(app: Start, judged_store: Path):
    at = judge(app, judged_store, b="wanda-50")
    table = next(element.value for element in at.html if "data-pick" in element.value)
    links = {unescape(name): parse_qs(unescape(link)) for link, name in re.findall(r'href="judge\?([^"]+)"[^>]*>([^<]+)<', table)}
    assert (links["Dense"]["a"], links["Dense"]["b"]) == (["wanda-50"], ["dense"])
    assert (links["int8"]["a"], links["int8"]["b"]) == (["dense"], ["int8"])
    at = judge(app, judged_store, a="wanda-50", b="dense", view="answers")
    assert sentence(at).startswith("gpt-4o gives Dense ")
    assert "plays no part here" in captions(at)


def test_judgments_can_be_taken_along(app: Start, judged_store: Path):
    at = judge(app, judged_store)
    assert [button.proto.label for button in at.get("download_button")] == ["CSV", "Parquet", "JSONL"]
    assert any("export --judgments" in code.value for code in at.code)


def test_what_dense_wrote_stands_beside_a_judged_answer(app: Start, judged_store: Path):
    at = judge(app, judged_store, b="magnitude-50", view="answers")
    assert any("dense wrote" in box.label.lower() for box in at.expander)
    alone = judge(app, judged_store, a="magnitude-50", b="dense", view="answers")
    assert not any("dense wrote" in box.label.lower() for box in alone.expander)
