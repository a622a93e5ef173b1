"""Copying the tables of the lake while others load.

A Delta table only grows: its log gains files, and its data files are never changed or
deleted. So the log up to one version, with every data file that it names, is the table
as it was then with all its earlier states.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from foresto_lab.errors import CorruptStoreError
from foresto_lab.storage.backup.files import FileFacts, copy_files
from foresto_lab.storage.layouts import DAILY_RETURN
from foresto_lab.telemetry import get_logger

LOG_FOLDER = "_delta_log"
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(\.\d+\.\d+)?\.parquet")
REPAIR = (
    "See what can be mended with `foresto data repair`, or copy the workspace's folder "
    "by other means while nobody uses it."
)

log = get_logger(__name__)


@dataclass
class LakeCopy:
    """The tables of a lake as far as they are in a backup.

    Parameters
    ----------
    lake : Path
        The folder of the tables.
    target : Path
        The folder to copy them to.
    copied : callable
        Hears of every number of bytes that were copied.
    """

    lake: Path
    target: Path
    copied: Callable[[int], None]
    files: dict[str, FileFacts] = field(default_factory=dict)
    """Path below the lake to what was copied."""

    def catch_up(self) -> None:
        """Bring the copy to the newest state of every table.

        What rests on another table comes first: its rows are then never newer than
        those they were computed from.
        """
        for table in _tables(self.lake):
            version = _newest_version(table)
            if version is not None:
                self._copy_table(table, version)

    def _copy_table(self, table: Path, version: int) -> None:
        named = _named_files(table, version)
        lacking = [
            f"{table.name}/{name}"
            for name in (*_log_files(table, version), *named)
            if f"{table.name}/{name}" not in self.files
        ]
        for name in [n for n in lacking if not (self.lake / n).is_file()]:
            if named[name.partition("/")[2]].is_read:
                raise _damaged(
                    self.lake / name, "a file of the newest state is missing"
                )
            lacking.remove(name)
        facts = copy_files(
            [(self.lake / name, self.target / name) for name in lacking], self.copied
        )
        self.files.update(zip(lacking, facts, strict=True))
        for name, file in named.items():
            found = self.files.get(f"{table.name}/{name}")
            if found is not None and file.is_read and found.size_bytes != file.size:
                raise _damaged(
                    table / name,
                    f"it has {found.size_bytes} bytes, not the {file.size} it was "
                    "written with",
                )


@dataclass(slots=True)
class _NamedFile:
    """A data file that the log names; ``is_read`` when the newest state has it."""

    size: int
    is_read: bool = True


def lake_size(lake: Path) -> int:
    """Return about how many bytes there are to copy."""
    return sum(file.stat().st_size for file in lake.rglob("*") if file.is_file())


def count_rows(lake: Path) -> dict[str, int]:
    """Return the rows of every table's newest state, as its files count them."""
    import pyarrow.parquet as pq

    counts = {}
    for table in _tables(lake):
        version = _newest_version(table)
        named = {} if version is None else _named_files(table, version)
        counts[table.name] = sum(
            pq.read_metadata(table / name).num_rows
            for name, file in named.items()
            if file.is_read
        )
    return counts


def _tables(lake: Path) -> list[Path]:
    found = sorted(log.parent for log in lake.glob(f"*/{LOG_FOLDER}"))
    return sorted(found, key=lambda table: table.name != DAILY_RETURN.name)


def _newest_version(table: Path) -> int | None:
    names = (_COMMIT.fullmatch(path.name) for path in (table / LOG_FOLDER).iterdir())
    return max((int(name[1]) for name in names if name), default=None)


def _log_files(table: Path, version: int) -> Iterator[str]:
    """Yield the log's files up to a version."""
    for path in sorted((table / LOG_FOLDER).iterdir()):
        found = _COMMIT.fullmatch(path.name) or _CHECKPOINT.fullmatch(path.name)
        if found and int(found[1]) <= version:
            yield f"{LOG_FOLDER}/{path.name}"


def _named_files(table: Path, version: int) -> dict[str, _NamedFile]:
    """Return every data file that a version up to this one added."""
    named: dict[str, _NamedFile] = {}
    for number in range(version + 1):
        path = table / LOG_FOLDER / f"{number:020d}.json"
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            actions = [json.loads(line) for line in lines if line.strip()]
        except (OSError, ValueError) as error:
            raise _damaged(path, f"the log cannot be read ({error})") from None
        if not actions:
            raise _damaged(path, "the log file is empty")
        for action in actions:
            if "add" in action:
                named[action["add"]["path"]] = _NamedFile(action["add"]["size"])
            elif "remove" in action and action["remove"]["path"] in named:
                named[action["remove"]["path"]].is_read = False
    return named


def _damaged(path: Path, how: str) -> CorruptStoreError:
    return CorruptStoreError(
        path=path, reason=f"{how}. No backup was made.", fix=REPAIR
    )
