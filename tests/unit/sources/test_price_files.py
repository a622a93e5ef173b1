"""Files as people have them: headers, encodings, layouts, options."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foresto_lab.errors import DataFileError, InputError, UnknownNameError
from foresto_lab.sources import LoadOptions, PriceFile, read_price_file
from foresto_lab.sources.files import file_checksum

FIELDS = ["symbol", "date", "open", "high", "low", "close", "adj_close", "volume"]
PLAIN = (
    "date,open,high,low,close,volume\n2024-01-02,1,3,0.5,2,100\n2024-01-03,2,4,1,3,0\n"
)
KOREAN = "일자,종목코드,시가,고가,저가,종가,거래량\n2024/01/02,005930,1,3,1,2,10\n"


def read(path: Path, content: str | bytes, **options: Any) -> PriceFile:
    raw = content.encode() if isinstance(content, str) else content
    path.write_bytes(raw)
    return read_price_file(path, LoadOptions(**options))


def codes(file: PriceFile) -> set[str]:
    return {finding.code for finding in file.findings}


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return tmp_path / "005930.csv"


def test_the_canonical_table(csv: Path) -> None:
    file = read(csv, PLAIN)
    assert file.table.column_names == FIELDS
    assert file.table.to_pylist()[0] == {
        "symbol": "005930",
        "date": dt.date(2024, 1, 2),
        "open": 1.0,
        "high": 3.0,
        "low": 0.5,
        "close": 2.0,
        "adj_close": 2.0,
        "volume": 100.0,
    }
    assert file.table.schema.field("date").type == pa.date32()
    assert codes(file) == {"SYMBOL_FROM_FILE_NAME", "ADJUSTMENT_UNKNOWN"}
    assert file.checksum == file_checksum(csv)
    assert len(file.checksum) == 64


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp949", "euc-kr", "utf-16"]
)
def test_korean_headers_in_every_usual_encoding(csv: Path, encoding: str) -> None:
    for options in ({}, {"encoding": encoding}):
        file = read(csv, KOREAN.encode(encoding), **options)
        assert file.columns["close"] == "종가"
        assert file.table["symbol"].to_pylist() == ["005930"]


def test_a_detected_encoding_is_recorded(csv: Path) -> None:
    assert "ENCODING_DETECTED" in codes(read(csv, KOREAN.encode("cp949")))
    assert "ENCODING_DETECTED" not in codes(read(csv, KOREAN))


def test_the_wrong_encoding_is_refused_with_the_likely_one(csv: Path) -> None:
    with pytest.raises(DataFileError, match="--encoding cp949"):
        read(csv, KOREAN.encode("cp949"), encoding="utf-8")
    with pytest.raises(DataFileError, match="no encoding 'klingon'"):
        read(csv, KOREAN, encoding="klingon")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_delimiters_are_found_outside_quotes(csv: Path, delimiter: str) -> None:
    content = delimiter.join(["date", "close"]) + "\n"
    content += delimiter.join(["2024-01-02", '"2,450,000"']) + "\n"
    assert read(csv, content).table["close"].to_pylist() == [2_450_000.0]


def test_gzip_is_told_by_content(csv: Path) -> None:
    assert len(read(csv, gzip.compress(PLAIN.encode())).table) == 2
    with pytest.raises(DataFileError, match="damaged"):
        read(csv, gzip.compress(PLAIN.encode())[:30])


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("005930.csv", "005930"),
        ("0000J0.csv.gz", "0000J0"),
        ("069500.KS.csv", "069500.KS"),
        ("BRK.B.CSV", "BRK.B"),
    ],
)
def test_the_symbol_of_the_file_name(tmp_path: Path, name: str, symbol: str) -> None:
    file = read(tmp_path / name, PLAIN)
    assert file.table["symbol"].to_pylist() == [symbol] * 2


def test_leading_zeros_stay(csv: Path) -> None:
    content = "ticker,date,close\n000660,2024-01-02,1\n0000J0,2024-01-02,2\n"
    assert read(csv, content).table["symbol"].to_pylist() == ["000660", "0000J0"]


def test_an_option_names_the_symbol(csv: Path) -> None:
    assert set(read(csv, PLAIN, symbol="X").table["symbol"].to_pylist()) == {"X"}
    one = "ticker,date,close\nA,2024-01-02,1\n"
    assert read(csv, one, symbol="X").table["symbol"].to_pylist() == ["X"]
    with pytest.raises(DataFileError, match="names 2 symbols"):
        read(csv, one + "B,2024-01-02,1\n", symbol="X")


def test_symbols_stored_as_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    pd.DataFrame({"code": [5930], "date": ["2024-01-02"], "close": [1.0]}).to_parquet(
        path
    )
    with pytest.raises(DataFileError, match="leading zeros"):
        read_price_file(path)


def test_two_columns_for_one_field(csv: Path) -> None:
    header = "date,ticker,code,close\n"
    same = read(csv, f"{header}2024-01-02,A,A,1\n2024-01-03,A,A,1\n")
    assert same.columns["symbol"] == "ticker"
    with pytest.raises(DataFileError, match="--map symbol=ticker"):
        read(csv, f"{header}2024-01-02,A,B,1\n")
    chosen = read(csv, f"{header}2024-01-02,A,B,1\n", mapping={"symbol": "code"})
    assert chosen.table["symbol"].to_pylist() == ["B"]


def test_a_mapping_names_what_is_not_recognised(csv: Path) -> None:
    content = "Time Period,NAV,종가\n2024-01-02,1.5,2\n"
    file = read(csv, content, mapping={"date": "Time Period", "close": "NAV"})
    assert file.table["close"].to_pylist() == [1.5]
    assert file.unused == ("종가",)
    with pytest.raises(UnknownNameError, match="Did you mean NAV"):
        read(csv, content, mapping={"date": "Time Period", "close": "NVA"})


# --- adjusted or not --------------------------------------------------------------

YAHOO = "Date,Close,Adj Close,Volume\n2024-01-02,100,98.5,7\n"
BARE = "Date,Close\n2024-01-02,100\n"


@pytest.mark.parametrize(
    ("content", "adjusted", "expected", "code"),
    [
        (YAHOO, None, 98.5, None),
        (YAHOO, True, 98.5, None),
        (YAHOO, False, 100.0, "UNADJUSTED"),
        (BARE, None, 100.0, "ADJUSTMENT_UNKNOWN"),
        (BARE, True, 100.0, None),
        (BARE, False, 100.0, "UNADJUSTED"),
    ],
)
def test_the_adjusted_close(
    csv: Path, content: str, adjusted: bool | None, expected: float, code: str | None
) -> None:
    file = read(csv, content, adjusted=adjusted)
    assert file.table["close"].to_pylist() == [100.0]
    assert file.table["adj_close"].to_pylist() == [expected]
    assert codes(file) - {"SYMBOL_FROM_FILE_NAME"} == ({code} if code else set())


# --- layouts ----------------------------------------------------------------------

WIDE = "Date,MTUM,005930\n2024-01-02,10,\n2024-01-03,11,70000\n"
STACKED = (
    "Price,Price,Close,High,Low,Open,Volume\n"
    "Ticker,SPY,SPY,SPY,SPY,SPY,SPY\n"
    "Ticker,SPY,SPY,SPY,SPY,SPY,SPY\n"
    "Date,,,,,,\n"
    "1993-01-29 00:00:00,24.3,43.9,43.97,43.75,43.96,1003200\n"
)
STACKED_NEW = (
    "Price,Close,High,Low,Open,Volume\n"
    "Ticker,SPY,SPY,SPY,SPY,SPY\n"
    "Date,,,,,\n"
    "1993-01-29,24.3,24.5,24.1,24.2,1003200\n"
)


def test_wide_files_become_long_without_the_empty_cells(csv: Path) -> None:
    rows = read(csv, WIDE, layout="wide").table.select(["symbol", "date", "close"])
    assert rows.to_pylist() == [
        {"symbol": "MTUM", "date": dt.date(2024, 1, 2), "close": 10.0},
        {"symbol": "MTUM", "date": dt.date(2024, 1, 3), "close": 11.0},
        {"symbol": "005930", "date": dt.date(2024, 1, 3), "close": 70000.0},
    ]


def test_wide_files_are_not_taken_for_granted(csv: Path) -> None:
    with pytest.raises(DataFileError, match="--layout wide"):
        read(csv, WIDE)


def test_a_wide_frame_saved_by_pandas(tmp_path: Path) -> None:
    path = tmp_path / "closes.parquet"
    index = pd.DatetimeIndex(["2024-01-02", "2024-01-03"])
    pd.DataFrame({"A": [1.0, 2.0], "B": [3.0, 4.0]}, index=index).to_parquet(path)
    file = read_price_file(path, LoadOptions(layout="wide"))
    assert file.table["symbol"].to_pylist() == ["A", "A", "B", "B"]


def test_a_symbol_named_twice_is_refused(csv: Path) -> None:
    with pytest.raises(DataFileError, match="two columns are named 'A'"):
        read(csv, "Date,A,A\n2024-01-02,1,2\n", layout="wide")


@pytest.mark.parametrize("content", [STACKED, STACKED_NEW])
def test_stacked_headers_are_refused_with_the_option(csv: Path, content: str) -> None:
    with pytest.raises(DataFileError, match="--layout yfinance-multiheader"):
        read(csv, content)


def test_stacked_headers_are_read_when_asked_for(csv: Path) -> None:
    (row,) = read(csv, STACKED, layout="yfinance-multiheader").table.to_pylist()
    assert row == {
        "symbol": "SPY",
        "date": dt.date(1993, 1, 29),
        "adj_close": 24.3,
        "close": 43.9,
        "high": 43.97,
        "low": 43.75,
        "open": 43.96,
        "volume": 1003200.0,
    }
    newer = read(csv, STACKED_NEW, layout="yfinance-multiheader")
    assert newer.table["adj_close"].to_pylist() == [24.3]
    with pytest.raises(DataFileError, match="no stacked yfinance header"):
        read(csv, PLAIN, layout="yfinance-multiheader")
    both = STACKED_NEW.replace("Ticker,SPY", "Ticker,TLT")
    with pytest.raises(DataFileError, match="names 2 tickers"):
        read(csv, both, layout="yfinance-multiheader")


HEADERLESS = '2024-01-02,"6,511","6,600",0.3\n2024-01-03,"6,434","6,465",0.1\n'


def test_a_missing_header_is_refused_and_read_with_columns(csv: Path) -> None:
    with pytest.raises(DataFileError, match="there is no header"):
        read(csv, HEADERLESS)
    table = read(csv, HEADERLESS, columns="date,close,high,_").table
    assert table["close"].to_pylist() == [6511.0, 6434.0]
    assert table["high"].to_pylist() == [6600.0, 6465.0]
    with pytest.raises(DataFileError, match="a line has 4"):
        read(csv, HEADERLESS, columns="date,close")
    with pytest.raises(DataFileError, match="there is a header"):
        read(csv, PLAIN, columns="date,open,high,low,close,volume")


# --- what is asked for ------------------------------------------------------------


def test_rows_of_zeros_are_left_out_when_asked_for(csv: Path) -> None:
    content = PLAIN + "2024-01-04,0,0,0,0,0\n"
    assert len(read(csv, content).table) == 3
    file = read(csv, content, drop_zero_rows=True)
    assert len(file.table) == 2
    (finding,) = [f for f in file.findings if f.code == "ZERO_ROWS_DROPPED"]
    assert finding.count == 1
    assert finding.samples == ("2024-01-04",)


def test_halts_are_emptied_when_asked_for(csv: Path) -> None:
    content = PLAIN + "2024-01-04,0,0,0,3,0\n"
    file = read(csv, content, halts_as_missing=True)
    halted = file.table.to_pylist()[-1]
    assert (halted["open"], halted["high"], halted["low"]) == (None, None, None)
    assert halted["close"] == 3.0
    assert "HALT_PRICES_EMPTIED" in codes(file)


@pytest.mark.parametrize(
    ("rows", "turned"),
    [
        (["A,2024-01-03", "A,2024-01-02"], True),
        (["A,2024-01-03", "A,2024-01-02", "B,2024-01-04", "B,2024-01-03"], True),
        (["A,2024-01-03", "B,2024-01-03", "A,2024-01-02", "B,2024-01-02"], True),
        (["A,2024-01-03", "A,2024-01-02", "A,2024-01-04"], False),
        (["A,2024-01-02", "A,2024-01-03"], False),
    ],
)
def test_files_that_run_backwards_are_turned_round_when_asked_for(
    csv: Path, rows: list[str], turned: bool
) -> None:
    content = "\n".join(["symbol,date,close", *(f"{row},1" for row in rows)])
    given = read(csv, content).table.to_pylist()
    assert [f"{row['symbol']},{row['date']}" for row in given] == rows
    file = read(csv, content, newest_first=True)
    assert ("NEWEST_FIRST" in codes(file)) is turned
    assert file.table.to_pylist() == (given[::-1] if turned else given)


def test_empty_lines_at_the_end_are_no_rows(csv: Path) -> None:
    file = read(csv, "date\tclose\n2024-01-02\t1\n\t\n\n")
    assert len(file.table) == 1
    assert "EMPTY_ROWS_SKIPPED" in codes(file)


# --- Parquet ----------------------------------------------------------------------


@pytest.mark.parametrize("large", [False, True])
def test_parquet_by_content_not_by_name(tmp_path: Path, large: bool) -> None:
    path = tmp_path / "prices.dat"
    text = pa.large_string() if large else pa.string()
    table = pa.table(
        {
            "date": pa.array([20240102, 20240103], pa.int64()),
            "종목코드": pa.array(["000660", "000660"], text),
            "종가": pa.array([1, 2], pa.int64()),
            "name": pa.array(["하이닉스"] * 2),
        }
    )
    pq.write_table(table, path)
    file = read_price_file(path)
    assert file.table["close"].to_pylist() == [1.0, 2.0]
    assert set(file.table["symbol"].to_pylist()) == {"000660"}
    assert file.unused == ("name",)


def test_a_cut_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    pd.DataFrame({"date": ["2024-01-02"], "close": [1.0]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataFileError, match="Parquet file is damaged"):
        read_price_file(path)


def test_parquet_has_names_so_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.parquet"
    pd.DataFrame({"date": ["2024-01-02"], "close": [1.0]}).to_parquet(path)
    with pytest.raises(DataFileError, match="names its columns"):
        read_price_file(path, LoadOptions(columns="date,close"))


# --- options ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"layout": "tall"}, UnknownNameError, "layout"),
        ({"mapping": {"clsoe": "X"}}, UnknownNameError, "Did you mean close"),
        ({"columns": "date,clos"}, UnknownNameError, "Did you mean close"),
        ({"columns": "date,open"}, InputError, "at least date and close"),
        ({"columns": "date,close,close"}, InputError, "twice"),
        ({"columns": "date,close", "layout": "wide"}, InputError, "excludes"),
        ({"symbol": " "}, InputError, "symbol is empty"),
    ],
)
def test_options_that_cannot_be(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LoadOptions(**options)


def test_options_are_recorded_where_they_differ() -> None:
    options = LoadOptions(columns="date, close", adjusted=False, drop_zero_rows=True)
    assert options.to_dict() == {
        "columns": ["date", "close"],
        "adjusted": False,
        "drop_zero_rows": True,
    }
