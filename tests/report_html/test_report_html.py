"""The report of a pair: what it says, and that no text in it is ever more than text."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from llmkick_core.errors import StoreError
from llmkick_core.report_html.content import content
from llmkick_core.report_html.write import write_report
from llmkick_core.schema import Answer, Recipe, Sample
from llmkick_core.store import queries
from llmkick_core.store.database import Database
from llmkick_core.store.ingest import ingest
from llmkick_core.store.notes import ANY
from tests.small_store import DENSE_SAID, WANDA_50, WANDA_SAID, spec
from tests.small_store import add_run as add_small
from tests.synthetic_store import HOSTILE, add_run, make_store, spec_of

DENSE, WANDA = Recipe(), Recipe(method="wanda", sparsity=0.5)
SMALL = (spec().run_id, spec(WANDA_50).run_id)
NASTY = "</script><script>window.pwned=1</script><!-- \u2028 {{ 7*7 }} &lt; \x00 <img src=x onerror=window.pwned=1> ' \""


class Elements(HTMLParser):
    """Names and attributes of the elements of a page, and the text of each kind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.found if name == tag]


@pytest.fixture
def synthetic(tmp_path: Path) -> Iterator[Database]:
    make_store(tmp_path, n_each=6, recipes=[DENSE, WANDA])
    with Database(tmp_path) as db:
        ingest(db)
        yield db


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Database]:
    add_small(tmp_path, spec(), DENSE_SAID)
    add_small(tmp_path, spec(WANDA_50), WANDA_SAID)
    with Database(tmp_path) as db:
        ingest(db)
        yield db


def pair_of(task: str) -> tuple[str, str]:
    return spec_of(task, DENSE).run_id, spec_of(task, WANDA).run_id


def page_of(db: Database, pair: tuple[str, str], **more: Any) -> str:
    out = io.BytesIO()
    write_report(db, *pair, out, **more)
    return out.getvalue().decode()


def embedded(page: str) -> dict[str, Any]:
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    found: dict[str, Any] = json.loads(text)
    return found


def test_it_says_what_the_pages_say(small: Database):
    found = content(small, *SMALL)
    assert found.title == "Wanda 50% against dense: Factoid QA"
    # of the 4 with a verdict on both sides 2 broke, 1 was fixed; dense 3 right, Wanda 2
    assert found.sentence.startswith("Wanda 50% lost 2 and gained 1 of 4 questions, 50.0% right against 75.0% dense: ")
    assert found.facts == "2 facts known to the dense model in some wording: 1 lost in every wording, 1 now known in some only."
    assert [row["sample_id"] for row in found.questions] == queries.pair_ids(small, *SMALL)
    assert {row.name: (row.n, row.broke, row.fixed) for row in found.subjects} == {
        "geography": (2, 1, 0),
        "chemistry": (1, 1, 0),
        "literature": (1, 0, 1),
    }
    assert ("Recipe", "dense", "wanda-50") in found.provenance
    assert found.left_out == ""


def test_what_broke_and_was_fixed_is_listed_before_the_rest(synthetic: Database):
    pair = pair_of("factoid_qa")
    counts = queries.pair_counts(synthetic, *pair)
    limit = counts["broke"] + counts["fixed"] + 3
    found = content(synthetic, *pair, limit=limit)
    outcomes = [row["outcome"] for row in found.questions]
    assert (outcomes.count("broke"), outcomes.count("fixed"), len(outcomes)) == (counts["broke"], counts["fixed"], limit)
    assert [row["damage"] for row in found.questions] == sorted((row["damage"] for row in found.questions), reverse=True)
    assert f"Listed are {limit} of {counts['all']} questions" in found.left_out
    few = content(synthetic, *pair, limit=3)
    assert len(few.questions) == 3


def test_a_filter_narrows_the_list_and_not_the_sentence(synthetic: Database):
    pair = pair_of("factoid_qa")
    wanted = queries.Filter(outcome="broke", subject="geography", search="a", ranges=(queries.Range(measure="damage", low=1),))
    found, whole = content(synthetic, *pair, wanted=wanted), content(synthetic, *pair)
    assert found.sentence == whole.sentence
    assert found.narrowed == "broke, subject geography, text “a”, Drop of log p(right), nats 1 to …"
    assert [row["sample_id"] for row in found.questions] == queries.pair_ids(synthetic, *pair, wanted=wanted)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (queries.Filter(shown=True), "an answer in the evidence"),
        (queries.Filter(shown=False), "no answer in the evidence"),
        (queries.Filter(rescue="regained"), "lost closed-book and answered again with evidence"),
        (queries.Filter(rescue="not_regained", tag="near-miss"), "lost closed-book and still lost with evidence, tag near-miss"),
        (queries.Filter(tag=ANY), "with a note or tag"),
        (queries.Filter(ranges=(queries.Range(measure="kl", high=0.123456789),)), "KL of B from dense, nats a token … to 0.123456789"),
    ],
)
def test_every_filter_is_named(synthetic: Database, wanted: queries.Filter, said: str):
    assert content(synthetic, *pair_of("open_book_qa"), wanted=wanted).narrowed == said


@pytest.mark.parametrize("task", ["factoid_qa", "multiple_choice", "closed_book_qa", "open_book_qa", "perplexity"])
@pytest.mark.parametrize("scorer", ["corrected", "paper"])
def test_every_task_has_a_report(synthetic: Database, task: str, scorer: str):
    page = page_of(synthetic, pair_of(task), scorer=scorer)
    articles = Elements(page).of("article")
    assert len(articles) == len(embedded(page)["questions"]) == len(queries.pair_ids(synthetic, *pair_of(task), scorer=scorer))


def test_nothing_in_it_comes_from_elsewhere_and_only_its_own_script_may_run(synthetic: Database):
    page = page_of(synthetic, pair_of("factoid_qa"))
    elements = Elements(page)
    [policy] = [meta["content"] or "" for meta in elements.of("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        [text] = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert f"{tag}-src 'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy
    assert {name for name, _ in elements.found} & {"img", "iframe", "object", "embed", "form", "base", "a"} == set()
    links = [value for _, attrs in elements.found for name, value in attrs.items() if name in ("src", "href", "action")]
    assert links == ["data:,"]
    assert not [name for _, attrs in elements.found for name in attrs if name.startswith("on") or name == "style"]


def test_hostile_words_are_text_wherever_they_stand(tmp_path: Path):
    sample = Sample(sample_id=NASTY, question=NASTY, turns=("Q",), subject=NASTY, category=NASTY, gold=((NASTY, HOSTILE),))
    other = Sample(sample_id="x", question="x", turns=("Q",), subject="plain", gold=(("x",),))
    for recipe, said in ((DENSE, NASTY), (WANDA, HOSTILE)):
        one = spec_of("factoid_qa", recipe, model=f"/models/{NASTY}".replace("\x00", ""))
        add_run(tmp_path, one, [sample, other], [Answer(run_id=one.run_id, sample_id=name, text=said) for name in (NASTY, "x")])
    pair = tuple(spec_of("factoid_qa", recipe, model=f"/models/{NASTY}".replace("\x00", "")).run_id for recipe in (DENSE, WANDA))
    with Database(tmp_path) as db:
        ingest(db)
        page = page_of(db, pair, wanted=queries.Filter(search="x"))  # type: ignore[arg-type]
    elements = Elements(page)
    assert len(elements.of("script")) == 2
    assert elements.of("img") == []
    assert "<!--" not in page
    assert "49" not in "".join(elements.text["h3"])  # no template in a template
    assert NASTY.replace("\x00", "") in "".join(elements.text["h3"]).replace("\x00", "").replace("\ufffd", "")
    assert next(row["question"] for row in embedded(page)["questions"] if row["sample_id"] == NASTY) == NASTY


def test_numbers_that_are_not_finite_do_not_break_the_data(tmp_path: Path):
    sample = Sample(sample_id="s", question="Which?", turns=("Which?",), gold=(("a",),), choices=("a", "b"), gold_choice=0)
    for recipe in (DENSE, WANDA):
        one = spec_of("multiple_choice", recipe)
        said = Answer(
            run_id=one.run_id,
            sample_id="s",
            text="a",
            choice_logprobs=(float("-inf"), float("-inf")),
            choice_lengths=(1, 1),
            finish="scored",
        )
        add_run(tmp_path, one, [sample], [said])
    with Database(tmp_path) as db:
        ingest(db)
        [row] = embedded(page_of(db, pair_of("multiple_choice")))["questions"]
    assert (row["dense_p_gold"], row["dense_probabilities"]) == (None, None)


def test_a_long_answer_is_cut_and_says_so(tmp_path: Path):
    sample = Sample(sample_id="s", question="Tell.", turns=("Tell.",), gold=(("a",),))
    for recipe in (DENSE, WANDA):
        one = spec_of("factoid_qa", recipe)
        add_run(tmp_path, one, [sample], [Answer(run_id=one.run_id, sample_id="s", text="word " * 2000)])
    with Database(tmp_path) as db:
        ingest(db)
        page = page_of(db, pair_of("factoid_qa"))
    assert page.count("… (5,999 more characters)") == 2
    assert embedded(page)["questions"][0]["other_answer"] == "word " * 2000


def test_an_unknown_run_is_told(small: Database):
    with pytest.raises(StoreError):
        page_of(small, ("nowhere", SMALL[1]))
