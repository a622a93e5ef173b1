"""Tables of time series, on PostgreSQL only: prices, returns, candles, versions.

In the embedded store these are Delta tables, which keep their own versions. Here a row
of prices carries the number of the load that wrote it, and the image it replaced moves
to ``daily_price_superseded``: any earlier data version can be read again.

All are partitioned by month. Rows of a month lie in the order of time, so a block range
index over time (BRIN) finds a session's rows at a thousandth of a B-tree's size.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from foresto_lab.storage.models.base import (
    POSTGRESQL_ONLY,
    Base,
    Checksum,
    Document,
    ShortName,
    UtcInstant,
)

Symbol = Text(collation="C")
"""A symbol, compared byte by byte, as the embedded store sorts it."""

PRICE_RULES = (
    "(open > 0 AND open < 'Infinity') IS NOT FALSE "
    "AND (high > 0 AND high < 'Infinity') IS NOT FALSE "
    "AND (low > 0 AND low < 'Infinity') IS NOT FALSE "
    "AND close > 0 AND close < 'Infinity' "
    "AND (high < low) IS NOT TRUE "
    "AND (volume >= 0) IS NOT FALSE"
)
"""No stricter than the rules that refuse a load (``market.quality``)."""


class SeriesVersion(Base):
    """One load that changed a table of series, and the data version it left.

    ``number`` counts the states that were named; the number within ``name`` may be
    another store's. Where a name was only adopted no row changed, and there is no
    digest. ``first_date`` and ``last_date`` bound the rows that the load changed.
    ``marks`` holds the number of another table's state that the rows rest on.
    """

    __tablename__ = "series_version"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("rows_inserted >= 0 AND rows_updated >= 0", name="rows"),
        {"info": {POSTGRESQL_ONLY: True}},
    )

    table_name: Mapped[str] = mapped_column(ShortName, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(Checksum)
    committed_at: Mapped[datetime] = mapped_column(UtcInstant)
    rows_inserted: Mapped[int] = mapped_column(BigInteger)
    rows_updated: Mapped[int] = mapped_column(BigInteger)
    first_date: Mapped[date | None]
    last_date: Mapped[date | None]
    marks: Mapped[dict[str, Any]] = mapped_column(Document)


class SeriesCoverage(Base):
    """How many rows a symbol has in a table, and their first and last date.

    Kept by every load in its own transaction: counting ten million rows takes seconds.
    """

    __tablename__ = "series_coverage"
    __table_args__ = (
        CheckConstraint("row_count >= 1", name="row_count"),
        CheckConstraint("last_date >= first_date", name="dates"),
        {"info": {POSTGRESQL_ONLY: True}},
    )

    table_name: Mapped[str] = mapped_column(ShortName, primary_key=True)
    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    first_date: Mapped[date]
    last_date: Mapped[date]
    row_count: Mapped[int] = mapped_column(BigInteger)


class DailyPrice(Base):
    """One session's prices of one symbol, as the newest load left them."""

    __tablename__ = "daily_price"
    __table_args__ = (
        CheckConstraint(PRICE_RULES, name="prices"),
        CheckConstraint(
            "(adj_close > 0 AND adj_close < 'Infinity') IS NOT FALSE", name="adj_close"
        ),
        CheckConstraint("length(symbol) > 0", name="symbol"),
        Index(None, "date"),
        {"postgresql_partition_by": "RANGE (date)", "info": {POSTGRESQL_ONLY: True}},
    )

    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)
    open: Mapped[float | None]
    high: Mapped[float | None]
    low: Mapped[float | None]
    close: Mapped[float]
    adj_close: Mapped[float | None]
    volume: Mapped[float | None]
    version: Mapped[int] = mapped_column(BigInteger)


class DailyPriceSuperseded(Base):
    """A row of prices as it was before a later load replaced it."""

    __tablename__ = "daily_price_superseded"
    __table_args__ = (
        CheckConstraint("superseded_by > version", name="superseded_by"),
        {"info": {POSTGRESQL_ONLY: True}},
    )

    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    superseded_by: Mapped[int] = mapped_column(BigInteger)
    open: Mapped[float | None]
    high: Mapped[float | None]
    low: Mapped[float | None]
    close: Mapped[float]
    adj_close: Mapped[float | None]
    volume: Mapped[float | None]


class DailyReturn(Base):
    """A symbol's simple return from its price before to that of the session."""

    __tablename__ = "daily_return"
    __table_args__ = (
        CheckConstraint("(daily_return >= -1) IS NOT FALSE", name="daily_return"),
        {"postgresql_partition_by": "RANGE (date)", "info": {POSTGRESQL_ONLY: True}},
    )

    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    date: Mapped[date] = mapped_column(primary_key=True)
    daily_return: Mapped[float | None]


class CandlesHistory(Base):
    """One candle of one symbol and timeframe, by the instant it opened."""

    __tablename__ = "candles_history"
    __table_args__ = (
        CheckConstraint(
            "open > 0 AND high > 0 AND low > 0 AND close > 0 AND high >= low "
            "AND high < 'Infinity' AND volume >= 0 AND volume < 'Infinity'",
            name="prices",
        ),
        CheckConstraint("length(symbol) > 0", name="symbol"),
        Index(None, "open_time", postgresql_using="brin"),
        {
            "postgresql_partition_by": "RANGE (open_time)",
            "info": {POSTGRESQL_ONLY: True},
        },
    )

    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    timeframe: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    open_time: Mapped[datetime] = mapped_column(UtcInstant, primary_key=True)
    open: Mapped[float]
    high: Mapped[float]
    low: Mapped[float]
    close: Mapped[float]
    volume: Mapped[float]
