"""The series that every store keeps: their names and columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from foresto_lab.market.protocols import DAILY_PRICE_FIELDS

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class TableLayout:
    """The name of a table and its value columns, all float64."""

    name: str
    fields: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of a row, the key's first."""
        return ("symbol", "date", *self.fields)

    def file_schema(self) -> pa.Schema:
        """Return the Arrow schema of the rows."""
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
