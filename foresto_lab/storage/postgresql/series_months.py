"""Filling months that have no rows: by COPY, with nothing to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa

from foresto_lab.storage.postgresql.arrow_session import literal
from foresto_lab.storage.postgresql.fresh_month import month_to_fill
from foresto_lab.storage.postgresql.series_versions import Changes
from foresto_lab.storage.postgresql.series_writing import Target
from foresto_lab.storage.sorted_rows import Places, SortedRows

SHORT_SPAN = 1 << 16
"""Days that can be told apart by 16 bits, which are sorted in no time."""

COVERED = "SELECT symbol, first_date, last_date, row_count FROM pg_temp.added"


def rows_by_month(rows: SortedRows) -> dict[date, Places]:
    """Return the places of each month's rows by date, then symbol.

    Months are given by their first day, ascending.
    """
    days = rows.times - rows.times.min()
    order = np.argsort(
        days.astype(np.uint16) if days.max() < SHORT_SPAN else days, kind="stable"
    )
    months = rows.times[order].astype("datetime64[D]").astype("datetime64[M]")
    cuts = np.flatnonzero(months[1:] != months[:-1]) + 1
    bounds = [0, *cuts.tolist(), len(rows)]
    return {months[a].item(): order[a:b] for a, b in pairwise(bounds)}


def months_with_rows(target: Target, months: Sequence[date]) -> set[date]:
    """Return those of the months that the table has rows of."""
    found = target.session.fetch(
        "SELECT DISTINCT date_trunc('month', first_day)::date AS month FROM ("
        + " UNION ALL ".join(
            f"SELECT {literal(month)} AS first_day WHERE EXISTS (SELECT FROM "
            f"{target.table} WHERE date >= {literal(month)} "
            f"AND date < {literal(_following(month))})"
            for month in months
        )
        + ") AS filled"
    )
    return set(found["month"].to_pylist())


def fill_months(
    target: Target, rows: SortedRows, months: Mapping[date, Places]
) -> Changes:
    """Write rows into months that have none.

    Raises
    ------
    PartitionMissingError
        A month is missing and this role may not make it.
    """
    for month, places in months.items():
        with month_to_fill(target.session, target.table, month) as partition:
            target.session.copy(target.arrow(rows, places), partition)
    every = np.sort(np.concatenate(list(months.values())))
    _cover(target, rows.take(every))
    first = rows.times[next(iter(months.values()))[0]]
    last = rows.times[list(months.values())[-1][-1]]
    return Changes(len(every), 0, _date(first), _date(last))


def _cover(target: Target, rows: SortedRows) -> None:
    """Count sorted rows that were added, by symbol."""
    starts = np.flatnonzero(np.diff(rows.codes, prepend=-1))
    ends = np.append(starts[1:], len(rows))
    added = {
        "symbol": pa.array(rows.symbols[rows.codes[starts]], pa.string()),
        "first_date": pa.array(rows.times[starts]).view(pa.date32()),
        "last_date": pa.array(rows.times[ends - 1]).view(pa.date32()),
        "row_count": pa.array(ends - starts, pa.int64()),
    }
    target.session.execute(
        "CREATE TEMPORARY TABLE added (symbol text, first_date date, last_date date, "
        "row_count bigint) ON COMMIT DROP"
    )
    target.session.copy(pa.table(added), "added", temporary=True)
    target.cover(COVERED)


def _date(day: np.int32) -> date:
    found: date = day.astype("datetime64[D]").item()
    return found


def _following(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
