"""Columns that many combinations share, computed once and kept while there is room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from foresto_lab.errors import InputError
from foresto_lab.optimize.evaluators.column_sources import (
    IndicatorSource,
    Source,
    computed,
)
from foresto_lab.types import Float64Array1D, Float64Array2D, Int64Array1D

if TYPE_CHECKING:
    from foresto_lab.indicators import IndicatorCatalog
    from foresto_lab.market.candle_table import CandleTable

ROOM: Final = 48 << 20
"""Bytes of columns that are kept at once."""
_LEAST_ROWS: Final = 16


class ColumnStore:
    """The columns of one table of candles, as rows of one matrix.

    Parameters
    ----------
    table : CandleTable
    catalog : IndicatorCatalog
    threads : int
        Threads that compute columns.
    """

    def __init__(
        self, table: CandleTable, catalog: IndicatorCatalog, threads: int
    ) -> None:
        self._table = table
        self._catalog = catalog
        self._threads = threads
        self.capacity = max(_LEAST_ROWS, ROOM // max(8 * len(table), 1))
        self.matrix: Float64Array2D = np.empty((self.capacity, len(table)))
        self._rows: dict[Source, int] = {}
        self._refused: set[Source] = set()

    def reserve(self, rows: int) -> None:
        """Make room for so many columns at once."""
        if rows > self.capacity:
            self.capacity = rows
            self.matrix = np.empty((rows, len(self._table)))
            self._rows = {}

    def rows_of(self, sources: Sequence[Source]) -> Int64Array1D:
        """Return the row of each column, -1 where an indicator refuses it.

        Rows that were returned before may have been filled anew.

        Parameters
        ----------
        sources : sequence of Source
            Without open numbers; at most ``capacity`` distinct ones.
        """
        wanted = dict.fromkeys(sources)
        missing = [
            source
            for source in wanted
            if source not in self._rows and source not in self._refused
        ]
        if missing:
            self._make_room(wanted, len(missing))
            self._fill(missing)
        return np.array([self._rows.get(source, -1) for source in sources], np.int64)

    def _make_room(self, wanted: Mapping[Source, None], count: int) -> None:
        surplus = len(self._rows) + count - self.capacity
        if surplus <= 0:
            return
        for source in [source for source in self._rows if source not in wanted]:
            del self._rows[source]
            surplus -= 1
            if surplus <= 0:
                return

    def _fill(self, missing: Sequence[Source]) -> None:
        taken = set(self._rows.values())
        free = (row for row in range(self.capacity) if row not in taken)
        places = dict(zip(missing, free, strict=False))
        tasks: dict[Any, list[Source]] = {}
        for source in missing:
            key: Any = source
            if isinstance(source, IndicatorSource):
                key = (source.name, source.params)
            tasks.setdefault(key, []).append(source)
        cache: dict[Any, Any] = {}
        write = partial(self._write, places, cache)
        if self._threads == 1 or len(tasks) == 1:
            written = [write(sources) for sources in tasks.values()]
        else:
            with ThreadPoolExecutor(self._threads) as pool:
                written = list(pool.map(write, tasks.values()))
        for sources, is_written in zip(tasks.values(), written, strict=True):
            for source in sources:
                if is_written:
                    self._rows[source] = places[source]
                else:
                    self._refused.add(source)

    def _write(
        self, places: Mapping[Source, int], cache: dict[Any, Any], sources: list[Source]
    ) -> bool:
        """Compute columns of one indicator into their rows; False if it refuses."""
        own = {} if isinstance(sources[0], IndicatorSource) else cache
        indicators = partial(self._outputs, own)
        try:
            for source in sources:
                self.matrix[places[source]] = computed(source, self._table, indicators)
        except InputError:
            return False
        return True

    def _outputs(
        self, cache: dict[Any, Any], name: str, params: tuple[tuple[str, Any], ...]
    ) -> Mapping[str, Float64Array1D]:
        key = (name, params)
        if key in cache:
            outputs: Mapping[str, Float64Array1D] = cache[key]
            return outputs
        outputs = self._catalog.get(name).compute(self._table, dict(params))
        cache[key] = outputs
        return outputs
