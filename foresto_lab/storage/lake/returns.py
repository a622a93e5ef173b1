"""Simple returns from adjusted closes, recomputed only where prices changed.

The table of returns records the data version of the prices it was computed from. The
files that differ between that version and now tell which rows to compare, and each
symbol is recomputed from its first changed date on.
"""

from __future__ import annotations

from foresto_lab.storage.lake import query
from foresto_lab.storage.lake.daily import DailyTable
from foresto_lab.storage.lake.query import Scan
from foresto_lab.storage.lake.snapshot import Snapshot
from foresto_lab.storage.lake.upsert import Upsert
from foresto_lab.storage.layouts import DAILY_RETURN
from foresto_lab.storage.sorted_rows import parse_parts

_ALL_NEW = "SELECT symbol, min(date) AS since FROM {} GROUP BY symbol"

_CHANGED = """
SELECT symbol, min(date) AS since
FROM (SELECT symbol, date, adj_close FROM {} EXCEPT
      SELECT symbol, date, adj_close FROM {})
GROUP BY symbol
"""

_RETURNS = """
WITH changed AS ({changed}),
price AS (SELECT symbol, date, adj_close, since FROM {{}} JOIN changed USING (symbol)),
before AS (
    SELECT symbol, max(date) AS date, arg_max(adj_close, date) AS adj_close, since
    FROM price WHERE date < since GROUP BY symbol, since
),
series AS (
    SELECT * FROM before UNION ALL SELECT * FROM price WHERE date >= since
),
lagged AS (
    SELECT *, row_number() OVER of_symbol AS place,
        adj_close / lag(adj_close IGNORE NULLS) OVER of_symbol - 1 AS daily_return
    FROM series
    WINDOW of_symbol AS (PARTITION BY symbol ORDER BY date)
)
SELECT symbol, date, daily_return FROM lagged
WHERE place > 1 AND date >= since ORDER BY symbol, date
"""


def changed_returns(prices: DailyTable, returns: DailyTable) -> Upsert | None:
    """Return the returns to bring in, or None when they rest on the newest prices."""
    newest = prices.snapshot()
    seen = returns.snapshot().marks.get(newest.table)
    if newest.data_number is None or seen == newest.data_number:
        return None
    before = Snapshot(newest.table) if seen is None else prices.at_version(seen)
    added, removed = _differing(prices, newest, before)
    compared = [added, removed] if removed.files else [added]
    changed = _CHANGED if removed.files else _ALL_NEW
    table = query.read_arrow(
        _RETURNS.format(changed=changed), *compared, prices.scan(newest)
    )
    parts = parse_parts(table, DAILY_RETURN, "daily_return")
    return Upsert(DAILY_RETURN, parts, marks={newest.table: newest.data_number})


def _differing(
    prices: DailyTable, newest: Snapshot, before: Snapshot
) -> tuple[Scan, Scan]:
    """Return the rows of the files that only the newer, and only the older has."""
    added = set(newest.files) - set(before.files)
    removed = set(before.files) - set(newest.files)
    return (
        prices.scan(Snapshot(newest.table, files=tuple(added))),
        prices.scan(Snapshot(newest.table, files=tuple(removed))),
    )
