"""Prices: whose counts, which model a row is of, and what is no price."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmkick_core.errors import UsageError
from llmkick_core.judge.base import Question, Wanted
from llmkick_core.judge.prices import BUNDLED, FREE, Price, expected_tokens, price_of, read_prices, write_prices

OPENAI = "https://api.openai.com/v1"
HERE = "http://localhost:8000/v1"


def test_a_cost_is_tokens_by_the_million():
    assert Price(input=2.5, output=10).cost(1_000_000, 0) == 2.5
    assert Price(input=2.5, output=10).cost(400, 100) == pytest.approx(0.002)
    assert FREE.cost(10**9, 10**9) == 0


def test_the_bundled_table_says_where_each_price_is_from():
    prices = read_prices(BUNDLED)
    assert prices["gpt-4"] == Price(input=30, output=60, source="OpenAI price list, noted 2025; check before use")
    assert all("noted 2025" in price.source and "check" in price.source for price in prices.values())
    assert all(0 < price.input < price.output for price in prices.values())


@pytest.mark.parametrize(
    ("model", "input"),
    [
        ("gpt-4o", 2.5),
        ("gpt-4o-2024-08-06", 2.5),
        ("gpt-4o-2024-05-13", 5),
        ("gpt-4o-mini-2024-07-18", 0.15),
        ("gpt-4-0613", 30),
        ("gpt-4-turbo-2024-04-09", 10),
        ("gpt-4-1106-preview", 10),
        ("gpt-3.5-turbo-0125", 0.5),
        ("gpt-4.1-nano-2025-04-14", 0.1),
    ],
)
def test_a_dated_version_costs_what_its_family_does(model: str, input: float, tmp_path: Path):
    price = price_of(model, OPENAI, tmp_path)
    assert price is not None
    assert price.input == input


@pytest.mark.parametrize(
    "model",
    ["gpt-4o-audio-preview", "gpt-4oh", "gpt-4o-", "gpt-4-vision-preview", "gpt-3.5-turbo-16k", "ft:gpt-4o", "GPT-4o", "", "gpt-4o-٢٠٢٤"],
)
def test_what_is_not_in_the_table_is_unknown_and_not_free(model: str, tmp_path: Path):
    assert price_of(model, OPENAI, tmp_path) is None


def test_this_machine_is_free_unless_the_store_says_otherwise(tmp_path: Path):
    assert price_of("gpt-4o", HERE, tmp_path) == price_of("gpt-4o", OPENAI, tmp_path) != FREE  # behind a proxy
    assert price_of("judge", "http://127.0.0.1:1/v1", tmp_path) == FREE
    assert price_of("judge", "http://gpu.example/v1", tmp_path) is None
    write_prices(tmp_path, [{"model": "judge", "input": 1, "output": 2}])
    assert price_of("judge", HERE, tmp_path) == Price(input=1, output=2)
    assert price_of("judge-2025-01-01", HERE, tmp_path) == Price(input=1, output=2)
    assert price_of("other", HERE, tmp_path) == FREE


def test_the_stores_table_goes_first(tmp_path: Path):
    write_prices(tmp_path, [{"model": "gpt-4o", "input": "3", "output": "12.5", "source": "a contract,\nof May"}, {"model": None}, {}])
    assert price_of("gpt-4o", OPENAI, tmp_path) == Price(input=3, output=12.5, source="a contract, of May")
    assert price_of("gpt-4", OPENAI, tmp_path) == read_prices(BUNDLED)["gpt-4"]
    assert read_prices(tmp_path / "prices.csv") == {"gpt-4o": Price(input=3, output=12.5, source="a contract, of May")}


def test_what_was_read_can_be_written_again(tmp_path: Path):
    prices = read_prices(BUNDLED)
    write_prices(
        tmp_path, [{"model": model, "input": one.input, "output": one.output, "source": one.source} for model, one in prices.items()]
    )
    assert read_prices(tmp_path / "prices.csv") == prices


@pytest.mark.parametrize(
    "value", ["", "free", "-1", "nan", "inf", "1e999", "2,5", "$3", "1_0", "٣", None, float("nan"), float("inf"), -0.5, True]
)
def test_what_is_no_price_is_refused_by_row_and_value(value: object, tmp_path: Path):
    with pytest.raises(UsageError, match=r"prices, row 2: the output price of 'judge' is '.*'; it has to be a number from 0 on"):
        write_prices(tmp_path, [{"model": "gpt-4", "input": 30, "output": 60}, {"model": "judge", "input": 1, "output": value}])
    assert not (tmp_path / "prices.csv").exists()


def test_a_row_needs_a_model_and_a_model_one_row(tmp_path: Path):
    with pytest.raises(UsageError, match="row 1: a price without a model"):
        write_prices(tmp_path, [{"model": " ", "input": 1, "output": 1}])
    with pytest.raises(UsageError, match="row 2: 'a' has a price already"):
        write_prices(tmp_path, [{"model": "a", "input": 1, "output": 1}, {"model": "a ", "input": 1, "output": 1}])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"model,input\na,1\n", "has no column output"),
        (b"", "has no column model, input, output"),
        (b"model,input,output\na,1\n", "row 1: the output price of 'a' is ''"),
        (b"model,input,output\n\xff,1,1\n", "cannot read the prices"),
        (b'model,input,output\n"a,1,1\n', "cannot read the prices"),
        (b"model,input,output\n" + b"a" * 200_000, "cannot read the prices|200,000 letters"),
    ],
)
def test_a_damaged_table_is_one_clear_line(content: bytes, said: str, tmp_path: Path):
    (tmp_path / "prices.csv").write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        price_of("gpt-4", OPENAI, tmp_path)
    assert str(tmp_path / "prices.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_of_a_spreadsheet_is_read(tmp_path: Path):
    (tmp_path / "prices.csv").write_bytes("\ufeffmodel,input,output,note\r\na,1,2,x\r\n,,,\r\n".encode())
    assert read_prices(tmp_path / "prices.csv") == {"a": Price(input=1, output=2)}
    with pytest.raises(UsageError, match="cannot read the prices"):
        read_prices(tmp_path / "absent.csv")


def test_tokens_are_guessed_before_anything_is_asked():
    def tokens(wanted: Wanted, shown: str = "x" * 4000) -> tuple[int, int]:
        return expected_tokens(Question(system="", shown=shown, wanted=wanted))

    summaries, winner = Wanted(kind="scores", n_sides=2, aspects=("a", "b", "c", "d")), Wanted(kind="winner", n_sides=2)
    assert tokens(summaries)[1] == 120 + 15 * 8
    assert tokens(winner)[1] == 120 + 15
    assert 1000 < tokens(winner)[0] < 1150
    assert tokens(winner, "x" * 8000)[0] - tokens(winner)[0] == 1000


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -1.0, 10**400, True, "2.5", None])
def test_a_price_that_no_cap_can_be_kept_by_is_none(price: object):
    with pytest.raises(UsageError, match="a number from 0 on"):
        Price(input=price, output=1.0)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a number from 0 on"):
        Price(input=1.0, output=price)  # type: ignore[arg-type]
