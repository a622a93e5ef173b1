"""The embedded store of candles: ``CandleStore`` on a Delta table and DuckDB."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from foresto_lab.errors import UnknownNameError
from foresto_lab.market.instants import Moment, first_instant, last_instant
from foresto_lab.market.protocols import CANDLE_FIELDS, CandleStore, LoadOutcome
from foresto_lab.market.timeframes import Timeframe
from foresto_lab.storage.lake.location import Location
from foresto_lab.storage.layouts import CANDLES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from foresto_lab.storage.lake.candle_table import CandleTable


class LakeCandleStore(CandleStore):
    """Candles as a Delta table; see ``CandleStore`` for the contract.

    Making one reads nothing and imports nothing heavy. One object may be used by any
    number of threads, and after a fork. Every earlier data version can be read.

    Parameters
    ----------
    lake : path or URL
        The folder that holds the tables; made by the first load.
    """

    def __init__(self, lake: str | os.PathLike[str]) -> None:
        self._lake = Location.of(lake)

    def __repr__(self) -> str:
        """Return the class and where the lake lies."""
        return f"{type(self).__name__}({str(self._lake)!r})"

    @cached_property
    def _candles(self) -> CandleTable:
        from foresto_lab.storage.lake.candle_table import CandleTable

        return CandleTable(self._lake.child(CANDLES.name), CANDLES)

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
        WorkspaceReadOnlyError, DiskFullError
            Nothing was written; the table reads as before.
        WriteConflictError
            Other processes kept winning the race for the same version.
        CorruptStoreError
            A file that the rows must be compared with is damaged.
        """
        from foresto_lab.storage.lake.upsert import Upsert
        from foresto_lab.storage.sorted_rows import parse_parts

        wanted = Upsert(CANDLES, parse_parts(table, CANDLES, "The load"))
        if not len(wanted):
            return LoadOutcome(0, 0, 0, 0, self.candle_version())
        return self._candles.upsert(lambda: wanted)

    def adopt_candle_version(self, name: str, *, only_from: str | None = None) -> None:
        """Call the present candles by a name; see ``SeriesStore.adopt_version``.

        Raises
        ------
        InputError
            It is not a data version of candles, or names other candles already.
        WorkspaceReadOnlyError, DiskFullError
            The candles keep their name.
        WriteConflictError
            The candles are not at ``only_from`` any more.
        """
        self._candles.adopt_version(name, only_from)

    def compact(self) -> None:
        """Merge the small files that a feed leaves, and what killed loads left.

        Changes no rows, no data version, and nothing that an earlier version reads.
        """
        self._candles.compact()

    def drop_damaged_files(self) -> tuple[str, ...]:
        """Take files that are missing or damaged out of the table; return them.

        Their rows are gone and the data version is a new one: load them again.
        """
        return self._candles.drop_damaged()

    # --- reading ----------------------------------------------------------------

    def candle_version(self) -> str:
        """Return the state of candles, e.g. ``candles_history@3-9f3c2a7b41de``."""
        return self._candles.snapshot().data_version

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
        CorruptStoreError
            A file or the log is damaged.
        """
        for name in fields:
            if name not in CANDLE_FIELDS:
                raise UnknownNameError(kind="field", given=name, allowed=CANDLE_FIELDS)
        return self._candles.candles(
            str(symbol),
            Timeframe.parse(timeframe),
            fields,
            first_instant(start),
            last_instant(end),
            data_version,
        )

    def candle_coverage(self) -> pd.DataFrame:
        """Return ``symbol, timeframe, first_open, last_open, row_count``."""
        return self._candles.coverage()
