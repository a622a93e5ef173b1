"""A load of candles that does not come to its end leaves nothing behind."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest

from foresto_lab.errors import DatabaseConnectionError
from foresto_lab.storage.postgresql.candle_store import PostgresCandleStore
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.schema import ensure_schema
from tests.contracts.candle_store import THREE_SERIES, candle_table, stored
from tests.contracts.series_store import counts
from tests.postgresql_server import DatabaseServer, PostgresServer

MANY = 400_000
COPYING = "SELECT pid FROM pg_stat_progress_copy WHERE tuples_processed > 10000"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_copy"
LEFT_BEHIND = (
    "SELECT count(*) FROM pg_class WHERE relname LIKE 'candles_history_y201%' "
    "AND relkind = 'r'"
)


def many_candles() -> pa.Table:
    """Return candles of nine months in which the store has none."""
    opens = np.datetime64("2015-01-01", "us") + np.arange(MANY) * np.timedelta64(1, "m")
    symbol, timeframe = (
        pa.DictionaryArray.from_arrays(pa.array(np.zeros(MANY, np.int32)), [text])
        for text in ("A", "1m")
    )
    value = np.ones(MANY)
    return pa.table(
        {
            "symbol": symbol,
            "timeframe": timeframe,
            "open_time": pa.array(opens).cast(pa.timestamp("us", "UTC")),
            **dict.fromkeys(("open", "high", "low", "close", "volume"), value),
        }
    )


def wait_for_rows(server: DatabaseServer, name: str) -> None:
    """Return when the rows of a load are on their way."""
    until = time.monotonic() + 60
    while not server.execute(COPYING, database=name):
        assert time.monotonic() < until
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["server killed", "connection cut"])
def test_a_load_that_is_cut_off_leaves_nothing(
    own_server: PostgresServer, fault: str
) -> None:
    name = own_server.create_database()
    database = PostgresDatabase(own_server.url(name))
    ensure_schema(database)
    store = PostgresCandleStore(database)
    before = store.load_candles(candle_table(THREE_SERIES)).data_version
    given = many_candles()
    with ThreadPoolExecutor(1) as threads:
        loading = threads.submit(store.load_candles, given)
        wait_for_rows(own_server, name)
        if fault == "server killed":
            own_server.kill()
        else:
            own_server.execute(CUT)
        error = loading.exception(timeout=60)
    assert isinstance(error, DatabaseConnectionError)
    assert own_server.password not in str(error)
    assert "\n" not in str(error)

    own_server.start()

    assert store.candle_version() == before
    assert stored(store) == list(THREE_SERIES)
    assert own_server.execute(LEFT_BEHIND, database=name) == [(0,)]
    assert counts(store.load_candles(given)) == (MANY, MANY, 0, 0)
    database.close()


def test_two_loaders_of_the_same_months_lose_nothing(team_url: str) -> None:
    """Each has rows that the other has too, with other values."""
    stores = [PostgresCandleStore(PostgresDatabase(team_url)) for _ in range(2)]
    table = many_candles().slice(0, 60_000)
    halves = [table.slice(0, 40_000), table.slice(20_000)]
    doubled = halves[1].set_column(7, "volume", pa.array(np.full(40_000, 2.0)))

    with ThreadPoolExecutor(2) as threads:
        outcomes = list(
            threads.map(
                lambda pair: pair[0].load_candles(pair[1]),
                zip(stores, (halves[0], doubled), strict=True),
            )
        )

    assert sum(outcome.rows_inserted for outcome in outcomes) == 60_000
    assert sum(outcome.rows_updated for outcome in outcomes) == 20_000
    frame = stores[0].candles("A", "1m")
    assert len(frame) == 60_000
    assert (frame["volume"].iloc[40_000:] == 2.0).all()
    assert (frame["volume"].iloc[:20_000] == 1.0).all()
    assert frame["volume"].iloc[20_000:40_000].nunique() == 1
    assert len({store.candle_version() for store in stores}) == 1
