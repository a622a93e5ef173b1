"""Upserts: what a load changes, and the one commit that brings it about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from foresto_lab.errors import StorageError
from foresto_lab.market.protocols import LoadOutcome
from foresto_lab.storage.data_versions import following, parts_digest
from foresto_lab.storage.lake.commits import commit_or_discard, retrying_commit
from foresto_lab.storage.lake.compaction import compact_table
from foresto_lab.storage.lake.data_files import DataFiles
from foresto_lab.storage.lake.delta_calls import LostRaceError
from foresto_lab.storage.lake.delta_log import DeltaLog
from foresto_lab.storage.lake.layout import SMALL_FILES_BOUND, period_years
from foresto_lab.storage.lake.periods import runs_by_period
from foresto_lab.storage.lake.snapshot import (
    Change,
    DataFile,
    Partition,
    Snapshot,
)
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.row_changes import changed_places, matching_places
from foresto_lab.storage.sorted_rows import Parts, Places, SortedRows

THREADS = 2


@dataclass
class Draft:
    """What an upsert does to one partition, files already written."""

    added: list[DataFile] = field(default_factory=list)
    removed: list[DataFile] = field(default_factory=list)
    inserted: int = 0
    updated: int = 0


@dataclass(frozen=True)
class Upsert:
    """Rows to bring into a table, and what its commit is to record."""

    layout: TableLayout
    parts: Parts
    marks: dict[str, int] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """The rows' content digest, computed once for all attempts."""
        return parts_digest(self.parts, self.layout)

    def __len__(self) -> int:
        """Return the number of rows."""
        return sum(map(len, self.parts.values()))


def upsert(
    log: DeltaLog, files: DataFiles, prepare: Callable[[], Upsert | None]
) -> LoadOutcome:
    """Bring rows into a table in one atomic commit, whoever else is writing.

    ``prepare`` gives the rows, or None for nothing to do. It is called anew for every
    attempt, so that what it computes rests on what other writers left.

    Raises
    ------
    WriteConflictError
        Other processes kept winning the race.
    WorkspaceReadOnlyError, DiskFullError
        Nothing was written.
    CorruptStoreError
        A file that the rows must be compared with cannot be read.
    """
    log.ensure_table()
    return retrying_commit(log, lambda: _attempt(log, files, prepare))


def _attempt(
    log: DeltaLog, files: DataFiles, prepare: Callable[[], Upsert | None]
) -> LoadOutcome:
    wanted = prepare()
    snapshot = log.snapshot()
    if wanted is None:
        return LoadOutcome(0, 0, 0, 0, snapshot.data_version)
    draft = _draft(snapshot, files, wanted.parts)
    data_version = snapshot.data_version
    if draft.added or wanted.marks:
        if draft.added:
            data_version = following(data_version, wanted.digest)
        change = Change(
            expected_version=snapshot.version,
            added=tuple(draft.added),
            removed=tuple(draft.removed),
            changes_rows=bool(draft.added),
            marks=wanted.marks,
            data_version=data_version if draft.added else "",
        )
        commit_or_discard(log, files, change)
        with suppress(StorageError, LostRaceError):
            compact_table(log, files, bound=SMALL_FILES_BOUND)
    count = len(wanted)
    return LoadOutcome(
        rows_received=count,
        rows_inserted=draft.inserted,
        rows_updated=draft.updated,
        rows_unchanged=count - draft.inserted - draft.updated,
        data_version=data_version,
    )


def _draft(snapshot: Snapshot, files: DataFiles, parts: Parts) -> Draft:
    """Write the files that the rows make necessary; on a fault leave none behind."""
    work = list(_by_partition(parts))
    drafts = [Draft() for _ in work]
    for rows in parts.values():
        rows.arrow  # noqa: B018  made once, before the threads share it

    def fill(draft: Draft, partition: Partition, runs: list[slice]) -> None:
        rows = parts[partition.group]
        stored = [file for file in snapshot.files if file.partition == partition]
        if _none_near(rows, runs, stored):
            draft.inserted = sum(run.stop - run.start for run in runs)
            draft.added += files.write(partition, rows, runs)
        else:
            _fill_draft(draft, partition, rows.gather(runs), stored, files)

    try:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(fill, drafts, *zip(*work, strict=True)))
    except BaseException:
        files.discard(file for draft in drafts for file in draft.added)
        raise
    return Draft(
        added=[file for draft in drafts for file in draft.added],
        removed=[file for draft in drafts for file in draft.removed],
        inserted=sum(draft.inserted for draft in drafts),
        updated=sum(draft.updated for draft in drafts),
    )


def _by_partition(parts: Parts) -> Iterator[tuple[Partition, list[slice]]]:
    for group, rows in parts.items():
        if len(rows):
            periods = runs_by_period(rows, period_years(group))
            for period, runs in periods.items():
                yield Partition(group, period), runs


def _none_near(
    rows: SortedRows, runs: Sequence[slice], stored: Sequence[DataFile]
) -> bool:
    """Return whether the times of the runs lie outside every stored file's."""
    if not stored:
        return True
    first = min(rows.times[run].min() for run in runs)
    last = max(rows.times[run].max() for run in runs)
    return not any(file.may_hold(None, int(first), int(last)) for file in stored)


def _fill_draft(
    draft: Draft,
    partition: Partition,
    rows: SortedRows,
    stored: Sequence[DataFile],
    files: DataFiles,
) -> None:
    """Compare rows of one partition with what is stored, and write what differs."""
    is_new = np.ones(len(rows), dtype=np.bool_)
    for file in stored:
        near = _rows_near(rows, file)
        if not len(near):
            continue
        old = files.read(file)
        places, old_places = matching_places(rows, near, old)
        is_new[places] = False
        changed, old_changed = changed_places(rows, places, old, old_places)
        if len(changed):
            replaced = _replaced(old, old_changed, rows, changed)
            draft.added += files.write(partition, replaced)
            draft.removed.append(file)
            draft.updated += len(changed)
    draft.inserted = int(is_new.sum())
    if draft.inserted:
        fresh = rows if draft.inserted == len(rows) else rows.take(is_new)
        draft.added += files.write(partition, fresh)


def _rows_near(rows: SortedRows, file: DataFile) -> Places:
    """Return the places of the rows that the file may hold already."""
    first = np.searchsorted(rows.symbols, file.first_symbol, "left")
    last = np.searchsorted(rows.symbols, file.last_symbol, "right")
    near = (rows.times >= file.first_time) & (rows.times <= file.last_time)
    near &= (rows.codes >= first) & (rows.codes < last)
    return np.flatnonzero(near)


def _replaced(
    old: SortedRows, old_places: Places, rows: SortedRows, places: Places
) -> SortedRows:
    """Return the stored rows with the values of some replaced."""
    values = {}
    for name, column in old.values.items():
        values[name] = column.copy()
        values[name][old_places] = rows.values[name][places]
    return SortedRows(old.layout, old.symbols, old.codes, old.times, values)
