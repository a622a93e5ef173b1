"""Frames as the libraries hand them out, and what is made of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from foresto_lab.errors import NothingGivenError, UnreadableAnswerError
from foresto_lab.sources.connectors.daily_frames import DailyFrameReader

COLUMNS = {name: name.title() for name in ("open", "high", "low", "close", "volume")}
START, END = date(2024, 6, 3), date(2024, 6, 7)


def frame(closes: list[float], index: pd.Index | None = None) -> pd.DataFrame:
    days = pd.date_range("2024-06-03", periods=len(closes), name="Date")
    values = {name: np.array(closes) for name in ("Open", "High", "Low", "Close")}
    return pd.DataFrame({**values, "Volume": 7}, index=days if index is None else index)


def reader(**more: str) -> DailyFrameReader:
    return DailyFrameReader("fdr", "005930", {**COLUMNS, **more})


def test_fields_come_by_their_names_and_the_close_stands_for_the_adjusted_one() -> None:
    table = reader().read(frame([1.0, 2.0]), START, END)
    assert table["date"].to_pylist() == [date(2024, 6, 3), date(2024, 6, 4)]
    assert table["adj_close"].to_pylist() == [1.0, 2.0]
    assert table["volume"].to_pylist() == [7.0, 7.0]


def test_an_adjusted_close_is_taken_where_there_is_one() -> None:
    given = frame([1.0, 2.0]).assign(**{"Adj Close": [0.5, 2.0]})
    table = reader(adj_close="Adj Close").read(given, START, END)
    assert table["adj_close"].to_pylist() == [0.5, 2.0]


def test_a_column_of_another_name_is_told_with_what_came() -> None:
    given = frame([1.0]).rename(columns={"Close": "Price"})
    with pytest.raises(UnreadableAnswerError) as error:
        reader().read(given, START, END)
    assert "the columns Close are missing" in str(error.value)
    assert "Open, High, Low, Price, Volume" in str(error.value)
    assert not error.value.transient


def test_dates_are_those_of_the_exchanges_own_clock() -> None:
    index = pd.DatetimeIndex(["2024-06-03 00:00", "2024-06-04 00:00"])
    seoul = index.tz_localize("Asia/Seoul")  # the evening before, in UTC
    table = reader().read(frame([1.0, 2.0], seoul), START, END)
    assert table["date"].to_pylist() == [date(2024, 6, 3), date(2024, 6, 4)]


@pytest.mark.parametrize(
    "index", [pd.RangeIndex(2), pd.Index(["a", "b"]), pd.DatetimeIndex([None, None])]
)
def test_rows_without_dates_are_no_answer(index: pd.Index) -> None:
    with pytest.raises(UnreadableAnswerError, match="not named by dates"):
        reader().read(frame([1.0, 2.0], index), START, END)


def test_texts_that_are_no_numbers_are_no_answer() -> None:
    given = frame([1.0]).astype({"Close": object})
    given.loc[given.index[0], "Close"] = "n/a"
    with pytest.raises(UnreadableAnswerError, match="no number"):
        reader().read(given, START, END)


def test_rows_in_disorder_are_put_in_order() -> None:
    given = frame([1.0, 2.0, 3.0]).iloc[[2, 0, 1]]
    table = reader().read(given, START, END)
    assert table["close"].to_pylist() == [1.0, 2.0, 3.0]


def test_only_the_days_asked_for_are_taken() -> None:
    table = reader().read(frame([1.0, 2.0, 3.0]), date(2024, 6, 4), date(2024, 6, 4))
    assert table["close"].to_pylist() == [2.0]


def test_rows_without_a_close_are_left_out_and_told() -> None:
    reading = reader()
    table = reading.read(frame([1.0, float("nan"), 3.0]), START, END)
    assert table["close"].to_pylist() == [1.0, 3.0]
    (finding,) = reading.findings
    assert (finding.code, finding.samples) == ("ROWS_WITHOUT_CLOSE", ("2024-06-04",))


def test_the_zeros_of_a_halt_are_taken_as_missing() -> None:
    reading, given = reader(), frame([1.0, 2.0])
    given.loc[given.index[1], ["Open", "High", "Low", "Volume"]] = 0
    table = reading.read(given, START, END)
    assert table["open"].to_pylist() == [1.0, None]
    assert table["close"].to_pylist() == [1.0, 2.0]
    assert [finding.code for finding in reading.findings] == ["HALT_PRICES_EMPTIED"]


def test_zeros_on_a_day_with_trades_are_left_for_the_rules() -> None:
    reading, given = reader(), frame([1.0, 2.0])
    given.loc[given.index[1], "Open"] = 0.0
    table = reading.read(given, START, END)
    assert table["open"].to_pylist() == [1.0, 0.0]
    assert reading.findings == []


def test_a_row_given_twice_is_taken_once_and_told() -> None:
    reading, given = reader(), frame([1.0, 2.0])
    table = reading.read(pd.concat([given, given.iloc[[1]]]), START, END)
    assert table["close"].to_pylist() == [1.0, 2.0]
    assert [finding.code for finding in reading.findings] == ["DUPLICATE_ROWS"]


def test_two_rows_of_a_day_that_differ_are_no_answer() -> None:
    given = frame([1.0, 2.0])
    other = given.iloc[[1]].assign(Close=2.5)
    with pytest.raises(
        UnreadableAnswerError, match="two different rows for 2024-06-04"
    ):
        reader().read(pd.concat([given, other]), START, END)


def test_no_rows_is_told_with_the_span() -> None:
    with pytest.raises(NothingGivenError, match="from 2024-06-03 to 2024-06-07"):
        reader().read(frame([]), START, END)
    with pytest.raises(NothingGivenError):
        reader().read(frame([float("nan")]), START, END)
