"""Tables of definitions: scenarios with their weights, rules, and every version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foresto_lab.storage.models.base import (
    Base,
    Checksum,
    OrderedDocument,
    ShortName,
    UtcInstant,
    one_of,
)
from foresto_lab.types import BaseDay, Frequency, TriggerType

RULE_TYPES = (TriggerType.PERIODIC, TriggerType.DRIFT, TriggerType.HYBRID)
DEFINITION_KINDS = ("scenario", "rule", "indicator", "strategy", "template")


class ModelVersionRegistry(Base):
    """Every definition that was ever in force, by content; rows never change."""

    __tablename__ = "model_version_registry"
    __table_args__ = (
        UniqueConstraint("kind", "name_key", "version", "checksum"),
        one_of("kind", DEFINITION_KINDS),
        CheckConstraint("length(checksum) = 64", name="checksum"),
    )

    version_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(ShortName)
    name_key: Mapped[str] = mapped_column(ShortName)
    version: Mapped[str] = mapped_column(String(32))
    checksum: Mapped[str] = mapped_column(Checksum)
    content: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    registered_at: Mapped[datetime] = mapped_column(UtcInstant)


class ScenarioDefinition(Base):
    """A scenario: what it is called; its weights are its portfolio's."""

    __tablename__ = "scenario_definition"
    __table_args__ = (CheckConstraint("length(name) > 0", name="name"),)

    scenario_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortName)
    name_key: Mapped[str] = mapped_column(ShortName, unique=True)
    name_ko: Mapped[str] = mapped_column(String(128))
    name_en: Mapped[str] = mapped_column(String(128))
    description_ko: Mapped[str] = mapped_column(String, default="")
    description_en: Mapped[str] = mapped_column(String, default="")
    version: Mapped[str] = mapped_column(String(32))
    checksum: Mapped[str] = mapped_column(Checksum)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    updated_at: Mapped[datetime] = mapped_column(UtcInstant)

    portfolio: Mapped[PortfolioModel] = relationship(
        back_populates="scenario",
        cascade="all, delete-orphan",
        passive_deletes=True,
        lazy="selectin",
    )


class PortfolioModel(Base):
    """The portfolio that a scenario holds."""

    __tablename__ = "portfolio_model"

    portfolio_id: Mapped[int] = mapped_column(primary_key=True)
    scenario_id: Mapped[int] = mapped_column(
        ForeignKey("scenario_definition.scenario_id", ondelete="CASCADE"), unique=True
    )

    scenario: Mapped[ScenarioDefinition] = relationship(back_populates="portfolio")
    allocations: Mapped[list[PortfolioAllocation]] = relationship(
        cascade="all, delete-orphan",
        passive_deletes=True,
        lazy="selectin",
        order_by="PortfolioAllocation.position",
    )


class PortfolioAllocation(Base):
    """One target weight; a trigger keeps a portfolio's sum at or below 1."""

    __tablename__ = "portfolio_allocation"
    __table_args__ = (
        CheckConstraint("weight >= 0 AND weight <= 1.000000001", name="weight"),
        CheckConstraint("position >= 0", name="position"),
        CheckConstraint("length(asset_class) > 0", name="asset_class"),
    )

    portfolio_id: Mapped[int] = mapped_column(
        ForeignKey("portfolio_model.portfolio_id", ondelete="CASCADE"),
        primary_key=True,
    )
    asset_class: Mapped[str] = mapped_column(ShortName, primary_key=True)
    position: Mapped[int]
    weight: Mapped[float]


class StoredRule(Base):
    """A named rebalancing rule; ``definition`` is the whole of it.

    The other columns repeat what queries ask for; None where a rule has no such part.
    """

    __tablename__ = "rebalancing_rule"
    __table_args__ = (
        one_of("trigger_type", RULE_TYPES),
        one_of("frequency", Frequency),
        one_of("base_day", BaseDay),
        CheckConstraint("threshold > 0 AND threshold < 1", name="threshold"),
        CheckConstraint("cost_rate >= 0 AND cost_rate < 1", name="cost_rate"),
        CheckConstraint("length(name) > 0", name="name"),
    )

    rule_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(ShortName)
    name_key: Mapped[str] = mapped_column(ShortName, unique=True)
    trigger_type: Mapped[str] = mapped_column(String(16))
    frequency: Mapped[str | None] = mapped_column(String(16))
    base_day: Mapped[str | None] = mapped_column(String(24))
    threshold: Mapped[float | None]
    cost_rate: Mapped[float]
    definition: Mapped[dict[str, Any]] = mapped_column(OrderedDocument)
    checksum: Mapped[str] = mapped_column(Checksum)
    created_at: Mapped[datetime] = mapped_column(UtcInstant)
    updated_at: Mapped[datetime] = mapped_column(UtcInstant)
