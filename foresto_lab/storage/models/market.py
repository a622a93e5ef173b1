"""Tables about market data: instruments, what stands for what, and the loads."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from foresto_lab.storage.models.base import (
    Base,
    Document,
    ShortName,
    UtcInstant,
    one_of,
)
from foresto_lab.types import AssetClass

LOAD_STATUSES = ("loaded", "refused")


class InstrumentMaster(Base):
    """What can be held: a symbol with its names, class, currency and calendar.

    ``market`` is the board it is listed on, which taxes depend on: ``KOSPI``,
    ``KOSDAQ``, ``KRX_ETF``, ``NASDAQ``; None where nobody has said.
    """

    __tablename__ = "instrument_master"
    __table_args__ = (
        CheckConstraint("length(symbol) > 0", name="symbol"),
        CheckConstraint("length(currency) = 3", name="currency"),
        CheckConstraint("length(calendar) > 0", name="calendar"),
    )

    instrument_id: Mapped[int] = mapped_column(primary_key=True)
    symbol: Mapped[str] = mapped_column(ShortName, unique=True)
    symbol_key: Mapped[str] = mapped_column(ShortName, unique=True)
    name_ko: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128))
    asset_class: Mapped[str] = mapped_column(ShortName)
    currency: Mapped[str] = mapped_column(String(3))
    calendar: Mapped[str] = mapped_column(String(32))
    simulated: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    updated_at: Mapped[datetime] = mapped_column(UtcInstant)
    market: Mapped[str | None] = mapped_column(String(16))


class InstrumentMap(Base):
    """Which symbol stands for an asset class; any loaded one can, described or not."""

    __tablename__ = "instrument_map"
    __table_args__ = (
        one_of("asset_class", AssetClass),
        CheckConstraint("length(symbol) > 0", name="symbol"),
    )

    asset_class: Mapped[str] = mapped_column(ShortName, primary_key=True)
    symbol: Mapped[str] = mapped_column(ShortName)
    updated_at: Mapped[datetime] = mapped_column(UtcInstant)


class SourceLoadHistory(Base):
    """One attempt to load a file or feed: what came, what changed, what was found."""

    __tablename__ = "source_load_history"
    __table_args__ = (
        one_of("status", LOAD_STATUSES),
        CheckConstraint(
            "(status = 'loaded') = (data_version IS NOT NULL)", name="data_version"
        ),
        CheckConstraint(
            "rows_received >= 0 AND rows_inserted >= 0 AND rows_updated >= 0 "
            "AND rows_unchanged >= 0",
            name="rows",
        ),
        Index(None, "loaded_at"),
    )

    load_id: Mapped[int] = mapped_column(primary_key=True)
    loaded_at: Mapped[datetime] = mapped_column(UtcInstant)
    source: Mapped[str]
    checksum: Mapped[str] = mapped_column(String(64))
    table_name: Mapped[str] = mapped_column(ShortName)
    status: Mapped[str] = mapped_column(String(16))
    rows_received: Mapped[int | None]
    rows_inserted: Mapped[int | None]
    rows_updated: Mapped[int | None]
    rows_unchanged: Mapped[int | None]
    data_version: Mapped[str | None] = mapped_column(String(128))
    findings: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    options: Mapped[dict[str, Any]] = mapped_column(Document)
