"""The browser's Back: each step undoes one choice."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import press, settled

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]


def test_back_undoes_one_choice_at_a_time_and_leads_back_to_the_page_before(address: str, visit: Visit):
    page = visit(address)
    page.locator('.kick-matrix a[href*="b=wanda-70"]').first.click()
    expect(page).to_have_url(re.compile(r"/compare\?.*b=wanda-70"))
    expect(page.locator(".st-key-questions label:has(input:checked)")).to_have_count(1)
    settled(page)
    first = page.locator(".kick-question").inner_text()
    press(page, "j")
    expect(page.locator(".kick-question")).not_to_have_text(first)
    settled(page)
    second = page.locator(".kick-question").inner_text()
    page.locator("button", has_text="Both wrong").click()
    expect(page).to_have_url(re.compile("outcome=both_wrong"))
    expect(page).not_to_have_url(re.compile("q="))
    settled(page)
    page.go_back()
    expect(page.locator(".kick-question")).to_have_text(second)
    settled(page)
    page.go_back()
    expect(page.locator(".kick-question")).to_have_text(first)
    settled(page)
    page.go_back()
    expect(page.locator(".kick-matrix")).to_be_visible()
