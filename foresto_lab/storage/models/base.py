"""What every table shares: naming of constraints, and the portable column types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, the same on every database: migrations refer to them."""


class Base(DeclarativeBase):
    """The catalog's tables."""

    metadata = MetaData(naming_convention=NAMES)


class UtcInstant(TypeDecorator[datetime]):
    """An instant, aware and in UTC on the way in and on the way out.

    SQLite keeps no zone: there the UTC clock time is stored, and sorts as text.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return the instant in UTC; a time without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"an instant needs a time zone, got {value!r}")
        instant = value.astimezone(UTC)
        return instant.replace(tzinfo=None) if dialect.name == "sqlite" else instant

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Return the stored instant, aware, in UTC."""
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON that queries may look into; PostgreSQL does not keep the order of its keys."""

OrderedDocument = JSON(none_as_null=True)
"""JSON as it was written, the order of the keys included."""

POSTGRESQL_ONLY = "postgresql_only"
"""Key of a table's info, for those that the embedded store has no need of."""

RunId = String(40)
Checksum = String(64)
ShortName = String(64)


def one_of(column: str, values: Any, *, name: str | None = None) -> CheckConstraint:
    """Return the rule that a column holds one of an enumeration's values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)
