"""The files of the embedded store: the catalog, tables of the lake, folders of runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foresto_lab.storage.layouts import CANDLES, DAILY_PRICE, DAILY_RETURN
from foresto_lab.storage.workspace import DATA_FOLDER, LAKE_FOLDER, RUNS_FOLDER

LAKE_LAYOUTS = (DAILY_PRICE, DAILY_RETURN, CANDLES)
"""The series that the lake keeps."""


@dataclass(frozen=True, slots=True)
class LakeTableFiles:
    """A table of the lake as it lies on the disk.

    Attributes
    ----------
    delta_version : int
        The version in the Delta log; compactions count. -1 before the first load.
    data_version : str
        The name of the state that its rows are in.
    rows, files, size_bytes : int
        Of the newest state.
    kept_bytes : int
        What the folder holds beside that: the log, and files of earlier states.
    """

    name: str
    delta_version: int
    data_version: str
    rows: int
    files: int
    size_bytes: int
    kept_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain JSON-ready values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class EmbeddedFiles:
    """What the embedded store takes on the disk.

    Attributes
    ----------
    catalog_bytes : int
        Of the SQLite file and its write-ahead log.
    run_folders, run_bytes : int
        Folders with the series of completed runs, and their size.
    """

    catalog_bytes: int
    tables: tuple[LakeTableFiles, ...]
    run_folders: int
    run_bytes: int

    @property
    def size_bytes(self) -> int:
        """Everything together."""
        lake = sum(table.size_bytes + table.kept_bytes for table in self.tables)
        return self.catalog_bytes + lake + self.run_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return the files as plain JSON-ready values."""
        return {
            "catalog_bytes": self.catalog_bytes,
            "tables": [table.to_dict() for table in self.tables],
            "run_folders": self.run_folders,
            "run_bytes": self.run_bytes,
            "size_bytes": self.size_bytes,
        }


def embedded_files(home: Path, catalog: Path) -> EmbeddedFiles:
    """Look at the files of a workspace; nothing is changed.

    Parameters
    ----------
    home : Path
        The workspace.
    catalog : Path
        The SQLite file, which may lie elsewhere.
    """
    data = home / DATA_FOLDER
    runs = data / RUNS_FOLDER
    shown = [entry for entry in _entries(runs) if not entry.name.startswith(".")]
    return EmbeddedFiles(
        catalog_bytes=sum(
            _size(catalog.with_name(catalog.name + ending))
            for ending in ("", "-wal", "-shm")
        ),
        tables=lake_tables(home),
        run_folders=len(shown),
        run_bytes=folder_size(runs),
    )


def lake_tables(home: Path) -> tuple[LakeTableFiles, ...]:
    """Return the tables of a workspace's lake, those never loaded too."""
    from foresto_lab.storage.lake.delta_log import DeltaLog
    from foresto_lab.storage.lake.location import Location

    lake = Location.of(home / DATA_FOLDER / LAKE_FOLDER)
    tables = []
    for layout in LAKE_LAYOUTS:
        place = lake.child(layout.name)
        snapshot = DeltaLog(place, layout, ()).snapshot()
        size = sum(file.size_bytes for file in snapshot.files)
        tables.append(
            LakeTableFiles(
                name=layout.name,
                delta_version=snapshot.version,
                data_version=snapshot.data_version,
                rows=sum(file.row_count for file in snapshot.files),
                files=len(snapshot.files),
                size_bytes=size,
                kept_bytes=max(folder_size(place.path) - size, 0),
            )
        )
    return tuple(tables)


def folder_size(folder: Path) -> int:
    """Return the bytes of all files in a folder; 0 when it is not there."""
    total = 0
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            total += folder_size(Path(entry.path))
        else:
            total += _size(Path(entry.path))
    return total


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what is in a folder; nothing when it is gone."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
