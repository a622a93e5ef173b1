"""One table of the lake: its states, and what is written to it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime

from foresto_lab.errors import (
    InputError,
    UnknownNameError,
    WorkspaceReadOnlyError,
    WriteConflictError,
)
from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.storage.data_versions import DataVersion, following
from foresto_lab.storage.lake.commits import retrying_commit
from foresto_lab.storage.lake.compaction import compact_table, delete_orphans
from foresto_lab.storage.lake.corruption import damaged
from foresto_lab.storage.lake.data_files import DataFiles
from foresto_lab.storage.lake.delta_log import DeltaLog
from foresto_lab.storage.lake.faults import write_faults
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.lake.query import Scan
from foresto_lab.storage.lake.snapshot import Change, Snapshot
from foresto_lab.storage.lake.upsert import Upsert, upsert
from foresto_lab.storage.layouts import TableLayout


class LakeTable:
    """A series by symbol and time, in any number of threads and processes.

    Parameters
    ----------
    location : Location
        The table's folder.
    layout : TableLayout
        The table's name and fields.
    rests_on : tuple of str
        Tables that the rows are computed from; see ``Snapshot.marks``.
    """

    def __init__(
        self, location: Location, layout: TableLayout, rests_on: tuple[str, ...] = ()
    ) -> None:
        self._location = location
        self._layout = layout
        self._log = DeltaLog(location, layout, rests_on)
        self._files = DataFiles(location, layout)

    def snapshot(self, data_version: str | None = None) -> Snapshot:
        """Return the newest state of the table, or the one a data version names."""
        if data_version is None:
            return self._log.snapshot()
        return self._log.snapshot_of(data_version)

    def at_version(self, version: int) -> Snapshot:
        """Return the state at a version of the Delta log."""
        return self._log.at_version(version)

    def scan_of(
        self,
        snapshot: Snapshot,
        symbols: Sequence[str] | None,
        start: date | datetime | None,
        end: date | datetime | None,
        *,
        group: str = "",
    ) -> Scan:
        """Return a group's rows of some symbols and times, to be queried."""
        first, last = (
            None if time is None else self._layout.number_of(time)
            for time in (start, end)
        )
        files = snapshot.files_for(symbols, first, last, group=group)
        return Scan(self._location, self._layout, files, symbols, start, end)

    def upsert(self, prepare: Callable[[], Upsert | None]) -> LoadOutcome:
        """Bring in the rows that ``prepare`` gives, in one commit."""
        self._require_writable()
        return upsert(self._log, self._files, prepare)

    def compact(self) -> None:
        """Merge the files of every period; delete files that no commit names."""
        if not self.snapshot().exists:
            return
        self._require_writable()
        retrying_commit(
            self._log, lambda: compact_table(self._log, self._files, bound=0)
        )
        with write_faults(self._location):
            delete_orphans(self._log)

    def drop_damaged(self) -> tuple[str, ...]:
        """Take damaged files out of the table; return their paths.

        What was computed from another table is then to be computed from its start. The
        new data version's name follows from the names of the files.
        """

        def drop() -> tuple[str, ...]:
            snapshot = self._log.snapshot()
            broken = [file for file, _ in damaged(self._location, snapshot.files)]
            if broken:
                paths = "\n".join(sorted(file.path for file in broken))
                dropped = hashlib.sha256(paths.encode()).hexdigest()
                self._log.commit(
                    Change(
                        snapshot.version,
                        removed=tuple(broken),
                        marks=dict.fromkeys(snapshot.rests_on, 0),
                        data_version=following(snapshot.data_version, dropped),
                    )
                )
            return tuple(str(self._location.child(file.path)) for file in broken)

        return retrying_commit(self._log, drop)

    def adopt_version(self, name: str, only_from: str | None = None) -> None:
        """Call the present rows by a data version's name from now on.

        With ``only_from``, only while they are at that data version.
        """
        self._require_may_adopt(name)
        if self.snapshot().data_version == name:
            return
        self._require_writable()
        self._log.ensure_table()

        def adopt() -> None:
            snapshot = self._log.snapshot()
            if snapshot.data_version != name:
                self._require_may_adopt(name)
                if only_from not in (None, snapshot.data_version):
                    raise WriteConflictError(path=str(self._location), attempts=1)
                self._log.commit(
                    Change(snapshot.version, changes_rows=False, data_version=name)
                )

        retrying_commit(self._log, adopt)

    def _require_may_adopt(self, name: str) -> None:
        """Refuse a name that is another table's or that of other rows."""
        given = DataVersion.parse(name)
        if given.table != self._layout.name:
            raise InputError(
                message=f"{name!r} names a state of {given.table}; rows of "
                f"{self._layout.name} cannot be called by it."
            )
        newest = self._log.snapshot()
        try:
            named = self._log.snapshot_of(name)
        except UnknownNameError:
            return
        if set(named.files) != set(newest.files):
            raise InputError(
                message=f"{name!r} already names another state of {given.table} here, "
                f"which is at {newest.data_version}; a name is never given anew."
            )

    def _require_writable(self) -> None:
        """Refuse before any work when the folder, or the one to hold it, is closed."""
        folder = self._location.path
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        by_whom = (
            {"effective_ids": True} if os.access in os.supports_effective_ids else {}
        )
        if not os.access(folder, os.W_OK, **by_whom):
            raise WorkspaceReadOnlyError(path=str(folder), reason="no permission")
