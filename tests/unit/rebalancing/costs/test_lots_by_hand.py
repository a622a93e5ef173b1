"""The bookkeeper of the lots against cases worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.oracles.lots import LotBook, Trade, keep_books, tax_of_year

BOUGHT_TWICE = [
    Trade(2023, "AAPL", 10, 50),
    Trade(2023, "AAPL", 10, 100),
]


def test_fifo_sells_the_oldest_first() -> None:
    # 12 sold at 120: ten that cost 50, two that cost 100
    books = keep_books([*BOUGHT_TWICE, Trade(2023, "AAPL", -12, 120)], {"AAPL": "0.22"})
    assert books.gains == [12 * 120 - 10 * 50 - 2 * 100]  # 740
    assert books.tax_of_years == {2023: Fraction("162.8")}
    assert (books.books["AAPL"].units, books.books["AAPL"].cost) == (8, 800)


def test_average_sells_an_equal_part_of_all() -> None:
    # the average is 75: 12 * (120 - 75)
    books = keep_books(
        [*BOUGHT_TWICE, Trade(2023, "AAPL", -12, 120)], {"AAPL": "0.22"}, "AVERAGE"
    )
    assert books.gains == [540]
    assert books.tax_of_years == {2023: Fraction("118.8")}
    assert (books.books["AAPL"].units, books.books["AAPL"].cost) == (8, 600)


def test_a_worked_example_of_a_korean_broker() -> None:
    """Ten at 500,000, ten at a million, ten at 1.5 million; ten sold at 3 million.

    First in, first out: (30 million - 5 million - 2.5 million) * 22 % = 4.95 million;
    moving average, 1 million each: (30 - 10 - 2.5) * 22 % = 3.85 million.
    """
    trades = [
        Trade(2024, "A", 10, 500_000),
        Trade(2024, "A", 10, 1_000_000),
        Trade(2024, "A", 10, 1_500_000),
        Trade(2024, "A", -10, 3_000_000),
    ]
    rates = {"A": "0.22"}
    fifo = keep_books(trades, rates, "FIFO", 2_500_000)
    average = keep_books(trades, rates, "AVERAGE", 2_500_000)
    assert fifo.tax_of_years == {2024: 4_950_000}
    assert average.tax_of_years == {2024: 3_850_000}


def test_costs_raise_a_basis_and_lower_what_a_sale_brings() -> None:
    # paid 10 * 100 + 5; brought 10 * 110 - 7
    trades = [Trade(2023, "A", 10, 100, 5), Trade(2023, "A", -10, 110, 7)]
    assert keep_books(trades, {"A": "0.5"}).gains == [100 - 12]


def test_losses_are_netted_within_a_year_and_no_further() -> None:
    trades = [
        Trade(2022, "A", 20, 100),
        Trade(2022, "B", 10, 100),
        Trade(2022, "B", -5, 60),  # loses 200
        Trade(2023, "A", -5, 180),  # wins 400
        Trade(2023, "B", -5, 70),  # loses 150
        Trade(2024, "A", -5, 150),  # wins 250
    ]
    books = keep_books(trades, {"A": "0.2", "B": "0.2"}, allowance=100)
    assert books.gains == [-200, 400, -150, 250]
    # 2022: nothing; 2023: (400 - 150 - 100) * 0.2; 2024: (250 - 100) * 0.2
    assert books.tax_of_years == {2022: 0, 2023: 30, 2024: 30}


def test_at_sales_a_loss_gives_back_what_the_year_had_paid() -> None:
    trades = [
        Trade(2023, "A", 10, 100),
        Trade(2023, "B", 10, 100),
        Trade(2023, "A", -10, 150),  # wins 500: 80 due on 400
        Trade(2023, "B", -5, 70),  # loses 150: 50 due in all, 30 back
        Trade(2023, "B", -5, 30),  # loses 350: nothing due, 50 back
    ]
    books = keep_books(trades, {"A": "0.2", "B": "0.2"}, allowance=100)
    assert books.paid_at_sales == [80, -30, -50]
    assert books.tax_of_years == {2023: 0}


def test_an_untaxed_assets_gains_stay_out() -> None:
    gains = {"TAXED": Fraction(100), "FREE": Fraction(-1000)}
    assert tax_of_year(gains, {"TAXED": "0.2", "FREE": 0}) == 20


def test_two_rates_share_losses_by_their_gains() -> None:
    # won 100 at 10 % and 300 at 20 %: 17.5 % on what is left of them
    gains = {"A": Fraction(100), "B": Fraction(300), "C": Fraction(-200)}
    rates = {"A": "0.1", "B": "0.2", "C": "0.2"}
    assert tax_of_year(gains, rates) == Fraction("0.175") * 200


def test_lots_of_zero_shares_are_none() -> None:
    book = LotBook("FIFO")
    book.buy(0, 100, 0)
    assert book.lots == []
    assert book.sell(0, 100) == 0
    book.buy(1, 100)
    assert book.sell(0, 200) == 0
    assert book.sell(1, 200) == 100
    assert book.lots == []


@pytest.mark.parametrize("method", ["FIFO", "AVERAGE"])
def test_all_that_was_bought_and_sold_gains_the_same_by_either_method(
    method: str,
) -> None:
    trades = [
        Trade(2023, "A", 7, 11, 1),
        Trade(2023, "A", -3, 13, 2),
        Trade(2023, "A", 9, 17),
        Trade(2023, "A", -6, 19),
        Trade(2023, "A", -7, 5, 3),
    ]
    books = keep_books(trades, {"A": 0}, method)  # type: ignore[arg-type]
    spent = 7 * 11 + 1 + 9 * 17
    brought = 3 * 13 - 2 + 6 * 19 + 7 * 5 - 3
    assert sum(books.gains) == brought - spent
    assert books.books["A"].lots == []
