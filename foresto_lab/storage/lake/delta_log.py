"""The Delta log of a table: its snapshots and commits.

Every commit is a compare and swap: it names the version it was made for and loses when
another process has written that one first. Checkpoints are housekeeping that may fail
without failing a load, and log files are never cleaned up: every data version stays
readable.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from foresto_lab.errors import (
    CorruptStoreError,
    InputError,
    StorageError,
    UnknownNameError,
)
from foresto_lab.storage.data_versions import DataVersion
from foresto_lab.storage.lake.faults import read_fault, write_fault
from foresto_lab.storage.lake.fresh_process import call_where_deltalake_works
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.lake.snapshot import NAMED, Change, Snapshot
from foresto_lab.storage.layouts import TableLayout

CHECKPOINT_EVERY = 20
"""Commits between two checkpoints."""

SNAPSHOTS_KEPT = 16
"""Earlier versions kept in memory once read."""

LOG_FOLDER = "_delta_log"

_NO_FILE: tuple[int, ...] = ()
"""The identity of a log file that is not there."""


class DeltaLog:
    """The log of one table. Any number of threads and processes may use it.

    Parameters
    ----------
    table : Location
        The table's folder; it need not exist yet.
    layout : TableLayout
        The table's name and columns.
    rests_on : tuple of str
        Tables that the rows are computed from; see ``Snapshot.marks``.
    """

    def __init__(
        self, table: Location, layout: TableLayout, rests_on: tuple[str, ...] = ()
    ) -> None:
        self.table = table
        self.layout = layout
        self._mark_names = (layout.name, NAMED, *rests_on)
        self._newest = (Snapshot(layout.name), _NO_FILE)
        self._earlier: dict[int, Snapshot] = {}
        self._names: dict[int, str] = {}

    def snapshot(self) -> Snapshot:
        """Return the newest snapshot; costs two looks at the disk when it is known.

        Raises
        ------
        CorruptStoreError
            The log cannot be read.
        """
        known, identity = self._newest
        if self._is_newest(known, identity):
            return known
        if not self._has_log():
            return Snapshot(self.layout.name)
        anew = self._identity(known.version) != identity or identity == _NO_FILE
        if anew:
            self._earlier.clear()
            self._names.clear()
        snapshot = self._read(None, anew=anew)
        self._require_whole(0 if anew else known.version + 1, snapshot.version)
        self._newest = (snapshot, self._identity(snapshot.version))
        return snapshot

    def snapshot_of(self, data_version: str) -> Snapshot:
        """Return the snapshot that a data version names.

        Raises
        ------
        UnknownNameError
            The table never had this data version.
        CorruptStoreError
            The log cannot be read.
        """
        newest = self.snapshot()
        if data_version == newest.data_version:
            return newest
        if data_version == Snapshot(self.layout.name).data_version:
            return Snapshot(self.layout.name)
        version = self._version_of(data_version, newest.version)
        if version is not None:
            snapshot = self.at_version(version)
            if snapshot.data_version == data_version:
                return snapshot
        raise UnknownNameError(
            kind="data version", given=data_version, allowed=(newest.data_version,)
        )

    def at_version(self, version: int) -> Snapshot:
        """Return the snapshot at a version of the log."""
        snapshot = self._earlier.get(version)
        if snapshot is None:
            snapshot = self._read(version, anew=False)
            while len(self._earlier) >= SNAPSHOTS_KEPT:
                with suppress(KeyError, StopIteration, RuntimeError):
                    del self._earlier[next(iter(self._earlier))]
            self._earlier[version] = snapshot
        return snapshot

    def ensure_table(self) -> None:
        """Create the table if there is none.

        Raises
        ------
        WorkspaceReadOnlyError, DiskFullError
            It cannot be created.
        """
        from foresto_lab.storage.lake import delta_calls

        if not self._has_log():
            with suppress(delta_calls.LostRaceError):
                self._write(delta_calls.create_table, self.table.uri, self.layout)

    def commit(self, change: Change) -> None:
        """Commit a change.

        Raises
        ------
        LostRaceError
            Another process wrote the version that the change was made for.
        WorkspaceReadOnlyError, DiskFullError
            The commit cannot be written; the table is as before.
        """
        from foresto_lab.storage.lake import delta_calls

        marks = dict(change.marks)
        if change.changes_rows:
            marks[self.layout.name] = change.version
        if change.data_version:
            marks[NAMED] = change.version
        change = replace(change, marks=marks)
        try:
            self._write(delta_calls.commit, self.table.uri, self.layout, change)
        except BaseException:
            if not self.names_files_of(change):
                raise
        if change.version % CHECKPOINT_EVERY == 0:
            with suppress(Exception):
                call_where_deltalake_works(delta_calls.write_checkpoint, self.table.uri)

    def names_files_of(self, change: Change) -> bool:
        """Return whether the log names a change's files, which must then stay.

        A commit may be in the log although it raised; a log file that cannot be read
        counts as naming them.
        """
        try:
            with open(self._log_file(change.version), encoding="utf-8") as content:
                text = content.read()
        except FileNotFoundError:
            return False
        except (OSError, ValueError):
            return True
        return any(file.path in text for file in change.added)

    def files_ever_named(self) -> set[str] | None:
        """Return the path of every file that any version added.

        None when a log file is missing, so that it cannot be told.
        """
        versions = self._versions()
        if versions != set(range(len(versions))):
            return None
        named: set[str] = set()
        for version in versions:
            with open(self._log_file(version), encoding="utf-8") as lines:
                actions = [json.loads(line) for line in lines if line.strip()]
            named.update(action["add"]["path"] for action in actions if "add" in action)
        return named

    def _read(self, version: int | None, *, anew: bool) -> Snapshot:
        from foresto_lab.storage.lake import delta_calls

        try:
            snapshot: Snapshot = call_where_deltalake_works(
                delta_calls.read_snapshot,
                self.table.uri,
                self.layout,
                self._mark_names,
                version,
                anew=anew,
            )
        except StorageError:
            raise
        except Exception as error:
            raise self._damage(error) from error
        return replace(snapshot, name=self._name_of(snapshot))

    def _write(self, function: Callable[..., None], *args: Any) -> None:
        from foresto_lab.storage.lake.delta_calls import LostRaceError

        try:
            call_where_deltalake_works(function, *args)
        except (LostRaceError, StorageError):
            raise
        except Exception as error:
            raise write_fault(error, self.table) from error

    # --- data versions ----------------------------------------------------------

    def _name_of(self, snapshot: Snapshot) -> str:
        """Return the name that a commit gave a snapshot's rows.

        Empty when the rows changed after it: an earlier release then wrote to the lake,
        which names no states.
        """
        named = snapshot.marks.get(NAMED, -1)
        if named < (snapshot.data_number or 0):
            return ""
        name = self._name_given(named)
        if not name:
            raise self._damage(RuntimeError("the log lacks a data version's name"))
        return name

    def _version_of(self, data_version: str, newest: int) -> int | None:
        """Return the version of the log at which the rows had a data version's name."""
        for version in range(newest, 0, -1):
            if self._name_given(version) == data_version:
                return version
        with suppress(InputError):
            given = DataVersion.parse(data_version)
            by_number = given.table == self.layout.name and not given.digest12
            if by_number and given.number <= newest:
                return given.number
        return None

    def _name_given(self, version: int) -> str:
        """Return the name that a commit gave the state it left; empty for none."""
        if version not in self._names:
            self._names[version] = self._commit_metadata(version).get(NAMED, "")
        return self._names[version]

    def _commit_metadata(self, version: int) -> dict[str, Any]:
        try:
            with open(self._log_file(version), encoding="utf-8") as lines:
                for line in lines:
                    if line.startswith('{"commitInfo"'):
                        return dict(json.loads(line)["commitInfo"])
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._damage(error) from error
        return {}

    # --- looking at the log's files ---------------------------------------------

    def _log_file(self, version: int) -> str:
        return self.table.child(LOG_FOLDER, f"{version:020d}.json").uri

    def _identity(self, version: int) -> tuple[int, ...]:
        """Return what changes when a log file is replaced by another."""
        with suppress(OSError):
            found = os.stat(self._log_file(version))
            return (found.st_ino, found.st_size, found.st_mtime_ns)
        return _NO_FILE

    def _is_newest(self, snapshot: Snapshot, identity: tuple[int, ...]) -> bool:
        if os.path.exists(self._log_file(snapshot.version + 1)):
            return False
        return identity != _NO_FILE and self._identity(snapshot.version) == identity

    def _require_whole(self, first: int, last: int) -> None:
        """Refuse an empty log file, which deltalake would take for an empty commit.

        A machine that loses its power can leave one.
        """
        for version in range(first, last + 1):
            with suppress(FileNotFoundError):
                if os.stat(self._log_file(version)).st_size == 0:
                    raise self._damage(RuntimeError("a log file is empty"))

    def _has_log(self) -> bool:
        if os.path.exists(self._log_file(0)):
            return True
        return any(name.endswith((".json", ".parquet")) for name in self._log_names())

    def _log_names(self) -> list[str]:
        folder = self.table.child(LOG_FOLDER)
        try:
            return os.listdir(folder.uri)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise read_fault(error, folder) from error

    def _damage(self, error: Exception) -> CorruptStoreError:
        """Return the error that names the log file which cannot be read."""
        path, reason = self.table.uri, f"{str(error).splitlines()[0]}."
        fix = "Put the table's _delta_log folder back from a copy of the workspace."
        for version in range(max(self._versions(), default=0) + 1):
            broken = self._broken_line(version)
            if broken:
                path, reason = self._log_file(version), broken
                fix = _log_fix(self.layout.name, version)
                break
        return CorruptStoreError(path=path, reason=reason, fix=fix)

    def _versions(self) -> set[int]:
        """Return the versions that have a log file."""
        names = {name.partition(".")[0] for name in self._log_names()}
        return {int(name) for name in names if name.isdecimal()}

    def _broken_line(self, version: int) -> str:
        """Return what is wrong with a log file; empty when it reads."""
        try:
            with open(self._log_file(version), encoding="utf-8") as lines:
                content = [json.loads(line) for line in lines if line.strip()]
        except FileNotFoundError:
            return "the log file is missing."
        except ValueError as error:
            return f"the log file cannot be read ({error})."
        except OSError as error:
            raise read_fault(error, Location(self._log_file(version))) from error
        if not all(isinstance(action, dict) for action in content) or not content:
            return "the log file holds no commit."
        return ""


def _log_fix(table: str, version: int) -> str:
    copy = "Put it back from a copy of the workspace"
    if version <= 1:
        return (
            f"{copy}. Without one, move the table's folder away and load its prices "
            "again with `foresto data load FILE`."
        )
    return (
        f"{copy}. Without one, move this log file and all with higher numbers away: "
        f"{table} then reads as of version {version - 1}; load what came after it "
        "again with `foresto data load FILE`."
    )
