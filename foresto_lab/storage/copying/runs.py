"""Copying runs: what is registered of them, and all that they computed.

A completed run is registered in the target and completed there, as if it were computed
there, and then told what the source knows of it: when it ran, and where. A run that is
failed or cleaned up is rows only. Until it is done a run is not the source's, so a copy
that was killed takes up such a run again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, delete, insert, select, update

from foresto_lab.errors import (
    CopyError,
    CorruptStoreError,
    RunNotFoundError,
)
from foresto_lab.storage.copying.data_states import has_data
from foresto_lab.storage.copying.reports import RunsCopied
from foresto_lab.storage.models import (
    POSTGRESQL_ONLY,
    Base,
    RebalancingEvent,
    SimulationRun,
    SimulationSummary,
)
from foresto_lab.storage.values import to_json_value
from foresto_lab.types import RunStatus

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.runs.record import RunArtifacts
    from foresto_lab.storage.progress import Progress
    from foresto_lab.storage.workspace import Storage

Row = dict[str, Any]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


RUNS = _table(SimulationRun)
ARTIFACT_TABLES = (_table(SimulationSummary), _table(RebalancingEvent))
"""Filled when a run is completed, from what it computed."""

OWN_COLUMNS = frozenset({"artifact_checksum"})
"""What each store writes in a form of its own."""

UNDER_WAY = (str(RunStatus.PENDING), str(RunStatus.RUNNING))
COMPLETED = str(RunStatus.COMPLETED)


FACTS = (
    "run_id", "created_at", "request_hash", "kind", "status", "data_version"
)  # fmt: skip
"""What is known of every run at once; the rest is read run by run."""


def registered_runs(session: Session) -> dict[str, Row]:
    """Return the facts of all runs by their ids, the oldest first."""
    columns = [RUNS.c[name] for name in FACTS]
    query = select(*columns).order_by(RUNS.c.created_at, RUNS.c.run_id)
    return {row["run_id"]: dict(row) for row in session.execute(query).mappings()}


def own_run(source: Mapping[str, Row], target: Mapping[str, Row]) -> str | None:
    """Name a run that only the target has; None when there is none."""
    return next((run_id for run_id in target if run_id not in source), None)


@dataclass
class RunCopy:
    """The runs of a source on their way to a target.

    Parameters
    ----------
    facts : mapping
        The source's ``registered_runs``.
    """

    source: Storage
    target: Storage
    facts: Mapping[str, Row]
    copied: int = 0
    cleaned_up: int = 0
    completed: int = 0
    failed: int = 0
    other_data: int = 0
    unreadable: list[str] = field(default_factory=list)

    def run(self, progress: Progress) -> RunsCopied:
        """Bring every run that is over; compare each with the source.

        Raises
        ------
        CopyError
            The target has another run of the same id, or one does not read back.
        """
        over = [r for r in self.facts.values() if r["status"] not in UNDER_WAY]
        for number, facts in enumerate(over):
            progress("copying runs", number, len(over))
            self._copy(facts)
        return RunsCopied(
            completed=self.completed,
            cleaned_up=self.cleaned_up,
            failed=self.failed,
            copied=self.copied,
            running=len(self.facts) - len(over),
            unreadable=tuple(self.unreadable),
            other_data=self._on_other_data(over),
        )

    def _on_other_data(self, over: list[Row]) -> int:
        """Return how many results rest on data that the target does not have."""
        versions = Counter(r["data_version"] for r in over if r["status"] == COMPLETED)
        return sum(
            count
            for version, count in versions.items()
            if not has_data(self.target, version)
        )

    def _copy(self, facts: Row) -> None:
        run_id = facts["run_id"]
        row = _find(self.source, run_id)
        if row is None:  # deleted meanwhile
            return
        known = _find(self.target, run_id)
        self._require_same_run(row, known)
        try:
            if row["status"] == COMPLETED and row["path_deleted_at"] is None:
                self._copy_completed(row, known)
            else:
                self._copy_rows(row, known)
        except RunNotFoundError:
            if _find(self.source, run_id) is not None:
                raise

    def _copy_completed(self, row: Row, known: Row | None) -> None:
        run_id = row["run_id"]
        try:
            artifacts = self.source.runs.artifacts(run_id)
        except CorruptStoreError:
            self.unreadable.append(run_id)
            return
        checksum = artifacts_checksum(artifacts)
        if known is None or _registered(known) != _registered(row):
            self._forget(run_id)
            self.target.runs.begin(self.source.runs.record(run_id))
            self.target.runs.complete(run_id, artifacts)
            self._take_over(row)
            self.copied += 1
        if artifacts_checksum(self.target.runs.artifacts(run_id)) != checksum:
            raise CopyError(
                target=self.target.location,
                reason=f"run {run_id} does not read back as it was.",
                fix=f"Delete it there (`foresto runs delete {run_id}`) and run the "
                "copy again.",
            )
        self.completed += 1

    def _take_over(self, row: Row) -> None:
        """Let the target know of a completed run what the source does."""
        run_id = row["run_id"]
        children = self._children(run_id, _later_tables())
        with self.target.database.writing() as session:
            session.execute(
                update(RUNS).where(RUNS.c.run_id == run_id).values(_registered(row))
            )
            _insert(session, children)

    def _copy_rows(self, row: Row, known: Row | None) -> None:
        """Copy a run that has nothing but rows: failed, or cleaned up.

        One that the target has completed stays: its series may still be there.
        """
        run_id = row["run_id"]
        both = row["status"], known and known["status"]
        if known != row and both != (COMPLETED, COMPLETED):
            tables = (*ARTIFACT_TABLES, *_later_tables())
            children = self._children(run_id, tables)
            self._forget(run_id)
            with self.target.database.writing() as session:
                session.execute(insert(RUNS).values(row))
                _insert(session, children)
            self.copied += 1
        if row["status"] == COMPLETED:
            self.cleaned_up += 1
        else:
            self.failed += 1

    def _children(
        self, run_id: str, tables: tuple[Table, ...]
    ) -> list[tuple[Table, list[Row]]]:
        """Return what the source's tables hold of a run."""
        with self.source.database.reading() as session:
            return [
                (
                    table,
                    [
                        dict(found)
                        for found in session.execute(
                            select(table).where(table.c.run_id == run_id)
                        ).mappings()
                    ],
                )
                for table in tables
            ]

    def _forget(self, run_id: str) -> None:
        """Delete what is left of an earlier attempt."""
        try:
            self.target.runs.delete(run_id)
        except RunNotFoundError:
            return

    def _require_same_run(self, row: Row, known: Row | None) -> None:
        names = ("created_at", "request_hash", "kind")
        if known is None or all(known[name] == row[name] for name in names):
            return
        raise CopyError(
            target=self.target.location,
            reason=f"it has another run {row['run_id']}, made at "
            f"{known['created_at']:%Y-%m-%d %H:%M:%S}.",
            fix="Delete one of the two, and run the copy again.",
        )


def artifacts_checksum(artifacts: RunArtifacts) -> str:
    """Return the SHA-256 of all that a run computed, the same on every store."""
    from foresto_lab.storage.tables import table_to_bytes

    content = {
        "tables": {
            name: hashlib.sha256(table_to_bytes(table)).hexdigest()
            for name, table in artifacts.tables.items()
        },
        "summary": to_json_value(artifacts.summary),
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _find(storage: Storage, run_id: str) -> Row | None:
    """Return a run's whole row; None when there is none."""
    with storage.database.reading() as session:
        query = select(RUNS).where(RUNS.c.run_id == run_id)
        found = session.execute(query).mappings().one_or_none()
    return None if found is None else dict(found)


def _registered(row: Row) -> Row:
    """Return what two stores that have the same run agree on."""
    return {name: value for name, value in row.items() if name not in OWN_COLUMNS}


def _later_tables() -> tuple[Table, ...]:
    """Return the tables on every store that refer to a run, but for its artifacts'."""
    return tuple(
        table
        for table in Base.metadata.sorted_tables
        if table not in ARTIFACT_TABLES
        and not table.info.get(POSTGRESQL_ONLY)
        and any(key.column.table is RUNS for key in table.foreign_keys)
    )


def _insert(session: Session, children: list[tuple[Table, list[Row]]]) -> None:
    for table, rows in children:
        if rows:
            session.execute(delete(table).where(table.c.run_id == rows[0]["run_id"]))
            session.execute(insert(table), rows)
