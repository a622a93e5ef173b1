"""TimescaleDB's part on a real server, as far as one without the extension goes.

Whether it is there is asked of the real catalog. The months are really moved into one
table. Every statement goes through the server's own parser. Only what the extension
itself would do is stood in for: ``create_hypertable``, by a function that tells what it
was asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.timescale import (
    CONVERT,
    FILL,
    FIND_HYPERTABLE,
    TimescalePlan,
    TimescaleState,
    compression,
    daily_candles,
    enable_timescale,
    keep_on_timescale,
    make_hypertable,
    retention,
    timescale_state,
)
from foresto_lab.storage.schema import (
    SCHEMA_VERSION,
    downgrade_schema,
    ensure_schema,
    upgrade_schema,
)

APACHE = TimescaleState("2.17.2", "2.17.2", "apache")
CANDLES = [
    ("A", "1m", "2024-01-31 23:59:00+00", 10.0, 12.0, 9.0, 11.0, 5.0),
    ("A", "1m", "2024-02-01 00:00:00+00", 11.0, 11.5, 10.5, 11.25, 0.0),
    ("B", "1d", "2024-02-01 00:00:00+00", 0.1, 0.3, 0.1, 0.2, 1e9),
]
NOTE_HYPERTABLES = """
CREATE FUNCTION create_hypertable(
    relation regclass, time_column_name name,
    chunk_time_interval interval, create_default_indexes boolean
) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s rows of %s by %s', (SELECT count(*) FROM candles_history),
        relation, time_column_name)
$$
"""


@pytest.fixture
def database(database_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(database_url)
    ensure_schema(database)
    yield database
    database.close()


@pytest.fixture
def connection(database: PostgresDatabase) -> Iterator[Connection]:
    with database.connection() as connection:
        connection.execute(
            text(
                "SELECT create_monthly_partitions("
                "'candles_history', '2024-01-01', '2024-02-01')"
            )
        )
        for row in CANDLES:
            connection.exec_driver_sql(
                "INSERT INTO candles_history VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                row,
            )
        yield connection


def stored(connection: Connection) -> list[Any]:
    return list(
        connection.execute(
            text("SELECT * FROM candles_history ORDER BY symbol, open_time")
        ).all()
    )


def test_a_server_without_the_extension_keeps_its_months(
    connection: Connection,
) -> None:
    before = stored(connection)
    report = enable_timescale(connection)
    assert report.statements == ()
    assert report.state.installed is None
    assert not report.state.is_usable
    assert "in monthly partitions" in report.state.sentence
    assert stored(connection) == before
    assert _kind(connection) == "p"


def test_an_upgrade_of_such_a_database_changes_nothing(
    database: PostgresDatabase,
) -> None:
    assert upgrade_schema(database) == SCHEMA_VERSION
    with database.connection() as connection:
        assert _kind(connection) == "p"


def test_months_become_one_table_with_their_rows_rules_and_rights(
    connection: Connection,
) -> None:
    connection.execute(text("CREATE ROLE e_timescale_reader"))
    connection.execute(text("GRANT SELECT ON candles_history TO e_timescale_reader"))
    connection.execute(text("GRANT INSERT ON candles_history TO PUBLIC"))
    connection.execute(text(NOTE_HYPERTABLES))
    before = stored(connection)

    done = keep_on_timescale(connection, APACHE, TimescalePlan())

    assert done == (
        *CONVERT,
        make_hypertable(TimescalePlan()),
        *[s for s in done if s.startswith("GRANT ")],
        *FILL,
    )
    assert _kind(connection) == "r"
    assert stored(connection) == before
    assert _exists(connection, "pk_candles_history")
    assert _exists(connection, "ix_candles_history_open_time")
    assert not _exists(connection, "candles_history_months")
    assert not _exists(connection, "candles_history_y2024m01")
    granted = connection.execute(
        text(
            "SELECT grantee, privilege_type FROM information_schema.table_privileges "
            "WHERE table_name = 'candles_history' "
            "AND grantee IN ('PUBLIC', 'e_timescale_reader') ORDER BY grantee"
        )
    ).all()
    assert [tuple(row) for row in granted] == [
        ("PUBLIC", "INSERT"),
        ("e_timescale_reader", "SELECT"),
    ]


def test_the_table_is_empty_when_it_becomes_a_hypertable(
    connection: Connection,
) -> None:
    connection.execute(text(NOTE_HYPERTABLES))
    for statement in CONVERT:
        connection.execute(text(statement))
    noted = connection.execute(text(make_hypertable(TimescalePlan()))).scalar_one()
    assert noted == "0 rows of candles_history by open_time"


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        (
            "'A', '1m', '2024-02-01 00:00+00', 1, 1, 1, 1, 1",
            "duplicate key value violates unique constraint",
        ),
        (
            "'A', '1m', '2024-03-01 00:00+00', 1, 1, 2, 1, 1",
            "ck_candles_history_prices",
        ),
        ("'', '1m', '2024-03-01 00:00+00', 1, 1, 1, 1, 1", "ck_candles_history_symbol"),
        ("'A', '1m', NULL, 1, 1, 1, 1, 1", "null value in column"),
    ],
)
def test_the_one_table_refuses_what_the_months_refused(
    connection: Connection, values: str, rule: str
) -> None:
    connection.execute(text(NOTE_HYPERTABLES))
    keep_on_timescale(connection, APACHE, TimescalePlan())
    with pytest.raises(DBAPIError, match=rule):
        connection.exec_driver_sql(f"INSERT INTO candles_history VALUES ({values})")


def test_no_months_are_made_for_the_one_table(connection: Connection) -> None:
    connection.execute(text(NOTE_HYPERTABLES))
    keep_on_timescale(connection, APACHE, TimescalePlan())
    made = connection.execute(
        text(
            "SELECT create_monthly_partitions("
            "'candles_history', '2025-01-01', '2025-12-31')"
        )
    ).scalar_one()
    assert made == 0


def test_the_one_table_can_be_downgraded(database: PostgresDatabase) -> None:
    with database.connection() as connection:
        connection.execute(text(NOTE_HYPERTABLES))
        keep_on_timescale(connection, APACHE, TimescalePlan())
        connection.commit()
    assert downgrade_schema(database, "0001") == SCHEMA_VERSION
    assert upgrade_schema(database) == "0001"
    with database.connection() as connection:
        assert _kind(connection) == "p"
        assert timescale_state(connection).is_hypertable is False


def test_the_servers_own_parser_takes_every_statement(connection: Connection) -> None:
    state, plan = TimescaleState("2.17.2", "2.17.2"), TimescalePlan(keep_days=730)
    statements = [
        *CONVERT,
        make_hypertable(plan),
        *FILL,
        *compression(state, plan),
        *daily_candles(state, plan),
        *daily_candles(state, TimescalePlan()),
        *retention(plan),
        FIND_HYPERTABLE,
    ]
    for statement in statements:
        _parse(connection, statement)
    with pytest.raises(DBAPIError, match="syntax error"):
        _parse(connection, "ALTER TABLE candles_history SET timescaledb.compress")


def _parse(connection: Connection, statement: str) -> None:
    """Let the server read a statement, but not execute it."""
    connection.exec_driver_sql(
        f"DO $body$ BEGIN IF FALSE THEN {statement}; END IF; END $body$"
    )


def _kind(connection: Connection) -> str:
    kind = connection.execute(
        text("SELECT relkind FROM pg_class WHERE oid = 'candles_history'::regclass")
    ).scalar_one()
    return kind.decode() if isinstance(kind, bytes) else str(kind)


def _exists(connection: Connection, name: str) -> bool:
    found = connection.execute(text("SELECT to_regclass(:name)"), {"name": name})
    return found.scalar() is not None
