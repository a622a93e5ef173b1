"""What only the lake promises of candles: few files, their order, earlier versions."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from foresto_lab.errors import CorruptStoreError, InputError
from foresto_lab.storage.lake import LakeCandleStore, LakeSeriesStore, data_files
from foresto_lab.storage.lake.snapshot import DataFile, Partition
from tests.contracts.candle_store import (
    THREE_SERIES,
    Candle,
    at,
    candle_table,
    minutes,
    stored,
)
from tests.contracts.series_store import TWO_SYMBOLS, counts, price_table
from tests.oracles.data_versions import following


@pytest.fixture
def store(tmp_path: Path) -> LakeCandleStore:
    return LakeCandleStore(tmp_path / "lake")


def files_of(store: LakeCandleStore) -> tuple[DataFile, ...]:
    return store._candles.snapshot().files


# --- files ------------------------------------------------------------------------


def test_files_lie_by_timeframe_and_period(store: LakeCandleStore) -> None:
    rows = [
        candle
        for timeframe in ("30m", "1h", "1d")
        for year in (2009, 2010, 2024, 2025)
        for symbol in ("B", "A")
        for candle in minutes(symbol, f"{year}-06-01", [1.0], timeframe)
    ]
    store.load_candles(candle_table(rows))

    assert [file.partition for file in files_of(store)] == [
        Partition("1d", 2000),
        Partition("1d", 2010),
        Partition("1d", 2020),
        Partition("1h", 2000),
        Partition("1h", 2010),
        Partition("1h", 2020),
        Partition("30m", 2009),
        Partition("30m", 2010),
        Partition("30m", 2024),
        Partition("30m", 2025),
    ]
    for file in files_of(store):
        assert (file.first_symbol, file.last_symbol) == ("A", "B")
        assert file.path.startswith(f"timeframe={file.partition.group}/period=")


def test_a_read_touches_only_files_that_can_hold_it(store: LakeCandleStore) -> None:
    store.load_candles(candle_table(minutes("A", "2023-12-31T23:59", [1.0, 2.0])))
    store.load_candles(candle_table(minutes("A", "2024-01-01", [1.0], "1h")))
    store.load_candles(candle_table(minutes("K", "2024-01-01", [1.0])))
    snapshot = store._candles.snapshot()

    new_year = 1_704_067_200_000_000  # date -u -d 2024-01-01 +%s
    assert len(snapshot.files) == 4
    assert len(snapshot.files_for(["A"], group="1m")) == 2
    assert len(snapshot.files_for(["A"], new_year, group="1m")) == 1
    assert len(snapshot.files_for(["A"], None, new_year - 1, group="1m")) == 1
    assert len(snapshot.files_for(["A"], group="1h")) == 1
    assert len(snapshot.files_for(["B"], group="1m")) == 0


def test_an_update_rewrites_only_the_file_it_falls_in(store: LakeCandleStore) -> None:
    store.load_candles(candle_table(THREE_SERIES))
    before = {file.path for file in files_of(store)}
    changed = (*THREE_SERIES[4][:7], 51.0)

    outcome = store.load_candles(candle_table([changed]))

    assert counts(outcome) == (1, 0, 1, 0)
    after = {file.path for file in files_of(store)}
    assert len(before - after) == len(after - before) == 1


@pytest.mark.parametrize("rows_per_file", [3, 7, 100])
def test_candles_of_split_and_appended_files_come_in_order(
    store: LakeCandleStore, monkeypatch: pytest.MonkeyPatch, rows_per_file: int
) -> None:
    monkeypatch.setattr(data_files, "ROWS_PER_CANDLE_FILE", rows_per_file)
    random = np.random.default_rng(5)
    expected: dict[str, dict[datetime, float]] = {"A": {}, "B": {}, "C": {}}
    for number in range(12):
        rows: list[Candle] = []
        for symbol in random.permutation(list(expected))[: number % 3 + 1]:
            start = at("2023-12-31T23:00") + timedelta(
                minutes=int(random.integers(0, 120))
            )
            rows += minutes(str(symbol), start.isoformat()[:16], [number + 1.0] * 5)
        store.load_candles(candle_table(rows))
        for row in rows:
            expected[row[0]][row[2]] = row[3]

    for symbol, values in expected.items():
        frame = store.candles(symbol, "1m")
        assert frame.index.is_monotonic_increasing
        assert dict(zip(frame.index, frame["close"], strict=True)) == values


def test_many_small_loads_leave_few_files(store: LakeCandleStore) -> None:
    for number in range(30):
        opened = f"2024-01-01T00:{number:02}"
        store.load_candles(candle_table(minutes("A", opened, [number + 1.0])))

    assert len(files_of(store)) < 10
    assert store.candles("A", "1m")["close"].tolist() == list(range(1, 31))
    store.compact()
    assert len(files_of(store)) == 1
    assert store.candles("A", "1m")["close"].tolist() == list(range(1, 31))


# --- versions ---------------------------------------------------------------------


def test_every_earlier_data_version_can_be_read(
    store: LakeCandleStore, tmp_path: Path
) -> None:
    states: dict[str, list[Candle]] = {}
    for value in (1.0, 2.0, 3.0):
        for symbol in ("A", "B"):
            rows = minutes(symbol, "2023-12-31T23:59", [value, value])
            version = store.load_candles(candle_table(rows)).data_version
            states[version] = stored(store) if len(states) else []
    store.compact()

    other = LakeCandleStore(tmp_path / "lake")
    for version, rows in list(states.items())[1:]:
        assert stored(other, version) == rows


def test_compaction_changes_no_row_and_no_version(store: LakeCandleStore) -> None:
    for row in THREE_SERIES:
        store.load_candles(candle_table([row]))
    version = store.candle_version()

    store.compact()

    assert store.candle_version() == version
    assert stored(store) == list(THREE_SERIES)
    assert counts(store.load_candles(candle_table(THREE_SERIES))) == (5, 0, 0, 5)


def test_an_empty_store_can_be_compacted(store: LakeCandleStore) -> None:
    store.compact()

    assert store.drop_damaged_files() == ()
    assert store.candle_version() == "candles_history@none"


def test_a_damaged_file_is_named_and_can_be_dropped(
    store: LakeCandleStore, tmp_path: Path
) -> None:
    version = store.load_candles(candle_table(THREE_SERIES)).data_version
    folder = tmp_path / "lake" / "candles_history"
    broken = next(f for f in files_of(store) if f.partition == Partition("1m", 2024))
    (folder / broken.path).write_bytes(b"")

    with pytest.raises(CorruptStoreError, match="timeframe=1m/period=2024"):
        store.candles("ETHUSDT", "1m")
    assert len(store.candles("BTCUSDT", "1h")) == 2

    assert store.drop_damaged_files() == (str(folder / broken.path),)
    dropped = store.candle_version()
    assert dropped != version
    assert stored(store) == list(THREE_SERIES[:3])
    again = store.load_candles(candle_table(THREE_SERIES)).data_version
    assert again == following(dropped, THREE_SERIES)
    assert stored(store) == list(THREE_SERIES)


# --- beside the other tables --------------------------------------------------------


def test_candles_and_prices_share_a_lake(tmp_path: Path) -> None:
    candles, prices = LakeCandleStore(tmp_path), LakeSeriesStore(tmp_path)
    candles.load_candles(candle_table(THREE_SERIES))
    prices.load_daily_prices(price_table(TWO_SYMBOLS))

    assert candles.candle_version().startswith("candles_history@1-")
    assert prices.data_version().startswith("daily_price@1-")
    assert stored(candles) == list(THREE_SERIES)
    assert len(prices.daily_prices()) == 5


def test_deltalake_reads_the_same_rows(store: LakeCandleStore, tmp_path: Path) -> None:
    for row in THREE_SERIES:
        store.load_candles(candle_table([row]))
    store.compact()

    table = DeltaTable(tmp_path / "lake" / "candles_history")
    frame = table.to_pandas().sort_values(["symbol", "timeframe", "open_time"])

    assert table.metadata().partition_columns == ["timeframe", "period"]
    columns = ["symbol", "timeframe", "open_time", "open", "volume"]
    assert [tuple(row) for row in frame[columns].itertuples(index=False)] == [
        (*row[:4], row[7]) for row in THREE_SERIES
    ]


def test_instants_are_read_alike_in_any_zone(
    store: LakeCandleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foresto_lab.storage.lake import query

    store.load_candles(candle_table(THREE_SERIES))
    query._connection.get().execute("SET TimeZone = 'Asia/Seoul'")
    try:
        assert stored(store) == list(THREE_SERIES)
        day = store.candles("BTCUSDT", "1h", start="2024-01-01", end="2024-01-01")
        assert day["close"].tolist() == [12.0]
    finally:
        query._connection.get().execute("RESET TimeZone")


@pytest.mark.parametrize("microseconds", [2**62, -(2**62)])
def test_an_instant_outside_the_calendar_is_refused(
    store: LakeCandleStore, microseconds: int
) -> None:
    table = candle_table(THREE_SERIES[:2])
    opens = pa.array([microseconds, 0]).view(pa.timestamp("us", "UTC"))

    with pytest.raises(InputError, match="years 1 to 9999"):
        store.load_candles(table.set_column(2, "open_time", opens))


def test_a_day_outside_the_calendar_is_refused(tmp_path: Path) -> None:
    table = price_table(TWO_SYMBOLS[:2])
    days = pa.array([0, 2**30], pa.int32()).view(pa.date32())

    with pytest.raises(InputError, match="years 1 to 9999"):
        LakeSeriesStore(tmp_path).load_daily_prices(table.set_column(1, "date", days))
