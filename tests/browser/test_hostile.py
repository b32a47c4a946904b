"""The most hostile text there is, as model output, question, subject, id, note and names, on every page: shown as text, and no request leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from llmkick_core.schema import Answer, Calibration, Recipe, Sample
from tests.browser.conftest import is_wide, serving, settled
from tests.synthetic_store import add_run, spec_of

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]
WORST = {
    "tags": '<img src="http://127.0.0.1:9/a.png" onerror="window.pwned=1"><script>window.pwned=1</script></div></section><svg onload="window.pwned=1">',
    "markdown": "![](http://127.0.0.1:9/b.png) [l](javascript:window.pwned=1) $\\frac{1}{2}$ **b** :material/home: <http://127.0.0.1:9/c>",
    "terminal": "\x1b[31mred\x1b[0m \x07 a\rb",
    "bidi": "\u202e\u2067 abc \u05e9\u05dc\u05d5\u05dd \u2069\u2069 def",
    "nul": "a\x00b\x00",
    "line": "x" * 1_000_000,
    "style": "<style>*{display:none}</style><base href='http://127.0.0.1:9/'><meta http-equiv='refresh' content='0;url=http://127.0.0.1:9/'>",
}


@pytest.fixture(scope="module")
def worst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of the app on a store whose questions, answers, subjects, ids, notes and model name are all hostile."""
    store = tmp_path_factory.mktemp("worst")
    samples = [
        Sample(
            sample_id=f"{name} {text[:300]}",
            question=text,
            turns=(text,),
            subject=text[:300],
            category=text[:300],
            gold=((text, text[::-1]),),
            evidence=f"{text} {text}",
        )
        for name, text in WORST.items()
    ]
    file = Calibration(source=f"/texts/{WORST['tags'].replace('/', '_')}\u202e.txt")
    wanda = Recipe(method="wanda", sparsity=0.5)
    for recipe in (Recipe(), wanda, Recipe(method="wanda", sparsity=0.3), replace(wanda, calibration=file)):
        spec = spec_of("open_book_qa", recipe, model=f"/models/{WORST['tags'].replace('/', '_')}\u202e![](x)")
        said = {one.sample_id: one.question if recipe.is_dense else f"{one.question[::-1]} {one.question}" for one in samples}
        answers = [
            Answer(run_id=spec.run_id, sample_id=one.sample_id, text=said[one.sample_id], n_tokens=5, cut=one.question[:200])
            for one in samples
        ]
        add_run(store, spec, samples, answers)
    sets = [path.stem for path in (store / "samples").glob("*.jsonl")]
    (store / "notes").mkdir()
    lines = [json.dumps({"sample_id": one.sample_id, "text": one.question[:4000], "tags": ["b-x"], "at": 1.0}) for one in samples]
    (store / "notes" / f"{sets[0]}.jsonl").write_text("\n".join([*lines, WORST["tags"], ""]))
    with serving(store) as found:
        yield found


@contextmanager
def watched(browser: Browser, address: str) -> Iterator[Page]:
    """Yield a page that may ask nobody but the app, and show no dialog."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    yield page
    assert [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))] == []
    assert dialogs == []
    context.close()


def holds(page: Page) -> None:
    """Check that nothing ran, nothing was taken for markup, and the page kept its shape, wide and on a telephone."""
    main = page.locator("[data-testid=stMain]")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_timeout(500)
        assert page.evaluate("window.pwned") is None
        assert (main.locator("img").count(), main.locator(".katex").count(), main.locator("script").count()) == (0, 0, 0)
        assert "\u202e" not in main.inner_text()
        assert not is_wide(page), width


PLACES = (
    "",
    "?curves=tasks",
    "run",
    "ladder?by=question",
    "slices?by=subject",
    "slices?by=category",
    "layers",
    "live",
    *(f"data?part={part}" for part in ("store", "runs", "export", "database", "views")),
)


def test_every_page_shows_the_worst_text_as_text(worst: str, browser: Browser):
    with watched(browser, worst) as page:
        for place in PLACES:
            page.goto(f"{worst}/{place}", wait_until="domcontentloaded")
            settled(page)
            page.wait_for_timeout(500)
            assert page.locator("[data-testid=stException]").count() == 0, place
            holds(page)


def test_the_worst_text_runs_nothing_fetches_nothing_and_leaves_the_page_in_order(worst: str, browser: Browser):
    with watched(browser, worst) as page:
        for name, text in WORST.items():
            page.goto(f"{worst}/compare?q={quote(f'{name} {text[:300]}')}&b=wanda-50", wait_until="domcontentloaded")
            settled(page)
            expect(page.locator(".kick-question")).to_be_visible()
            expect(page.locator(".kick-answer")).to_have_count(2)
            for title in ("Prompt", "Evidence", "Stored values"):
                page.get_by_text(title, exact=True).click()
            page.get_by_role("button", name="More filters").click()
            page.wait_for_timeout(700)
            holds(page)
            expect(page.get_by_text("Every recipe on this question")).to_be_visible()
