"""Compare in a real browser: keys and arrows, the link, notes, narrow screens."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import is_wide, press, serving, settled

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]
LIST = "compare?task=factoid_qa&b=magnitude-70&sort=position"


def at_place(page: Page, place: int) -> None:
    expect(page.get_by_text(re.compile(rf"^{place} of \d+$"))).to_be_visible()
    settled(page)
    expect(page.locator(".st-key-next_arrow button")).to_be_attached()  # the last of the list, and drawn last: from then on keys are heard


def test_arrows_move_as_j_and_k_do_and_do_not_scroll(address: str, visit: Visit):
    page = visit(f"{address}/{LIST}")
    page.set_viewport_size({"width": 1200, "height": 500})
    at_place(page, 1)
    for place in (2, 3):
        press(page, "ArrowDown")
        at_place(page, place)
    press(page, "ArrowUp")
    at_place(page, 2)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    page.get_by_role("radio", name=re.compile(r"^All \d+$")).or_(page.get_by_role("button", name=re.compile(r"^All \d+$"))).first.focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(1500)
    settled(page)
    assert page.get_by_text(re.compile(r"^[23] of \d+$")).count() == 1  # one step, or none where the chips take the key


def test_keys_are_letters_where_one_types(address: str, visit: Visit):
    page = visit(f"{address}/{LIST}")
    for box in (page.get_by_label("Search questions and answers"), page.get_by_label("Note", exact=True)):
        box.click()
        page.keyboard.type("jk")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(500)
        expect(page.get_by_text(re.compile(r"^1 of \d+$"))).to_be_visible()
        expect(box).to_have_value("jk")
        box.fill("")


def test_one_click_copies_the_link_with_the_question_in_sight(address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page = context.new_page()
    page.goto(f"{address}/{LIST}", wait_until="domcontentloaded")
    settled(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert copied.startswith(f"{address}/compare?")
    found = parse_qs(urlsplit(copied).query)
    assert (found["b"], found["sort"]) == (["magnitude-70"], ["position"])
    question = page.locator(".kick-question").inner_text()
    page.goto(copied, wait_until="domcontentloaded")
    settled(page)
    expect(page.locator(".kick-question")).to_have_text(question)
    context.close()


def test_a_range_is_set_in_the_open_box_which_stays_open(address: str, visit: Visit):
    page = visit(f"{address}/compare?task=factoid_qa&b=magnitude-70")
    page.get_by_role("button", name="More filters").click()
    page.get_by_label("Range of a measure").click()
    page.get_by_role("option", name="Words of the question").click()
    page.wait_for_url("**where=n_words**")
    settled(page)
    box = page.get_by_label("To", exact=True)
    expect(box).to_be_visible()
    box.fill("6")
    box.press("Enter")
    page.wait_for_url(re.compile(r"n_words%3A..6|n_words:\.\.6"))
    settled(page)
    expect(page.get_by_role("button", name="More filters · 1")).to_be_visible()
    expect(box).to_be_visible()
    again = visit(page.url)
    expect(again.get_by_role("button", name="More filters · 1")).to_be_visible()
    again.get_by_role("button", name="Clear filters").click()
    expect(again.get_by_role("button", name="Clear filters")).to_have_count(0)
    settled(again)
    assert "where" not in again.url


def test_what_a_link_asks_for_in_vain_is_said_outside_the_closed_box(address: str, visit: Visit):
    page = visit(f"{address}/compare?task=factoid_qa&b=magnitude-70&tag=nosuch&where=colour:1..")
    expect(page.get_by_text("The link asks for tag nosuch")).to_be_visible()
    expect(page.get_by_text("is no measure")).to_be_visible()


def test_a_note_is_saved_when_one_leaves_the_box_and_seen_in_another_tab(full_store: Path, tmp_path: Path, visit: Visit):
    store = tmp_path / "store"
    shutil.copytree(full_store, store, ignore=shutil.ignore_patterns("results.duckdb*"))
    with serving(store) as fresh:
        page = visit(f"{fresh}/{LIST}")
        at_place(page, 1)
        note = page.get_by_label("Note", exact=True)
        note.click()
        page.keyboard.type("just a look")
        page.get_by_role("button", name="Next Shortcut").click()  # leaving the box is enough
        at_place(page, 2)
        expect(page.get_by_label("Note", exact=True)).to_have_value("")
        press(page, "k")
        at_place(page, 1)
        expect(page.get_by_label("Note", exact=True)).to_have_value("just a look")
        other = visit(f"{fresh}/{LIST.replace('magnitude-70', 'wanda-50')}")
        expect(other.get_by_label("Note", exact=True)).to_have_value("just a look")
        tags = other.get_by_label("Tags", exact=True)
        tags.click()
        tags.fill("Odd one")
        other.keyboard.press("Enter")
        expect(other.get_by_text("odd-one").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_screen_has_the_list_above_the_question_and_nothing_to_the_side(scheme: str, address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for task in ("factoid_qa", "multiple_choice", "perplexity", "open_book_qa"):
        page.goto(f"{address}/compare?task={task}&b=magnitude-70", wait_until="domcontentloaded")
        settled(page)
        expect(page.locator(".kick-question")).to_be_visible()
        assert not is_wide(page), task
        tops = [page.locator(where).bounding_box()["y"] for where in (".st-key-questions", ".kick-question")]  # type: ignore[index]
        assert tops[0] < tops[1]
    broken = page.evaluate(
        "[...document.querySelectorAll('.kick-recipes td:first-child')].filter(one => one.getClientRects().length && one.innerText.includes(' ') === false && one.getBoundingClientRect().height > 40).length"
    )
    assert broken == 0  # no name is broken within a word
    context.close()
