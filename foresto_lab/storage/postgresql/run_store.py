"""Runs on PostgreSQL: rows in the registry, and what they computed in rows beside it.

Completing is one transaction: a path's or an equity's rows by binary COPY, the other
tables as Parquet files in ``run_artifact``, events, trades, summary and status. Whoever
reads a completed run reads all of it; a killed process or a lost connection leaves a
running row alone.

Signs of life are told and judged by the server's clock: those of its clients differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, text

from foresto_lab.errors import (
    CorruptStoreError,
    DatabasePermissionError,
    InputError,
    PartitionMissingError,
)
from foresto_lab.runs.record import RunArtifacts, RunRecord
from foresto_lab.storage.artifacts import TABLE_NAME
from foresto_lab.storage.models import (
    RunArtifact,
    SimulationRun,
    SimulationSummary,
)
from foresto_lab.storage.postgresql import equity_rows, path_rows
from foresto_lab.storage.postgresql.arrow_session import arrow_session, literal
from foresto_lab.storage.postgresql.binary_copy import KEPT_FOR_GOOD, SeriesRows
from foresto_lab.storage.postgresql.partitions import create_months
from foresto_lab.storage.run_records import (
    backtest_row,
    event_rows,
    optimization_rows,
    run_record,
    summary_row,
    trade_rows,
)
from foresto_lab.storage.run_registry import (
    COMPLETED,
    CRASH_MESSAGE,
    FAILED,
    RUNNING,
    RunRegistry,
    is_gone,
    locked_row,
    require_running,
    utc_now,
    with_status,
)
from foresto_lab.storage.values import from_json_value

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from foresto_lab.storage.postgresql.database import PostgresDatabase

ROWS, PARQUET = "rows", "parquet"


@dataclass(frozen=True, slots=True)
class _Series:
    """A table of a run that becomes rows: where they lie, and how they are written."""

    table: str
    columns: Sequence[str]
    read_columns: Sequence[str]
    encode: Callable[[pd.DataFrame, str], SeriesRows | None]
    decode: Callable[[pa.Table, Mapping[str, Any]], tuple[pd.DataFrame, str]]

    @property
    def copy_in(self) -> str:
        return (
            f"COPY {self.table} ({', '.join(self.columns)}) FROM STDIN (FORMAT BINARY)"
        )

    @property
    def select(self) -> str:
        return f"SELECT {', '.join(self.read_columns)} FROM {self.table}"


SERIES: Mapping[str, _Series] = {
    "path": _Series(
        "simulation_path",
        path_rows.COLUMNS,
        ("session", *path_rows.MEASURES, "weights"),
        path_rows.encode_path,
        path_rows.decode_path,
    ),
    "equity": _Series(
        "backtest_equity",
        equity_rows.COLUMNS,
        ("bar_time", *equity_rows.MEASURES),
        equity_rows.encode_equity,
        equity_rows.decode_equity,
    ),
}
"""By the name of a run's table, what its rows are."""


def _insert_all(table: str) -> Any:
    """Return one statement for all rows, which takes a tenth of one for each."""
    return text(
        f"INSERT INTO {table} SELECT * FROM "
        f"json_populate_recordset(NULL::{table}, CAST(:rows AS json))"
    )


_INSERT_EVENTS = _insert_all("rebalancing_event")
_INSERT_TRADES = _insert_all("backtest_trades")
_INSERT_OPTIMIZATION = _insert_all("optimization_results")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Artifacts as they will be written: rows of run_artifact, and the series'."""

    rows: list[dict[str, Any]]
    series: Mapping[str, SeriesRows]
    checksum: str


class PostgresRunStore(RunRegistry):
    """The ``RunStore`` of a team; the protocol states its contract.

    Parameters
    ----------
    database : PostgresDatabase
        With the catalog's tables.
    clock : callable, optional
        Gives the instants that the store records, signs of life among them. Left out:
        this machine's clock, and the server's for signs of life.
    """

    _database: PostgresDatabase

    def __init__(
        self,
        database: PostgresDatabase,
        *,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__(database, clock=clock or utc_now)
        self._own_clock = clock

    # --- the end of a run -------------------------------------------------------------

    def complete(self, run_id: str, artifacts: RunArtifacts) -> RunRecord:
        """Store the artifacts and make the run completed, atomically.

        Raises RunError when the run is not running any more.
        """
        try:
            prepared = _prepare(run_id, artifacts)
            try:
                return self._write(run_id, prepared, artifacts)
            except PartitionMissingError as error:
                self._make_month(run_id, error)
                return self._write(run_id, prepared, artifacts)
        finally:
            self._heartbeats.get().drop(run_id)

    def _write(
        self, run_id: str, prepared: _Prepared, artifacts: RunArtifacts
    ) -> RunRecord:
        with self._database.writing() as session:
            row = require_running(session, run_id, "completed")
            row.status = COMPLETED
            row.completed_at = self._clock()
            row.artifact_checksum = prepared.checksum
            summary = summary_row(run_id, artifacts.summary)
            session.add(summary)
            session.flush()
            backtest = backtest_row(row, artifacts)
            if backtest is not None:
                session.add(backtest)
                session.flush()
            connection = session.connection()
            events = event_rows(run_id, artifacts)
            if events:
                connection.execute(_INSERT_EVENTS, {"rows": _as_json(events)})
            trades = trade_rows(run_id, artifacts) if backtest is not None else []
            if trades:
                connection.execute(_INSERT_TRADES, {"rows": _as_json(trades)})
            tried = optimization_rows(row, artifacts)
            if tried:
                connection.execute(_INSERT_OPTIMIZATION, {"rows": _as_json(tried)})
            if prepared.rows:
                connection.execute(insert(RunArtifact), prepared.rows)
            for name, rows in prepared.series.items():
                _copy_in(connection, SERIES[name], rows.expiring(expiry_day(row)))
        return run_record(row, summary.measures)

    def _make_month(self, run_id: str, missing: PartitionMissingError) -> None:
        """Make the month that a run's series lie in; raise what was missing if not."""
        with self._database.reading() as session:
            day = expiry_day(session.get(SimulationRun, run_id))
        try:
            with self._database.writing() as session:
                create_months(session.connection(), missing.table, day, day)
        except DatabasePermissionError:
            raise missing from None

    def delete(self, run_id: str) -> None:
        """Delete the run and all that belongs to it."""
        with self._database.writing() as session:
            session.delete(locked_row(session, run_id))
        self._heartbeats.get().drop(run_id)

    # --- crashes ----------------------------------------------------------------------

    def fail_crashed(self, now: datetime) -> Sequence[RunRecord]:
        """Fail every running run whose process is gone; return those.

        ``now`` only counts where the store was given a clock of its own.
        """
        with self._database.reading() as session:
            running = session.scalars(with_status(RUNNING)).all()
            at = self._judged_at(session, now)
        if not any(is_gone(row, at) for row in running):
            return ()
        with self._database.writing_alone() as session:
            at = self._judged_at(session, now)
            gone = [
                row
                for row in session.scalars(with_status(RUNNING).with_for_update())
                if is_gone(row, at)
            ]
            for row in gone:
                row.status = FAILED
                row.error_message = CRASH_MESSAGE
        return tuple(run_record(row, None) for row in gone)

    def _judged_at(self, session: Session, now: datetime) -> datetime:
        if self._own_clock is not None:
            return now
        at: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
        return at.astimezone(UTC)

    def _heard_at(self) -> Any:
        return self._own_clock() if self._own_clock else func.clock_timestamp()

    # --- reading ----------------------------------------------------------------------

    def _is_kept(self, row: SimulationRun) -> bool:
        return row.path_deleted_at is None

    def _read(self, row: SimulationRun) -> RunArtifacts:
        with self._database.reading() as session:
            kept = session.scalars(
                select(RunArtifact).where(RunArtifact.run_id == row.run_id)
            ).all()
            summary = session.get(SimulationSummary, row.run_id)
        stored = sorted(kept, key=lambda item: int((item.layout or {})["place"]))
        found = _seal({item.name: item.checksum for item in stored})
        if found != row.artifact_checksum:
            raise self._damaged(row.run_id, "a table of it is missing or was put in")
        tables = {item.name: self._table(row, item) for item in stored}
        measures: Mapping[str, Any] = summary.measures if summary else {}
        return RunArtifacts(tables, from_json_value(measures))

    def _table(self, row: SimulationRun, item: RunArtifact) -> pd.DataFrame:
        """Return one table of a run, every bit of it checked."""
        if item.stored_as == ROWS:
            try:
                series = SERIES[item.name]
                table, found = series.decode(self._rows(row, series), item.layout or {})
            except (ValueError, KeyError):
                reason = f"its {item.name} does not read"
                raise self._damaged(row.run_id, reason) from None
        else:
            from foresto_lab.storage.tables import table_from_bytes

            assert item.content is not None
            found = hashlib.sha256(item.content).hexdigest()
            if found == item.checksum:
                table = table_from_bytes(item.content)
        if found != item.checksum:
            raise self._damaged(row.run_id, f"the SHA-256 of {item.name} is another")
        return table

    def _rows(self, row: SimulationRun, series: _Series) -> pa.Table:
        """Return the rows of a series; they lie in the month of its expiry."""
        with arrow_session(self._database) as session:
            return session.fetch(
                f"{series.select} WHERE run_id = {literal(row.run_id)} "
                f"AND expires_on = {literal(expiry_day(row))}"
            )

    def _damaged(self, run_id: str, reason: str) -> CorruptStoreError:
        return CorruptStoreError(
            path=f"{self._database.location}, run {run_id}",
            reason=f"{reason}.",
            fix=f"Delete the run (`foresto runs delete {run_id}`) and run it again.",
        )


def expiry_day(row: SimulationRun | None) -> date:
    """Return the day by whose month a run's series are partitioned."""
    if row is None or row.path_expires_at is None:
        return KEPT_FOR_GOOD
    return row.path_expires_at.astimezone(UTC).date()


def _prepare(run_id: str, artifacts: RunArtifacts) -> _Prepared:
    """Return artifacts as they will be written."""
    series: dict[str, SeriesRows] = {}
    rows = []
    for place, (name, table) in enumerate(artifacts.tables.items()):
        if not TABLE_NAME.fullmatch(name):
            raise InputError(
                message=f"Table {name!r} cannot be stored: use lower-case letters, "
                "digits and underscores, a letter first."
            )
        encoded = SERIES[name].encode(table, run_id) if name in SERIES else None
        if encoded is not None:
            series[name] = encoded
        rows.append({"run_id": run_id, "name": name, **_stored(table, encoded, place)})
    checksum = _seal({row["name"]: row["checksum"] for row in rows})
    return _Prepared(rows, series, checksum)


def _stored(
    table: pd.DataFrame, encoded: SeriesRows | None, place: int
) -> dict[str, Any]:
    if encoded is not None:
        return {
            "stored_as": ROWS,
            "content": None,
            "layout": {"place": place, **encoded.layout},
            "checksum": encoded.checksum,
        }
    from foresto_lab.storage.tables import table_to_bytes

    content = table_to_bytes(table)
    return {
        "stored_as": PARQUET,
        "content": content,
        "layout": {"place": place},
        "checksum": hashlib.sha256(content).hexdigest(),
    }


def _seal(checksums: Mapping[str, str]) -> str:
    """Return the SHA-256 of the tables' names and checksums, in their order."""
    return hashlib.sha256(json.dumps(list(checksums.items())).encode()).hexdigest()


def _as_json(rows: list[dict[str, Any]]) -> str:
    """Return rows as JSON, whose numbers are read back to the last bit."""
    return json.dumps(rows, ensure_ascii=False, allow_nan=False, default=_iso)


def _copy_in(
    connection: Connection, series: _Series, parts: Iterable[bytes | memoryview]
) -> None:
    with (
        connection.connection.driver_connection.cursor() as cursor,  # type: ignore[union-attr]
        cursor.copy(series.copy_in) as copy,
    ):
        for part in parts:
            copy.write(part)


def _iso(value: date | datetime) -> str:
    return value.isoformat()
