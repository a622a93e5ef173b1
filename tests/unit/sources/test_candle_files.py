"""Files of candles are read in one way, or refused with the option that decides."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from foresto_lab.errors import DataFileError, InputError, UnknownNameError
from foresto_lab.market.candle_quality import CandleRows
from foresto_lab.sources import CandleFile, CandleOptions, read_candle_file
from foresto_lab.sources.open_times import UnreadableTimesError, parse_open_times

HEADER = "time,open,high,low,close,volume"
THREE = (
    "2024-01-02T09:00Z,100,102,99,101,5\n"
    "2024-01-02T09:01Z,101,103,100,102,6\n"
    "2024-01-02T09:02Z,102,104,101,103,7\n"
)
NINE = 1_704_186_000_000_000
"""2024-01-02 09:00 UTC in microseconds."""


def read(folder: Path, content: str, name: str = "X.csv", **options: Any) -> CandleFile:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return read_candle_file(path, CandleOptions(**options))


def refused(folder: Path, content: str, name: str = "X.csv", **options: Any) -> str:
    with pytest.raises(DataFileError) as caught:
        read(folder, content, name, **options)
    return str(caught.value)


def values_of(rows: CandleRows, name: str) -> list[float]:
    columns = dict(rows.values)
    return list(columns[name])


def codes(file: CandleFile) -> dict[str, int]:
    return {finding.code: finding.count for finding in file.findings}


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    file = read(
        tmp_path,
        f"{HEADER},rsi\n{THREE}".replace("5\n", "5,30\n")
        .replace("6\n", "6,30\n")
        .replace("7\n", "7,30\n"),
    )
    (rows,) = file.series
    assert (rows.symbol, str(rows.timeframe), len(rows)) == ("X", "1m", 3)
    assert rows.open_times.tolist() == [NINE, NINE + 60_000_000, NINE + 120_000_000]
    assert values_of(rows, "close") == [101, 102, 103]
    assert file.columns["time"] == "time"
    assert file.unused == ("rsi",)
    assert codes(file) == {"TIMEFRAME_INFERRED": 1}
    assert len(file.checksum) == 64


@pytest.mark.parametrize(
    "header",
    [
        "Open Time,Open,High,Low,Close,Volume",
        "t,o,h,l,c,v",
        "timestamp,open,high,low,close,volume",
        "일시,시가,고가,저가,종가,거래량",
    ],
)
def test_known_headers_are_understood(tmp_path: Path, header: str) -> None:
    (rows,) = read(tmp_path, f"{header}\n{THREE}").series
    assert values_of(rows, "low") == [99, 100, 101]


def test_columns_in_another_order_follow_their_headers(tmp_path: Path) -> None:
    """Bitfinex writes open, close, high, low."""
    content = "t,open,close,high,low,volume\n1704186000000,100,101,102,99,5\n"
    (rows,) = read(tmp_path, content, timeframe="1m").series
    assert [values_of(rows, n)[0] for n in ("high", "low", "close")] == [102, 99, 101]


def test_a_file_without_a_header_names_its_columns(tmp_path: Path) -> None:
    content = "1704186000000,100,102,99,101,5,x\n1704186060000,101,103,100,102,6,x\n"
    assert "--columns" in refused(tmp_path, content)
    (rows,) = read(
        tmp_path, content, columns="time,open,high,low,close,volume,_"
    ).series
    assert rows.open_times[0] == NINE


def test_gzip_and_parquet_hold_the_same(tmp_path: Path) -> None:
    (tmp_path / "X_1m.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{THREE}".encode()))
    frame = pd.DataFrame(
        {
            "t": [1_704_186_000_000, 1_704_186_060_000, 1_704_186_120_000],
            "open": [100, 101, 102],
            "high": [102, 103, 104],
            "low": [99, 100, 101],
            "close": [101, 102, 103],
            "volume": [5, 6, 7],
        }
    )
    frame.to_parquet(tmp_path / "X_1m.parquet")
    indexed = frame.set_index(pd.to_datetime(frame.pop("t"), unit="ms", utc=True))
    indexed.rename_axis(None).to_parquet(tmp_path / "X_1m_indexed.parquet")
    for name in ("X_1m.csv.gz", "X_1m.parquet", "X_1m_indexed.parquet"):
        (rows,) = read_candle_file(tmp_path / name).series
        assert (rows.symbol, str(rows.timeframe)) == ("X", "1m")
        assert rows.open_times[2] == NINE + 120_000_000
        assert values_of(rows, "volume") == [5, 6, 7]


@pytest.mark.parametrize(
    ("name", "symbol", "timeframe"),
    [
        ("BTCUSDT_1h.csv", "BTCUSDT", "1h"),
        ("BTCUSD_1m_2017-2018.csv", "BTCUSD", "1m"),
        ("BTC-USD-1d.csv", "BTC-USD", "1d"),
        ("BTCUSDT_1M.csv", "BTCUSDT", "1M"),
        ("069500.KS.csv", "069500.KS", "1m"),
    ],
)
def test_a_name_tells_symbol_and_timeframe(
    tmp_path: Path, name: str, symbol: str, timeframe: str
) -> None:
    (rows,) = read(tmp_path, f"{HEADER}\n{THREE}", name).series
    assert (rows.symbol, str(rows.timeframe)) == (symbol, timeframe)
    (rows,) = read(
        tmp_path, f"{HEADER}\n{THREE}", name, symbol="Y", timeframe="5m"
    ).series
    assert (rows.symbol, str(rows.timeframe)) == ("Y", "5m")


def test_several_symbols_in_one_file(tmp_path: Path) -> None:
    lines = [f"{line},{name}" for name in "AB" for line in THREE.splitlines()]
    content = f"{HEADER},symbol\n" + "\n".join(lines)
    file = read(tmp_path, content)
    assert [rows.symbol for rows in file.series] == ["A", "B"]
    assert [len(rows) for rows in file.series] == [3, 3]
    assert "--symbol" in refused(tmp_path, content, symbol="A")
    assert "no symbol" in refused(tmp_path, content + "\n" + lines[0][:-1])


# --- times --------------------------------------------------------------------------


def times_of(*given: object, zone: str | None = None) -> list[int]:
    parsed = parse_open_times(pa.chunked_array([pa.array(given)]), zone)
    assert parsed.instants.type == pa.timestamp("us", "UTC")
    return parsed.instants.cast(pa.int64()).to_pylist()


@pytest.mark.parametrize(
    "given",
    [
        "2024-01-02T09:00:00Z",
        "2024-01-02 09:00:00+00:00",
        "2024-01-02 18:00:00+09:00",
        " 2024-01-02T04:00-05:00 ",
        1_704_186_000,
        1_704_186_000_000,
        NINE,
        NINE * 1000,
        "1704186000000",
        1_704_186_000_000.0,
        pd.Timestamp("2024-01-02 18:00", tz="Asia/Seoul").to_pydatetime(),
    ],
)
def test_an_instant_is_read_however_it_is_written(given: object) -> None:
    assert times_of(given, given) == [NINE, NINE]


def test_a_local_time_needs_its_zone() -> None:
    assert times_of("2024-01-02 18:00:00", zone="Asia/Seoul") == [NINE]
    naive = pa.chunked_array([pa.array(["2024-01-02 18:00:00"])])
    with pytest.raises(UnreadableTimesError, match="no zone") as caught:
        parse_open_times(naive)
    assert "--timezone" in caught.value.fix
    typed = pd.Timestamp("2024-01-02 18:00").to_pydatetime()
    assert times_of(typed, zone="Asia/Seoul") == [NINE]
    with pytest.raises(UnreadableTimesError, match="no zone"):
        times_of(typed)


def test_days_open_at_midnight_utc() -> None:
    assert times_of("2024-01-02") == [NINE - 9 * 3_600_000_000]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["2024-01-02T09:00Z", None], "1 rows have no time"),
        (["2024-01-02T09:00Z", "2024-01-02T09:00"], "some have none"),
        (["yesterday"], "no time"),
        (["2024-13-02T09:00Z"], "no time"),
        ([12345], "neither seconds"),
        ([1_704_186_000, 1_704_186_000_000], "neither seconds"),
        ([1_704_186_000.5], "fraction"),
        ([True], "of type bool"),
    ],
)
def test_what_is_no_instant_is_refused(given: list[object], words: str) -> None:
    with pytest.raises(UnreadableTimesError, match=words):
        times_of(*given)


def test_an_hour_that_clocks_repeat_is_refused() -> None:
    with pytest.raises(UnreadableTimesError, match="one instant in America/New_York"):
        times_of("2024-11-03 01:30:00", zone="America/New_York")
    with pytest.raises(UnreadableTimesError, match="one instant"):
        times_of("2024-03-10 02:30:00", zone="America/New_York")


# --- what is asked for --------------------------------------------------------------

TWICE = THREE + "2024-01-02T09:01Z,101,103,100,102.5,6\n"


def test_order_and_repeats_are_left_to_the_rules(tmp_path: Path) -> None:
    (rows,) = read(tmp_path, f"{HEADER}\n{TWICE}").series
    assert len(rows) == 4
    assert rows.descents.tolist() == [2]


@pytest.mark.parametrize(("which", "close"), [("first", 102.0), ("last", 102.5)])
def test_repeats_are_dropped_on_request(
    tmp_path: Path, which: str, close: float
) -> None:
    file = read(tmp_path, f"{HEADER}\n{TWICE}", deduplicate=which, sort=True)
    (rows,) = file.series
    assert values_of(rows, "close") == [101.0, close, 103.0]
    assert len(rows.descents) == 0
    assert codes(file)["CANDLES_DEDUPLICATED"] == 1
    (said,) = (f for f in file.findings if f.code == "CANDLES_DEDUPLICATED")
    assert "1 of them with other values" in said.message
    assert ("CANDLES_SORTED" in codes(file)) == (which == "last")


def test_sorting_alone_keeps_every_row(tmp_path: Path) -> None:
    backwards = "".join(reversed(THREE.splitlines(keepends=True)))
    file = read(tmp_path, f"{HEADER}\n{backwards}", sort=True)
    (rows,) = file.series
    assert values_of(rows, "close") == [101, 102, 103]
    assert codes(file)["CANDLES_SORTED"] == 2
    assert "CANDLES_SORTED" not in codes(
        read(tmp_path, f"{HEADER}\n{THREE}", sort=True)
    )


def test_empty_rows_are_dropped_on_request(tmp_path: Path) -> None:
    content = f"{HEADER}\n{THREE}2024-01-02T09:03Z,,,,,\n2024-01-02T09:04Z,0,0,0,0,0\n"
    (rows,) = read(tmp_path, content).series
    assert np.isnan(values_of(rows, "open")[3])
    file = read(tmp_path, content, drop_empty_rows=True)
    assert len(file.series[0]) == 3
    assert codes(file)["EMPTY_ROWS_DROPPED"] == 2


# --- what cannot be read ------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        (f"{HEADER}\n", "holds no candles"),
        ("time,open,high,low,close\n2024-01-02T09:00Z,1,1,1,1\n", "holds the volume"),
        (f"when,{HEADER[5:]}\n{THREE}", "no column holds the time"),
        (f"date,{HEADER}\n2024-01-02," + THREE.splitlines()[0], "both hold the time"),
        (f"{HEADER}\n2024-01-02T09:00Z,1,1,1,one,1\n", "'one' (first in row 1)"),
        (f"{HEADER}\n2024-01-02 09:00,1,1,1,1,1\n", "--timezone"),
        (f"{HEADER}\n{THREE.splitlines()[0]}\n", "--timeframe"),
        ("<html>\x00</html>", "an HTML page"),
    ],
)
def test_a_file_that_is_none_is_refused(
    tmp_path: Path, content: str, words: str
) -> None:
    assert words in refused(tmp_path, content)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="cannot be read"):
        read_candle_file(tmp_path / "none.csv")
    with pytest.raises(DataFileError, match="folder"):
        read_candle_file(tmp_path)
    (tmp_path / "X.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataFileError, match="damaged"):
        read_candle_file(tmp_path / "X.parquet")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeframe": "1x"}, "timeframe '1x'"),
        ({"timezone": "Asia/Seul"}, "Did you mean Asia/Seoul"),
        ({"deduplicate": "both"}, "Allowed: first, last"),
        ({"mapping": {"closing": "c"}}, "field 'closing'"),
        ({"columns": "time,open"}, "it lacks high, low, close, volume"),
        ({"columns": "time,open,high,low,close,volume,what"}, "field 'what'"),
        ({"symbol": " "}, "symbol is empty"),
    ],
)
def test_options_are_checked(options: dict[str, Any], words: str) -> None:
    with pytest.raises((UnknownNameError, InputError), match=words):
        CandleOptions(**options)


def test_a_mapping_names_columns(tmp_path: Path) -> None:
    content = f"{HEADER.replace('close', 'mid')}\n{THREE}"
    assert "--map close=COLUMN" in refused(tmp_path, content)
    (rows,) = read(tmp_path, content, mapping={"close": "mid"}).series
    assert values_of(rows, "close") == [101, 102, 103]
    with pytest.raises(UnknownNameError, match="column 'nowhere'"):
        read(tmp_path, content, mapping={"close": "nowhere"})


def test_options_say_what_differs_from_the_defaults() -> None:
    assert CandleOptions().to_dict() == {}
    given = {"symbol": "X", "timeframe": "1h", "timezone": "UTC", "sort": True}
    assert CandleOptions(**given).to_dict() == given
