import math

import pytest

from llmkick_core.scoring.multiple_choice import choose, margin, named_letter, probabilities


def test_letters_compare_log_probabilities_as_they_are():
    assert choose([-2.0, -1.0, -3.0, -4.0]) == 1


def test_cloze_divides_by_characters():
    # -6/12 = -0.5 beats -2/3 = -0.67, though the short option is likelier as a whole
    assert choose([-2.0, -6.0], [3, 12]) == 1
    assert choose([-2.0, -6.0]) == 0


def test_the_first_of_equals_is_chosen():
    assert choose([-1.0, -1.0, -5.0]) == 0


def test_an_empty_option_counts_as_one_character():
    assert choose([-3.0, -4.0], [0, 2]) == 1


@pytest.mark.parametrize("logprobs", [[], [math.nan, -1.0], [-math.inf, -math.inf]])
def test_a_broken_model_chose_nothing(logprobs):
    assert choose(logprobs) is None
    assert probabilities(logprobs) is None


def test_lengths_that_do_not_fit_give_no_verdict():
    assert choose([-1.0, -2.0], [3]) is None


def test_probabilities_are_a_softmax_over_the_options():
    # exp(-1), exp(-1), 0, exp(-1) * 2 -> 1/4, 1/4, 0, 1/2
    assert probabilities([-1.0, -1.0, -math.inf, math.log(2) - 1]) == pytest.approx((0.25, 0.25, 0.0, 0.5))
    assert sum(probabilities([-700.0, -800.0, -1000.0], [7, 8, 10])) == pytest.approx(1.0)  # all -100 a character
    assert probabilities([-5000.0, -5001.0])[0] == pytest.approx(1 / (1 + math.exp(-1)))  # no underflow to 0/0


def test_the_margin_is_the_right_options_lead_over_the_best_other():
    assert margin((0.5, 0.25, 0.125, 0.125), 0) == 0.25
    assert margin((0.5, 0.25, 0.125, 0.125), 2) == -0.375
    assert margin((0.25, 0.25, 0.25, 0.25), 3) == 0
    assert margin((1.0,), 0) is None


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        (" B.", "B"),
        ("(B)", "B"),
        ("[C]", "C"),
        ("**D**", "D"),
        ("**B.** Oslo", "B"),
        ("B) Oslo", "B"),
        ("B: Oslo", "B"),
        ("B. A nucleus", "B"),
        ("B. Vitamin C.", "B"),
        ("B, because it is", "B"),
        ("B, I think.", "B"),
        (" B\n\nExplanation: A is a nucleus", "B"),
        ("\n\nD", "D"),
        ("The answer is B", "B"),
        ("The answer is (B).", "B"),
        ("The correct answer is: **C**", "C"),
        ("The answer is option C.", "C"),
        ("Answer: C", "C"),
        ("answer:\n\nC", "C"),
        ("Answer: B\nAnswer: B", "B"),
        ("The answer is B. Option C is wrong.", "B"),
        ("I think A or B", None),
        ("A dog", None),
        ("The answer is A dog", None),
        ("A or B", None),
        ("B and C", None),
        ("A, B", None),
        ("A/B", None),
        ("(A) (B)", None),
        ("A\nB\nC\nD", None),
        ("B, C and D", None),
        ("The answer is B or C", None),
        ("The answer is B, C.", None),
        ("The answer is B. The answer is C.", None),
        ("The answer is B because", None),
        ("E", None),
        ("b", None),
        ("Because", None),
        ("", None),
    ],
)
def test_the_letter_that_a_text_names(text: str, letter: str | None):
    assert named_letter(text, 4) == (None if letter is None else "ABCD".index(letter))
