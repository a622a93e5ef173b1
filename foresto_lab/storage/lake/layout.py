"""How a series lies in the lake: partitions, files, row groups.

A table is partitioned by periods of some years, candles by their timeframe before, and
each file is sorted by symbol, then time. One instrument's history touches a few row
groups of every period, one day's cross-section a single period; the figures below
balance the two.
"""

from __future__ import annotations

from datetime import timedelta

from foresto_lab.market.timeframes import Timeframe

PERIOD_YEARS = 5
"""Years a partition holds, the first of them divisible by this number."""

CANDLE_PERIOD_YEARS = 10
SHORT_CANDLE_PERIOD_YEARS = 1
"""The same of candles, and of candles shorter than an hour."""

ROWS_PER_GROUP = 40_960
"""Rows that are skipped or decoded together."""

ROWS_PER_FILE = 8_000_000
"""Bound of one file; a larger period is split by symbol."""

ROWS_PER_CANDLE_FILE = 1_000_000
"""The same of candles: the newest, which a feed corrects again and again, then costs
the rewriting of one such file."""

COMPRESSION = "none"
"""Dictionaries already shrink symbols and dates. On 10 million rows of prices snappy
and LZ4 save 40 % of the room, zstd 60 %, but a cross-section then takes 2.5 or 4 times
as long and a load twice."""

SMALL_FILE_ROWS = 500_000
"""A file with fewer rows is small: merged with its like once there are too many."""

SMALL_FILES_BOUND = 8
"""Small files that a period may hold before a load merges them."""


def period_years(group: str) -> int:
    """Return the years that a partition of a group holds; ``""`` is no group."""
    if not group:
        return PERIOD_YEARS
    length = Timeframe.parse(group).length
    is_short = length is not None and length < timedelta(hours=1)
    return SHORT_CANDLE_PERIOD_YEARS if is_short else CANDLE_PERIOD_YEARS
