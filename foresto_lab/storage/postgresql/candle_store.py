"""The team's store of candles: ``CandleStore`` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.instants import Moment, first_instant, last_instant
from foresto_lab.market.protocols import CANDLE_FIELDS, CandleStore, LoadOutcome
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.storage.layouts import CANDLES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from foresto_lab.storage.postgresql.database import PostgresDatabase

VACUUM = (
    "VACUUM (ANALYZE, SKIP_LOCKED) candles_history, candles_loaded, candles_superseded"
)


class PostgresCandleStore(CandleStore):
    """Candles in monthly partitions, or on TimescaleDB; see ``CandleStore``.

    Making one reads nothing. One object may be used by any number of threads, and after
    a fork. Frames are those of the embedded store to the last bit. Every earlier data
    version can be read.

    Writers take turns by an advisory lock, so no load is ever lost to a race; readers
    ask for no lock and see whole loads only.

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

    # --- writing ----------------------------------------------------------------

    def load_candles(self, table: pa.Table) -> LoadOutcome:
        """Upsert rows; see ``CandleStore.load_candles``.

        Rows may come in any order, symbols and timeframes as strings or, quicker, as
        dictionaries of strings, instants in any unit and zone.

        Raises
        ------
        InputError
            A column, a key or a value is missing, a column is of another type, or
            instants have no zone.
        UnknownNameError
            There is no such timeframe.
        QualityError
            Two rows have the same symbol, timeframe and open time.
        PartitionMissingError
            A month is missing and this role may not make it.
        StorageError
            The database refused a row, is full, or was lost; nothing was written.
        """
        from foresto_lab.storage.postgresql.candle_loads import load_parts
        from foresto_lab.storage.sorted_rows import parse_parts

        parts = parse_parts(table, CANDLES, "The load")
        if not any(map(len, parts.values())):
            return LoadOutcome(0, 0, 0, 0, self.candle_version())
        return load_parts(self._database, parts)

    def adopt_candle_version(self, name: str, *, only_from: str | None = None) -> None:
        """Call the present candles by a name; see ``SeriesStore.adopt_version``.

        Raises
        ------
        InputError
            It is not a data version of candles, or names other candles already.
        WriteConflictError
            The candles are not at ``only_from`` any more.
        """
        from foresto_lab.storage.postgresql.arrow_session import arrow_transaction
        from foresto_lab.storage.postgresql.series_versions import (
            adopt_name,
            lock_table,
        )

        with arrow_transaction(self._database) as session:
            lock_table(session, CANDLES.name)
            adopt_name(session, CANDLES.name, name, only_from)

    def compact(self) -> None:
        """Free the room of replaced rows and renew the planner's statistics.

        Changes no rows and no data version. What this role may not do is left to the
        server, which does the same in the background (autovacuum).
        """
        with self._database.connection(autocommit=True) as connection:
            connection.exec_driver_sql(VACUUM)

    # --- reading ----------------------------------------------------------------

    def candle_version(self) -> str:
        """Return the state of candles, e.g. ``candles_history@3-9f3c2a7b41de``."""
        from foresto_lab.storage.postgresql.candle_reads import candle_version

        return candle_version(self._database)

    def candles(
        self,
        symbol: str,
        timeframe: str | Timeframe,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        fields: Sequence[str] = CANDLE_FIELDS,
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return one column per field; see ``CandleStore.candles``.

        Raises
        ------
        UnknownNameError
            The symbol has no candle of the timeframe; the timeframe, a field or the
            data version is unknown.
        InputError
            A bound is neither a day nor an instant.
        """
        from foresto_lab.storage.postgresql.candle_reads import read_candles

        for name in fields:
            if name not in CANDLE_FIELDS:
                raise UnknownNameError(kind="field", given=name, allowed=CANDLE_FIELDS)
        return read_candles(
            self._database,
            str(symbol),
            Timeframe.parse(timeframe),
            fields,
            first_instant(start),
            last_instant(end),
            data_version,
        )

    def candle_coverage(self) -> pd.DataFrame:
        """Return ``symbol, timeframe, first_open, last_open, row_count``."""
        from foresto_lab.storage.postgresql.candle_reads import read_coverage

        return read_coverage(self._database)
