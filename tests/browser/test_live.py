"""Live in a real browser, with real model servers of kick-tiny: a cold link, tokens as they come, and a stop."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from llmkick_core.catalog import load_samples, plan
from llmkick_core.schema import Answer, Recipe
from tests.browser.conftest import PATIENCE_S, serving, settled
from tests.synthetic_store import add_run

Visit = Callable[[str], Page]
MISSING = [name for name in ("fastapi", "uvicorn", "accelerate") if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"transformers serve needs {', '.join(MISSING)}"),
]

OVER = re.compile("^(Same for|Other from|Stopped|.* say the same)")
WATCH = """() => {
    window.seen = [];
    const look = () => {
        const boxes = [...document.querySelectorAll(".kick-live > div")].map(box => box.textContent);
        if (boxes.length === 2) window.seen.push(boxes);
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Return the address of a fresh app whose store has kick-tiny's questions with invented answers, and a question's id."""
    store = tmp_path_factory.mktemp("live")
    specs = plan("bundled:kick-tiny", [Recipe(), Recipe(method="magnitude", sparsity=0.5)], ["factoid_qa"], limit=5)
    for spec in specs:
        samples = load_samples(spec, Path())
        add_run(store, spec, samples, [Answer(run_id=spec.run_id, sample_id=one.sample_id, text="invented") for one in samples])
    with serving(store) as address:
        yield address, samples[0].sample_id


def test_a_cold_link_asks_its_question_and_tokens_come_in_both_columns(live: tuple[str, str], browser: Browser):
    address, q = live
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(
        f"{address}/live?task=factoid_qa&a=dense&b=magnitude-50&q={quote(q)}", wait_until="domcontentloaded"
    )  # a server's first visit
    settled(page)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value(re.compile("^Please give answer to this question: .* The answer is$"))
    page.locator(".st-key-live_start button").click()
    expect(page.locator(".kick-sentence")).to_have_text(OVER)
    expect(page.locator(".kick-live-foot").first).to_contain_text("Other than the stored answer")
    settled(page)
    page.get_by_role("textbox", name="Prompt").fill("The capital of Mongolia is")
    page.get_by_role("textbox", name="Prompt").press("Control+Enter")
    page.wait_for_url("**prompt=**")
    page.goto(f"{page.url}&tokens=256", wait_until="domcontentloaded")
    settled(page)
    page.evaluate(WATCH)
    page.locator(".st-key-live_start button").click()
    expect(page.locator(".kick-sentence")).to_have_text(OVER)
    settled(page)
    final = page.locator(".kick-live > div").all_inner_texts()
    seen = page.evaluate("window.seen")
    for k in (0, 1):
        partial = {boxes[k].rstrip("▌") for boxes in seen if boxes[k].endswith("▌")}
        assert any(final[k].startswith(text) and len(text) < len(final[k]) for text in partial if text), partial
    assert all(url.startswith((address, "ws://127.0.0.1", "data:", "blob:")) for url in asked)
    context.close()


def test_stop_ends_a_long_answer(live: tuple[str, str], visit: Visit):
    page = visit(f"{live[0]}/live?tokens=512&prompt={quote('The capital of Mongolia is')}&temperature=1")
    page.locator(".st-key-live_start button").click()
    page.locator(".kick-caret").first.wait_for()
    page.locator(".st-key-live_stop button").click()
    expect(page.locator(".kick-sentence")).to_have_text(OVER)
    settled(page)
    before = page.locator(".kick-live > div").all_inner_texts()
    expect(page.locator(".st-key-live_start button")).to_contain_text("Start again")
    page.locator(".st-key-live_servers button").click()
    expect(page.locator(".st-key-live_servers")).to_have_count(0)
    assert page.locator(".kick-live > div").all_inner_texts() == before


def test_the_page_fits_a_narrow_screen(live: tuple[str, str], browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    page.goto(f"{live[0]}/live", wait_until="domcontentloaded")
    settled(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    context.close()
