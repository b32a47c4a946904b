"""Ladder in a real browser: cold links, rows that are picked without loading the app anew, Back, keys, hostile text, narrow screens."""

from __future__ import annotations

import re
import shutil
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


def rows(page: Page) -> Locator:
    return page.locator(".kick-ladder:has(thead) tbody tr")


def question(page: Page) -> Locator:
    return page.locator(".kick-question")


def picked(page: Page, place: int) -> str:
    """Click the row and return its question, once it is in sight."""
    link = rows(page).nth(place).locator("a[data-pick]")
    text = link.inner_text()
    link.click()
    expect(question(page)).to_have_text(text)
    settled(page)
    return text


def test_a_cold_link_restores_method_fate_sort_and_question(full_store: Path, tmp_path: Path, visit: Visit):
    store = tmp_path / "store"
    shutil.copytree(full_store, store, ignore=shutil.ignore_patterns("results.duckdb*"))
    with serving(store) as fresh:  # the first visit of a fresh server
        page = visit(f"{fresh}/ladder?task=factoid_qa&method=magnitude&fate=dies-70&sort=subject&others=none")
        expect(page.locator(".kick-sentence")).to_contain_text("Magnitude: of")
        expect(rows(page).first.locator("td.dies")).to_have_attribute("class", re.compile("wrong"))
        n = rows(page).count()
        text = picked(page, 1)
        again = visit(page.url)
        expect(question(again)).to_have_text(text)
        expect(rows(again)).to_have_count(n)
        expect(rows(again).nth(1)).to_have_class("here")


def test_a_row_is_picked_without_loading_the_app_anew_and_back_goes_back(address: str, visit: Visit):
    page = visit(f"{address}/ladder?task=factoid_qa&method=wanda")
    expect(rows(page).first).to_be_visible()
    first = question(page).inner_text()
    page.evaluate("window.isSame = true")
    second = picked(page, 3)
    assert query(page)["q"]
    third = picked(page, 5)
    assert third != second != first
    page.go_back()
    expect(question(page)).to_have_text(second)
    page.go_back()
    expect(question(page)).to_have_text(first)
    assert page.evaluate("window.isSame")


def test_keys_move_through_the_rows(address: str, visit: Visit):
    page = visit(f"{address}/ladder?task=factoid_qa&method=wanda&sort=position")
    expect(rows(page).first).to_have_class("here")
    picked(page, 2)  # a click leaves the keys where they are
    press(page, "j")
    expect(rows(page).nth(3)).to_have_class("here")
    settled(page)
    press(page, "k")
    expect(rows(page).nth(2)).to_have_class("here")


def test_a_cell_leads_to_its_question_on_compare_and_back(address: str, visit: Visit):
    page = visit(f"{address}/ladder?task=factoid_qa&method=wanda&others=none")
    cell = rows(page).nth(1).locator("td.cell a").last
    sample = rows(page).nth(1).locator("a[data-pick]").get_attribute("data-pick")
    cell.click()
    page.wait_for_url("**/compare?**")
    settled(page)
    assert (query(page)["b"], query(page)["q"]) == ("wanda-70", sample)
    expect(page.locator(".kick-sentence")).to_contain_text("Wanda 70% lost")
    page.go_back()
    page.wait_for_url("**/ladder?**")
    expect(rows(page).first).to_be_visible()


def test_filters_stand_in_the_link(address: str, visit: Visit):
    page = visit(f"{address}/ladder?task=factoid_qa&method=wanda")
    page.get_by_text(re.compile(r"^Dies at 70% \d+$")).first.click()
    page.wait_for_url("**fate=dies-70**")
    search = page.get_by_label("Search questions")
    search.fill("capital")
    search.press("Enter")
    page.wait_for_url("**search=capital**")
    settled(page)
    shown = rows(page).all_inner_texts()
    assert shown
    page.reload(wait_until="domcontentloaded")
    settled(page)
    expect(rows(page)).to_have_count(len(shown))
    assert rows(page).all_inner_texts() == shown


def test_hostile_text_is_shown_as_text_and_runs_nothing(address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/ladder?task=factoid_qa&method=wanda&q={quote(HOSTILE_ID)}&search=onerror", wait_until="domcontentloaded")
    settled(page)
    expect(page.locator(".kick-step .kick-answer.wrong").first).to_have_text(HOSTILE)
    expect(rows(page).first).to_contain_text("<img src=x onerror")
    rows(page).first.locator("a[data-pick]").click()
    expect(question(page)).to_contain_text(HOSTILE)
    page.wait_for_timeout(1000)
    assert page.evaluate("window.pwned") is None
    assert page.locator("[data-testid=stMain] img").count() == 0
    assert page.locator("[data-testid=stMain] .katex").count() == 0
    assert [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))] == []
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_scrolls_the_table_and_not_the_page(scheme: str, address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/ladder?task=factoid_qa&method=wanda", wait_until="domcontentloaded")
    settled(page)
    expect(rows(page).first).to_be_visible()
    assert page.evaluate("(one => one.scrollWidth - one.clientWidth)(document.querySelector('[data-testid=stMain]'))") <= 0
    box = page.locator(".kick-scroll:has(thead)")
    assert box.evaluate("one => one.scrollWidth > one.clientWidth")
    context.close()
