"""Candles on a real PostgreSQL: states, months, roles, and one table without months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from foresto_lab.errors import (
    InputError,
    PartitionMissingError,
    StorageError,
    UnknownNameError,
)
from foresto_lab.storage.lake import LakeCandleStore
from foresto_lab.storage.postgresql.candle_store import PostgresCandleStore
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.timescale import (
    TimescalePlan,
    TimescaleState,
    keep_on_timescale,
)
from tests.contracts.candle_store import (
    THREE_SERIES,
    Candle,
    candle_table,
    minutes,
    stored,
)
from tests.contracts.series_store import counts
from tests.integration.test_timescale import NOTE_HYPERTABLES
from tests.postgresql_server import DatabaseServer


@pytest.fixture
def database(team_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(team_url)
    yield database
    database.close()


@pytest.fixture
def store(database: PostgresDatabase) -> PostgresCandleStore:
    return PostgresCandleStore(database)


@pytest.fixture
def one_table(database: PostgresDatabase) -> PostgresCandleStore:
    """Return a store whose candles lie in one table, as a hypertable's do."""
    with database.connection() as connection:
        connection.execute(text(NOTE_HYPERTABLES))
        keep_on_timescale(
            connection, TimescaleState("2.17", "2.17", "apache"), TimescalePlan()
        )
        connection.commit()
    return PostgresCandleStore(database)


def rows_of(store: PostgresCandleStore, version: str) -> list[Candle]:
    """Return every candle that a state has."""
    rows: list[Candle] = []
    for series in store.candle_coverage().itertuples(index=False):
        try:
            frame = store.candles(series.symbol, series.timeframe, data_version=version)
        except UnknownNameError:
            continue
        rows += [
            (series.symbol, series.timeframe, r[0].to_pydatetime(), *r[1:])
            for r in frame.itertuples()
        ]
    return sorted(rows, key=lambda row: row[:3])


# --- states -----------------------------------------------------------------------


def test_every_state_of_random_loads_can_be_read(store: PostgresCandleStore) -> None:
    """What a state must hold is kept in a dict beside the store."""
    random = np.random.default_rng(5)
    present: dict[tuple[object, ...], Candle] = {}
    states: dict[str, list[Candle]] = {store.candle_version(): []}
    for _ in range(12):
        rows: dict[tuple[object, ...], Candle] = {}
        for _ in range(int(random.integers(1, 30))):
            minute = int(random.integers(0, 40))
            month = int(random.integers(0, 3))
            opened = datetime(2024, 1, 31, 23, 40, tzinfo=UTC) + timedelta(
                minutes=minute, days=90 * month
            )
            value = float(random.integers(1, 4))
            symbol = f"S{random.integers(0, 3)}"
            rows[symbol, "1m", opened] = (symbol, "1m", opened, *[value] * 5)
        present |= rows
        version = store.load_candles(candle_table(list(rows.values()))).data_version
        states[version] = [present[key] for key in sorted(present)]

    for version, expected in states.items():
        assert rows_of(store, version) == expected


def test_a_gap_filled_later_is_a_gap_in_earlier_states(
    store: PostgresCandleStore,
) -> None:
    around = [
        *minutes("A", "2024-01-01T00:00", [1.0]),
        *minutes("A", "2024-01-01T00:02", [3.0]),
    ]
    before = store.load_candles(candle_table(around)).data_version
    gap = minutes("A", "2024-01-01T00:01", [2.0])
    after = store.load_candles(candle_table(gap)).data_version

    assert store.candles("A", "1m", data_version=before)["open"].tolist() == [1.0, 3.0]
    assert store.candles("A", "1m", data_version=after)["open"].tolist() == [1, 2, 3]


def test_a_candle_replaced_twice_has_three_states(store: PostgresCandleStore) -> None:
    names = [
        store.load_candles(
            candle_table(minutes("A", "2024-01-01", [value]))
        ).data_version
        for value in (1.0, 2.0, 3.0)
    ]

    values = [store.candles("A", "1m", data_version=n)["close"].item() for n in names]

    assert values == [1.0, 2.0, 3.0]


def test_an_earlier_state_is_read_by_span_and_field(
    store: PostgresCandleStore,
) -> None:
    first = minutes("A", "2024-01-01T00:00", [1.0, 2.0, 3.0])
    before = store.load_candles(candle_table(first)).data_version
    store.load_candles(candle_table(minutes("A", "2024-01-01T00:01", [9.0, 9.0, 9.0])))

    frame = store.candles(
        "A", "1m", start="2024-01-01T00:01", fields=["volume"], data_version=before
    )

    assert frame["volume"].tolist() == [2.0, 3.0]
    assert list(frame.columns) == ["volume"]


def test_a_series_is_unknown_before_its_first_load(store: PostgresCandleStore) -> None:
    before = store.load_candles(
        candle_table(minutes("A", "2024-01-01", [1.0]))
    ).data_version
    store.load_candles(candle_table(minutes("B", "2024-01-01", [1.0])))

    with pytest.raises(UnknownNameError, match="A 1m"):
        store.candles("B", "1m", data_version=before)
    with pytest.raises(UnknownNameError):
        store.candles("A", "1m", data_version="candles_history@none")


def test_distant_candles_of_a_load_hide_nothing_between_them(
    store: PostgresCandleStore,
) -> None:
    """The second load's run must not reach over the years of the first."""
    middle = minutes("A", "2020-06-01", [2.0])
    before = store.load_candles(candle_table(middle)).data_version
    ends = [*minutes("A", "2010-01-01", [1.0]), *minutes("A", "2024-01-01", [3.0])]
    store.load_candles(candle_table(minutes("Z", "2010-01-05", [1.0])))
    store.load_candles(candle_table(minutes("Z", "2024-01-05", [1.0])))
    store.load_candles(candle_table(ends))

    assert store.candles("A", "1m", data_version=before)["close"].tolist() == [2.0]
    assert store.candles("A", "1m")["close"].tolist() == [1.0, 2.0, 3.0]


def test_both_stores_give_the_same_frames_of_every_state(
    store: PostgresCandleStore, tmp_path: Path
) -> None:
    lake = LakeCandleStore(tmp_path / "lake")
    loads = [
        THREE_SERIES,
        minutes("BTCUSDT", "2023-12-31T23:58", [0.1, 0.2, 0.3, 0.4]),
        minutes("ETHUSDT", "2024-01-01T00:00", [1 / 3], "1M"),
    ]
    for rows in loads:
        version = store.load_candles(candle_table(rows)).data_version
        assert lake.load_candles(candle_table(rows)).data_version == version
        for symbol, timeframe in {row[:2] for row in rows}:
            ours = store.candles(symbol, timeframe, data_version=version)
            theirs = lake.candles(symbol, timeframe, data_version=version)
            pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    pd.testing.assert_frame_equal(store.candle_coverage(), lake.candle_coverage())


# --- months -----------------------------------------------------------------------


def test_a_load_makes_the_months_it_needs(
    store: PostgresCandleStore, database: PostgresDatabase
) -> None:
    rows = minutes("A", "2031-01-31T23:59", [1.0, 2.0])
    store.load_candles(candle_table(rows))

    with database.connection() as connection:
        found = connection.execute(
            text(
                "SELECT tableoid::regclass::text FROM candles_history "
                "ORDER BY open_time"
            )
        ).scalars()
        assert list(found) == ["candles_history_y2031m01", "candles_history_y2031m02"]


def test_a_month_is_bounded_by_utc_not_by_the_servers_zone(
    store: PostgresCandleStore, database: PostgresDatabase
) -> None:
    """The tests' servers run in Asia/Seoul, nine hours ahead."""
    store.load_candles(candle_table(minutes("A", "2031-01-31T20:00", [1.0])))

    with database.connection() as connection:
        query = text("SELECT count(*) FROM candles_history_y2031m01")
        assert connection.execute(query).scalar_one() == 1


def test_a_writer_makes_months_but_a_reader_loads_nothing(
    database: PostgresDatabase, postgresql_server: DatabaseServer, team_url: str
) -> None:
    from foresto_lab.storage.postgresql.roles import TeamRoles, apply_roles

    roles = TeamRoles(prefix="e_candles")
    apply_roles(database, roles)
    name = team_url.rpartition("/")[2]
    logins = {"e_candles_ann": roles.writer, "e_candles_bob": roles.reader}
    try:
        for login, role in logins.items():
            postgresql_server.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'x'")
            postgresql_server.execute(f"GRANT {role} TO {login}")
        ann, bob = (
            PostgresDatabase(_as(postgresql_server.url(name), login))
            for login in logins
        )
        rows = minutes("A", "2031-01-31T23:59", [1.0, 2.0])
        loaded = PostgresCandleStore(ann).load_candles(candle_table(rows))
        assert counts(loaded) == (2, 2, 0, 0)
        changed = minutes("A", "2031-01-31T23:59", [5.0])
        reloaded = PostgresCandleStore(ann).load_candles(candle_table(changed))
        assert counts(reloaded) == (1, 0, 1, 0)
        with pytest.raises((StorageError, PartitionMissingError)):
            PostgresCandleStore(bob).load_candles(
                candle_table(minutes("A", "2033-01-01", [1.0]))
            )
        read = PostgresCandleStore(bob).candles("A", "1m")
        assert read["close"].tolist() == [5.0, 2.0]
        ann.close()
        bob.close()
    finally:
        database.close()
        postgresql_server.drop_database(name)
        for role in (*logins, roles.owner, roles.writer, roles.reader):
            postgresql_server.execute(f"DROP ROLE IF EXISTS {role}")


def _as(url: str, login: str) -> str:
    head, _, tail = url.partition("@")
    return f"{head.partition('//')[0]}//{login}:x@{tail}"


# --- one table, as on TimescaleDB -------------------------------------------------


def test_loads_and_states_are_the_same_in_one_table(
    one_table: PostgresCandleStore,
) -> None:
    before = one_table.load_candles(candle_table(THREE_SERIES)).data_version
    changed = (*THREE_SERIES[4][:7], 51.0)
    fresh = minutes("A", "2044-01-01", [1.0])

    outcome = one_table.load_candles(candle_table([changed, *fresh]))

    assert counts(outcome) == (2, 1, 1, 0)
    assert rows_of(one_table, before) == list(THREE_SERIES)
    assert stored(one_table) == [*fresh, *THREE_SERIES[:4], changed]


# --- what may not pass ------------------------------------------------------------


@pytest.mark.parametrize(
    "symbol",
    [
        "'; DROP TABLE candles_history; --",
        "\\'; DROP TABLE candles_history; --",
        "$$; DROP TABLE candles_history; $$",
        "A' OR '1'='1",
        "{first}",
        "%(symbol)s",
        ":symbol",
        "é'金\n\t\\",
    ],
)
def test_a_symbol_is_a_text_and_never_a_statement(
    store: PostgresCandleStore, symbol: str
) -> None:
    store.load_candles(candle_table(minutes("A", "2024-01-01", [1.0])))
    with pytest.raises(UnknownNameError):
        store.candles(symbol, "1m")
    store.load_candles(candle_table(minutes(symbol, "2024-01-01", [2.0, 2.0])))
    store.load_candles(candle_table(minutes(symbol, "2024-01-01", [3.0])))

    assert store.candles(symbol, "1m")["close"].tolist() == [3.0, 2.0]
    assert store.candles("A", "1m")["close"].tolist() == [1.0]


def test_a_symbol_that_cannot_be_stored_is_not_found_and_not_loaded(
    store: PostgresCandleStore,
) -> None:
    with pytest.raises(UnknownNameError):
        store.candles("A\0B", "1m")
    with pytest.raises((InputError, StorageError)):
        store.load_candles(candle_table(minutes("A\0B", "2024-01-01", [1.0])))
    assert store.candle_version() == "candles_history@none"


@pytest.mark.parametrize("opened", ["0500-01-01", "0999-12-31"])
def test_a_time_without_a_month_is_refused_whole(
    store: PostgresCandleStore, opened: str
) -> None:
    rows = [*THREE_SERIES, *minutes("A", opened, [1.0])]
    with pytest.raises(PartitionMissingError) as caught:
        store.load_candles(candle_table(rows))

    assert caught.value.day == date.fromisoformat(opened).replace(day=1)
    assert len(store.candle_coverage()) == 0


@pytest.mark.parametrize(
    "candle",
    [
        ("A", 1.0, 1.0, 2.0, 1.0, 1.0),
        ("A", -1.0, 1.0, 1.0, 1.0, 1.0),
        ("A", 1.0, float("inf"), 1.0, 1.0, 1.0),
        ("A", 1.0, 1.0, 1.0, 1.0, -1.0),
        ("", 1.0, 1.0, 1.0, 1.0, 1.0),
    ],
)
def test_the_database_refuses_impossible_candles_whole(
    store: PostgresCandleStore, candle: tuple[str, float, float, float, float, float]
) -> None:
    symbol, *values = candle
    wrong = (symbol, "1m", datetime(2024, 1, 1, tzinfo=UTC), *values)
    with pytest.raises(StorageError, match="ck_candles_history"):
        store.load_candles(candle_table([*THREE_SERIES, wrong]))  # type: ignore[list-item]

    assert len(store.candle_coverage()) == 0


def test_compacting_changes_nothing(store: PostgresCandleStore) -> None:
    version = store.load_candles(candle_table(THREE_SERIES)).data_version
    store.compact()
    assert store.candle_version() == version
    assert stored(store) == list(THREE_SERIES)
