"""A million one-minute candles on a team's server: loaded, compared, and read.

The server is a private one that puts what is committed on the disk. Beside reading are
the other ways to get the same rows, those that were tried and not taken included.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import create_engine

from foresto_lab.storage.postgresql.candle_store import PostgresCandleStore
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.schema import ensure_schema
from tests.benchmarks.harness import Measurement, Options, best_of, once
from tests.postgresql_server import PostgresServer, new_server

COUNT = 1_000_000
FEW = 200_000
FIRST = np.datetime64("2023-01-01T00:00", "us")
MINUTE = np.timedelta64(60_000_000, "us")
COLUMNS = "open_time, open, high, low, close, volume"
SERIES = "symbol = 'BTCUSDT' AND timeframe = '1m'"
QUERY = f"SELECT {COLUMNS} FROM candles_history WHERE {SERIES}"
DURABLE = {"fsync": "on", "shared_buffers": "512MB"}


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of candles on PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="foresto-bench-"))
    folder.chmod(0o755)
    server = new_server(folder / "server", **DURABLE)
    server.start()
    try:
        yield from _measure(server, options)
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(server: PostgresServer, options: Options) -> Iterator[Measurement]:
    few = candles("BTCUSDT", FEW, seed=1)
    beside = server.url(server.create_database())
    with closing(new_database(server)) as database:
        store = PostgresCandleStore(database)
        store.load_candles(candles("WARM", 1, seed=0))
        loaded = once(lambda: store.load_candles(few))
    peers = {"pandas.to_sql": to_sql(beside, few)} if options.peers else {}
    yield Measurement(f"load {FEW:,} candles", loaded, peers=peers)

    url = server.url(server.create_database())
    with closing(new_database(server, url)) as database:
        store = PostgresCandleStore(database)
        given = candles("BTCUSDT", COUNT, seed=1)
        yield from _loads(store, given)
        store.compact()
        yield from _reads(store, other_reads(url) if options.peers else {})


def _loads(store: PostgresCandleStore, given: pa.Table) -> Iterator[Measurement]:
    loads = {
        f"load {COUNT:,} candles, months new": given,
        "load them again": given,
        "load as many of another symbol, months there": candles(
            "ETHUSDT", COUNT, seed=2
        ),
        "load them with every tenth changed": every_tenth_changed(given),
    }
    for name, table in loads.items():
        yield Measurement(name, once(lambda table=table: store.load_candles(table)))
    minutes = iter(range(COUNT, 2 * COUNT))
    yield Measurement(
        "load one more candle",
        best_of(
            lambda: store.load_candles(
                candles("BTCUSDT", 1, seed=3, first=FIRST + next(minutes) * MINUTE)
            )
        ),
    )


def _reads(
    store: PostgresCandleStore, peers: Mapping[str, Callable[[], object]]
) -> Iterator[Measurement]:
    yield Measurement(
        f"{COUNT:,} candles as a frame",
        best_of(lambda: store.candles("BTCUSDT", "1m"), least=5),
        0.4,
        {name: best_of(read) for name, read in peers.items()},
    )
    yield Measurement(
        "their closes only",
        best_of(lambda: store.candles("BTCUSDT", "1m", fields=["close"])),
    )
    first = store.load_candles(candles("NEW", 1, seed=4)).data_version
    store.load_candles(candles("NEW", 2, seed=4))
    yield Measurement(
        "all of them at an earlier state",
        best_of(lambda: store.candles("BTCUSDT", "1m", data_version=first)),
    )
    yield Measurement(
        "one day of them",
        best_of(
            lambda: store.candles("BTCUSDT", "1m", start="2024-03-05", end="2024-03-05")
        ),
    )
    yield Measurement("coverage", best_of(store.candle_coverage))


def other_reads(url: str) -> dict[str, Callable[[], object]]:
    """Return other ways to read the same rows into arrays."""
    days = [FIRST + COUNT * MINUTE * part // 2 for part in range(3)]
    halves = [
        f"{QUERY} AND open_time >= '{a}+00' AND open_time < '{b}+00'"
        for a, b in pairwise(days)
    ]
    seconds = COLUMNS.replace("open_time", "extract(epoch FROM open_time)::bigint")
    database = PostgresDatabase(url)
    threads = ThreadPoolExecutor(2)
    return {
        "fetchall": lambda: fetch_all(url),
        "two connections": lambda: list(
            threads.map(lambda half: fetch(database, half), halves)
        ),
        "sorted by the server": lambda: fetch(database, f"{QUERY} ORDER BY open_time"),
        "times as numbers": lambda: fetch(
            database, f"SELECT {seconds} FROM candles_history WHERE {SERIES}"
        ),
    }


def fetch(database: PostgresDatabase, query: str) -> pa.Table:
    with database.arrow_connection() as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetch_arrow_table()


def fetch_all(url: str) -> int:
    with psycopg.connect(url) as connection:
        return len(connection.execute(f"{QUERY} ORDER BY open_time").fetchall())


def new_database(server: PostgresServer, url: str | None = None) -> PostgresDatabase:
    database = PostgresDatabase(url or server.url(server.create_database()))
    ensure_schema(database)
    return database


def to_sql(url: str, table: pa.Table) -> float:
    """Return the time in which pandas writes the rows, without key or index."""
    frame: pd.DataFrame = table.to_pandas()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
    taken = once(lambda: frame.to_sql("candles", engine, index=False))
    engine.dispose()
    return taken


def candles(
    symbol: str, count: int, *, seed: int, first: np.datetime64 = FIRST
) -> pa.Table:
    """Return consecutive one-minute candles of a random walk."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(random.normal(0, 0.001, count)))
    opening = np.r_[100.0, close[:-1]]
    opens = pa.array(first + np.arange(count) * MINUTE)
    return pa.table(
        {
            "symbol": constant(symbol, count),
            "timeframe": constant("1m", count),
            "open_time": opens.cast(pa.timestamp("us", "UTC")),
            "open": opening,
            "high": np.maximum(opening, close) * 1.001,
            "low": np.minimum(opening, close) * 0.999,
            "close": close,
            "volume": random.uniform(0, 10, count),
        }
    )


def constant(text: str, count: int) -> pa.Array:
    zeros = pa.array(np.zeros(count, np.int32))
    return pa.DictionaryArray.from_arrays(zeros, pa.array([text]))


def every_tenth_changed(table: pa.Table) -> pa.Table:
    tenths = pa.array((np.arange(len(table)) % 10 == 0).astype(float))
    return table.set_column(7, "volume", pc.add(table["volume"], tenths))
