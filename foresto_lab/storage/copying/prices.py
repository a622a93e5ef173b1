"""Daily prices and returns, as a copy sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from foresto_lab.errors import UnknownNameError
from foresto_lab.storage.copying.compared_rows import compare_rows
from foresto_lab.storage.copying.windows import Window, windows_of
from foresto_lab.storage.data_versions import rows_digest
from foresto_lab.storage.layouts import DAILY_PRICE, DAILY_RETURN, TableLayout
from foresto_lab.storage.progress import Progress
from foresto_lab.storage.sorted_rows import SortedRows, parse_rows

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.market.protocols import SeriesStore


@dataclass(frozen=True, slots=True)
class PriceSide:
    """A store's daily prices; see ``Side``."""

    series: SeriesStore

    def version(self) -> str:
        """Return the data version of daily prices."""
        return self.series.data_version()

    def read(self, window: Window, data_version: str | None) -> SortedRows:
        """Return the prices of some days."""
        frame = self.series.daily_prices(
            start=window.start, end=window.end, data_version=data_version
        )
        return _rows(frame, DAILY_PRICE)

    def load(self, window: Window, rows: SortedRows) -> str:
        """Upsert prices."""
        return self.series.load_daily_prices(rows.arrow).data_version

    def adopt(self, name: str, only_from: str) -> None:
        """Call the prices of a state by another data version."""
        self.series.adopt_version(name, only_from=only_from)

    def digest(self, window: Window, rows: SortedRows) -> str:
        """Return the content digest of prices."""
        return rows_digest(rows)


def price_windows(
    source: SeriesStore, target: SeriesStore, rows_at_once: int
) -> list[Window]:
    """Return spans of days that hold the prices of both stores."""
    return windows_of([source.coverage(), target.coverage()], rows_at_once)


def has_state(series: SeriesStore, data_version: str) -> bool:
    """Return whether a store can read its prices as of a data version."""
    try:
        series.daily_prices([], data_version=data_version)
    except UnknownNameError:
        return False
    return True


def copy_returns(
    source: SeriesStore,
    target: SeriesStore,
    windows: Sequence[Window],
    progress: Progress,
) -> Literal["equal", "recomputed", "none"]:
    """Compute the target's returns from its prices, and compare them with the source.

    They are computed by the same arithmetic, so they are equal to the last bit, unless
    the source's rest on older prices than it has now.
    """
    if not len(source.return_coverage()):
        return "none"
    progress("computing returns", 0, 0)
    target.update_returns()
    for number, window in enumerate(windows):
        progress("comparing returns", number, len(windows))
        compared = compare_rows(*(_returns(side, window) for side in (source, target)))
        if not compared.is_copied:
            return "recomputed"
    return "equal"


def _returns(series: SeriesStore, window: Window) -> SortedRows:
    frame = series.daily_returns(start=window.start, end=window.end)
    return _rows(frame, DAILY_RETURN)


def _rows(frame: pd.DataFrame, layout: TableLayout) -> SortedRows:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return parse_rows(table, layout, "The copy")
