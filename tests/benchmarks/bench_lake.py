"""Ten million daily prices: loaded, checked and read back, beside one DuckDB file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from foresto_lab.market import get_calendar
from foresto_lab.market.quality import check_daily_prices
from foresto_lab.storage.lake import LakeSeriesStore
from tests.benchmarks.harness import Measurement, Options, best_of, once

INSTRUMENTS = 2000
SESSIONS = 5000
SYMBOLS = tuple(f"{number:06}" for number in range(INSTRUMENTS))
FIVE = ("000007", "000500", "001000", "001500", "001999")
FIVE_YEARS = {"start": date(2013, 6, 3), "end": date(2018, 5, 31)}
ONE_DAY = date(2016, 3, 3)


def ten_million_prices() -> pa.Table:
    """Return whole-number prices of every instrument on every session, simulated."""
    random = np.random.default_rng(20040102)
    days = get_calendar("XKRX").sessions("2004-01-02", "2026-10-30")[:SESSIONS]
    shape = (INSTRUMENTS, SESSIONS)
    steps = random.normal(0.0001, 0.01, shape).cumsum(axis=1)
    close = np.maximum(np.round(20_000 * np.exp(steps)), 10.0).ravel()
    opening = np.maximum(np.round(close * random.normal(1.0, 0.005, close.size)), 1.0)
    columns = {
        "open": opening,
        "high": np.ceil(np.maximum(close, opening) * 1.01),
        "low": np.floor(np.minimum(close, opening) * 0.99),
        "close": close,
        "adj_close": close * 0.987654321,
        "volume": random.integers(1_000, 10_000_000, close.size).astype(np.float64),
    }
    codes = np.repeat(np.arange(INSTRUMENTS, dtype=np.int32), SESSIONS)
    symbol = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(SYMBOLS))
    dates = pa.array(np.tile(days, INSTRUMENTS))
    return pa.table({"symbol": symbol.cast(pa.string()), "date": dates, **columns})


def next_day(table: pa.Table, number: int) -> pa.Table:
    """Return one row of every instrument on a day after all others."""
    day = table["date"][-1].as_py() + timedelta(days=number)
    last = table.slice(0, INSTRUMENTS)
    columns = {"symbol": pa.array(SYMBOLS), "date": pa.array([day] * INSTRUMENTS)}
    return pa.table({**columns, **{n: last[n] for n in last.column_names[2:]}})


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the lake's measurements."""
    table = ten_million_prices()
    calendar = get_calendar("XKRX")
    with tempfile.TemporaryDirectory(prefix="foresto-bench-") as folder:
        LakeSeriesStore(f"{folder}/warm").load_daily_prices(next_day(table, 0))
        store = LakeSeriesStore(f"{folder}/lake")
        beside = DuckDBFile(Path(folder), table) if options.peers else None

        checked = once(lambda: check_daily_prices(table, calendar=calendar.name))
        loaded = once(lambda: store.load_daily_prices(table))
        peers = {"DuckDB file": beside.load_seconds} if beside else {}
        yield Measurement("check 10M rows", checked)
        yield Measurement("load 10M rows", loaded, 3.5, peers)
        yield Measurement("check and load 10M rows", checked + loaded, 6.0, peers)
        yield Measurement(
            "load the same 10M rows again",
            once(lambda: store.load_daily_prices(table)),
            6.0,
        )
        for name, bound, read, sql in READS:
            yield Measurement(
                name,
                best_of(lambda read=read: read(store)),
                bound,
                {"DuckDB file": beside.read_seconds(sql)} if beside else {},
            )
        days = iter(range(1, 1000))
        yield Measurement(
            "append one day, 2,000 rows",
            best_of(lambda: store.load_daily_prices(next_day(table, next(days)))),
            0.3,
        )
        yield Measurement(
            "first returns of 10M rows", once(lambda: store.update_returns())
        )
        store.load_daily_prices(next_day(table, next(days)))
        yield Measurement(
            "returns of one more day", once(lambda: store.update_returns())
        )
        yield Measurement("data version", best_of(store.data_version))


READS: tuple[tuple[str, float, Callable[[LakeSeriesStore], object], str], ...] = (
    (
        "one instrument's history, every field",
        15e-3,
        lambda store: store.daily_prices(["000777"]),
        "SELECT * FROM prices WHERE symbol = '000777' ORDER BY date",
    ),
    (
        "5 instruments x 5 years, matrix",
        25e-3,
        lambda store: store.price_matrix(FIVE, **FIVE_YEARS),
        "PIVOT (SELECT symbol, date, adj_close FROM prices WHERE symbol IN "
        f"{FIVE} AND date BETWEEN '2013-06-03' AND '2018-05-31') "
        "ON symbol USING first(adj_close) ORDER BY date",
    ),
    (
        "5 instruments x 5 years, every field",
        25e-3,
        lambda store: store.daily_prices(FIVE, **FIVE_YEARS),
        f"SELECT * FROM prices WHERE symbol IN {FIVE} "
        "AND date BETWEEN '2013-06-03' AND '2018-05-31' ORDER BY symbol, date",
    ),
    (
        "one day's cross-section",
        60e-3,
        lambda store: store.cross_section(ONE_DAY),
        f"SELECT * FROM prices WHERE date = DATE '{ONE_DAY}' ORDER BY symbol",
    ),
    (
        "monthly aggregate of everything",
        0.4,
        lambda store: store.monthly_closes(),
        "SELECT symbol, date_trunc('month', date) AS month, arg_max(adj_close, date) "
        "FROM prices GROUP BY ALL ORDER BY ALL",
    ),
)


class DuckDBFile:
    """The peer: one DuckDB file, which a second process could not open."""

    def __init__(self, folder: Path, table: pa.Table) -> None:
        self._path = str(folder / "peer.duckdb")
        self.load_seconds = once(lambda: self._load(table))

    def _load(self, table: pa.Table) -> None:
        with closing(duckdb.connect(self._path)) as connection:
            connection.register("given", table)
            connection.execute("CREATE TABLE prices AS SELECT * FROM given")

    def read_seconds(self, sql: str) -> float:
        """Return the time a query takes, on a connection that is kept."""
        with closing(duckdb.connect(self._path, read_only=True)) as connection:
            return best_of(lambda: _frame(connection, sql))


def _frame(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return connection.sql(sql).df()
