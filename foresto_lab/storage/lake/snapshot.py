"""One state of a table: its files, with what each may hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from foresto_lab.storage.data_versions import first

NO_VERSION = -1
"""The version of a table that does not exist yet."""

NAMED = "data_version"
"""The mark that says which commit gave the present rows their name, and the name's key
in that commit's metadata."""


class Partition(NamedTuple):
    """What the rows of a file have in common: their group and their period of years."""

    group: str
    period: int


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file as the log describes it.

    ``path`` is relative to its table; times are numbers, as in ``SortedRows.times``.
    """

    path: str
    size_bytes: int
    partition: Partition
    row_count: int
    first_symbol: str
    last_symbol: str
    first_time: int
    last_time: int

    def may_hold(
        self, symbols: Sequence[str] | None, start: int | None, end: int | None
    ) -> bool:
        """Return whether a row of these symbols and times can be in the file."""
        if start is not None and self.last_time < start:
            return False
        if end is not None and self.first_time > end:
            return False
        return symbols is None or any(
            self.first_symbol <= symbol <= self.last_symbol for symbol in symbols
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table at one version.

    Attributes
    ----------
    table : str
        The table's name.
    version : int
        The version in the Delta log; compactions count.
    marks : mapping
        Numbers recorded by the commits, by name. Under the table's own name: the
        version of the last commit that changed rows. Under another table's: its data
        version that these rows were computed from. Under ``NAMED``: the version of
        the last commit that named a data version.
    name : str
        The data version that the commits gave; empty in a lake written before data
        versions were named by content.
    files : tuple of DataFile
        The files that hold the rows.
    """

    table: str
    version: int = NO_VERSION
    marks: Mapping[str, int] = field(default_factory=dict)
    name: str = ""
    files: tuple[DataFile, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether the table has been created."""
        return self.version != NO_VERSION

    @property
    def data_number(self) -> int | None:
        """The version of the last commit that changed rows; None without one."""
        return self.marks.get(self.table)

    @property
    def data_version(self) -> str:
        """The name of the state that the rows are in.

        In a lake written before states were named by content it goes by the number of
        the last commit that changed rows, ``daily_price@12``.
        """
        if self.name or self.data_number is None:
            return self.name or first(self.table)
        return f"{self.table}@{self.data_number}"

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The names of the tables that the rows were computed from."""
        return tuple(name for name in self.marks if name not in (self.table, NAMED))

    def files_for(
        self,
        symbols: Sequence[str] | None = None,
        start: int | None = None,
        end: int | None = None,
        *,
        group: str = "",
    ) -> tuple[DataFile, ...]:
        """Return the files in which a row of a group, symbols and times can be."""
        files = (file for file in self.files if file.partition.group == group)
        return tuple(file for file in files if file.may_hold(symbols, start, end))

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that there are rows of."""
        return tuple(dict.fromkeys(file.partition.group for file in self.files))


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit does to a table that is at ``expected_version``.

    A commit that changes rows gives ``data_version``, the name of what it leaves.
    """

    expected_version: int
    added: tuple[DataFile, ...] = ()
    removed: tuple[DataFile, ...] = ()
    changes_rows: bool = True
    marks: Mapping[str, int] = field(default_factory=dict)
    data_version: str = ""

    @property
    def version(self) -> int:
        """The version that the table has after the commit."""
        return self.expected_version + 1


def by_partition(files: Iterable[DataFile]) -> dict[Partition, list[DataFile]]:
    """Return the files by the partition they lie in."""
    partitions: dict[Partition, list[DataFile]] = {}
    for file in files:
        partitions.setdefault(file.partition, []).append(file)
    return partitions
