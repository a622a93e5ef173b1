"""The series that every store keeps: their names, keys and columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from foresto_lab.market.instants import microseconds
from foresto_lab.market.protocols import CANDLE_FIELDS, DAILY_PRICE_FIELDS
from foresto_lab.market.timeframes import Timeframe

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The name of a table, its key and its value columns, all float64.

    Attributes
    ----------
    name : str
    fields : tuple of str
        The value columns.
    time : str
        The key's last column: ``date``, of days, or another name, of instants.
    group : str
        The key's column between symbol and time; empty for none.
    groups : tuple of str
        What may stand in that column.
    needs_values : bool
        Whether every row has a value in every field.
    """

    name: str
    fields: tuple[str, ...]
    time: str = "date"
    group: str = ""
    groups: tuple[str, ...] = ("",)
    needs_values: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that no two rows share the values of."""
        return ("symbol", *self.stored_in_path, self.time)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of a row, the key's first."""
        return (*self.key, *self.fields)

    @property
    def stored_in_path(self) -> tuple[str, ...]:
        """The columns of a row that are the same in all of a file."""
        return (self.group,) if self.group else ()

    @property
    def has_days(self) -> bool:
        """Whether times are days, not instants."""
        return self.time == "date"

    def schema(self) -> pa.Schema:
        """Return the Arrow schema of rows."""
        return _schema(self)

    def file_schema(self) -> pa.Schema:
        """Return the Arrow schema of a file, which leaves out what its path says."""
        import pyarrow as pa

        left_out = self.stored_in_path
        return pa.schema([f for f in self.schema() if f.name not in left_out])

    def number_of(self, time: date | datetime) -> int:
        """Return the days or microseconds from 1970-01-01 UTC to a time."""
        if isinstance(time, datetime):
            return microseconds(time)
        return (time - date(1970, 1, 1)).days

    def text_of(self, number: int) -> str:
        """Return a time in ISO 8601 from its number."""
        if self.has_days:
            return (date(1970, 1, 1) + timedelta(days=number)).isoformat()
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)
        return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")


@cache
def _schema(layout: TableLayout) -> pa.Schema:
    import pyarrow as pa

    def fields() -> Iterator[pa.Field]:
        for name in layout.key[:-1]:
            yield pa.field(name, pa.string(), nullable=False)
        time = pa.date32() if layout.has_days else pa.timestamp("us", "UTC")
        yield pa.field(layout.time, time, nullable=False)
        for name in layout.fields:
            yield pa.field(name, pa.float64())

    return pa.schema(list(fields()))


DAILY_PRICE = TableLayout("daily_price", DAILY_PRICE_FIELDS)
DAILY_RETURN = TableLayout("daily_return", ("daily_return",))
CANDLES = TableLayout(
    "candles_history",
    CANDLE_FIELDS,
    time="open_time",
    group="timeframe",
    groups=tuple(map(str, Timeframe)),
    needs_values=True,
)
