"""Ten million daily prices on a team's server: loaded, loaded again, and read back.

The server is a private one that puts what is committed on the disk. Beside loading are
a plain COPY into one table without months, and pandas. Candles and runs on such a
server are measured by ``candles`` and ``runs``.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import create_engine

from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.series_store import PostgresSeriesStore
from foresto_lab.storage.schema import ensure_schema
from tests.benchmarks.bench_lake import (
    FIVE,
    ONE_DAY,
    SYMBOLS,
    next_day,
    ten_million_prices,
)
from tests.benchmarks.harness import Measurement, Options, best_of, once
from tests.postgresql_server import PostgresServer, new_server

SETTINGS: dict[str, Any] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "dynamic_shared_memory_type": "posix",
}
"""Those of a server that a team would use; nothing of them trades safety for speed."""

FEW = 100_000
"""Rows that pandas writes: ten million would take it half an hour."""

FIRST_DAY, LAST_DAY = date(2013, 6, 3), date(2018, 5, 31)
HUNDRED = SYMBOLS[3::20]
RESTATED_DAY = date(2020, 3, 19)


def measure(options: Options) -> Iterator[Measurement]:
    """Yield the measurements of daily prices on PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="foresto-bench-"))
    folder.chmod(0o755)
    server = new_server(folder / "server", **SETTINGS)
    server.start()
    try:
        yield from _measure(server, options)
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(server: PostgresServer, options: Options) -> Iterator[Measurement]:
    table = ten_million_prices()
    with closing(new_database(server)) as database:
        store = PostgresSeriesStore(database)
        server.execute("CHECKPOINT")
        loaded = once(lambda: store.load_daily_prices(table))
        server.execute("CHECKPOINT")
        peers = {}
        if options.peers:
            pandas = to_sql(server, table.slice(0, FEW)) * len(table) / FEW
            server.execute("CHECKPOINT")
            peers = {
                "COPY into one table": plain_copy(server, table),
                f"pandas.to_sql, {FEW:,} rows scaled": pandas,
            }
        yield Measurement("load 10M rows into months", loaded, 50.0, peers)
        yield from _reads(store, "")
        yield from _more_loads(store, table)
        yield Measurement("vacuum and statistics", once(store.compact))
        yield from _reads(store, ", compacted")


def _more_loads(store: PostgresSeriesStore, table: pa.Table) -> Iterator[Measurement]:
    loads = {
        "load the same 10M rows again": table,
        "load one day restated, 2,000 rows": restated(table, RESTATED_DAY),
        "load 100 histories again, 500,000 rows": of_symbols(table, HUNDRED),
    }
    for name, rows in loads.items():
        yield Measurement(name, once(partial(store.load_daily_prices, rows)))
    days = iter(range(1, 1000))
    yield Measurement(
        "append one day, 2,000 rows",
        best_of(lambda: store.load_daily_prices(next_day(table, next(days)))),
    )
    yield Measurement("first returns of 10M rows", once(lambda: store.update_returns()))
    store.load_daily_prices(next_day(table, next(days)))
    yield Measurement("returns of one more day", once(lambda: store.update_returns()))


def _reads(store: PostgresSeriesStore, when: str) -> Iterator[Measurement]:
    version = store.data_version()
    reads: tuple[tuple[str, float | None, Callable[[], object]], ...] = (
        (
            "one instrument's history, every field",
            27e-3,
            lambda: store.daily_prices(["000777"]),
        ),
        (
            "the same at a data version",
            27e-3,
            lambda: store.daily_prices(["000777"], data_version=version),
        ),
        ("one day's cross-section", 5e-3, lambda: store.cross_section(ONE_DAY)),
        (
            "5 instruments x 5 years, matrix",
            None,
            lambda: store.price_matrix(FIVE, start=FIRST_DAY, end=LAST_DAY),
        ),
        ("100 instruments, matrix", None, lambda: store.price_matrix(HUNDRED)),
        ("coverage", None, store.coverage),
        ("data version", None, store.data_version),
    )
    for name, bound, read in reads:
        yield Measurement(f"{name}{when}, p50", median_of(read), bound)
    yield Measurement(
        f"monthly aggregate of everything{when}", once(store.monthly_closes)
    )


def median_of(call: Callable[[], object], *, count: int = 25) -> float:
    """Return the median time of a call on a connection that is in use already."""
    call()
    call()
    return statistics.median(once(call) for _ in range(count))


def new_database(server: PostgresServer) -> PostgresDatabase:
    database = PostgresDatabase(server.url(server.create_database()))
    ensure_schema(database)
    return database


def plain_copy(server: PostgresServer, table: pa.Table) -> float:
    """Return the time of a COPY of the rows into one table without index."""
    with closing(PostgresDatabase(server.url())) as database:
        columns = "symbol text, date date, " + ", ".join(
            f"{name} float8" for name in table.column_names[2:]
        )
        with database.arrow_connection() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE plain ({columns})")
            return once(lambda: cursor.adbc_ingest("plain", table, mode="append"))


def to_sql(server: PostgresServer, table: pa.Table) -> float:
    """Return the time in which pandas writes rows, without key or index."""
    frame = table.to_pandas()
    url = server.url().replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url)
    taken = once(lambda: frame.to_sql("by_pandas", engine, index=False))
    engine.dispose()
    return taken


def restated(table: pa.Table, day: date) -> pa.Table:
    """Return the rows of a day with another volume."""
    rows = table.filter(pc.equal(table["date"], pa.scalar(day)))
    place = rows.column_names.index("volume")
    return rows.set_column(place, "volume", pc.add(rows["volume"], 1.0))


def of_symbols(table: pa.Table, symbols: tuple[str, ...]) -> pa.Table:
    return table.filter(pc.is_in(table["symbol"], pa.array(symbols)))
