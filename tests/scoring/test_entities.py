from llmkick_core.scoring.entities import entities_kept, key_entities
from llmkick_core.scoring.sentences import first_sentence, is_sentence_start

REFERENCE = "Mayor Anna Bell opened 3 parks in Leeds.\nParks cost $1,200.50 says Dr. Moss"


def test_names_and_numbers_are_key_and_sentence_openers_are_not():
    assert key_entities(REFERENCE) == ("Anna", "Bell", "3", "Leeds", "1200.50", "Dr", "Moss")


def test_the_story_tells_that_an_opener_is_a_name():
    assert "Mayor" in key_entities(REFERENCE, "The new Mayor spoke.")
    assert "Mayor" not in key_entities(REFERENCE, "Mayor of the town. The mayor spoke.")


def test_the_share_kept_counts_distinct_entities():
    # 7 entities; kept: Bell, 3, 1200.50
    share, kept = entities_kept("Bell's 3 parks, and Bell again, for 1200.50", REFERENCE)
    assert kept == ("Bell", "3", "1200.50")
    assert share == 3 / 7


def test_an_empty_summary_keeps_nothing():
    assert entities_kept("", REFERENCE) == (0.0, ())


def test_case_counts():
    assert entities_kept("they told us", "Troops of the US left") == (0.0, ())


def test_without_entities_there_is_no_verdict():
    assert entities_kept("anything", "a quiet day, nothing happened") == (None, ())


def test_function_words_in_capitals_are_no_names():
    assert key_entities("we read The Times, and I agreed") == ("Times",)


def test_a_quotation_opens_a_sentence():
    text = 'she said: "Nobody saw Bell"'
    assert is_sentence_start(text, text.index("Nobody"))
    assert not is_sentence_start(text, text.index("Bell"))
    assert key_entities(text) == ("Bell",)


def test_initials_and_abbreviations_do_not_end_a_sentence():
    assert first_sentence("J. K. Rowling wrote it. She is British.") == "J. K. Rowling wrote it."
    assert first_sentence("St. Petersburg") == "St. Petersburg"
    assert first_sentence("Really? Yes.") == "Really?"
    assert first_sentence("") == ""
