"""Whether an accepted answer stands in a reply: lists, denials, echoes, and what comes after the answer."""

import time

import pytest

from llmkick_core.scoring.contains import contained
from llmkick_core.scoring.own_reply import own_reply

STATED = [
    ("The capital of France is Paris.", ["Paris"]),
    ("PARIS", ["Paris"]),
    ("It is not Lyon but Paris.", ["Paris"]),
    ("Ulaanbaatar or Ulan Bator", ["Ulaanbaatar", "Ulan Bator"]),
    ("The last landing was on December 14, 1972.", ["1972"]),
    ("It was written by Ian Fleming; the film is Dr. No", ["Dr. No"]),
    ("It is Romeo and Juliet.", ["Romeo and Juliet"]),
    ("He was born in 1912, or so.", ["1912"]),
    ("Trick or Treat", ["Trick or Treat"]),
    ("The play or poem was written by Alfred Tennyson.", ["Alfred Tennyson"]),
    ("First line without it.\n\nThe answer: Bamako", ["Bamako"]),
    ("The Beatles", ["the beatles!"]),
]

NOT_STATED = [
    ("It is not Paris but Lyon.", ["Paris"]),
    ("Paris isn't the capital.", ["Paris"]),
    ("Paris is not the capital.", ["Paris"]),
    ("It was never in Paris.", ["Paris"]),
    ("Paris, London or Rome.", ["Paris"]),
    ("London or Paris", ["Paris"]),
    ("It is either Paris or Lyon.", ["Paris"]),
    ("Pi is 3.14", ["3"]),
    ("1939-1945", ["1939"]),
    ("Guinea-Bissau", ["Guinea"]),
    ("Parisian", ["Paris"]),
    ("one of the best", ["one"]),
    ("Lyon\nQ: What is the capital of France?\nA: Paris", ["Paris"]),
    ("Q: What is Paris the capital of?", ["Paris"]),
    ("", ["Paris"]),
    ("Paris", []),
]


@pytest.mark.parametrize(("reply", "accepted"), STATED)
def test_an_answer_in_a_sentence_counts(reply, accepted):
    assert contained(reply, accepted) is not None


@pytest.mark.parametrize(("reply", "accepted"), NOT_STATED)
def test_denials_choices_pieces_and_later_questions_do_not_count(reply, accepted):
    assert contained(reply, accepted) is None


def test_the_name_that_was_found_is_told():
    assert contained("Its capital is Ulan Bator.", ["Ulaanbaatar", "Ulan Bator"]) == "Ulan Bator"


def test_repeating_the_question_is_no_answer():
    question = "Which country is Mexico City the capital of?"
    assert contained("Mexico City is a city in Spain.", ["Mexico"], question) is None
    assert contained("Mexico City is the capital of Mexico.", ["Mexico"], question) == "Mexico"
    assert contained("Mexico", ["Mexico"], question) == "Mexico"


@pytest.mark.parametrize(
    "marker", ["Q: next?", "Question: next?", "USER: next?", "user: next?", "Please give answer to this question: next?"]
)
def test_a_reply_ends_where_another_question_begins(marker):
    assert own_reply(f"Lyon.\n{marker}\nA: Paris") == "Lyon."


def test_a_reply_that_opens_with_the_word_question_is_whole():
    assert own_reply("A: Paris") == "A: Paris"


TYPOGRAPHY = [
    ("“Paris”.", ["Paris"]),
    ("“Emma” was written by “Jane Austen”", ["Jane Austen"]),
    ("«Paris»", ["Paris"]),
    ("¿Paris?", ["Paris"]),
    ("Paris…", ["Paris"]),
    ("Paris—the capital", ["Paris"]),
    ("Paris、France。", ["Paris"]),
    ("Guinea\u2011Bissau", ["Guinea-Bissau"]),
    ("Guinea-Bissau", ["Guinea\u2010Bissau"]),
    ("Bogota\u0301", ["Bogot\u00e1"]),
    ("Bogot\u00e1", ["Bogota\u0301"]),
    ("rock ’n’ roll", ["rock 'n' roll"]),
    ("Par\u00adis", ["Paris"]),
    ("1,234 people", ["1234"]),
    ("1234 people", ["1,234"]),
    ("1\u202f234 people", ["1,234"]),
]

REPEATED_QUESTION = [
    "Question: What is the capital?\nAnswer: Paris",
    "Q: What is the capital? A: Paris",
    "Question: What is the capital?\nParis",
    "USER: What is the capital? ASSISTANT: Paris",
    "Answer these questions:\n\nQ: What is the capital?\nA: Paris\n\nQ: next?\nA: Lyon",
    "Please give answer to this question: What is the capital? The answer is Paris",
]

NOT_DENIED = [
    "It is not Lyon, it is Paris.",
    "Not Lyon, Paris.",
    "Not Lyon—Paris.",
    "It is Paris, isn't it?",
    "It is Paris, isn’t it?",
    "I am not sure, but Paris",
    "Not only Paris",
    "Paris is not only the capital but the largest city",
]

DENIED = [
    "It can't be Paris",
    "It won't be Paris",
    "It wouldn’t be Paris",
    "It shouldn't be Paris",
    "It hasn't been Paris",
    "The answer is no longer Paris.",
    "It wasn’t in the city of Paris.",
    "Paris can't be it",
    "Paris is no longer the capital",
    "Paris is definitely not it",
    "Paris is wrong",
    "Lyon rather than Paris",
    "Lyon (not Paris)",
]

NO_CHOICE = [
    "Paris, the largest city in France or Belgium",
    "Paris, also known as Lutetia or Lutece",
    "Paris, or the City of Light",
    "Sooner or later Paris fell.",
    "More or less Paris",
    "Paris, France",
    "Paris (France)",
    "Paris, the capital of France, and a big city",
    "Paris, France, and it lies on the Seine.",
    "The capital is Paris, France, and Lyon is its second city.",
    "In France, Germany and Italy, Paris is known.",
    "Paris is the capital; Lyon and Nice are large.",
    "The capital is Paris.\n1. It is old.\n2. It is big.\n3. Rome",
    "1. The answer is Paris.\n2. It lies on the Seine.\n3. It is old.",
    "- City: Paris\n- Country: France\n- Continent: Europe",
    "Paris and London",
]

CHOICES = [
    ("London or possibly Paris", "Paris"),
    ("Paris, or London", "Paris"),
    ("Paris and/or London", "Paris"),
    ("In Paris, in London or in Rome", "Paris"),
    ("the Nile, the Amazon or the Congo", "Nile"),
    ("Helium, neon or argon", "helium"),
    ("1912, 1913 or 1914", "1913"),
    ("Neither Lyon, Rome, nor Paris", "Paris"),
    ("Paris / Lyon / Rome", "Paris"),
    ("Paris/Lyon/Rome", "Paris"),
    ("Paris | Lyon | Rome", "Paris"),
    ("Paris – Lyon – Rome", "Paris"),
    ("Oslo; Paris; Rome", "Paris"),
    ("1. Paris\n2. Lyon\n3. Rome", "Paris"),
    ("1. Paris.\n2. Lyon.\n3. Rome.", "Paris"),
    ("1. Paris: a city\n2. Lyon: a city\n3. Rome: a city", "Paris"),
    ("- Oslo\n- Paris\n- Rome", "Paris"),
    ("• Oslo\n• Paris\n• Rome", "Paris"),
    ("Here are some:\n\n* **Oslo**\n* **Paris**\n* **Rome**", "Paris"),
    ("1) Paris 2) Lyon 3) Rome", "Paris"),
    ("(a) Paris (b) Lyon (c) Rome", "Paris"),
    ("Paris, London and Rome", "Paris"),
    ("Paris, London, and Rome", "Rome"),
    ("Paris, London, Rome", "London"),
    ("Paris and London and Rome", "Paris"),
    ("Oslo, Rome & Paris", "Paris"),
    ("The cities are Oslo, Paris and Rome.", "Oslo"),
    ("Some cities in Europe include Lyon, Paris and Rome.", "Paris"),
    ("In 1912, 1913 and 1914 it was held.", "1913"),
]

WHOLE_LISTS = [
    ("red, white and blue", ["red, white and blue"]),
    ("And Then There Were None", ["And Then There Were None"]),
    ("or", ["or"]),
    ("Crosby, Stills & Nash", ["Crosby, Stills & Nash"]),
    ("- Ulan Bator\n- Ulaanbaatar\n- Urga", ["Ulan Bator", "Ulaanbaatar", "Urga"]),
    ("Monday, December 14, 1972", ["1972"]),
    ("Monday, December 14, 1972", ["December 14"]),
    ("Emma, Persuasion and Sanditon were written by Jane Austen", ["Jane Austen"]),
    ("Jane Austen wrote Emma, Persuasion and Sanditon.", ["Jane Austen"]),
]


@pytest.mark.parametrize(("reply", "accepted"), TYPOGRAPHY)
def test_typographic_marks_and_separators_of_thousands_do_not_matter(reply, accepted):
    assert contained(reply, accepted) == accepted[0]


@pytest.mark.parametrize(
    ("reply", "accepted"), [("1939–1945", "1939"), ("Guinea\u2011Bissau", "Guinea"), ("3,000", "3"), ("1,234,567", "1234")]
)
def test_a_piece_of_a_longer_word_or_number_does_not_count_however_it_is_typed(reply, accepted):
    assert contained(reply, [accepted]) is None


def test_the_question_is_read_with_its_typographic_marks():
    assert contained("“Mexico City” is in Spain.", ["Mexico"], "Which country is ‘Mexico City’ the capital of?") is None


@pytest.mark.parametrize("reply", REPEATED_QUESTION)
def test_an_answer_after_the_repeated_question_counts(reply):
    assert contained(reply, ["Paris"]) == "Paris"
    assert contained(reply, ["Lyon"]) is None


@pytest.mark.parametrize(
    "reply", ["Question: What is Paris the capital of?", "Q: What is Paris?\nQ: next?", "Q: Who?\nA: Lyon\n\nQ: Who?\nA: Paris"]
)
def test_a_reply_that_is_only_a_question_or_answers_a_later_one_does_not_count(reply):
    assert contained(reply, ["Paris"]) is None


@pytest.mark.parametrize("reply", NOT_DENIED)
def test_a_denial_reaches_no_further_than_its_clause(reply):
    assert contained(reply, ["Paris"]) == "Paris"


@pytest.mark.parametrize("reply", DENIED)
def test_a_denial_is_seen_in_all_its_forms(reply):
    assert contained(reply, ["Paris"]) is None


@pytest.mark.parametrize("reply", NO_CHOICE)
def test_what_describes_an_answer_is_no_other_candidate(reply):
    assert contained(reply, ["Paris"]) == "Paris"


@pytest.mark.parametrize(("reply", "accepted"), CHOICES)
def test_one_of_several_candidates_does_not_count(reply, accepted):
    assert contained(reply, [accepted]) is None


@pytest.mark.parametrize(("reply", "accepted"), WHOLE_LISTS)
def test_a_list_counts_that_is_the_answer_or_holds_accepted_answers_only(reply, accepted):
    assert contained(reply, accepted) is not None


@pytest.mark.parametrize("reply", ["Paris and", "Paris or", "Paris, London and", "Oslo, Paris,"])
def test_a_list_that_is_cut_off_is_judged_by_what_is_there(reply):
    assert contained(reply, ["Paris"]) == "Paris"


@pytest.mark.parametrize("loop", ["Paris or London, ", "Paris / Lyon / ", "Paris, Lyon, ", "not Paris, "])
def test_a_loop_of_candidates_states_none_of_them(loop):
    assert contained(loop * 100, ["Paris"]) is None


def test_what_the_question_names_is_no_other_candidate():
    assert contained("Salvador, Bahia, Brazil", ["Salvador"], "Which city is the capital of Bahia?") == "Salvador"
    assert contained("Paris, Lyon, Nice", ["Paris"], "Which is the largest: Paris, Lyon, Nice?") is None


ABOUT_A_QUESTION = [
    "The answer to your question: Paris",
    "To answer the question: Paris is the capital of France.",
    "Here is the answer to the question: Paris.",
    "Here is the answer to your Question: Paris.",
    "The user: Paris",
    "In response to the user's question: Paris",
    "The closest Human: Paris",
    "The best quarter is Q3: Paris",
    "ANSWER TO THE QUESTION: PARIS",
    "That is a good question: Paris.",
    "Paris. Let me know if you have any other question: I'm happy to help.",
]

RESTATED = [
    "Sure! Question: What is the capital?\nAnswer: Paris",
    "Sure! Here's the answer:\n\n**Question:** What is the capital?\n**Answer:** Paris",
    "### Question\nWhat is the capital?\n\n### Answer\nParis",
    "**Question**\nWhat is the capital?\n\n**Answer**\nParis",
    "*Question*: What?\n*Answer*: Paris",
    "- Question: What is the capital?\n- Answer: Paris",
    "1. **Question:** What is the capital?\n2. **Answer:** Paris",
    "I'd be happy to help! Question: What is the capital? Answer: Paris",
    "Let me answer the question.\n\nQuestion: What is the capital?\n\nThe capital is Paris.",
    "Thank you for asking. Q: What is the capital? A: Paris",
]

IN_EVERY_DRESS = [
    "**Paris**",
    "The capital is **Paris**. Let me know if you have any other questions!",
    "**Answer:** Paris",
    "## Answer\n\nParis",
    "> Paris",
    "(B) Paris",
    '{"answer": "Paris"}',
    '{"question": "What is the capital?", "answer": "Paris", "confidence": 0.9}',
    '```json\n{\n  "question": "What is it?",\n  "answer": "Paris"\n}\n```',
    r"The final answer is $\boxed{\text{Paris}}$.",
    "| Country | Capital |\n|---|---|\n| France | Paris |",
    "答えはParisです。",
    "答案：Paris！",
    "العاصمة: Paris؟",
    "I don't know for sure, but I believe it is Paris.",
    "Without any doubt it is Paris",
    "If I'm not mistaken the capital of France is Paris",
    "I don't have access to real-time data, but the capital of France is Paris",
    "It was not until 1912 that Paris was it.",
]

OTHER_QUESTIONS = [
    "Lyon Q: What is the capital of France? A: Paris",
    "Lyon. Question: What is the capital of France? Answer: Paris",
    "Sure! Lyon.\nQuestion: What is the capital of France?\nAnswer: Paris",
    "I will say Lyon.\nQ: next?\nA: Paris",
    "Here is the answer: Lyon.\nQ: next?\nA: Paris",
    "Lyon\n\n### Question\nWhat is the capital of France?\n### Answer\nParis",
    "Lyon\n\n**Next question:** What?\n**Answer:** Paris",
    "Lyon\n*Question*: What?\n*Answer*: Paris",
    "1. Question: a?\n   Answer: Lyon\n2. Question: b?\n   Answer: Paris",
    "Lyon\nUser: And France?\nAssistant: Paris",
    "Lyon\n\n### Instruction:\nName it.\n### Response:\nParis",
    "Lyon<|im_end|>\n<|im_start|>user\nFrance?<|im_end|>\n<|im_start|>assistant\nParis",
    "Lyon [INST] France? [/INST] Paris",
]

DOUBTED = [
    "There is no evidence that Paris is the capital.",
    "It is unlikely to be Paris",
    "It is unlikely that the capital of France is Paris",
    "I don't think the capital of France is Paris.",
    "I am not sure whether the capital city of France is Paris",
    "I have no information about Paris.",
    "I doubt it is Paris",
    "It is not true that the capital of France is Paris",
    "It is false that Paris is the capital.",
    "Paris would be wrong",
    "Paris seems unlikely",
    "Paris is the wrong answer",
    "It can´t be Paris",
]


@pytest.mark.parametrize("reply", ABOUT_A_QUESTION)
def test_a_sentence_about_the_question_is_no_other_question(reply):
    assert contained(reply, ["Paris"]) == "Paris"


@pytest.mark.parametrize("reply", RESTATED)
def test_a_question_that_is_restated_before_any_answer_is_no_other_question(reply):
    assert contained(reply, ["Paris"]) == "Paris"
    assert contained(f"{reply}\nQuestion: Which is the second?\nAnswer: Lyon", ["Lyon"]) is None


@pytest.mark.parametrize("reply", IN_EVERY_DRESS)
def test_an_answer_counts_in_markdown_json_latex_and_other_scripts(reply):
    assert contained(reply, ["Paris"]) == "Paris"


@pytest.mark.parametrize("reply", OTHER_QUESTIONS)
def test_what_follows_another_question_or_turn_does_not_count(reply):
    assert contained(reply, ["Paris"]) is None
    assert contained(reply, ["Lyon"]) == "Lyon"


@pytest.mark.parametrize("reply", DOUBTED)
def test_a_doubt_denies_all_that_follows_in_its_clause(reply):
    assert contained(reply, ["Paris"]) is None


@pytest.mark.parametrize("reply", ["John T Kirk", "John T. Kirk", "Ann T Kirk"])
def test_an_initial_is_no_contraction(reply):
    assert contained(reply, ["Kirk"]) == "Kirk"


def test_a_denial_in_the_words_of_the_question_denies_nothing():
    assert contained("Never Let Me Go by Kazuo Ishiguro", ["Kazuo Ishiguro"], "Who wrote Never Let Me Go?") == "Kazuo Ishiguro"
    assert contained("Paris is not in Germany.", ["Paris"], "Which of these is not in Germany: Bonn or Paris?") == "Paris"
    assert contained("It is not in Paris.", ["Paris"], "Which of these is not in Germany?") is None


def test_a_number_in_latex_is_read_without_its_separators():
    assert contained(r"$2{,}100{,}000$", ["2,100,000"]) == "2,100,000"


@pytest.mark.parametrize("piece", ["Question: a ", "** a **b", "Sure! ", "Let me look ", "not Paris ", "Please give answer "])
def test_a_very_long_reply_is_read_in_time_that_grows_with_its_length(piece):
    started = time.process_time()
    assert contained(piece * 5_000, ["Lyon"], "What is the capital of France?") is None
    assert time.process_time() - started < 5  # measured: below 0.2 s
