"""The Judge page in a browser: a cold link, a click to an answer, a vote that tells no name, hostile text that stays text, and a telephone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, expect

from llmkick_core.judge import jobs
from llmkick_core.judge.jobs import JudgeRequest
from llmkick_core.judge.prices import BUNDLED, FILE, read_prices
from llmkick_core.schema import Recipe
from llmkick_core.store.layout import judge_job_dir
from llmkick_core.store.locks import held
from pages._shared import FILL_S
from tests.browser.conftest import is_wide, press, serving, settled
from tests.judged_store import LLAMA, RECIPES, hostile, make_judged_store
from tests.synthetic_store import make_store, spec_of

pytestmark = pytest.mark.browser
Visit = Callable[[str], Page]
VIEWS = ("scores", "answers", "ledger", "lab", "vote", "start")
NAME = re.compile(r"\b(dense|wanda)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def judged_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("judged")
    make_judged_store(store, n=9)
    make_store(store, n_each=1, recipes=(Recipe(), Recipe(method="wanda", sparsity=0.5)), tasks=("factoid_qa",))
    return store


@pytest.fixture(scope="module")
def judged(judged_store: Path) -> Iterator[str]:
    """Return the address of the app on the judged store."""
    with serving(judged_store) as found:
        yield found


def test_a_cold_link_restores_the_view_on_a_fresh_server(judged_store: Path, tmp_path: Path, visit: Visit):
    store = tmp_path / "store"
    shutil.copytree(judged_store, store, ignore=shutil.ignore_patterns("results.duckdb*", "votes"))
    with serving(store) as fresh:
        page = visit(f"{fresh}/judge?task=instruction_following&view=answers&b=wanda-30&show=worse&sort=disagreement&judge=single")
        expect(page.locator(".kick-sentence")).to_contain_text("llama-3.1-70b")
        expect(page.locator(".kick-sentence")).to_contain_text("Wanda 30%")
        expect(page.locator(".kick-question")).to_be_visible()
        expect(page.get_by_role("radio", name=re.compile("^Worse than dense"))).to_be_checked()
        expect(page.locator("[data-testid=stException]")).to_have_count(0)


def test_a_task_that_is_judged_is_chosen_for_good(judged: str, visit: Visit):
    page = visit(f"{judged}/judge?task=factoid_qa")
    expect(page.locator(".kick-sentence")).to_contain_text("needs no judge")
    page.get_by_role("button", name="Instruction following").click()
    page.wait_for_url("**task=instruction_following**")
    settled(page)
    page.get_by_role("radio", name="Answers").click(force=True)
    page.wait_for_url("**view=answers**")
    settled(page)
    assert "task=instruction_following" in page.url
    expect(page.locator(".kick-question")).to_be_visible()
    page.reload()
    expect(page.locator(".kick-question")).to_be_visible()


def test_the_navigation_leads_to_a_task_that_is_judged_where_nobody_chose_one(judged: str, visit: Visit):
    page = visit(judged)
    page.wait_for_url("**task=factoid_qa**")
    page.get_by_test_id("stSidebarNav").get_by_text("Judge").click()
    page.wait_for_url("**task=summarization**")
    expect(page.locator(".kick-sentence")).to_contain_text("gpt-4o")
    page.get_by_test_id("stSidebarNav").get_by_text("Compare").click()
    page.wait_for_url("**task=factoid_qa**")


def test_a_recipe_in_the_table_leads_to_its_answers_and_back(judged: str, visit: Visit):
    page = visit(f"{judged}/judge?task=summarization&b=wanda-50")
    page.locator(".kick-table a", has_text="Magnitude 50%").first.click()
    page.wait_for_url("**view=answers**")
    settled(page)
    expect(page.locator(".kick-sentence")).to_contain_text("Magnitude 50%")
    expect(page.locator(".kick-answer").filter(visible=True)).to_have_count(2)  # what dense wrote is folded
    page.go_back()
    settled(page)
    expect(page.locator(".kick-sentence")).to_contain_text("Wanda 50%")
    expect(page.locator(".js-plotly-plot").first).to_be_visible()


def test_a_click_on_a_point_leads_to_the_answers_of_its_recipe(judged: str, visit: Visit):
    page = visit(f"{judged}/judge?task=summarization&b=wanda-50")
    point = page.locator(".js-plotly-plot").first.locator(".scatterlayer .points path").last  # int8, the last one drawn
    expect(point).to_be_visible()
    page.wait_for_timeout(600)  # plotly draws once more when the fonts are there
    box = point.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**view=answers**")
    settled(page)
    expect(page.locator(".kick-sentence")).to_contain_text(re.compile("int8|Dense"))


def test_keys_go_through_the_answers(judged: str, visit: Visit):
    page = visit(f"{judged}/judge?task=summarization&b=wanda-50&view=answers")
    before = page.locator(".kick-question").inner_text()
    press(page, "j")
    expect(page.locator(".kick-question")).not_to_have_text(before)
    page.wait_for_url("**q=**")
    settled(page)
    press(page, "k")
    expect(page.locator(".kick-question")).to_have_text(before)


def names_in(page: Page) -> list[str]:
    """Return the names of recipes anywhere in the document, its title and its address."""
    found = page.evaluate("document.documentElement.outerHTML") + page.title() + page.url
    return NAME.findall(re.sub(r"<style.*?</style>", "", found, flags=re.S))


def no_names(page: Page) -> None:
    """See that no recipe is named once what the sidebar no longer draws has been taken away."""
    for _ in range(50):
        if not names_in(page):
            return
        page.wait_for_timeout(100)
    assert names_in(page) == []


def test_a_blind_vote_tells_no_name_in_document_or_address(judged: str, visit: Visit):
    page = visit(f"{judged}/judge?task=summarization&a=dense&b=wanda-50&view=vote")
    page.wait_for_url("**pair=**")
    settled(page)
    expect(page.locator(".kick-answer")).to_have_count(2)
    no_names(page)
    before = page.locator(".kick-question").inner_text()
    press(page, "ArrowLeft")
    expect(page.locator(".kick-question")).not_to_have_text(before)
    expect(page.locator(".kick-sentence")).to_contain_text("You have voted on 1 of 9 pairs.")
    settled(page)
    no_names(page)
    page.get_by_role("button", name="Right better").click()
    expect(page.locator(".kick-sentence")).to_contain_text("You have voted on 2 of 9 pairs.")
    page.get_by_role("button", name=re.compile("Reveal the names")).click()
    expect(page.locator(".kick-sentence")).to_contain_text("In 2 blind votes Wanda 50% was better")
    page.wait_for_url("**b=wanda-50**")


def test_a_vote_that_is_reached_from_the_other_views_forgets_the_names(judged: str, visit: Visit):
    page = visit(f"{judged}/judge?task=instruction_following&b=wanda-50")
    page.get_by_role("radio", name="Blind vote").click(force=True)
    expect(page.locator(".kick-sentence")).to_contain_text("Which answer is better?")
    page.wait_for_url("**pair=**")
    settled(page)
    no_names(page)


def test_the_page_no_longer_fills_once_the_judge_has_ended(judged_store: Path, judged: str, browser: Browser):
    page = browser.new_page()
    page.set_default_timeout(120_000)
    sizes: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda content: sizes.append(len(content))))
    runs = tuple(spec_of("summarization", recipe).run_id for recipe in RECIPES[:2])
    job_id = jobs.create(judged_store, JudgeRequest(run_ids=runs, protocol="single", url=LLAMA[0], model=LLAMA[1]))
    with held(judge_job_dir(judged_store, job_id) / "lock"):
        jobs._write(judged_store, replace(jobs.read_job(judged_store, job_id), state="running"))
        page.goto(f"{judged}/judge?task=summarization&b=wanda-50", wait_until="domcontentloaded")
        expect(page.get_by_text("Partial:")).to_be_visible()
        jobs._write(judged_store, replace(jobs.read_job(judged_store, job_id), state="done"))
    expect(page.get_by_text("Partial:")).to_have_count(0)
    page.wait_for_timeout(1000 * (FILL_S + 3))  # the parts of the page look each at its own time
    settled(page)
    sizes.clear()
    page.wait_for_timeout(1000 * (FILL_S + 3))
    assert max(sizes, default=0) < 3000, sizes  # the strip of the queue alone
    page.close()


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("view", VIEWS)
def test_the_worst_text_is_text_and_nothing_leaves_the_page(judged: str, view: str, width: int, browser: Browser):
    context = browser.new_context(viewport={"width": width, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(120_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for judge in ("reference", "pairwise"):
        q = quote(hostile("summarization"))
        page.goto(
            f"{judged}/judge?task=summarization&b=wanda-50&view={view}&judge={judge}" + (f"&q={q}" if view == "answers" else ""),
            wait_until="domcontentloaded",
        )
        settled(page)
        page.wait_for_timeout(400)
        for title in ("The story", "Replies as they came", "Asked 3 times"):
            for box in page.get_by_text(title, exact=True).all():
                box.click()
        page.wait_for_timeout(300)
        main = page.locator("[data-testid=stMain]")
        assert page.evaluate("window.pwned") is None
        assert (main.locator("img").count(), main.locator(".katex").count(), main.locator("script").count()) == (0, 0, 0)
        assert page.locator("[data-testid=stException]").count() == 0
        assert not is_wide(page)
    assert [url for url in asked if not url.startswith((judged, judged.replace("http", "ws"), "data:", "blob:"))] == []
    context.close()


def test_a_table_that_is_too_wide_fades_until_its_end(judged: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{judged}/judge?task=summarization&b=wanda-50", wait_until="domcontentloaded")
    settled(page)
    table = page.locator(".st-key-judge_table .kick-scroll")
    expect(table).to_have_css("--kick-fade", "3rem")
    table.evaluate("box => box.scrollTo(box.scrollWidth, 0)")
    expect(table).to_have_css("--kick-fade", "0px")
    context.close()


@pytest.mark.parametrize(("task", "scheme"), [("summarization", "light"), ("instruction_following", "dark")])
def test_a_telephone_scrolls_down_only(judged: str, task: str, scheme: str, browser: Browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(120_000)
    for view in VIEWS:
        page.goto(f"{judged}/judge?task={task}&view={view}", wait_until="domcontentloaded")
        settled(page)
        page.wait_for_timeout(400)
        assert not is_wide(page), view
    context.close()


def test_prices_are_saved_row_after_row(judged_store: Path, tmp_path: Path, visit: Visit):
    store = tmp_path / "store"
    shutil.copytree(judged_store, store, ignore=shutil.ignore_patterns("results.duckdb*", "votes"))
    with serving(store) as fresh:
        page = visit(f"{fresh}/judge?task=summarization&view=start")
        page.get_by_text("Prices", exact=True).click()
        save = page.get_by_role("button", name="Save prices")
        expect(save).to_be_disabled()
        for n_saved, row in enumerate((("judge-x", "1.5", "2"), ("judge-y", "3", "4")), start=1):
            settled(page)
            add_row(page, row)
            expect(save).to_be_enabled()
            save.click()
            expect(page.get_by_text("Saved for this store.")).to_be_visible()
            expect(save).to_be_disabled()
            told = read_prices(store / FILE)
            assert len(told) == len(read_prices(BUNDLED)) + n_saved
            assert (told[row[0]].input, told[row[0]].output) == (float(row[1]), float(row[2]))


def add_row(page: Page, values: tuple[str, ...]) -> None:
    """Add a row to the table on the page and fill its cells from the left."""
    table = page.get_by_test_id("stDataFrame").last
    table.hover()
    page.get_by_test_id("stElementToolbar").get_by_label("Add row").last.click()
    box = table.bounding_box()
    assert box is not None
    cell = page.locator("#portal").locator("textarea, input").last
    for _ in range(20):  # the new row comes, and can be written in, a moment later
        page.mouse.dblclick(box["x"] + 80, box["y"] + box["height"] - 18)
        with suppress(TimeoutError):
            cell.wait_for(timeout=2000)
            break
    for place, value in enumerate(values):
        if place:
            page.keyboard.press("Enter")
        cell.fill(value)
        page.keyboard.press("Tab")
        expect(cell).to_have_count(0)
