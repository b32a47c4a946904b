"""The Slices page in a browser: a cold link, a click on a cell, Back, and no sideways scrolling on a telephone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import serving, settled

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]


def bars(page: Page) -> Locator:
    found = page.locator(".js-plotly-plot").first.locator(".bars .point path")
    expect(found.first).to_be_visible()
    return found


def said(page: Page) -> list[str]:
    """Return what the cells of the map say where they are pointed at, in their order."""
    return page.locator(".js-plotly-plot").first.evaluate("plot => plot.data[0].customdata.map(row => row[0])")


def click(page: Page, place: int) -> None:
    """Click on a cell beside its number, which would take the click."""
    bars(page)
    page.wait_for_timeout(500)  # plotly draws once more when the fonts are there
    box = bars(page).nth(place).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 4)


def n_of(words: str) -> int:
    n, unscored = (re.search(pattern, words) for pattern in (r"n = ([\d,]+)", r"no verdict (\d+)"))
    assert n is not None
    assert unscored is not None
    return int(n[1].replace(",", "")) + int(unscored[1])


def test_a_cold_link_restores_the_view_on_a_fresh_server(full_store: Path, tmp_path: Path, visit: Visit):
    store = tmp_path / "store"
    shutil.copytree(full_store, store, ignore=shutil.ignore_patterns("results.duckdb*"))
    with serving(store) as fresh:
        page = visit(f"{fresh}/slices?by=length&columns=magnitude&column=magnitude-70&order=name&b=wanda-30")
        expect(page.locator(".kick-sentence")).to_contain_text("Magnitude 70%")
        expect(page.locator("[data-testid=stMain] input").nth(0)).to_have_value("Question length")
        expect(page.locator(".js-plotly-plot")).to_have_count(2)
        expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_a_click_on_a_cell_opens_its_questions_and_back_the_same_map(address: str, visit: Visit):
    page = visit(f"{address}/slices?task=factoid_qa&columns=all&order=size&b=wanda-50")
    expect(page.locator(".kick-sentence")).to_contain_text("Wanda 50%")
    bars(page)
    before = said(page)
    place = next(i for i, words in enumerate(before) if "Magnitude 70%" in words and "geography" in words)
    click(page, place)
    page.wait_for_url("**/compare?**")
    settled(page)
    expect(page.locator(".kick-sentence")).to_contain_text("Magnitude 70% lost")
    expect(page.get_by_text(re.compile(rf"^All {n_of(before[place])}$")).first).to_be_visible()
    page.go_back()
    page.wait_for_url("**/slices?**")
    settled(page)
    expect(page.locator(".kick-sentence")).to_contain_text("Wanda 50%")
    bars(page)
    assert said(page) == before


def test_every_row_of_the_table_is_a_link_that_keys_reach(address: str, visit: Visit):
    page = visit(f"{address}/slices?task=factoid_qa&b=magnitude-70")
    row = page.locator(".kick-table tr", has_text="geography").first
    n = row.locator("td").nth(1).inner_text()
    row.locator("a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare?**subject=geography**")
    settled(page)
    expect(page.get_by_text(re.compile(rf"^All {n}$")).first).to_be_visible()


def test_what_open_book_brings_back_is_a_view_with_its_own_link(address: str, visit: Visit):
    page = visit(f"{address}/slices?view=rescue&b=wanda-70")
    expect(page.locator(".kick-sentence")).to_contain_text("Wanda 70% lost closed-book")
    page.locator(".kick-table tr", has_text="Wanda 70%").locator("a").first.click()
    page.wait_for_url("**/compare?**rescue=**")
    settled(page)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)


@pytest.mark.parametrize("view", ["slices?task=factoid_qa&columns=all", "slices?view=rescue"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_scrolls_down_only(view: str, scheme: str, address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{address}/{view}", wait_until="domcontentloaded")
    settled(page)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    context.close()
