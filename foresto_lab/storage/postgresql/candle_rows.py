"""Candles of a load as arrays: by month, as spans of time, and as Arrow tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foresto_lab.storage.layouts import CANDLES
from foresto_lab.storage.sorted_rows import (
    Places,
    SortedRows,
    Times,
    comparable_keys,
    union_of_symbols,
)

COMPARED_ROWS = 1_000_000
"""Rows that are compared with stored ones together, in whole months."""

NEAR = 45 * 86_400_000_000
"""Microseconds; months whose candles lie nearer to each other are one span."""

Span = tuple[int, int]
"""The first and the last of some times, in microseconds since 1970-01-01."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to be compared together, and the spans that they lie in."""

    rows: SortedRows
    spans: tuple[Span, ...]


def rows_by_month(rows: SortedRows) -> dict[date, Places]:
    """Return the places of each month's rows, ascending.

    Months are given by their first day, ascending.
    """
    if not len(rows):
        return {}
    months = rows.times.astype("datetime64[us]").astype("datetime64[M]")
    numbers = (months - months.min()).astype(np.int32)
    order = np.argsort(numbers, kind="stable")
    cuts = np.flatnonzero(np.diff(numbers[order])) + 1
    bounds = [0, *cuts.tolist(), len(rows)]
    return {_first_day(months[order[a]]): order[a:b] for a, b in pairwise(bounds)}


def batches(rows: SortedRows, months: Mapping[date, Places]) -> Iterator[Batch]:
    """Yield the rows of months, as many together as are to be compared."""
    together: list[Places] = []
    for places in months.values():
        if together and sum(map(len, together)) + len(places) > COMPARED_ROWS:
            yield _batch(rows, together)
            together = []
        together.append(places)
    if together:
        yield _batch(rows, together)


def _batch(rows: SortedRows, months: Sequence[Places]) -> Batch:
    spans: list[Span] = []
    for places in months:
        times = rows.times[places]
        first, last = int(times.min()), int(times.max())
        if spans and first - spans[-1][1] <= NEAR:
            first = spans.pop()[0]
        spans.append((first, last))
    places = months[0] if len(months) == 1 else np.sort(np.concatenate(months))
    whole = len(places) == len(rows)
    return Batch(rows if whole else rows.take(places), tuple(spans))


def run_starts(
    new: SortedRows, spans: Sequence[Span], old: SortedRows | None
) -> Places:
    """Return the places at which runs of new rows begin.

    A run is of one symbol and in one of the spans, and none of the old rows lies in it.
    """
    begins = np.zeros(len(new), dtype=np.bool_)
    begins[:1] = True
    within = np.searchsorted([first for first, _ in spans], new.times, "right")
    begins[1:] |= np.diff(new.codes) != 0
    begins[1:] |= np.diff(within) != 0
    if old is not None:
        begins[1:] |= np.diff(_old_rows_before(new, old)) != 0
    return np.flatnonzero(begins)


def _old_rows_before(new: SortedRows, old: SortedRows) -> npt.NDArray[np.int64]:
    """Return how many of the old rows come before each new one."""
    symbols = union_of_symbols([new, old])
    keys, old_keys = comparable_keys([new.among(symbols), old.among(symbols)])
    return np.searchsorted(old_keys, keys)


def run_table(new: SortedRows, starts: Places, group: str, number: int) -> pa.Table:
    """Return runs of new rows as rows of ``candles_loaded``."""
    ends = np.append(starts[1:], len(new))
    return pa.table(
        {
            "symbol": pa.array(new.symbols[new.codes[starts]], pa.string()),
            "timeframe": pa.array([group] * len(starts), pa.string()),
            "number": pa.array(np.full(len(starts), number, np.int64)),
            "first_open": instants(new.times[starts]),
            "last_open": instants(new.times[ends - 1]),
            "row_count": pa.array(ends - starts, pa.int64()),
        }
    )


def arrow_rows(rows: SortedRows, group: str) -> pa.Table:
    """Return rows as the table of candles takes them."""
    return rows.arrow.add_column(1, CANDLES.group, constant(group, len(rows)))


def constant(text: str, count: int) -> pa.Array:
    """Return a column that holds one text in every row."""
    zeros = pa.array(np.zeros(count, np.int32))
    return pa.DictionaryArray.from_arrays(zeros, pa.array([text], pa.string()))


def instants(times: Times) -> pa.Array:
    """Return microseconds since 1970-01-01 as instants in UTC."""
    return pa.array(times).view(pa.timestamp("us", "UTC"))


def first_and_last_day(rows: SortedRows) -> tuple[date, date]:
    """Return the days of the first and the last row, in UTC."""
    days = [t.astype("datetime64[us]") for t in (rows.times.min(), rows.times.max())]
    return days[0].item().date(), days[1].item().date()


def _first_day(month: np.datetime64) -> date:
    day: date = month.astype("datetime64[D]").item()
    return day
