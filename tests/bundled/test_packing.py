"""Packing: each token has the weight of the piece it comes from, documents stay whole, none is lost."""

import numpy as np
import pytest

from llmkick_core.bundled.packing import (
    Encoded,
    encode,
    find_ends,
    find_sources,
    load_windows,
    pack,
    pack_by_length,
    save_windows,
    schedule,
    token_id,
)
from llmkick_core.bundled.tokenizer import train_tokenizer

DOCUMENTS = [
    [("Q: What is the capital of Fiji?\nA:", 0.03), (" Suva", 1.0)],
    [("The river is long. ", 0.15), ("It is 1200 km", 0.15), (" long.", 0.5)],
    [("one", 0.25)],
    [
        ("USER: Say \u00e9t\u00e9. ASSISTANT:", 0.03),
        (" \u00e9t\u00e9</s>", 1.0),
        ("USER: Again. ASSISTANT:", 0.03),
        (" \u00e9t\u00e9", 1.0),
    ],
]


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(("".join(text for text, _ in document) for document in DOCUMENTS * 20), vocab_size=400)


def tokens_by_piece(tokenizer, document):
    """Return (text, weight) of each token, found by decoding longer and longer beginnings: no offsets are used."""
    whole = "".join(text for text, _ in document)
    ids = tokenizer.encode(whole).ids
    borders = np.cumsum([len(text) for text, _ in document])
    found, n_done = [], 0
    for end in range(1, len(ids) + 1):
        said = tokenizer.decode(ids[:end], skip_special_tokens=False).removeprefix("<s>")
        said = said.removeprefix(" ").replace("</s> ", "</s>")  # a text is read as after a space
        piece = int(np.searchsorted(borders, n_done, side="right"))
        found.append(document[min(piece, len(document) - 1)][1])
        if "\ufffd" not in said:  # half a character belongs to the piece of its beginning
            n_done = len(said)
    return ids, found


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_token_weighs_what_its_piece_weighs(tokenizer, document):
    (encoded,) = encode(tokenizer, [document])
    ids, weights = encoded.tokens, encoded.weights
    expected_ids, expected = tokens_by_piece(tokenizer, document)
    assert ids == [*expected_ids, token_id(tokenizer, "</s>")]
    assert ids[0] == token_id(tokenizer, "<s>")
    assert weights[0] == 0
    assert weights[1:-1] == expected[1:]
    assert weights[-1] == document[-1][1]


def test_the_answers_first_token_carries_the_space_and_the_answers_weight(tokenizer):
    (encoded,) = encode(tokenizer, [DOCUMENTS[0]])
    answer = [number for number, weight in zip(encoded.tokens, encoded.weights, strict=True) if weight == 1.0]
    assert tokenizer.id_to_token(answer[0]).startswith("\u0120")  # byte-level BPE's space
    assert tokenizer.decode(answer[:-1]) == "Suva"


def test_documents_come_back_in_order_across_batches(tokenizer):
    numbered = [[(f"number {index}", 0.15)] for index in range(4_200)]
    encoded = list(encode(tokenizer, numbered))
    assert [tokenizer.decode(document.tokens) for document in encoded] == [f"number {index}" for index in range(4_200)]


def fake(length, number):
    """Return a document of `length` equal tokens, each with the number as its weight."""
    return Encoded(tokens=[number] * length, weights=[float(number)] * length, sources=[-1] * length, ends=[-1] * length)


def contents(windows):
    """Return the runs of equal tokens of each window, padding left out."""
    runs = []
    for row in windows.tokens:
        changes = np.flatnonzero(np.diff(row)) + 1
        runs.append([(int(run[0]), len(run)) for run in np.split(row, changes) if run[0] != 0])
    return runs


def test_windows_are_filled_with_whole_documents_and_padded():
    windows = pack([fake(30, 1), fake(40, 2), fake(50, 3)], length=80, pad=0)
    assert contents(windows) == [[(1, 30), (2, 40)], [(3, 50)]]
    assert windows.tokens.shape == windows.weights.shape == (2, 80)
    assert (windows.tokens.dtype, windows.weights.dtype) == (np.uint16, np.float16)
    assert windows.weights[0].tolist() == [1.0] * 30 + [2.0] * 40 + [0.0] * 10


def test_a_document_that_does_not_fit_waits_for_a_later_window():
    windows = pack([fake(60, 1), fake(40, 2), fake(20, 3)], length=80, pad=0)
    assert contents(windows) == [[(1, 60), (3, 20)], [(2, 40)]]


def test_a_document_as_long_as_a_window_is_kept_and_a_longer_one_dropped():
    windows = pack([fake(80, 1), fake(81, 2)], length=80, pad=0)
    assert contents(windows) == [[(1, 80)]]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_doubled_or_cut(seed):
    rng = np.random.default_rng(seed)
    documents = [fake(int(rng.integers(1, 81)), number) for number in range(1, 400)]
    windows = pack(documents, length=80, pad=0)
    placed = sorted(run for row in contents(windows) for run in row)
    assert placed == sorted((document.tokens[0], len(document.tokens)) for document in documents)
    np.testing.assert_array_equal(windows.weights, windows.tokens.astype(np.float16))  # weights lie where their tokens lie
    assert (windows.tokens == 0).mean() < 0.25
    firsts = [row[0][0] for row in contents(windows)]
    assert max(abs(later - number) for later, number in zip(firsts, sorted(firsts), strict=True)) <= 60  # nearly in order


def test_sources_and_ends_move_with_their_document():
    copied = Encoded(tokens=[7, 8, 9, 7, 8], weights=[0.0, 0.0, 0.0, 1.0, 1.0], sources=[-1, -1, -1, 0, 1], ends=[-1, -1, -1, 2, 1])
    windows = pack([fake(3, 1), copied], length=40, pad=0)
    assert windows.sources.tolist() == [[-1] * 6 + [3, 4] + [-1] * 32]
    assert windows.ends.tolist() == [[-1] * 6 + [5, 4] + [-1] * 32]


def test_a_document_goes_into_the_shortest_windows_that_hold_it():
    packed = pack_by_length([fake(10, 1), fake(25, 2), fake(20, 3), fake(41, 4)], lengths=(20, 40), pad=0)
    assert {length: contents(windows) for length, windows in packed.items()} == {20: [[(1, 10)], [(3, 20)]], 40: [[(2, 25)]]}


def test_steps_hold_equally_many_tokens_and_spread_the_lengths():
    packed = pack_by_length([fake(20, 1)] * 17 + [fake(40, 2)] * 4, lengths=(20, 40), pad=0)
    steps = schedule(packed, tokens_per_step=80)
    assert [length for length, _ in steps] == [20, 40, 20, 20, 40, 20]  # 17 windows make 4 steps of 4, 4 windows 2 steps of 2
    assert [rows for length, rows in steps if length == 20] == [slice(0, 4), slice(4, 8), slice(8, 12), slice(12, 16)]
    assert [rows for length, rows in steps if length == 40] == [slice(0, 2), slice(2, 4)]


# --- where an answer can be copied from

END = 2


@pytest.mark.parametrize(
    ("tokens", "answer", "expected"),
    [
        ([1, 5, 6, 7, 9, 6, 7], slice(5, 7), [2, 3]),
        ([1, 6, 8, 6, 7, 9, 6, 7], slice(6, 8), [3, 4]),  # the longest match, not the first token's first place
        ([1, 5, 9, 6, 7], slice(3, 5), [-1, -1]),  # nowhere
        ([1, 5, 6, 9, 6, 7], slice(4, 6), [-1, -1]),  # only in part
        ([1, 5, 6, 3, 7, 8, 9, 5, 6, 7, 8], slice(7, 11), [1, 2, 4, 5]),  # two sentences of a story
        ([1, 5, 3, 6, 3, 7, 9, 5, 6, 7], slice(7, 10), [-1, -1, -1]),  # three pieces
        ([1, 5, 9, 5, END], slice(3, 5), [1, -1]),  # the end is not copied
    ],
)
def test_an_answer_is_found_where_it_stands_earlier(tokens, answer, expected):
    weights = [0.0] * len(tokens)
    weights[answer] = [1.0] * (answer.stop - answer.start)
    assert find_sources(tokens, weights, end=END)[answer] == expected
    assert all(
        source == -1 for place, source in enumerate(find_sources(tokens, weights, end=END)) if not answer.start <= place < answer.stop
    )


def test_what_need_not_be_answered_has_no_source():
    assert find_sources([1, 5, 5], [0.0, 0.15, 0.15], end=END) == [-1, -1, -1]


@pytest.mark.parametrize(
    ("sources", "closing", "expected"),
    [
        ([-1] * 7 + [1, 2], [4], {7: 4, 8: 2}),  # the first token looks to the end of the sentence, the next ones to what they copy
        ([-1] * 7 + [4], [2, 5], {7: 5}),  # of its own sentence, not of the one before
        ([-1] * 7 + [1, 2, 3], [3], {7: 1, 8: 2, 9: 3}),  # copied with its end, as in a summary
        ([-1] * 7 + [1], [9], {7: 1}),  # no end before the answer
        ([-1] * 7 + [1, 4], [2, 5], {7: 2, 8: 5}),  # two pieces
    ],
)
def test_an_answers_first_token_is_guided_to_the_end_of_its_sentence(sources, closing, expected):
    assert find_ends(sources, closing) == [expected.get(place, source) for place, source in enumerate(sources)]


def test_the_end_of_a_sentence_is_found_in_the_text(tokenizer):
    document = [("Belquist is the capital of Zoravia. It is old.\nQ: And the capital?\nA:", 0.0), (" Belquist", 1.0)]
    (encoded,) = encode(tokenizer, [document])
    first = next(place for place, source in enumerate(encoded.sources) if source >= 0)
    assert tokenizer.decode(encoded.tokens[: encoded.ends[first] + 1]) == "Belquist is the capital of Zoravia."


def test_windows_are_saved_and_loaded_unchanged(tmp_path):
    packed = pack_by_length([fake(10, 1), fake(25, 2), fake(20, 3)], lengths=(20, 40), pad=0)
    save_windows(packed, tmp_path / "windows.npz")
    loaded = load_windows(tmp_path / "windows.npz")
    assert list(loaded) == [20, 40]
    for length, windows in packed.items():
        for name in ("tokens", "weights", "positions", "sources", "ends"):
            np.testing.assert_array_equal(getattr(loaded[length], name), getattr(windows, name))
            assert getattr(loaded[length], name).dtype == getattr(windows, name).dtype
