import pytest

from llmkick_core.scoring.degeneration import ends_in_loop, is_empty, n_words, repetition_share, unique_tokens
from llmkick_core.scoring.rouge import rouge


def test_unique_tokens_are_different_words():
    assert unique_tokens("the cat the dog") == 3
    assert unique_tokens("") == 0


def test_repetition_is_the_share_of_runs_seen_before():
    # a b c | b c a | c a b | a b c: 4 runs of three, 3 different
    assert repetition_share("a b c a b c") == 0.25
    assert repetition_share("no no no no no no") == 0.75
    assert repetition_share("too short") == 0


def test_only_marks_and_space_are_empty():
    assert is_empty(" ...\n")
    assert not is_empty(" 7")


def test_words_are_split_at_white_space():
    assert n_words("a well-known  man,\nsaid 3") == 5
    assert n_words(" ") == 0


def test_rouge_is_the_f_measure_of_stemmed_words_pairs_and_the_longest_common_subsequence():
    # stemmed: the cat on mat | the cat sat on the mat
    # words: 4 common of 4 and of 6 -> 2 * 1 * 4/6 / (1 + 4/6); pairs: "the cat" of 3 and of 5 -> 2 * 1/3 * 1/5 / (1/3 + 1/5)
    # longest common subsequence: the cat on mat, 4 of 4 and of 6
    assert rouge("The cats on mats", "the cat sat on the mat") == pytest.approx({"rouge_1": 0.8, "rouge_2": 0.25, "rouge_l": 0.8})


def test_rouge_1_counts_words_in_any_order_and_rouge_l_in_theirs():
    # the same three words turned round: the longest common subsequence is one word of 3 and of 3
    assert rouge("red high fox", "fox high red") == pytest.approx({"rouge_1": 1, "rouge_2": 0, "rouge_l": 1 / 3})


@pytest.mark.parametrize(("summary", "reference"), [("", "the cat"), ("the cat", ""), ("", ""), ("...", "the cat"), ("dog", "cat")])
def test_rouge_of_nothing_in_common_is_0(summary, reference):
    assert rouge(summary, reference) == {"rouge_1": 0, "rouge_2": 0, "rouge_l": 0}


def naive_lcs(a: list[str], b: list[str]) -> int:
    if not a or not b:
        return 0
    if a[-1] == b[-1]:
        return naive_lcs(a[:-1], b[:-1]) + 1
    return max(naive_lcs(a[:-1], b), naive_lcs(a, b[:-1]))


def test_rouge_l_agrees_with_a_naive_subsequence():
    said, gold = ["red", "fox", "jump", "high", "red", "sky"], ["fox", "red", "jump", "low", "sky"]
    n = naive_lcs(said, gold)
    precision, recall = n / len(said), n / len(gold)
    assert rouge(" ".join(said), " ".join(gold))["rouge_l"] == pytest.approx(2 * precision * recall / (precision + recall))


@pytest.mark.parametrize(
    "text",
    [
        "the the the the",
        "Paris, Paris, Paris, Paris.",
        "Paris. Paris. Paris. Paris. Par",  # cut off at the limit
        "the city of the city of the city of",
        "The city of, the City of the city of the ci",
        "It is Paris, the capital of France of France of France",
        "- no\n- no\n- no\n- no\n",
        "1 1 1 1 1 1",
        "a b c d e f g " * 3,
        "hahahahahahahaha",
        "aaaaaaaaaaaaaaaaaaaaa",
        "北京" * 8,
        "word " * 5000,
    ],
)
def test_a_phrase_said_over_and_over_is_a_loop(text):
    assert ends_in_loop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ...",
        "Paris",
        "New York, New York",
        "1 1 1",
        "1, 1, 1",
        "Tora! Tora! Tora!",
        "Location, location, location",
        "Duran Duran",
        "Mississippi",
        "1,000,000,000",
        "100000000000",
        "192.168.1.1",
        "Walla Walla, Washington",
        "the cat and the dog and the bird",
        "to be or not to be",
        "no no no no matter what",  # it went on
        "1. red\n2. red\n3. red\n4. red",
        "a b c d e f g " * 2,
        "hahahahaha",
    ],
)
def test_what_people_say_is_no_loop(text):
    assert not ends_in_loop(text)


def test_a_long_text_is_looked_at_from_its_end():
    story = " ".join(f"word{number}" for number in range(2000))
    assert not ends_in_loop(story)
    assert not ends_in_loop("so it goes " * 9 + story)
    assert ends_in_loop(story + " so it goes" * 3)
