"""What the domain asks of stores of daily prices and of candles.

The contract
------------
- Rows are keyed by ``(symbol, date)``. Loading is an upsert: a row with a new key is
  inserted, one with changed values replaces the old, one with equal values changes
  nothing. Loading the same rows twice leaves the data version as it is.
- A load is one atomic commit. Readers see the table before it or after it, never
  between; a process killed inside a load leaves the table as it was before.
- Any number of processes may load and read at once. A writer that loses a race tries
  again on the newer table; no reader ever waits for a writer.
- A data version names one state of the table for good. Reading at an earlier version
  gives the rows of that time; compaction changes no version's rows.
- A data version's name follows from the content of the loads: the same loads in the
  same order have the same names on every store, and different data never share one
  (``foresto_lab.storage.data_versions`` states the rule).
- Frames handed out are the caller's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from foresto_lab.market.candle_table import CandleTable
    from foresto_lab.market.instants import Moment
    from foresto_lab.market.timeframes import Timeframe

DAILY_PRICE_FIELDS = ("open", "high", "low", "close", "adj_close", "volume")
DAILY_PRICE_COLUMNS = ("symbol", "date", *DAILY_PRICE_FIELDS)
"""``symbol`` string, ``date`` date32, the fields float64; all but close may be null.

``adj_close`` is the close adjusted for splits (and distributions, where the source
does so); a load that knows no adjusted close stores the close there.
"""

CANDLE_FIELDS = ("open", "high", "low", "close", "volume")
CANDLE_COLUMNS = ("symbol", "timeframe", "open_time", *CANDLE_FIELDS)
"""``symbol`` and ``timeframe`` string, ``open_time`` timestamp[us, UTC], the fields
float64 and never null. A candle is named by the instant it opened."""


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """What a load changed, by number of rows, and the data version after it."""

    rows_received: int
    rows_inserted: int
    rows_updated: int
    rows_unchanged: int
    data_version: str


class SeriesStore(Protocol):
    """Daily prices and returns; see the module's text for the contract."""

    def load_daily_prices(self, table: pa.Table) -> LoadOutcome:
        """Upsert rows with the columns ``DAILY_PRICE_COLUMNS``, already checked."""

    def daily_prices(
        self,
        symbols: Sequence[str] | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
        fields: Sequence[str] = DAILY_PRICE_FIELDS,
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return long rows ``symbol, date, *fields`` by symbol, then date."""

    def price_matrix(
        self,
        symbols: Sequence[str],
        *,
        start: date | None = None,
        end: date | None = None,
        field: str = "adj_close",
        data_version: str | None = None,
    ) -> pd.DataFrame:
        """Return one column per symbol in the order asked, index ``date``.

        The index is the union of the symbols' dates; NaN where one has no row.
        Raises UnknownNameError for a symbol without any row.
        """

    def cross_section(
        self, session: date, *, data_version: str | None = None
    ) -> pd.DataFrame:
        """Return every symbol's row of one date, index ``symbol``."""

    def monthly_closes(self, *, data_version: str | None = None) -> pd.DataFrame:
        """Return the last adj_close of each symbol and month: symbol, month, close."""

    def coverage(self) -> pd.DataFrame:
        """Return ``symbol, first_date, last_date, row_count``, one row a symbol."""

    def return_coverage(self) -> pd.DataFrame:
        """Return the same of daily_return: a row for each row of prices but the first.

        Empty before the first ``update_returns``.
        """

    def update_returns(self) -> LoadOutcome:
        """Bring daily_return up to date with daily_price, writing what changed."""

    def daily_returns(
        self,
        symbols: Sequence[str] | None = None,
        *,
        start: date | None = None,
        end: date | None = None,
    ) -> pd.DataFrame:
        """Return long rows ``symbol, date, daily_return`` by symbol, then date."""

    def data_version(self) -> str:
        """Return the name of the state that daily prices are in now."""

    def adopt_version(self, name: str, *, only_from: str | None = None) -> None:
        """Call the present rows of daily prices by this data version from now on.

        For a verified copy of another store's rows: runs recorded there then name
        their data here. The next load that changes rows continues from the name.
        Raises InputError for what is no name of daily prices, and for one that names
        other rows here already; WriteConflictError where ``only_from`` is given and the
        rows are at another data version by now.
        """

    def compact(self) -> None:
        """Merge the small files that daily appends leave; changes no rows."""

    def drop_damaged_files(self) -> Sequence[str]:
        """Take what cannot be read out of the store and return its names.

        Its rows are gone, and the data version is a new one.
        """


class CandleStore(Protocol):
    """Candles of any timeframe.

    The contract of ``SeriesStore`` holds, with ``(symbol, timeframe, open_time)`` for
    the key and data versions of the table ``candles_history``.
    """

    def load_candles(self, table: pa.Table) -> LoadOutcome:
        """Upsert rows with the columns ``CANDLE_COLUMNS``, already checked.

        Every field has a value. Raises InputError for a missing column, key or value
        and for instants without a zone, UnknownNameError for an unknown timeframe, and
        QualityError for a repeated key; then nothing is written.
        """

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
        """Return one column per field, float64, by ``open_time`` ascending.

        The index is ``datetime64[us, UTC]``. Candles that open from start to end, both
        included; an end given as a day includes the whole day, in UTC. Raises
        UnknownNameError for a symbol without any candle of the timeframe, an unknown
        timeframe, field or data version.
        """

    def candle_coverage(self) -> pd.DataFrame:
        """Return ``symbol, timeframe, first_open, last_open, row_count``.

        One row for each symbol and timeframe, by symbol, then from short to long.
        """

    def candle_version(self) -> str:
        """Return the name of the state that candles are in now."""

    def adopt_candle_version(self, name: str, *, only_from: str | None = None) -> None:
        """Call the present candles by this data version from now on.

        As ``SeriesStore.adopt_version``.
        """


class RecentCandleSource(Protocol):
    """Where the newest candles come from, before a store has them; read only.

    What it holds may change at any time and has no data version, so nothing that is
    to be reproduced is computed from it.
    """

    name: str
    """What findings call it; no secret is part of it."""

    def fetch_recent(self, symbol: str, timeframe: Timeframe) -> CandleTable:
        """Return the candles it holds, ascending and checked; none where it has none.

        The last one may still be forming. Raises RecentSourceError within a second or
        so where the source is away, slow, or holds something else.
        """
