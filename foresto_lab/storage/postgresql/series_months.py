"""Months: which rows lie in which, and filling new ones by COPY, uncompared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from foresto_lab.storage.postgresql.arrow_session import literal, literal_texts
from foresto_lab.storage.postgresql.fresh_month import make_months, month_to_fill
from foresto_lab.storage.postgresql.series_versions import Changes
from foresto_lab.storage.postgresql.series_writing import Target, changes_of
from foresto_lab.storage.sorted_rows import Places, SortedRows

SHORT_SPAN = 1 << 16
"""Months that can be told apart by 16 bits, which are sorted in no time."""

MANY_ROWS = 5_000
"""A month with so many rows is filled by itself; others are filled together."""

MISSING = """
SELECT month::date AS month FROM unnest({months}) AS month
WHERE to_regclass({table} || '_y' || to_char(month::date, 'YYYY"m"MM')) IS NULL
"""


def rows_by_month(rows: SortedRows) -> dict[date, Places]:
    """Return the places of each month's rows, which stay by symbol, then date.

    Months are given by their first day, ascending.
    """
    first, last = int(rows.times.min()), int(rows.times.max())
    every_day = np.arange(first, last + 1).astype("datetime64[D]")
    month_of_day = every_day.astype("datetime64[M]")
    numbers = (month_of_day - month_of_day[0]).astype(np.int64)
    if numbers[-1] < SHORT_SPAN:
        numbers = numbers.astype(np.uint16)
    of_rows = numbers[rows.times - first]
    order = np.argsort(of_rows, kind="stable")
    counts = np.bincount(of_rows)
    ends = np.cumsum(counts)
    return {
        (month_of_day[0] + number).item(): order[
            ends[number] - counts[number] : ends[number]
        ]
        for number in np.flatnonzero(counts)
    }


def missing_months(target: Target, months: Sequence[date]) -> set[date]:
    """Return those of the months that the table has no partition of."""
    texts = literal_texts(month.isoformat() for month in months)
    query = MISSING.format(months=texts, table=literal(target.table))
    return set(target.session.fetch(query)["month"].to_pylist())


def fill_months(
    target: Target, rows: SortedRows, months: Mapping[date, Places]
) -> Changes:
    """Write rows into months that are made for them.

    Raises
    ------
    PartitionMissingError
        This role may not make the month.
    """
    sparse = [month for month, places in months.items() if len(places) < MANY_ROWS]
    if sparse:
        make_months(target.session, target.table, sparse)
        target.insert(rows.take(np.concatenate([months[month] for month in sparse])))
    for month, places in months.items():
        if len(places) >= MANY_ROWS:
            with month_to_fill(target.session, target.table, month) as partition:
                target.insert(rows.take(places), partition)
    whole = sum(map(len, months.values())) == len(rows)
    added = rows if whole else rows.take(np.sort(np.concatenate([*months.values()])))
    target.cover(added)
    return changes_of(added, inserted=len(added))
