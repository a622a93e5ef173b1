"""The team's store of daily series: ``SeriesStore`` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.protocols import DAILY_PRICE_FIELDS, LoadOutcome, SeriesStore
from foresto_lab.storage.layouts import DAILY_PRICE, DAILY_RETURN

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.postgresql.series_reads import SeriesReads

VACUUM = "VACUUM (ANALYZE, SKIP_LOCKED)"
TABLES = (
    "daily_price",
    "daily_price_superseded",
    "daily_return",
    "series_coverage",
    "series_version",
)


class PostgresSeriesStore(SeriesStore):
    """Daily prices and returns in monthly partitions; see ``SeriesStore``.

    Making one reads nothing. One object may be used by any number of threads, and after
    a fork. Frames are those of the embedded store to the last bit: symbols as ``str``,
    dates as tz-naive ``datetime64[us]``, null as NaN.

    Writers of one table take turns by an advisory lock, so no load is ever lost to a
    race; readers ask for no lock and see whole loads only.

    Parameters
    ----------
    database : PostgresDatabase
        A database with the catalog's tables.
    """

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database

    def __repr__(self) -> str:
        """Return the class and where the tables are."""
        return f"{type(self).__name__}({self._database.location!r})"

    @cached_property
    def _prices(self) -> SeriesReads:
        from foresto_lab.storage.postgresql.series_reads import SeriesReads

        return SeriesReads(self._database, DAILY_PRICE)

    @cached_property
    def _returns(self) -> SeriesReads:
        from foresto_lab.storage.postgresql.series_reads import SeriesReads

        return SeriesReads(self._database, DAILY_RETURN)

    # --- writing ----------------------------------------------------------------

    def load_daily_prices(self, table: pa.Table) -> LoadOutcome:
        """Upsert rows; see ``SeriesStore.load_daily_prices``.

        Rows may come in any order. Null and NaN are the same. Symbols may be strings
        or, quicker, a dictionary of strings.

        Raises
        ------
        InputError
            A column is missing or of another type, or a symbol or date is null.
        QualityError
            Two rows have the same symbol and date.
        PartitionMissingError
            A month is missing and this role may not make it.
        StorageError
            The database refused a row, is full, or was lost; nothing was written.
        """
        from foresto_lab.storage.postgresql.series_upserts import Upsert, upsert
        from foresto_lab.storage.sorted_rows import parse_rows

        wanted = Upsert(parse_rows(table, DAILY_PRICE, "The load"))
        if not len(wanted.rows):
            return LoadOutcome(0, 0, 0, 0, self.data_version())
        return upsert(self._database, DAILY_PRICE, lambda _session: wanted)

    def update_returns(self) -> LoadOutcome:
        """Bring daily_return up to date; see ``SeriesStore.update_returns``.

        The return of a date is adj_close over the symbol's last known adj_close before
        it, minus 1; the first date of a symbol has none. Only dates from the first
        changed adj_close of a symbol on are computed. Raises as loads do.
        """
        from foresto_lab.storage.postgresql.daily_returns import changed_returns
        from foresto_lab.storage.postgresql.series_upserts import upsert

        return upsert(self._database, DAILY_RETURN, changed_returns)

    def adopt_version(self, name: str, *, only_from: str | None = None) -> None:
        """Call the present rows by a name; see ``SeriesStore.adopt_version``.

        Raises
        ------
        InputError
            It is not a data version of daily prices, or names other rows already.
        WriteConflictError
            The rows are not at ``only_from`` any more.
        """
        from foresto_lab.storage.postgresql.arrow_session import arrow_transaction
        from foresto_lab.storage.postgresql.series_versions import (
            adopt_name,
            lock_table,
        )

        with arrow_transaction(self._database) as session:
            lock_table(session, DAILY_PRICE.name)
            adopt_name(session, DAILY_PRICE.name, name, only_from)

    def compact(self) -> None:
        """Free the room of replaced rows and renew the planner's statistics.

        Changes no rows and no data version. What this role may not do is left to the
        server, which does the same in the background (autovacuum).
        """
        with self._database.connection(autocommit=True) as connection:
            connection.exec_driver_sql(f"{VACUUM} {', '.join(TABLES)}")

    def drop_damaged_files(self) -> tuple[str, ...]:
        """Return nothing: the server looks after its own files."""
        return ()

    # --- reading ----------------------------------------------------------------

    def data_version(self) -> str:
        """Return the state of daily prices, e.g. ``daily_price@3-9f3c2a7b41de``.

        A table without rows is ``daily_price@none``.
        """
        return self._prices.data_version()

    def daily_prices(
        self,
        symbols: Sequence[str] | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
        fields: Sequence[str] = DAILY_PRICE_FIELDS,
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return long rows; see ``SeriesStore.daily_prices``.

        Symbols without rows are left out. Raises UnknownNameError for an unknown field
        or data version.
        """
        for name in fields:
            _require_field(name)
        return self._prices.long_rows(fields, symbols, start, end, data_version)

    def price_matrix(
        self,
        symbols: Sequence[str],
        *,
        start: date | None = None,
        end: date | None = None,
        field: str = "adj_close",
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return one column per symbol; see ``SeriesStore.price_matrix``.

        A symbol that has rows, but none between start and end, is a column of NaN.
        Raises UnknownNameError for a symbol without any row, an unknown field or data
        version.
        """
        _require_field(field)
        return self._prices.matrix(field, symbols, start, end, data_version)

    def cross_section(
        self, session: date, *, data_version: str | None = None
    ) -> pd.DataFrame:
        """Return one date's rows, index ``symbol``, one column per field."""
        return self._prices.cross_section(session, data_version)

    def monthly_closes(self, *, data_version: str | None = None) -> pd.DataFrame:
        """Return ``symbol, month, close``; ``month`` is its first day.

        The close is the last adj_close known in the month. Rows by symbol, then month.
        """
        return self._prices.monthly_last("adj_close", data_version)

    def coverage(self) -> pd.DataFrame:
        """Return ``symbol, first_date, last_date, row_count`` by symbol."""
        return self._prices.coverage()

    def return_coverage(self) -> pd.DataFrame:
        """Return the same of daily_return."""
        return self._returns.coverage()

    def daily_returns(
        self,
        symbols: Sequence[str] | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
    ) -> pd.DataFrame:
        """Return long rows of daily_return; see ``SeriesStore.daily_returns``."""
        return self._returns.long_rows(DAILY_RETURN.fields, symbols, start, end, None)


def _require_field(name: str) -> None:
    if name not in DAILY_PRICE_FIELDS:
        raise UnknownNameError(kind="field", given=name, allowed=DAILY_PRICE_FIELDS)
