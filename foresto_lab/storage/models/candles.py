"""Tables of candles, on PostgreSQL only, and what loads did to them.

``candles_history`` holds the newest state. By the spans that loads inserted, and the
images of candles that they replaced, every earlier state can be told from it. A candle
therefore needs no number of its own.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from foresto_lab.storage.models.base import POSTGRESQL_ONLY, Base, UtcInstant
from foresto_lab.storage.models.series import Symbol

TimeframeText = Text(collation="C")


class CandlesLoaded(Base):
    """Candles of one series that one load inserted next to each other.

    No other candle of the series lay between the first and the last at that time. The
    counts of a series sum up to its number of candles.
    """

    __tablename__ = "candles_loaded"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("last_open >= first_open", name="span"),
        CheckConstraint("row_count >= 1", name="row_count"),
        {"info": {POSTGRESQL_ONLY: True}},
    )

    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    timeframe: Mapped[str] = mapped_column(TimeframeText, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    first_open: Mapped[datetime] = mapped_column(UtcInstant, primary_key=True)
    last_open: Mapped[datetime] = mapped_column(UtcInstant)
    row_count: Mapped[int] = mapped_column(BigInteger)


class CandlesSuperseded(Base):
    """A candle as it was before the load of a number replaced it."""

    __tablename__ = "candles_superseded"
    __table_args__ = (
        CheckConstraint("superseded_by >= 2", name="superseded_by"),
        {"info": {POSTGRESQL_ONLY: True}},
    )

    symbol: Mapped[str] = mapped_column(Symbol, primary_key=True)
    timeframe: Mapped[str] = mapped_column(TimeframeText, primary_key=True)
    open_time: Mapped[datetime] = mapped_column(UtcInstant, primary_key=True)
    superseded_by: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    open: Mapped[float]
    high: Mapped[float]
    low: Mapped[float]
    close: Mapped[float]
    volume: Mapped[float]
