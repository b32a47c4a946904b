"""Model text on a page: escaped, marked where it differs, never markdown."""

from __future__ import annotations

import pytest

from pages._text import LONGEST, STYLE, Span, differences, escape, label, marked, mentions, underlined
from tests.synthetic_store import HOSTILE


def test_no_tag_survives_escaping():
    assert "<" not in escape(HOSTILE)
    assert escape("a < b & 'c'") == "a &lt; b &amp; &#x27;c&#x27;"


def test_the_styles_hold_no_sign_for_which_a_browser_drops_them_all():
    assert "<" not in STYLE.removeprefix("<style>").removesuffix("</style>")


def test_a_text_beyond_the_limit_is_cut_and_says_so():
    assert escape("x" * (LONGEST + 7)).endswith("… (7 more characters)")


def test_marked_text_shows_every_character_once():
    spans = [Span(start=1, end=4, mark="kick-differs"), Span(start=2, end=6, mark="kick-extracted")]
    expected = (
        'a<span class="kick-differs">b</span><span class="kick-differs kick-extracted">&lt;c</span><span class="kick-extracted">de</span>f'
    )
    assert marked("ab<cdef", spans) == expected


def test_marked_text_without_spans_is_escaped_text():
    assert marked(HOSTILE, []) == escape(HOSTILE)
    assert marked("", []) == ""


def test_only_the_words_that_differ_are_marked():
    left, right = differences("the capital is Lima now", "the capital is Oslo now")
    assert left == [Span(start=15, end=16, mark="kick-first"), Span(start=15, end=19, mark="kick-differs")]
    assert right == left


def test_equal_texts_have_no_difference():
    assert differences("same", "same") == ([], [])
    assert differences("", "") == ([], [])


def test_words_added_are_marked_on_their_own_side_only():
    left, right = differences("Lima", "Lima the Lima")
    assert left == []
    assert [(s.start, s.end) for s in right if s.mark == "kick-differs"] == [(4, 13)]


def test_the_extracted_piece_is_underlined_where_it_stands():
    assert underlined("It is Lima.", "Lima") == [Span(start=6, end=10, mark="kick-extracted")]
    assert underlined("It is LIMA.", "lima") == [Span(start=6, end=10, mark="kick-extracted")]
    assert underlined("It is Lima.", "Oslo") == []
    assert underlined("It is Lima.", " ") == []


@pytest.mark.parametrize(
    "sign", ["![a](http://x.y/z.png)", "$x$", "<b>", "**b**", ":red[x]", "`c`", "[l](http://x)", "# h", "~~s~~", "a_b_c", "|"]
)
def test_a_label_has_no_markdown_left(sign: str):
    escaped = label(sign)
    for place, letter in enumerate(escaped):
        if letter in "![]()$<>*:`#~_|/":
            assert escaped[place - 1] == "\\"


def test_a_label_breaks_icon_names_and_links_but_keeps_other_words_whole():
    assert label(":material/home:") == "\\:\u2060material\\/home\\:"
    assert "http\\:\u2060\\/\\/" in label("see http://x.y")
    assert "\u2060" not in label("hub:org/name, 12:30, a: b")


def test_a_long_label_is_one_short_line():
    assert label("word\nword " * 40, longest=20) == "word word word word…"


def test_what_a_browser_would_hide_or_obey_is_shown():
    assert escape("\x1b[31m a\x00b\x7f \u202e<") == "⟨ESC⟩[31m a⟨NUL⟩b⟨DEL⟩ ⟨RLO⟩&lt;"
    assert escape("a\tb\nc") == "a\tb\nc"
    assert "\u202e" not in label("\u202ex")


def test_a_label_written_from_right_to_left_keeps_what_is_around_it_in_order():
    assert label("שלום") == "\u2068שלום\u2069"
    assert label("peace") == "peace"


def test_a_point_stands_between_two_characters_and_at_both_ends():
    line = '<span class="kick-parts" title="t"></span>'
    assert marked("abc", [], points={1: "t"}) == f"a{line}bc"
    assert marked("abc", [], points={0: "t", 3: "t"}) == f"{line}abc{line}"
    assert marked("", [], points={0: "t"}) == line
    assert marked("abc", [Span(start=0, end=2, mark="m")], points={1: "<"}) == (
        '<span class="m">a</span><span class="kick-parts" title="&lt;"></span><span class="m">b</span>c'
    )


def test_a_long_text_keeps_its_marks_up_to_where_it_is_cut():
    shown = marked("x" * (LONGEST + 7), [Span(start=0, end=2, mark="m"), Span(start=LONGEST - 1, end=LONGEST + 5, mark="m")])
    assert shown.startswith('<span class="m">xx</span>')
    assert shown.endswith('<span class="m">x</span> … (7 more characters)')


def test_accepted_answers_are_found_as_whole_words_in_any_case():
    found = mentions("Paris is PARIS, not parish; New Paris.", ["paris", "new paris", " "])
    assert [(span.start, span.end) for span in found] == [(0, 5), (9, 14), (28, 37)]
    assert mentions("nothing", ["paris"]) == []
    assert mentions("a+b", ["a+b"])[0].end == 3
