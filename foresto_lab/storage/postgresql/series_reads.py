"""Reading a table of series into frames.

Rows come unsorted and are sorted here, by integers, which takes a fraction of what the
server needs to sort by text. Reading at an earlier state takes the rows that are as old
and, of those replaced since, the images they had then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

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
        layout = TableLayout(self._layout.name, tuple(dict.fromkeys(fields)))
        with arrow_session(self._database) as session:
            number = self._number(session, data_version)
            rows = self._rows(session, layout, symbols, start, end, number)
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
        layout = TableLayout(self._layout.name, (field,))
        with arrow_session(self._database) as session:
            number = self._number(session, data_version)
            rows = self._rows(session, layout, wanted, start, end, number)
            absent = [symbol for symbol in wanted if symbol not in rows.symbols]
            if absent:
                self._require_known(session, absent, number)
        columns = pd.Index(wanted, dtype="str")
        days, places = np.unique(rows.times, return_inverse=True)
        values = np.full((len(days), len(wanted)), np.nan)
        found = columns.get_indexer(pd.Index(rows.symbols, dtype="str"))
        values[places, found[rows.codes]] = rows.values[field]  # noqa: PD011
        index = pd.DatetimeIndex(_microseconds(days), name="date")
        return pd.DataFrame(values, index=index, columns=columns)

    def cross_section(self, session: date, data_version: str | None) -> pd.DataFrame:
        """Return the rows of one date, index ``symbol``, one column per field."""
        fields = self._layout.fields
        rows = self.long_rows(fields, None, session, session, data_version)
        return rows.drop(columns="date").set_index("symbol")

    def monthly_last(self, field: str, data_version: str | None) -> pd.DataFrame:
        """Return ``symbol, month, close``: the last known value of every month."""
        with arrow_session(self._database) as session:
            number = self._number(session, data_version)
            source = self._source((field,), None, None, None, number)
            table = session.fetch(
                "SELECT symbol, date_trunc('month', date)::date AS date, "
                f"(array_agg({field} ORDER BY date DESC) "
                f"FILTER (WHERE {field} IS NOT NULL))[1] AS close "
                f"FROM ({source}) AS rows GROUP BY 1, 2"
            )
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
        layout: TableLayout,
        symbols: Sequence[str] | None,
        start: date | None,
        end: date | None,
        number: int | None,
    ) -> SortedRows:
        source = self._source(layout.fields, symbols, start, end, number)
        return parse_rows(session.fetch(source), layout, layout.name)

    def _source(
        self,
        fields: Sequence[str],
        symbols: Sequence[str] | None,
        start: date | None,
        end: date | None,
        number: int | None,
    ) -> str:
        """Return the query for some rows, as they were at a state or are now."""
        columns = ", ".join(["symbol", "date", *fields])
        conditions = _conditions(symbols, start, end)
        if number is None:
            return _select(columns, self._layout.name, conditions)
        as_old = f"version <= {literal(number)}"
        present = _select(columns, self._layout.name, [*conditions, as_old])
        then = [*conditions, as_old, f"superseded_by > {literal(number)}"]
        replaced = _select(columns, f"{self._layout.name}_superseded", then)
        return f"{present} UNION ALL {replaced}"

    def _require_known(
        self, session: ArrowSession, symbols: Sequence[str], number: int | None
    ) -> None:
        """Refuse symbols that have no row at all at a state."""
        if number is None:
            query = (
                "SELECT symbol FROM series_coverage "
                f"WHERE table_name = {literal(self._layout.name)}"
            )
        else:
            source = self._source((), None, None, None, number)
            query = f"SELECT DISTINCT symbol FROM ({source}) AS rows"
        known = tuple(sorted(session.fetch(query)["symbol"].to_pylist()))
        for symbol in symbols:
            if symbol not in known:
                raise UnknownNameError(kind="symbol", given=symbol, allowed=known)


def _conditions(
    symbols: Sequence[str] | None, start: date | None, end: date | None
) -> list[str]:
    conditions = []
    if symbols is not None:
        conditions.append(_symbol_condition(as_symbols(symbols)))
    first, last = as_date(start), as_date(end)
    if first is not None:
        conditions.append(f"date >= {literal(first)}")
    if last is not None:
        conditions.append(f"date <= {literal(last)}")
    return conditions


def _symbol_condition(symbols: Sequence[str]) -> str:
    stored = [symbol for symbol in symbols if can_be_stored(symbol)]
    if len(stored) == 1:
        return f"symbol = {literal(stored[0])}"
    return f"symbol = ANY ({literal_texts(stored)})" if stored else "false"


def _select(columns: str, table: str, conditions: Sequence[str]) -> str:
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT {columns} FROM {table}{where}"


# --- frames -----------------------------------------------------------------------


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
