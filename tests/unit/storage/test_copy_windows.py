"""Windows of days, and rows of two sides compared: everything worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from foresto_lab.storage.copying.compared_rows import compare_rows
from foresto_lab.storage.copying.windows import Window, windows_of
from foresto_lab.storage.layouts import DAILY_PRICE
from foresto_lab.storage.sorted_rows import SortedRows, parse_rows
from tests.contracts.series_store import Row, closes, price_table


def coverage(*spans: tuple[str, str, int]) -> pd.DataFrame:
    days = "datetime64[us]"
    return pd.DataFrame(
        {
            "first_date": np.array([first for first, _, _ in spans], days),
            "last_date": np.array([last for _, last, _ in spans], days),
            "row_count": [count for _, _, count in spans],
        }
    )


def years(first: int, last: int) -> Window:
    return Window(date(first, 1, 1), date(last, 12, 31))


def test_few_rows_are_one_window_of_whole_years() -> None:
    covered = coverage(("2001-05-05", "2003-02-02", 500), ("2010-01-01",) * 2 + (1,))
    assert windows_of([covered], 1000) == [years(2001, 2010)]


def test_years_are_gathered_up_to_the_bound() -> None:
    # 365 rows in each of four years, one in 2004 more: two years fit, three do not.
    covered = coverage(("2001-01-01", "2004-12-31", 1461))
    assert windows_of([covered], 800) == [years(2001, 2002), years(2003, 2004)]


def test_a_year_of_too_many_rows_is_taken_by_months() -> None:
    covered = coverage(
        ("2001-01-01", "2001-12-31", 10), ("2003-01-01", "2003-12-31", 3650)
    )
    windows = windows_of([covered], 1000)
    assert windows[0] == years(2001, 2002)
    assert len(windows) == 13
    assert windows[2] == Window(date(2003, 2, 1), date(2003, 2, 28))
    assert windows[-1] == Window(date(2003, 12, 1), date(2003, 12, 31))


def test_the_windows_hold_both_sides() -> None:
    left = coverage(("2001-01-01", "2001-01-01", 1))
    right = coverage(("1999-12-31", "2010-01-01", 2))
    assert windows_of([left, right], 1000) == [years(1999, 2010)]
    assert windows_of([left, coverage()], 1000) == [years(2001, 2001)]
    assert windows_of([coverage(), coverage()], 1000) == []


def rows_of(*rows: Row) -> SortedRows:
    return parse_rows(price_table(rows), DAILY_PRICE, "The test")


A, B = closes("A", "2024-01-01", [1.0, 2.0, 3.0]), closes("B", "2024-01-01", [4.0])


def test_equal_rows_are_copied() -> None:
    compared = compare_rows(rows_of(*A, *B), rows_of(*A, *B))
    assert compared.is_copied
    assert not compared.is_own


def test_rows_that_the_target_lacks_are_counted() -> None:
    compared = compare_rows(rows_of(*A, *B), rows_of(A[1]))
    assert (compared.lacking, compared.beside, len(compared.changed)) == (3, 0, 0)
    assert not compared.is_copied
    assert not compared.is_own
    assert compare_rows(rows_of(*A, *B), rows_of()).lacking == 4


def test_rows_that_only_the_target_has_are_named() -> None:
    compared = compare_rows(rows_of(*A), rows_of(*A, *B))
    assert (compared.lacking, compared.beside) == (0, 1)
    assert compared.is_copied
    assert compared.is_own
    assert compared.example == "B 2024-01-01"
    assert len(compared.matching) == 3
    assert compare_rows(rows_of(), rows_of(*A)).beside == 3


def test_another_value_is_named_by_its_key() -> None:
    changed = ("A", "2024-01-02", *[2.0] * 5, 2.5)
    compared = compare_rows(rows_of(*A, *B), rows_of(A[0], changed, A[2], *B))
    assert compared.changed.tolist() == [1]
    assert compared.example == "A 2024-01-02"
    assert compared.is_own


def test_only_the_sign_of_zero_and_no_nan_makes_a_difference() -> None:
    plus: Row = ("A", "2024-01-01", None, 1.0, 1.0, 1.0, float("nan"), 0.0)
    minus: Row = ("A", "2024-01-01", float("nan"), 1.0, 1.0, 1.0, None, -0.0)
    assert len(compare_rows(rows_of(plus), rows_of(minus)).changed) == 1
    same: Row = (*minus[:7], 0.0)
    assert compare_rows(rows_of(plus), rows_of(same)).is_copied
