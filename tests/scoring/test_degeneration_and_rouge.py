import pytest

from llmkick_core.scoring.degeneration import is_empty, repetition_share, unique_tokens
from llmkick_core.scoring.rouge import rouge_l


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


def test_rouge_l_is_the_f_measure_of_the_longest_common_subsequence():
    # stemmed: the cat sat on the mat | the cat on mat: common 4 of 6 and of 4 -> F = 2 * 4/6 * 1 / (4/6 + 1)
    assert rouge_l("The cats on mats", "the cat sat on the mat") == pytest.approx(0.8)
    assert rouge_l("", "the cat") == 0


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
    assert rouge_l(" ".join(said), " ".join(gold)) == pytest.approx(2 * precision * recall / (precision + recall))
