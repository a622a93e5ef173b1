from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sqlalchemy import text

from foresto_lab.errors import CorruptStoreError
from foresto_lab.runs.record import RunArtifacts
from foresto_lab.storage.postgresql.database import PostgresDatabase
from foresto_lab.storage.postgresql.path_rows import MEASURES, decode_path, encode_path
from foresto_lab.storage.postgresql.run_store import PostgresRunStore
from foresto_lab.types import RunStatus
from tests.contracts.run_store import (
    START,
    Clock,
    RunStoreContract,
    new_record,
    small_artifacts,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(team_url: str) -> Iterator[PostgresDatabase]:
    database = PostgresDatabase(team_url)
    yield database
    database.close()


@pytest.fixture
def store(database: PostgresDatabase, clock: Clock) -> PostgresRunStore:
    return PostgresRunStore(database, clock=clock)


@pytest.fixture
def reopen(team_url: str, clock: Clock) -> Iterator[Callable[[], PostgresRunStore]]:
    opened: list[PostgresDatabase] = []

    def reopened() -> PostgresRunStore:
        opened.append(PostgresDatabase(team_url))
        return PostgresRunStore(opened[-1], clock=clock)

    yield reopened
    for database in opened:
        database.close()


class TestPostgresRunStore(RunStoreContract):
    """The contract, on PostgreSQL."""


# --- paths as rows ----------------------------------------------------------------


def made_path(
    sessions: int = 250, weights: tuple[str, ...] = ("a", "채권")
) -> pd.DataFrame:
    random = np.random.default_rng(7)
    index = pd.DatetimeIndex(
        np.datetime64("1999-12-20") + np.arange(sessions), name="date"
    ).as_unit("s")
    nav = 1e6 * np.exp(np.cumsum(random.normal(0, 0.01, sessions)))
    columns = {
        "nav": nav,
        "daily_return": np.r_[0.0, nav[1:] / nav[:-1] - 1],
        "cumulative_return": nav / nav[0] - 1,
        "drawdown": np.minimum(nav / np.maximum.accumulate(nav) - 1, 0.0),
        **{f"weight_{name}": random.random(sessions) for name in weights},
    }
    return pd.DataFrame(columns, index=index)


def count(database: PostgresDatabase, what: str) -> int:
    with database.reading() as session:
        return int(session.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())


@pytest.mark.parametrize("weights", [(), ("a",), ("equity", "채권", "금", "x y", "%s")])
def test_a_path_is_rows_and_reads_back_to_the_last_bit(
    store: PostgresRunStore, database: PostgresDatabase, weights: tuple[str, ...]
) -> None:
    path = made_path(weights=weights)
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, RunArtifacts({"path": path}, {}))
    assert count(database, "simulation_path") == len(path)
    read = store.artifacts(run_id).tables["path"]
    pd.testing.assert_frame_equal(read, path, check_exact=True, check_freq=True)
    with database.reading() as session:
        rows = session.execute(
            text(
                "SELECT session, nav, weights FROM simulation_path "
                "WHERE run_id = :run ORDER BY session LIMIT 1"
            ),
            {"run": run_id},
        ).one()
    assert rows.session == date(1999, 12, 20)
    assert rows.nav == path["nav"].iloc[0]
    assert rows.weights == path.iloc[0, 4:].tolist()


def test_weights_have_their_names_for_people_who_ask_in_sql(
    store: PostgresRunStore, database: PostgresDatabase
) -> None:
    path = made_path(3)
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, RunArtifacts({"path": path}, {}))
    query = text(
        "SELECT asset, weight FROM simulation_path_weight WHERE run_id = :run "
        "AND session = '1999-12-21' ORDER BY asset"
    )
    with database.reading() as session:
        named = [tuple(row) for row in session.execute(query, {"run": run_id})]
    second = path.iloc[1]
    assert named == [("a", second["weight_a"]), ("채권", second["weight_채권"])]


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.assign(nav=np.nan),
        lambda path: path.assign(drawdown=0.5),
        lambda path: path.assign(weight_a=np.inf),
        lambda path: path.iloc[::-1],
        lambda path: path.set_index(path.index + pd.Timedelta(hours=9)),
        lambda path: path.tz_localize("Asia/Seoul"),
        lambda path: path.reset_index(drop=True),
        lambda path: path.assign(note="text"),
        lambda path: path[["nav"]],
        lambda path: path.iloc[:0],
        lambda path: path.astype({"nav": np.float32}),
    ],
)
def test_a_path_that_fits_no_rows_is_kept_all_the_same(
    store: PostgresRunStore,
    database: PostgresDatabase,
    change: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    path = change(made_path(20))
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, RunArtifacts({"path": path}, {}))
    assert count(database, "simulation_path") == 0
    read = store.artifacts(run_id).tables["path"]
    pd.testing.assert_frame_equal(read, path, check_exact=True)


def test_one_row_is_what_the_format_says() -> None:
    """The bytes of one row, written out by hand from PostgreSQL's manual."""
    index = pd.DatetimeIndex(["2000-01-03"], name="date")
    path = pd.DataFrame(
        {
            "nav": [1.0],
            "daily_return": [0.0],
            "cumulative_return": [0.0],
            "drawdown": [-0.5],
            "weight_a": [2.0],
        },
        index=index,
    )
    encoded = encode_path(path, "run1")
    assert encoded is not None
    one, half, two = "3ff0000000000000", "bfe0000000000000", "4000000000000000"
    expected = (
        "5047434f50590aff0d0a00" + "00000000" * 2  # signature, flags, no extension
        + "0008"  # fields
        + "00000004" + "72756e31"
        + "00000004" + "00000002"  # two days after 2000-01-01
        + "00000008" + one
        + ("00000008" + "00" * 8) * 2
        + "00000008" + half
        + "00000020" + "00000001" + "00000000" + "000002bd" + "00000001" * 2
        + "00000008" + two
        + "00000004" + "00000000"
        + "ffff"
    )  # fmt: skip
    parts = encoded.expiring(date(2000, 1, 1))
    assert b"".join(bytes(part) for part in parts).hex() == expected


def test_rows_in_any_order_are_the_path() -> None:
    path = made_path(5)
    encoded = encode_path(path, "run1")
    assert encoded is not None
    order = [3, 0, 4, 1, 2]
    measures = {name: path[name].iloc[order].tolist() for name in MEASURES}
    rows = pa.table(
        {
            "session": pa.array([path.index[place].date() for place in order]),
            **measures,
            "weights": [path.iloc[place, 4:].tolist() for place in order],
        }
    )
    read, checksum = decode_path(rows, encoded.layout)
    pd.testing.assert_frame_equal(read, path, check_exact=True)
    assert checksum == encoded.checksum


def test_a_changed_row_is_found(
    store: PostgresRunStore, database: PostgresDatabase
) -> None:
    run_id = store.begin(new_record()).run_id
    artifacts = RunArtifacts({"path": made_path(), "more": made_path(3)}, {})
    store.complete(run_id, artifacts)
    for statement in (
        "UPDATE simulation_path SET nav = nav + 1 WHERE session = '2000-01-03'",
        "DELETE FROM simulation_path WHERE session = '2000-01-04'",
        "UPDATE run_artifact SET content = '\\x00' WHERE name = 'more'",
        "DELETE FROM run_artifact WHERE name = 'more'",
    ):
        with database.writing() as session:
            session.execute(text("SAVEPOINT before"))
        with database.connection() as connection:
            saved = connection.execute(text("SELECT 1")).scalar()
            assert saved == 1
        with database.writing() as session:
            session.execute(text(statement))
        with pytest.raises(CorruptStoreError, match=run_id):
            store.artifacts(run_id)
        store.delete(run_id)
        run_id = store.begin(dataclasses.replace(new_record(), run_id="")).run_id
        store.complete(run_id, artifacts)


def test_a_deleted_run_leaves_no_row_anywhere(
    store: PostgresRunStore, database: PostgresDatabase
) -> None:
    run_id = store.begin(new_record()).run_id
    store.complete(run_id, RunArtifacts({"path": made_path()}, {"cagr": 0.1}))
    store.delete(run_id)
    for table in ("simulation_path", "run_artifact", "simulation_summary"):
        assert count(database, table) == 0


def test_a_path_lies_in_the_month_of_its_expiry(
    store: PostgresRunStore, database: PostgresDatabase
) -> None:
    expiring = dataclasses.replace(
        new_record(0), path_expires_at=datetime(2031, 3, 31, 23, 30, tzinfo=UTC)
    )
    kept = dataclasses.replace(new_record(1), path_expires_at=None)
    for record in (expiring, kept):
        store.complete(
            store.begin(record).run_id, RunArtifacts({"path": made_path()}, {})
        )
    assert count(database, "simulation_path_y2031m03") == 250
    assert count(database, "simulation_path_kept") == 250


# --- faults and clocks ------------------------------------------------------------


def test_a_connection_cut_while_completing_leaves_a_running_run(
    store: PostgresRunStore, database: PostgresDatabase, team_url: str
) -> None:
    import psycopg

    run_id = store.begin(new_record()).run_id
    with psycopg.connect(team_url) as other:
        other.execute("LOCK TABLE run_artifact IN ACCESS EXCLUSIVE MODE")
        from threading import Thread

        failures: list[Exception] = []

        def complete() -> None:
            try:
                store.complete(run_id, RunArtifacts({"path": made_path()}, {}))
            except Exception as error:
                failures.append(error)

        thread = Thread(target=complete)
        thread.start()
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
            "AND datname = current_database()"
        )
        while not (found := other.execute(waiting).fetchall()):
            assert thread.is_alive()
        other.execute("SELECT pg_terminate_backend(%s)", found[0])
        thread.join()
        other.rollback()
    assert "connection was lost" in str(failures[0])
    assert store.record(run_id).status is RunStatus.RUNNING
    assert count(database, "simulation_path") == 0
    store.complete(run_id, small_artifacts())


def test_signs_of_life_go_by_the_servers_clock(database: PostgresDatabase) -> None:
    """A client whose clock is an hour off fails nobody, and is failed by nobody."""
    honest = PostgresRunStore(database)
    run_id = honest.begin(
        dataclasses.replace(new_record(), created_at=datetime.now(UTC), expires_at=None)
    ).run_id
    with database.writing() as session:
        session.execute(text("UPDATE simulation_run SET host = 'another-machine'"))
    for off in (timedelta(hours=1), timedelta(hours=-1)):
        assert honest.fail_crashed(datetime.now(UTC) + off) == ()
    with database.writing() as session:
        session.execute(
            text(
                "UPDATE simulation_run SET "
                "heartbeat_at = clock_timestamp() - interval '3 minutes'"
            )
        )
    assert [r.run_id for r in honest.fail_crashed(START)] == [run_id]
