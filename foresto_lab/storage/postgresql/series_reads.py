"""Reading a table of series into frames.

Rows come unsorted and are sorted here, by integers, which takes a fraction of what the
server needs to sort by text. Reading at an earlier state takes the rows that are as old
and, of those replaced since, the images they had then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from foresto_lab.errors import UnknownNameError
from foresto_lab.storage.layouts import TableLayout
from foresto_lab.storage.limits import as_date, as_symbols
from foresto_lab.storage.postgresql.arrow_session import (
    ArrowSession,
    arrow_session,
    can_be_stored,
    literal,
    literal_texts,
)
from foresto_lab.storage.postgresql.series_versions import newest_state, number_of
from foresto_lab.storage.sorted_rows import SortedRows, parse_rows

if TYPE_CHECKING:
    from foresto_lab.storage.postgresql.database import PostgresDatabase

PLANNED_ONCE = ("daily_price",)
"""Tables with a function that gives the rows of a few symbols, ``<table>_of``."""

FEW_SYMBOLS = 8
"""So many are read by that function. It holds the rows in memory, so more are not."""


MONTHLY_LAST = """
WITH months AS MATERIALIZED (
    SELECT symbol, date_trunc('month', date::timestamp)::date AS month,
        max(date) FILTER (WHERE {field} IS NOT NULL) AS known
    FROM ({source}) AS rows GROUP BY 1, 2
)
SELECT months.symbol, month AS date, {field} AS close
FROM months LEFT JOIN ({source}) AS rows
    ON rows.symbol = months.symbol AND rows.date = known
"""
"""Finds the last dates first: to order the values of every month takes four times as
long."""


class SeriesReads:
    """The frames that a table of series is read as.

    Parameters
    ----------
    database : PostgresDatabase
        Where the table is.
    layout : TableLayout
        The table's name and fields.
    """

    def __init__(self, database: PostgresDatabase, layout: TableLayout) -> None:
        self._database = database
        self._layout = layout

    def data_version(self) -> str:
        """Return the name of the state that the table is in."""
        with arrow_session(self._database) as session:
            return newest_state(session, self._layout.name).name

    def long_rows(
        self,
        fields: Sequence[str],
        symbols: Sequence[str] | None,
        start: date | None,
        end: date | None,
        data_version: str | None,
    ) -> pd.DataFrame:
        """Return ``symbol, date, *fields`` by symbol, then date."""
        limits = Limits.of(symbols, start, end)
        with arrow_session(self._database) as session:
            number = self._number(session, data_version)
            rows = self._rows(session, fields, limits, number)
        return _long_frame(rows)

    def matrix(
        self,
        field: str,
        symbols: Sequence[str],
        start: date | None,
        end: date | None,
        data_version: str | None,
    ) -> pd.DataFrame:
        """Return one column per symbol, NaN where one has no row; index ``date``."""
        wanted = as_symbols(symbols)
        limits = Limits.of(wanted, start, end)
        with arrow_session(self._database) as session:
            number = self._number(session, data_version)
            rows = self._rows(session, (field,), limits, number)
            found = set(rows.symbols[np.unique(rows.codes)])
            absent = [symbol for symbol in wanted if symbol not in found]
            if absent:
                self._require_known(session, absent, number)
        columns = pd.Index(wanted, dtype="str")
        days, places = np.unique(rows.times, return_inverse=True)
        values = np.full((len(days), len(wanted)), np.nan)
        places_of = columns.get_indexer(pd.Index(rows.symbols, dtype="str"))
        values[places, places_of[rows.codes]] = rows.values[field]  # noqa: PD011
        index = pd.DatetimeIndex(_microseconds(days), name="date")
        return pd.DataFrame(values, index=index, columns=columns)

    def cross_section(self, session: date, data_version: str | None) -> pd.DataFrame:
        """Return the rows of one date, index ``symbol``, one column per field."""
        columns = ("symbol", *self._layout.fields)
        limits = Limits.of(None, session, session)
        with arrow_session(self._database) as connection:
            number = self._number(connection, data_version)
            rows = connection.fetch(self._source(columns, limits, number))
        rows = _by_symbol(rows)
        frame: pd.DataFrame = rows.drop_columns("symbol").to_pandas()
        frame.index = pd.Index(rows["symbol"].to_pandas(), name="symbol")
        return frame

    def monthly_last(self, field: str, data_version: str | None) -> pd.DataFrame:
        """Return ``symbol, month, close``: the last known value of every month."""
        with arrow_session(self._database) as session:
            number = self._number(session, data_version)
            source = self._source(("symbol", "date", field), Limits(), number)
            table = session.fetch(MONTHLY_LAST.format(source=source, field=field))
        rows = parse_rows(table, TableLayout(self._layout.name, ("close",)), "months")
        return _long_frame(rows).rename(columns={"date": "month"})

    def coverage(self) -> pd.DataFrame:
        """Return ``symbol, first_date, last_date, row_count`` by symbol."""
        with arrow_session(self._database) as session:
            table = session.fetch(
                "SELECT symbol, first_date, last_date, row_count FROM series_coverage "
                f"WHERE table_name = {literal(self._layout.name)} ORDER BY symbol"
            )
        days = (pa.timestamp("us"), pa.timestamp("us"))
        types = (pa.string(), *days, pa.int64())
        columns = zip(table.columns, types, strict=True)
        cast = [column.cast(wanted) for column, wanted in columns]
        frame: pd.DataFrame = pa.table(cast, names=table.column_names).to_pandas()
        return frame

    # --- statements -------------------------------------------------------------

    def _number(self, session: ArrowSession, data_version: str | None) -> int | None:
        if data_version is None:
            return None
        return number_of(session, self._layout.name, data_version)

    def _rows(
        self,
        session: ArrowSession,
        fields: Sequence[str],
        limits: Limits,
        number: int | None,
    ) -> SortedRows:
        layout = TableLayout(self._layout.name, tuple(dict.fromkeys(fields)))
        columns, alone = layout.columns, limits.symbols or ()
        if len(alone) == 1:  # whose name in every row would only take time
            found = session.fetch(self._source(columns[1:], limits, number))
            found = found.append_column("symbol", _constant(alone[0], len(found)))
        else:
            found = session.fetch(self._source(columns, limits, number))
        return parse_rows(found, layout, layout.name)

    def _source(
        self, columns: Sequence[str], limits: Limits, number: int | None
    ) -> str:
        """Return the query for some rows, as they were at a state or are now."""
        table, conditions = self._layout.name, limits.conditions
        present = (table, conditions)
        if table in PLANNED_ONCE and limits.are_few:
            present = (f"{table}_of({limits.arguments})", [])
        if number is None:
            return _select(columns, *present)
        as_old = f"version <= {literal(number)}"
        then = [*conditions, as_old, f"superseded_by > {literal(number)}"]
        return " UNION ALL ".join(
            (
                _select(columns, present[0], [*present[1], as_old]),
                _select(columns, f"{table}_superseded", then),
            )
        )

    def _require_known(
        self, session: ArrowSession, symbols: Sequence[str], number: int | None
    ) -> None:
        """Refuse symbols that have no row at all at a state."""
        there = self._source(["symbol"], Limits.of(symbols), number)
        found = set(session.fetch(there)["symbol"].to_pylist())
        unknown = [symbol for symbol in symbols if symbol not in found]
        if unknown:
            known = self._symbols(session, number)
            raise UnknownNameError(kind="symbol", given=unknown[0], allowed=known)

    def _symbols(self, session: ArrowSession, number: int | None) -> tuple[str, ...]:
        """Return all symbols that have rows at a state."""
        query = (
            "SELECT symbol FROM series_coverage "
            f"WHERE table_name = {literal(self._layout.name)}"
        )
        newest = newest_state(session, self._layout.name).number
        if number is not None and number != newest:
            rows = self._source(["symbol"], Limits(), number)
            query = f"SELECT DISTINCT symbol FROM ({rows}) AS rows"
        return tuple(sorted(session.fetch(query)["symbol"].to_pylist()))


@dataclass(frozen=True)
class Limits:
    """What a read is limited to; None for no limit."""

    symbols: Sequence[str] | None = None
    first: date | None = None
    last: date | None = None

    @classmethod
    def of(
        cls, symbols: Sequence[str] | None, start: Any = None, end: Any = None
    ) -> Limits:
        """Return the limits that a caller gives."""
        wanted = None
        if symbols is not None:
            wanted = [text for text in as_symbols(symbols) if can_be_stored(text)]
        return cls(wanted, as_date(start), as_date(end))

    @property
    def are_few(self) -> bool:
        """Whether they name so few symbols that planning would take longest."""
        return self.symbols is not None and len(self.symbols) <= FEW_SYMBOLS

    @property
    def conditions(self) -> list[str]:
        """The conditions that rows meet."""
        conditions = []
        if self.symbols is not None:
            conditions.append(f"symbol = ANY ({literal_texts(self.symbols)})")
        if self.first is not None:
            conditions.append(f"date >= {literal(self.first)}")
        if self.last is not None:
            conditions.append(f"date <= {literal(self.last)}")
        return conditions

    @property
    def arguments(self) -> str:
        """The symbols, first and last day, as a function of the database takes them."""
        first = literal(self.first) if self.first else "'-infinity'"
        last = literal(self.last) if self.last else "'infinity'"
        return f"{literal_texts(self.symbols or [])}, {first}, {last}"


def _select(columns: Sequence[str], table: str, conditions: Sequence[str]) -> str:
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {', '.join(columns)} FROM {table}{where}"


# --- frames -----------------------------------------------------------------------


def _by_symbol(rows: pa.Table) -> pa.Table:
    """Return rows by symbol, byte by byte; they mostly lie so already."""
    symbols = rows["symbol"]
    if pc.all(pc.less(symbols[:-1], symbols[1:])).as_py() is not False:
        return rows
    return rows.take(pc.sort_indices(symbols))


def _constant(text: str, count: int) -> pa.Array:
    zeros = pa.array(np.zeros(count, np.int32))
    return pa.DictionaryArray.from_arrays(zeros, pa.array([text], pa.string()))


def _long_frame(rows: SortedRows) -> pd.DataFrame:
    symbols = pa.DictionaryArray.from_arrays(
        pa.array(rows.codes), pa.array(rows.symbols, pa.string())
    )
    return pd.DataFrame(
        {
            "symbol": symbols.cast(pa.string()).to_pandas().astype("str"),
            "date": _microseconds(rows.times),
            **rows.values,  # noqa: PD011
        }
    )


def _microseconds(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[us]")
