"""Prices on PostgreSQL, beyond the contract: rights, locks, what is left untouched."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from foresto_lab.errors import PartitionMissingError, StorageError
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.series_months import MANY_ROWS
from foresto_lab.storage.postgresql.series_store import PostgresSeriesStore
from tests.contracts.series_store import (
    TWO_SYMBOLS,
    closes,
    counts,
    price_table,
    stored,
)
from tests.postgresql_server import DatabaseServer

PASSWORD = "opensesame"
TABLES = ("daily_price", "daily_price_superseded", "series_version", "series_coverage")


@pytest.fixture
def store(team_url: str) -> Iterator[PostgresSeriesStore]:
    database = PostgresDatabase(team_url)
    yield PostgresSeriesStore(database)
    database.close()


@pytest.fixture
def person(team_url: str, postgresql_server: DatabaseServer) -> Iterator[str]:
    """Return the name of a login that may read and write the tables, and no more."""
    name = f"person_{secrets.token_hex(4)}"
    with psycopg.connect(team_url, autocommit=True) as owner:
        owner.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(name), PASSWORD
            )
        )
        for table in TABLES:
            owner.execute(
                sql.SQL("GRANT SELECT, INSERT, UPDATE ON {} TO {}").format(
                    sql.Identifier(table), sql.Identifier(name)
                )
            )
        owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield name
    postgresql_server.drop_database(urlsplit(team_url).path[1:])
    postgresql_server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def store_of_person(team_url: str, person: str) -> Iterator[PostgresSeriesStore]:
    given = urlsplit(team_url)
    place = f"{person}:{PASSWORD}@{given.hostname}:{given.port}"
    database = PostgresDatabase(given._replace(netloc=place).geturl())
    yield PostgresSeriesStore(database)
    database.close()


# --- rights -----------------------------------------------------------------------


def test_who_may_write_the_table_only_loads_into_new_months(
    store_of_person: PostgresSeriesStore, store: PostgresSeriesStore
) -> None:
    outcome = store_of_person.load_daily_prices(price_table(TWO_SYMBOLS))

    assert counts(outcome) == (5, 5, 0, 0)
    assert stored(store) == stored(store_of_person) == list(TWO_SYMBOLS)
    changed = ("SPY", "2024-02-02", 405.0, 411.0, 404.0, 410.0, 407.0, 9.0)
    outcome = store_of_person.load_daily_prices(price_table([changed]))
    assert counts(outcome) == (1, 0, 1, 0)


@pytest.mark.parametrize(
    ("function", "count"),
    [
        ("create_monthly_partitions(text, date, date)", 3),
        ("begin_monthly_partition(text, date)", MANY_ROWS),
        ("attach_monthly_partition(text, date)", MANY_ROWS),
    ],
)
def test_who_may_not_make_months_is_told_which(
    store_of_person: PostgresSeriesStore,
    store: PostgresSeriesStore,
    team_url: str,
    function: str,
    count: int,
) -> None:
    there = closes("A", "2024-01-30", [1.0, 2.0])
    missing = [(f"S{n:04}", "2024-02-07", *[1.0] * 6) for n in range(count)]
    store.load_daily_prices(price_table(there))
    with psycopg.connect(team_url, autocommit=True) as owner:
        owner.execute(
            sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(
                sql.SQL(function)  # type: ignore[arg-type]
            )
        )

    with pytest.raises(PartitionMissingError, match="2024-02-01") as caught:
        store_of_person.load_daily_prices(price_table([*there, *missing]))

    assert "foresto db partitions" in str(caught.value)
    assert stored(store) == there
    assert counts(store_of_person.load_daily_prices(price_table(there))) == (2, 0, 0, 2)


def test_who_may_write_the_table_only_fills_a_month_of_many_rows(
    store_of_person: PostgresSeriesStore,
) -> None:
    rows = [(f"S{n:04}", "2024-02-07", *[1.0] * 6) for n in range(MANY_ROWS)]

    outcome = store_of_person.load_daily_prices(price_table(rows))

    assert counts(outcome) == (MANY_ROWS, MANY_ROWS, 0, 0)
    assert stored(store_of_person) == rows


# --- locks ------------------------------------------------------------------------


def test_a_load_does_not_wait_for_a_reader(
    store: PostgresSeriesStore, team_url: str
) -> None:
    store.load_daily_prices(price_table(TWO_SYMBOLS[:2]))
    with psycopg.connect(team_url) as reader:
        query = "SELECT count(*) FROM daily_price"
        assert reader.execute(query).fetchone() == (2,)

        outcome = _soon(lambda: store.load_daily_prices(price_table(TWO_SYMBOLS)))

        assert outcome.rows_inserted == 3


def test_readers_do_not_wait_for_a_load(
    store: PostgresSeriesStore, team_url: str
) -> None:
    version = store.load_daily_prices(price_table(TWO_SYMBOLS)).data_version
    with psycopg.connect(team_url) as loader:
        loader.execute(
            "SELECT pg_advisory_xact_lock(1718579813, hashtext('daily_price'))"
        )
        loader.execute("SELECT begin_monthly_partition('daily_price', '2024-03-01')")
        loader.execute(
            "INSERT INTO daily_price_y2024m03 SELECT DISTINCT ON (symbol) symbol, "
            "DATE '2024-03-04', open, high, low, close, adj_close, volume, 2 "
            "FROM daily_price"
        )
        loader.execute("SELECT attach_monthly_partition('daily_price', '2024-03-01')")
        loader.execute("UPDATE daily_price SET volume = 1, version = 2")

        for read in (
            lambda: stored(store),
            lambda: stored(store, version),
        ):
            assert _soon(read) == list(TWO_SYMBOLS)
        assert _soon(lambda: len(store.coverage())) == 2
        assert _soon(store.data_version) == version
        loader.rollback()


def test_what_is_equal_is_not_written_again(
    store: PostgresSeriesStore, team_url: str
) -> None:
    store.load_daily_prices(price_table(TWO_SYMBOLS))
    query = "SELECT symbol, date, xmin::text, ctid::text FROM daily_price ORDER BY 1, 2"
    with psycopg.connect(team_url, autocommit=True) as connection:
        before = connection.execute(query).fetchall()
        changed = ("SPY", "2024-02-02", 405.0, 411.0, 404.0, 410.0, 407.0, 9.0)

        store.load_daily_prices(price_table([*TWO_SYMBOLS[:4], changed]))

        after = connection.execute(query).fetchall()
        assert after[:4] == before[:4]
        assert after[4] != before[4]
        kept = connection.execute(
            "SELECT symbol, date, version, superseded_by, volume "
            "FROM daily_price_superseded"
        ).fetchall()
    assert kept == [("SPY", date(2024, 2, 2), 1, 2, None)]


# --- rows -------------------------------------------------------------------------


def test_a_row_that_cannot_be_is_refused_with_the_whole_load(
    store: PostgresSeriesStore,
) -> None:
    broken = ("SPY", "2024-03-01", 1.0, 1.0, 2.0, 1.0, 1.0, 1.0)  # high below low

    with pytest.raises(StorageError, match="ck_daily_price_prices"):
        store.load_daily_prices(price_table([*TWO_SYMBOLS, broken]))

    assert stored(store) == []
    assert store.data_version() == "daily_price@none"
    assert counts(store.load_daily_prices(price_table(TWO_SYMBOLS))) == (5, 5, 0, 0)


def test_old_and_new_months_far_apart_in_one_load(store: PostgresSeriesStore) -> None:
    days = ["1962-01-31", "1962-02-01", "1990-05-02", "2020-02-29", "2020-03-02"]
    rows = [row for day in days for row in closes("A", day, [7.0])]
    store.load_daily_prices(price_table(rows[::2]))
    rows[4] = (*rows[4][:7], 8.0)

    assert counts(store.load_daily_prices(price_table(rows))) == (5, 2, 1, 2)
    assert stored(store) == rows
    coverage = store.coverage().iloc[0]
    assert (coverage["first_date"].year, coverage["last_date"].year) == (1962, 2020)
    assert coverage["row_count"] == 5


def test_rows_may_come_into_months_made_ahead(
    store: PostgresSeriesStore, team_url: str
) -> None:
    with psycopg.connect(team_url, autocommit=True) as connection:
        connection.execute(
            "SELECT create_monthly_partitions('daily_price', '2023-11-01', "
            "'2024-02-28')"
        )

    assert counts(store.load_daily_prices(price_table(TWO_SYMBOLS))) == (5, 5, 0, 0)
    assert stored(store) == list(TWO_SYMBOLS)


def test_a_temporary_table_named_like_a_month_does_not_stand_for_it(
    store: PostgresSeriesStore, team_url: str
) -> None:
    with psycopg.connect(team_url, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE daily_price_y2030m01 (symbol text)")
        made = connection.execute(
            "SELECT create_monthly_partitions('daily_price', '2030-01-01', "
            "'2030-01-31')"
        ).fetchone()
    assert made == (1,)


def _soon(call: Callable[[], object]) -> object:
    """Return what a call gives; one that waits for others fails."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(call).result(timeout=20)
