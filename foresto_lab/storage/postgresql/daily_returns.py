"""Simple returns from adjusted closes, recomputed only where prices changed.

A state of the returns records the state of the prices that it was computed from. Rows
of prices carry the number of the state they came with, so those that changed since are
found; each symbol is recomputed from its first changed date on. The arithmetic is done
here, in float64, and gives the same bits as the embedded store's.
"""

from __future__ import annotations

import numpy as np

from foresto_lab.storage.layouts import DAILY_PRICE, DAILY_RETURN, TableLayout
from foresto_lab.storage.postgresql.arrow_session import ArrowSession, literal
from foresto_lab.storage.postgresql.series_upserts import Upsert
from foresto_lab.storage.postgresql.series_versions import lock_table, newest_state
from foresto_lab.storage.sorted_rows import SortedRows, no_rows, parse_rows

ADJUSTED = TableLayout(DAILY_PRICE.name, ("adj_close",))

EVERYTHING = "SELECT symbol, date, adj_close FROM daily_price"

SPAN = """
SELECT min(first_date) AS first_date, max(last_date) AS last_date
FROM series_version WHERE table_name = 'daily_price' AND number > {seen}
"""

CHANGED = """
CREATE TEMPORARY TABLE repriced ON COMMIT DROP AS
SELECT price.symbol, min(price.date) AS since
FROM daily_price AS price
LEFT JOIN daily_price_superseded AS seen
    ON seen.symbol = price.symbol AND seen.date = price.date
    AND seen.version <= {seen} AND seen.superseded_by > {seen}
WHERE price.version > {seen} AND price.date BETWEEN {first} AND {last}
    AND (seen.symbol IS NULL OR seen.adj_close IS DISTINCT FROM price.adj_close)
GROUP BY price.symbol
"""

SINCE = """
SELECT price.symbol, price.date, price.adj_close
FROM repriced JOIN daily_price AS price
    ON price.symbol = repriced.symbol AND price.date >= repriced.since
WHERE price.date >= {first}
UNION ALL
SELECT symbol, since - 1, (
    SELECT adj_close FROM daily_price AS price
    WHERE price.symbol = repriced.symbol AND price.date < repriced.since
        AND adj_close IS NOT NULL
    ORDER BY price.date DESC LIMIT 1
)
FROM repriced JOIN series_coverage USING (symbol)
WHERE table_name = 'daily_price' AND first_date < since
"""
"""The changed symbols' prices, each after the last known before them, dated a day
before; none where they begin the symbol's history."""


def changed_returns(session: ArrowSession) -> Upsert | None:
    """Return the returns to bring in, or None when they rest on the newest prices."""
    lock_table(session, DAILY_PRICE.name, shared=True)
    newest = newest_state(session, DAILY_PRICE.name).number
    seen = newest_state(session, DAILY_RETURN.name).marks.get(DAILY_PRICE.name, 0)
    if newest == seen:
        return None
    prices = _prices_since(session, seen)
    return Upsert(returns_of(prices), marks={DAILY_PRICE.name: newest})


def returns_of(prices: SortedRows) -> SortedRows:
    """Return the simple returns of every row but each symbol's first.

    The price before is the last one that is known; NaN where none is.
    """
    adjusted = prices.values["adj_close"]
    places = np.arange(len(prices))
    is_first = np.diff(prices.codes, prepend=-1) != 0
    first = np.maximum.accumulate(np.where(is_first, places, 0))
    known = np.maximum.accumulate(np.where(np.isnan(adjusted), -1, places))
    before = np.concatenate([[-1], known])[:-1]
    with np.errstate(all="ignore"):
        returns = adjusted / np.where(before >= first, adjusted[before], np.nan) - 1
    follows = np.flatnonzero(~is_first)
    return SortedRows(
        DAILY_RETURN,
        prices.symbols,
        prices.codes[follows],
        prices.times[follows],
        {"daily_return": returns[follows]},
    )


def _prices_since(session: ArrowSession, seen: int) -> SortedRows:
    """Return the prices whose returns may differ, each symbol's after one before."""
    if seen == 0:
        return parse_rows(session.fetch(EVERYTHING), ADJUSTED, "daily_price")
    span = session.row(SPAN.format(seen=literal(seen)))
    if span is None or span["first_date"] is None:
        return no_rows(ADJUSTED)
    first, last = literal(span["first_date"]), literal(span["last_date"])
    session.execute(CHANGED.format(seen=literal(seen), first=first, last=last))
    table = session.fetch(SINCE.format(first=first))
    return parse_rows(table, ADJUSTED, "daily_price")
