from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresto_lab.sources.connectors.overlap import compare_overlap

PRICES = ("open", "high", "low", "close", "adj_close")


def days(closes: list[float], *, first: str = "2024-06-03") -> pd.DataFrame:
    """Return rows on consecutive days whose every price is the close."""
    index = pd.date_range(first, periods=len(closes), name="date")
    columns = {name: np.array(closes, dtype=float) for name in PRICES}
    return pd.DataFrame({**columns, "volume": 1000.0}, index=index)


def test_equal_rows_restate_nothing() -> None:
    overlap = compare_overlap(days([1.0, 2.0, 3.0]), days([1.0, 2.0, 3.0, 4.0]), PRICES)
    assert overlap.restatement is None
    assert overlap.rows_compared == 3
    assert not len(overlap.not_given)
    assert not len(overlap.revised_volume)


def test_a_split_of_fifty_to_one_is_told_with_the_first_row_and_the_ratio() -> None:
    stored = days([2_650_000.0, 2_600_000.0])
    overlap = compare_overlap(stored, days([53_000.0, 52_000.0, 51_900.0]), PRICES)
    found = overlap.restatement
    assert found is not None
    assert (found.rows_compared, found.rows_different) == (2, 2)
    assert found.first_different == "2024-06-03"
    assert (found.field, found.stored, found.given) == ("close", 2_650_000.0, 53_000.0)
    assert found.ratio == pytest.approx(0.02, rel=1e-12)
    assert found.one_scale
    assert "as by a split of 50:1" in str(found)


@pytest.mark.parametrize(
    ("ratio", "split"),
    [
        (0.5, "2:1"),
        (0.1, "10:1"),
        (2 / 3, "3:2"),
        (0.8, "5:4"),
        (10.0, "1:10"),
        (5.0, "1:5"),
        (0.96, ""),
    ],
)
def test_splits_are_named_new_shares_to_old(ratio: float, split: str) -> None:
    found = compare_overlap(days([100.0]), days([100.0 * ratio]), PRICES).restatement
    assert found is not None
    assert (f"a split of {split})" in str(found)) is bool(split)


def test_prices_rounded_to_ticks_are_still_one_scale() -> None:
    stored = days([2_653_000.0, 2_607_000.0, 2_611_000.0])
    given_now = days([53_100.0, 52_100.0, 52_200.0])
    found = compare_overlap(stored, given_now, PRICES).restatement
    assert found is not None
    assert found.one_scale
    assert "50:1" in str(found)


def test_a_dividend_moves_the_adjusted_close_alone() -> None:
    stored, now = days([100.0, 101.0, 102.0]), days([100.0, 101.0, 102.0])
    now.loc[now.index[:2], "adj_close"] *= 0.99
    found = compare_overlap(stored, now, PRICES).restatement
    assert found is not None
    assert found.fields == ("adj_close",)
    assert found.rows_different == 2
    assert found.ratio == pytest.approx(0.99, rel=1e-12)
    assert "only the adjusted close" in str(found)


def test_a_corrected_row_is_told_as_a_correction() -> None:
    stored, now = days([100.0, 101.0, 102.0]), days([100.0, 101.0, 102.0])
    now.loc[now.index[1], "close"] = 101.5
    now.loc[now.index[2], "open"] = 150.0
    found = compare_overlap(stored, now, PRICES).restatement
    assert found is not None
    assert not found.one_scale
    assert found.rows_different == 2
    assert found.first_different == "2024-06-04"
    assert "corrections" in str(found)


def test_digits_that_a_provider_does_not_keep_are_no_restatement() -> None:
    stored = days([100.0, 200.0])
    assert compare_overlap(stored, days([100.0009, 200.0]), PRICES).restatement is None
    assert compare_overlap(stored, days([100.0011, 200.0]), PRICES).restatement


def test_what_only_one_side_has_is_not_compared() -> None:
    stored, now = days([100.0, 101.0]), days([100.0, 101.0])
    stored["open"] = np.nan
    now["high"] = np.nan
    assert compare_overlap(stored, now, PRICES).restatement is None


def test_another_volume_at_equal_prices_is_a_revision() -> None:
    stored, now = days([100.0, 101.0]), days([100.0, 101.0])
    now.loc[now.index[1], "volume"] = 1001.0
    overlap = compare_overlap(stored, now, PRICES)
    assert overlap.restatement is None
    assert list(overlap.revised_volume) == [now.index[1]]


def test_rows_that_are_no_longer_given_are_listed() -> None:
    stored = days([1.0, 2.0, 3.0])
    overlap = compare_overlap(stored, stored.drop(stored.index[1]), PRICES)
    assert list(overlap.not_given) == [stored.index[1]]
    assert overlap.rows_compared == 2


def test_what_was_stored_before_the_answer_begins_is_not_missed() -> None:
    stored = days([1.0, 2.0, 3.0])
    overlap = compare_overlap(stored, stored.iloc[1:], PRICES)
    assert not len(overlap.not_given)


@settings(deadline=None)
@given(
    st.lists(st.floats(1.0, 1e6), min_size=1, max_size=30),
    st.floats(0.01, 100.0).filter(lambda ratio: abs(ratio - 1.0) > 1e-3),
)
def test_any_rescaling_is_found_whole(closes: list[float], ratio: float) -> None:
    now = days([close * ratio for close in closes])
    found = compare_overlap(days(closes), now, PRICES).restatement
    assert found is not None
    assert found.rows_different == len(closes)
    assert found.one_scale
    assert found.ratio == pytest.approx(ratio, rel=1e-9)
    assert found.fields == PRICES
