"""What only the lake promises: few files, races lost, Delta tables others can read."""

from __future__ import annotations

import fcntl
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable

from foresto_lab.errors import WriteConflictError
from foresto_lab.storage import layouts
from foresto_lab.storage.lake import LakeSeriesStore, commits, layout, turn
from foresto_lab.storage.lake.snapshot import Change
from foresto_lab.storage.lake.upsert import Upsert
from tests.contracts.series_store import (
    TWO_SYMBOLS,
    closes,
    counts,
    price_table,
    stored,
)


@pytest.fixture
def store(tmp_path: Path) -> LakeSeriesStore:
    return LakeSeriesStore(tmp_path / "lake")


def files_of(store: LakeSeriesStore) -> list[str]:
    return [file.path for file in store._prices.snapshot().files]


# --- files ------------------------------------------------------------------------


def test_a_history_is_one_sorted_file_per_period(store: LakeSeriesStore) -> None:
    rows = [
        (symbol, f"{year}-06-01", *[1.0] * 6)
        for year in range(2000, 2020)
        for symbol in ("B", "A")
    ]
    store.load_daily_prices(price_table(rows))

    files = store._prices.snapshot().files
    assert [file.partition.period for file in files] == [2000, 2005, 2010, 2015]
    for file in files:
        assert (file.first_symbol, file.last_symbol) == ("A", "B")
        year = file.partition.period
        assert np.datetime64(file.first_time, "D") == np.datetime64(f"{year}-06-01")
        assert np.datetime64(file.last_time, "D") == np.datetime64(f"{year + 4}-06-01")
        assert file.row_count == 10


def test_a_read_touches_only_files_that_can_hold_it(store: LakeSeriesStore) -> None:
    store.load_daily_prices(price_table(closes("A", "1999-12-31", [1.0, 2.0])))
    store.load_daily_prices(price_table(closes("K", "2024-01-02", [1.0, 2.0])))
    snapshot = store._prices.snapshot()

    assert len(snapshot.files) == 3
    assert len(snapshot.files_for(["A"])) == 2
    assert len(snapshot.files_for(["B"])) == 0
    day = layouts.DAILY_PRICE.number_of(date(2000, 1, 1))
    assert len(snapshot.files_for(None, day, day)) == 1
    assert len(snapshot.files_for(["A", "K"], day)) == 2


def test_an_append_leaves_the_large_files_alone(store: LakeSeriesStore) -> None:
    store.load_daily_prices(price_table(closes("A", "2024-01-02", [1.0, 2.0])))
    before = files_of(store)

    store.load_daily_prices(price_table(closes("A", "2024-01-04", [3.0])))

    assert set(before) < set(files_of(store))


def test_an_update_rewrites_only_the_file_it_falls_in(store: LakeSeriesStore) -> None:
    rows = [*closes("A", "2004-01-02", [1.0, 2.0]), *closes("A", "2014-01-02", [3.0])]
    store.load_daily_prices(price_table(rows))
    before = files_of(store)

    outcome = store.load_daily_prices(price_table(closes("A", "2004-01-03", [9.0])))

    assert counts(outcome) == (1, 0, 1, 0)
    assert len(set(before) & set(files_of(store))) == 1
    assert len(files_of(store)) == 2


def test_a_period_too_large_for_one_file_is_split_by_symbol(
    store: LakeSeriesStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foresto_lab.storage.lake.data_files.ROWS_PER_FILE", 100)
    symbols = [f"S{n:02}" for n in range(25)]
    rows = [row for s in symbols for row in closes(s, "2024-01-01", [1.0] * 10)]

    store.load_daily_prices(price_table(rows))

    files = store._prices.snapshot().files
    assert [file.row_count for file in files] == [100, 100, 50]
    assert len(store._prices.snapshot().files_for(["S24"])) == 1
    assert len(store.daily_prices()) == 250


def test_many_row_groups_read_as_one(store: LakeSeriesStore) -> None:
    count = 3 * layout.ROWS_PER_GROUP + 7
    symbols = np.sort(np.arange(count) % 300).astype(str).tolist()
    places = pd.Series(symbols).groupby(pd.Series(symbols)).cumcount().to_numpy()
    days = np.datetime64("2020-01-01", "D") + places
    value = pa.array(np.arange(count, dtype=np.float64))
    fields = dict.fromkeys(layouts.DAILY_PRICE.fields, value)
    table = pa.table({"symbol": symbols, "date": pa.array(days), **fields})

    assert store.load_daily_prices(table).rows_inserted == count
    assert store.load_daily_prices(table).rows_unchanged == count
    expected = table.to_pandas().sort_values(["symbol", "date"])["close"]
    assert store.daily_prices()["close"].tolist() == expected.tolist()


# --- what comes in ----------------------------------------------------------------


def test_symbols_may_come_as_dictionaries_that_differ(store: LakeSeriesStore) -> None:
    table = price_table(TWO_SYMBOLS)
    parts = [table.slice(0, 3), table.slice(3, 2)]
    encoded = pa.concat_tables(
        [p.set_column(0, "symbol", p["symbol"].dictionary_encode()) for p in parts]
    )

    store.load_daily_prices(encoded)

    assert stored(store) == list(TWO_SYMBOLS)


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view()])
def test_symbols_may_come_as_any_string(
    store: LakeSeriesStore, kind: pa.DataType
) -> None:
    table = price_table(TWO_SYMBOLS)
    table = table.set_column(0, "symbol", table["symbol"].cast(kind))

    store.load_daily_prices(table)

    assert stored(store) == list(TWO_SYMBOLS)


def test_whole_numbers_and_instants_are_taken(store: LakeSeriesStore) -> None:
    table = price_table(TWO_SYMBOLS[:3])
    table = table.set_column(7, "volume", table["volume"].cast(pa.int64()))
    table = table.set_column(1, "date", table["date"].cast(pa.timestamp("ns")))

    store.load_daily_prices(table)

    assert stored(store) == list(TWO_SYMBOLS[:3])


def test_symbols_to_read_may_come_as_one_text_or_an_index(
    store: LakeSeriesStore,
) -> None:
    store.load_daily_prices(price_table(TWO_SYMBOLS))

    assert store.price_matrix("SPY").columns.tolist() == ["SPY"]
    index = pd.Index(["SPY", "069500", "SPY"])
    assert store.price_matrix(index).columns.tolist() == ["SPY", "069500"]
    assert len(store.daily_prices(np.array(["SPY"]), start="2024-02-01")) == 1


# --- races ------------------------------------------------------------------------


def test_a_writer_that_always_loses_gives_up_and_leaves_nothing(
    store: LakeSeriesStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foresto_lab.storage.sorted_rows import parse_parts

    monkeypatch.setattr(commits, "ATTEMPTS", 4)
    store.load_daily_prices(price_table(TWO_SYMBOLS[:1]))
    table = store._prices
    rows = parse_parts(price_table(TWO_SYMBOLS), layouts.DAILY_PRICE, "test")
    races = []

    def lose() -> Upsert:
        races.append(table.snapshot().version)
        return Upsert(layouts.DAILY_PRICE, rows)

    write = table._files.write

    def write_after_another(*args: object) -> object:
        version = table._log.snapshot().version
        mark = {"daily_return": version}
        table._log.commit(Change(version, changes_rows=False, marks=mark))
        return write(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(table._files, "write", write_after_another)
    with pytest.raises(WriteConflictError, match="4 attempts"):
        table.upsert(lose)

    assert len(races) == 4
    assert stored(store) == [TWO_SYMBOLS[0]]
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 1


def test_a_writer_that_never_ends_its_turn_holds_nobody_up(
    store: LakeSeriesStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "WAIT_SECONDS", 0.1)
    store.load_daily_prices(price_table(TWO_SYMBOLS[:1]))

    with (tmp_path / "lake" / "daily_price.turn").open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        outcome = store.load_daily_prices(price_table(TWO_SYMBOLS))

    assert counts(outcome) == (5, 4, 0, 1)


# --- the tables are Delta tables ----------------------------------------------------


def test_deltalake_reads_the_same_rows(store: LakeSeriesStore, tmp_path: Path) -> None:
    for row in TWO_SYMBOLS:
        store.load_daily_prices(price_table([row]))
    store.load_daily_prices(price_table([(*TWO_SYMBOLS[0][:7], 1.0)]))
    store.compact()

    table = DeltaTable(tmp_path / "lake" / "daily_price")
    frame = table.to_pandas().sort_values(["symbol", "date"])

    assert frame["symbol"].tolist() == [row[0] for row in TWO_SYMBOLS]
    assert frame["volume"].fillna(-1).tolist() == [1.0, 200.0, 300.0, 7.0, -1.0]
    assert table.metadata().partition_columns == ["period"]


def test_a_compaction_says_that_no_data_changed(
    store: LakeSeriesStore, tmp_path: Path
) -> None:
    for row in TWO_SYMBOLS:
        store.load_daily_prices(price_table([row]))
    store.compact()
    log = tmp_path / "lake" / "daily_price" / "_delta_log"
    newest = sorted(log.glob("*.json"))[-1].read_text()

    assert '"dataChange":false' in newest
    assert '"dataChange":true' not in newest


# --- real prices ------------------------------------------------------------------


@pytest.mark.shared_data
def test_real_prices_read_as_pandas_has_them(
    store: LakeSeriesStore, shared_data: Path
) -> None:
    frame = pd.read_parquet(shared_data / "us_etf_daily_yahoo" / "us_etf_daily.parquet")
    frame.columns = [name.lower() for name in frame.columns]
    frame = frame.rename(columns={"ticker": "symbol"})
    frame["date"] = pd.to_datetime(frame["date"])
    frame = frame[["symbol", "date", *layouts.DAILY_PRICE.fields]]
    wide = frame.pivot(index="date", columns="symbol", values="adj_close")

    outcome = store.load_daily_prices(pa.Table.from_pandas(frame, preserve_index=False))
    store.update_returns()

    assert counts(outcome) == (len(frame), len(frame), 0, 0)
    symbols = ["TLT", "SPY", "BIL"]
    matrix = store.price_matrix(symbols)
    expected = wide[symbols].dropna(how="all")
    np.testing.assert_array_equal(matrix.to_numpy(), expected.to_numpy())
    assert matrix.index.tolist() == expected.index.tolist()
    day = store.cross_section(date(2020, 3, 16))["adj_close"]
    assert day.to_dict() == wide.loc["2020-03-16"].dropna().to_dict()
    returns = store.daily_returns(["SPY"])["daily_return"]
    spy = wide["SPY"].dropna()
    np.testing.assert_allclose(returns, spy.pct_change().dropna(), rtol=0.0, atol=1e-15)
    months = store.monthly_closes()
    monthly = months[months["symbol"] == "SPY"]["close"].tolist()
    assert monthly == spy.groupby(spy.index.to_period("M")).last().tolist()
