"""The Data page and the HTML report in a real browser: downloads read back, hostile words, no request elsewhere."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page, expect

from llmkick_core.report_html.write import write_report
from llmkick_core.schema import Recipe
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.queries import Filter, pair_counts, pair_ids
from tests.browser.conftest import serving, settled
from tests.synthetic_store import HOSTILE, HOSTILE_ID, make_store, spec_of

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]
PAIR = tuple(spec_of("factoid_qa", recipe).run_id for recipe in (Recipe(), Recipe(method="wanda", sparsity=0.5)))


def test_a_download_holds_what_the_filter_of_the_link_leaves(address: str, full_store: Path, visit: Visit):
    page = visit(f"{address}/data?part=export&task=factoid_qa&b=wanda-50&outcome=broke")
    expect(page.get_by_text(re.compile(r"^\d+ questions? as listed"))).to_be_visible()
    found = {}
    for key, form in (("export_jsonl", "jsonl"), ("export_parquet", "parquet"), ("export_html", "html")):
        with page.expect_download() as download:
            page.locator(f".st-key-{key} button").first.click()
        assert download.value.suggested_filename == f"factoid_qa-dense-wanda-50-broke.{form}"
        found[form] = Path(download.value.path()).read_bytes()
    with Database(full_store, in_memory=True) as db:
        ingest(db)
        ids = pair_ids(db, *PAIR, wanted=Filter(outcome="broke"))
    assert [json.loads(line)["sample_id"] for line in found["jsonl"].decode().split("\n") if line] == ids
    assert pq.read_table(io.BytesIO(found["parquet"])).column("sample_id").to_pylist() == ids
    assert found["html"].count(b"<article") == len(ids)


def test_a_row_that_is_chosen_stands_in_the_link_and_comes_back_from_it(address: str, visit: Visit):
    page = visit(f"{address}/data?part=runs")
    table = page.locator("[data-testid=stDataFrame]")
    expect(table).to_be_visible()
    page.wait_for_timeout(1000)  # the canvas has no elements to wait for
    table.click(position={"x": 18, "y": 90})
    page.wait_for_url("**run=**")
    settled(page)
    run_id = parse_qs(urlsplit(page.url).query)["run"][0]
    expect(page.locator(".kick-table").filter(has_text=run_id)).to_be_visible()
    again = visit(page.url)
    expect(again.locator(".kick-table").filter(has_text=run_id)).to_be_visible()


def test_the_index_is_rebuilt_with_its_progress_in_sight(tmp_path: Path, visit: Visit):
    make_store(tmp_path, n_each=2, recipes=[Recipe(), Recipe(method="wanda", sparsity=0.5)], tasks=("factoid_qa",))
    with serving(tmp_path) as fresh:
        page = visit(f"{fresh}/data")
        expect(page.locator(".kick-sentence")).to_contain_text("2 runs")
        page.get_by_role("button", name="Rebuild the index").click()
        page.get_by_role("button", name="Rebuild now").click()
        expect(page.get_by_text("The index is new")).to_be_visible()
        expect(page.locator(".kick-sentence")).to_contain_text("2 runs")


@pytest.mark.parametrize("part", ["store", "runs", "export", "database", "views"])
def test_no_part_is_wider_than_a_phone_or_asks_elsewhere(part: str, address: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/data?part={part}", wait_until="domcontentloaded")
    settled(page)
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    assert [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))] == []
    context.close()


@pytest.fixture
def report(full_store: Path, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    with Database(full_store, in_memory=True) as db, path.open("wb") as out:
        ingest(db)
        write_report(db, *PAIR, out)
    return path


@pytest.fixture
def opened(browser: Browser, report: Path):
    """Return the report opened as a file, with what it asked for and what it complained of."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    log: list[str] = []
    page.on("request", lambda request: log.append(request.url))
    page.on("console", lambda message: log.append(message.text))
    page.on("pageerror", lambda error: log.append(str(error)))
    page.goto(report.as_uri())
    yield page, log
    context.close()


def test_the_report_filters_without_a_server(opened: tuple[Page, list[str]], full_store: Path, report: Path):
    page, log = opened
    with Database(full_store, in_memory=True) as db:
        ingest(db)
        counts = pair_counts(db, *PAIR)
    seen = page.locator("article:visible")
    expect(seen).to_have_count(counts["all"])
    for name, key in (("Broke", "broke"), ("Different text", "different"), ("All", "all")):
        page.get_by_role("button", name=re.compile(f"^{name} ")).click()
        expect(seen).to_have_count(counts[key])
    page.get_by_label("Subject").select_option("hostile")
    expect(seen).to_have_count(1)
    page.get_by_label("Subject").select_option("")
    page.get_by_label("Search").fill("ONERROR")
    expect(seen).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text(f"1 of {counts['all']} listed")
    expect(seen.locator(".answer").nth(1)).to_have_text(HOSTILE)
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 0
    assert [line for line in log if not line.startswith("data:")] == [report.as_uri()]


def test_the_report_gives_its_data_back(opened: tuple[Page, list[str]]):
    page, log = opened
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON").click()
    found = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert next(row["other_answer"] for row in found["questions"] if row["sample_id"] == HOSTILE_ID) == HOSTILE
    assert not [line for line in log if "Content Security Policy" in line]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_can_be_read_in_both_themes_and_on_a_phone(scheme: str, browser: Browser, report: Path):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(report.as_uri())
    text, ground = (page.evaluate(f"getComputedStyle(document.body).{what}") for what in ("color", "backgroundColor"))
    light, dark = (sum(int(n) for n in re.findall(r"\d+", colour)[:3]) for colour in (text, ground))
    assert abs(light - dark) > 450
    assert (dark > light) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
