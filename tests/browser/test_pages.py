"""What only a browser can show: cold links, keys, hostile text, themes, and that nothing is fetched from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import press, serving, settled
from tests.synthetic_store import HOSTILE, HOSTILE_ID

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]


def query(page: Page) -> dict[str, str]:
    return {name: found[0] for name, found in parse_qs(urlsplit(page.url).query).items()}


def chosen(page: Page) -> Locator:
    settled(page)
    return page.locator(".st-key-questions label:has(input:checked)").filter(visible=True)  # the list before may still be there, hidden


TITLES = ("Overview", "Run", "Compare", "Ladder", "Slices", "Judge", "Layers", "Live", "Data")


@pytest.mark.parametrize("path", ["", "run", "compare", "live"])  # each on a server of its own; all pages open in the same way
def test_a_cold_link_to_any_page_has_the_whole_shell(path: str, full_store: Path, tmp_path: Path, visit: Visit):
    import shutil

    store = tmp_path / "store"
    shutil.copytree(full_store, store, ignore=shutil.ignore_patterns("results.duckdb*"))
    with serving(store) as fresh:  # the first visit of a fresh server
        page = visit(f"{fresh}/{path}?b=magnitude-70")
        navigation = page.locator("[data-testid=stSidebarNav]")
        links = navigation.locator("a")
        expect(links).to_have_count(len(TITLES))  # and none to pages/_shared.py
        for link, title in zip(links.all(), TITLES, strict=True):
            expect(link).to_contain_text(title)
        expect(page.locator("[data-testid=stSidebar] input").nth(3)).to_have_value("Magnitude 70%")
        expect(navigation.locator("a[aria-current=page]")).to_contain_text(path.capitalize() or "Overview")


def test_a_cell_of_the_matrix_leads_to_its_questions(address: str, visit: Visit):
    page = visit(f"{address}/")
    page.locator(".kick-matrix tr", has_text="Magnitude 50%").locator("a").nth(1).click()
    page.wait_for_url("**/compare?**")
    settled(page)
    expect(page.locator(".kick-sentence")).to_contain_text("Magnitude 50% lost")
    assert query(page)["task"] == "closed_book_qa"


def test_keys_move_through_the_questions_and_the_link_follows(address: str, visit: Visit):
    page = visit(f"{address}/compare?outcome=broke")
    expect(chosen(page)).to_have_count(1)
    first = chosen(page).inner_text()
    press(page, "j")
    expect(page.get_by_text(re.compile(r"^2 of \d+$"))).to_be_visible()
    expect(chosen(page)).not_to_have_text(first)
    second = chosen(page).inner_text()
    page.wait_for_url("**q=**")
    again = visit(page.url)
    expect(chosen(again)).to_have_text(second)
    settled(page)
    press(page, "k")
    expect(page.get_by_text(re.compile(r"^1 of \d+$"))).to_be_visible()
    expect(chosen(page)).to_have_text(first)


def test_keys_still_move_after_a_click_on_a_question(address: str, visit: Visit):
    page = visit(f"{address}/compare?task=factoid_qa&b=magnitude-70&sort=position")
    rows = page.locator(".st-key-questions label:has(input)")
    for place in (2, 2, 5):  # the row that is chosen already too: a click on it must not take the keys either
        title = rows.nth(place).inner_text()
        rows.nth(place).click(force=True)
        expect(page.get_by_text(re.compile(rf"^{place + 1} of \d+$"))).to_be_visible()
        settled(page)
        expect(chosen(page)).to_have_text(title)
        assert page.evaluate("document.activeElement.tagName") != "INPUT"
        press(page, "j")
        expect(page.get_by_text(re.compile(rf"^{place + 2} of \d+$"))).to_be_visible()
        settled(page)
        expect(chosen(page)).not_to_have_text(title)
        press(page, "k")
        expect(page.get_by_text(re.compile(rf"^{place + 1} of \d+$"))).to_be_visible()
        settled(page)
        expect(chosen(page)).to_have_text(title)


MOST_SEEN = """() => {
    const seen = where => [...document.querySelectorAll(where)].filter(one => one.getClientRects().length).length;
    window.most = {};
    const look = () => {
        for (const where of [".st-key-questions [role=radiogroup]", "[class*=st-key-list_page_]"])
            window.most[where] = Math.max(window.most[where] || 0, seen(where));
    };
    new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
    look();
}"""


def test_the_list_before_never_stands_beside_the_new_one(address: str, visit: Visit):
    page = visit(f"{address}/compare?task=factoid_qa&b=magnitude-70&sort=position")
    expect(page.get_by_text(re.compile(r"^1 of \d+$"))).to_be_visible()
    page.evaluate(MOST_SEEN)
    page.locator(".st-key-questions label:has(input)").nth(4).click(force=True)
    expect(page.get_by_text(re.compile(r"^5 of \d+$"))).to_be_visible()
    settled(page)
    page.locator("[class*=st-key-list_page_] button").nth(2).click()
    expect(page.get_by_text(re.compile(r"^11 of \d+$"))).to_be_visible()
    settled(page)
    press(page, "j")
    expect(page.get_by_text(re.compile(r"^12 of \d+$"))).to_be_visible()
    settled(page)
    assert page.evaluate("window.most") == {".st-key-questions [role=radiogroup]": 1, "[class*=st-key-list_page_]": 1}


def test_a_chip_narrows_the_list_and_stands_in_the_link(address: str, visit: Visit):
    page = visit(f"{address}/compare?task=factoid_qa&b=magnitude-70")
    page.get_by_role("button", name=re.compile(r"^Broke \d+$")).or_(page.get_by_text(re.compile(r"^Broke \d+$"))).first.click()
    page.wait_for_url("**outcome=broke**")
    expect(page.locator(".st-key-questions label:has(input)").first).to_contain_text("\u2212")
    before = page.get_by_text(re.compile(r"^Broke \d+$")).first.inner_text()
    page.goto(f"{page.url}&subject=geography", wait_until="domcontentloaded")  # the chips count what a subject leaves
    settled(page)
    expect(page.get_by_text(re.compile(r"^Broke \d+$")).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Broke \d+$")).first).not_to_have_text(before)


def test_a_figure_says_the_dense_value_where_it_is_pointed_at(address: str, visit: Visit):
    page = visit(f"{address}/")
    figure = page.locator(".js-plotly-plot").first
    expect(figure).to_be_visible()
    said = figure.evaluate("plot => plot.data.flatMap(trace => (trace.customdata || []).map(row => row[0]))")
    assert any("<b>Dense</b>" in text and "n=" in text for text in said)


def test_hostile_text_is_shown_as_text_and_runs_nothing(address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for view in (f"compare?task=factoid_qa&q={quote(HOSTILE_ID)}&search=onerror", ""):
        page.goto(f"{address}/{view}", wait_until="domcontentloaded")
        settled(page)
        if view:
            expect(page.locator(".kick-answer.wrong")).to_have_text(HOSTILE)
            expect(page.locator(".kick-question")).to_contain_text(HOSTILE)
            for name in ("Prompt", "Stored values"):
                page.get_by_text(name, exact=True).click()
            page.wait_for_timeout(1000)
        assert page.evaluate("window.pwned") is None
        assert page.locator("[data-testid=stMain] img").count() == 0
        assert page.locator("[data-testid=stMain] .katex").count() == 0
    assert [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))] == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_have_text_that_can_be_read(scheme: str, address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/", wait_until="domcontentloaded")
    settled(page)
    text, ground = (
        page.evaluate(f"getComputedStyle(document.querySelector('{where}')).{what}")
        for where, what in ((".kick-sentence", "color"), ("[data-testid=stApp]", "backgroundColor"))
    )
    light, dark = (sum(int(n) for n in re.findall(r"\d+", colour)[:3]) for colour in (text, ground))
    assert abs(light - dark) > 450
    assert (dark > light) == (scheme == "light")
    expect(page.locator(".js-plotly-plot")).to_have_count(4)
    context.close()


def test_an_empty_store_offers_one_button(tmp_path: Path, visit: Visit):
    with serving(tmp_path) as fresh:
        page = visit(f"{fresh}/")
        expect(page.get_by_role("button", name="Run the demo")).to_be_visible()
        expect(page.locator("[data-testid=stException]")).to_have_count(0)
