"""How a series lies in its table: columns, partitions, files.

A table is partitioned by periods of some years and each file is sorted by symbol,
then date. One instrument's history touches a few row groups of every period, one
day's cross-section a single period; the figures below balance the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from foresto_lab.market.protocols import DAILY_PRICE_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa

PERIOD_YEARS = 5
"""Years a partition holds, the first of them divisible by this number."""

ROWS_PER_GROUP = 40_960
"""Rows that are skipped or decoded together."""

ROWS_PER_FILE = 8_000_000
"""Bound of one file; a larger period is split by symbol."""

COMPRESSION = "none"
"""Dictionaries already shrink symbols and dates. On 10 million rows of prices snappy
and LZ4 save 40 % of the room, zstd 60 %, but a cross-section then takes 2.5 or 4 times
as long and a load twice."""

SMALL_FILE_ROWS = 500_000
"""A file with fewer rows is small: merged with its like once there are too many."""

SMALL_FILES_BOUND = 8
"""Small files that a period may hold before a load merges them."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The name of a table and its value columns, all float64."""

    name: str
    fields: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column stored in a file; the partition column is in the log only."""
        return ("symbol", "date", *self.fields)

    def file_schema(self) -> pa.Schema:
        """Return the Arrow schema of a data file."""
        return _file_schema(self.fields)


@cache
def _file_schema(fields: tuple[str, ...]) -> pa.Schema:
    import pyarrow as pa

    keys = [
        pa.field("symbol", pa.string(), nullable=False),
        pa.field("date", pa.date32(), nullable=False),
    ]
    return pa.schema([*keys, *(pa.field(name, pa.float64()) for name in fields)])


DAILY_PRICE = TableLayout("daily_price", DAILY_PRICE_FIELDS)
DAILY_RETURN = TableLayout("daily_return", ("daily_return",))
