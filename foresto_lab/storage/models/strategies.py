"""Tables of the registry of indicators, strategies and portfolios.

A version never changes once it is there: it is deactivated instead of deleted, and
another version is another row. Names compare without case, by ``name_key``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foresto_lab.storage.models.base import (
    Base,
    Checksum,
    Document,
    OrderedDocument,
    ShortName,
    UtcInstant,
    one_of,
)

INDICATOR_SOURCES = ("talib", "built_in", "python")
STRATEGY_SOURCES = ("json", "built_in", "python")
PORTFOLIO_SOURCES = ("json",)
PYTHON_HAS_CODE = "(source = 'python') = (code IS NOT NULL)"


class StoredIndicator(Base):
    """One version of an indicator: its parameters, outputs and warm-up."""

    __tablename__ = "indicators"
    __table_args__ = (
        UniqueConstraint("name_key", "version"),
        one_of("source", INDICATOR_SOURCES),
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("length(checksum) = 64", name="checksum"),
        CheckConstraint(PYTHON_HAS_CODE, name="code"),
    )

    indicator_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortName)
    name_key: Mapped[str] = mapped_column(ShortName)
    version: Mapped[str] = mapped_column(ShortName)
    checksum: Mapped[str] = mapped_column(Checksum)
    source: Mapped[str] = mapped_column(ShortName)
    parameters: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    outputs: Mapped[list[str]] = mapped_column(OrderedDocument)
    warm_up: Mapped[dict[str, Any]] = mapped_column(Document)
    code: Mapped[str | None]
    is_active: Mapped[bool]
    tags: Mapped[list[str]] = mapped_column(Document)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", Document)
    registered_at: Mapped[datetime] = mapped_column(UtcInstant)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class StoredStrategy(Base):
    """One version of a strategy: its definition as JSON, or its Python code."""

    __tablename__ = "strategies"
    __table_args__ = (
        UniqueConstraint("name_key", "version"),
        one_of("source", STRATEGY_SOURCES),
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("length(checksum) = 64", name="checksum"),
        CheckConstraint(PYTHON_HAS_CODE, name="code"),
    )

    strategy_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortName)
    name_key: Mapped[str] = mapped_column(ShortName)
    version: Mapped[str] = mapped_column(ShortName)
    checksum: Mapped[str] = mapped_column(Checksum)
    source: Mapped[str] = mapped_column(ShortName)
    definition: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    code: Mapped[str | None]
    is_active: Mapped[bool]
    tags: Mapped[list[str]] = mapped_column(Document)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", Document)
    registered_at: Mapped[datetime] = mapped_column(UtcInstant)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcInstant)


class StoredPortfolio(Base):
    """One version of a custom portfolio: what is held, by what weights."""

    __tablename__ = "custom_portfolios"
    __table_args__ = (
        UniqueConstraint("name_key", "version"),
        one_of("source", PORTFOLIO_SOURCES),
        CheckConstraint("length(name) > 0", name="name"),
        CheckConstraint("length(checksum) = 64", name="checksum"),
    )

    portfolio_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortName)
    name_key: Mapped[str] = mapped_column(ShortName)
    version: Mapped[str] = mapped_column(ShortName)
    checksum: Mapped[str] = mapped_column(Checksum)
    source: Mapped[str] = mapped_column(ShortName)
    definition: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    is_active: Mapped[bool]
    tags: Mapped[list[str]] = mapped_column(Document)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", Document)
    registered_at: Mapped[datetime] = mapped_column(UtcInstant)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcInstant)
