"""The least-privilege roles of a team's database: owner, writer and reader.

They are groups that people are made members of, not logins. ``roles.sql`` says what
each may do. Roles belong to the whole server: teams with a database of their own on one
server take names of their own by the prefix.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.storage.models import Base

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from foresto_lab.storage.postgresql.database import PostgresDatabase

DEFAULT_PREFIX = "foresto"
DEFAULT_SCHEMA = "public"
SCRIPT = Path(__file__).with_name("roles.sql")

RELATIONS = (
    *sorted(Base.metadata.tables),
    "alembic_version",
    "candles_daily",
    "simulation_path_weight",
)
"""The tables and views that are foresto_lab's; partitions go with their tables."""

FUNCTIONS = (
    "begin_monthly_partition",
    "attach_monthly_partition",
    "create_monthly_partitions",
    "daily_price_of",
    "check_portfolio_weight_sum",
    "delete_series_of_runs",
)

_PREFIX = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_SCHEMA = re.compile(r"[^\x00\"'$%{}\\]{1,63}")


@dataclass(frozen=True, slots=True)
class TeamRoles:
    """The names of the roles of one database, and the schema of its tables."""

    prefix: str = DEFAULT_PREFIX
    schema: str = DEFAULT_SCHEMA

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix):
            raise InputError(
                message=f"The prefix of roles is {self.prefix!r}, but must be 1 to 40 "
                "lower-case letters, digits and underscores, no digit first."
            )
        if not _SCHEMA.fullmatch(self.schema):
            raise InputError(
                message=f"The schema is {self.schema!r}; a schema's name here has at "
                "most 63 characters and no quotes, braces, percent or dollar signs."
            )

    @property
    def owner(self) -> str:
        """Who owns the tables."""
        return f"{self.prefix}_owner"

    @property
    def writer(self) -> str:
        """Who loads and runs."""
        return f"{self.prefix}_writer"

    @property
    def reader(self) -> str:
        """Who reads."""
        return f"{self.prefix}_reader"

    def to_dict(self) -> dict[str, Any]:
        """Return the names as plain JSON-ready values."""
        return {
            "owner": self.owner,
            "writer": self.writer,
            "reader": self.reader,
            "schema": self.schema,
        }

    def script(self) -> str:
        """Return the SQL that makes the roles and gives them their rights."""
        filled = {
            **{name: _identifier(role) for name, role in self.to_dict().items()},
            **{f"{n}_text": _literal(role) for n, role in self.to_dict().items()},
            "schema_text": _literal(_identifier(self.schema)),
            "relations": _literals(RELATIONS),
            "functions": _literals(FUNCTIONS),
        }
        template = SCRIPT.read_text(encoding="utf-8")
        return re.sub(r"\{(\w+)\}", lambda found: filled[found[1]], template)


def apply_roles(database: PostgresDatabase, roles: TeamRoles) -> int:
    """Make the roles in a database, all of them or none; may be done again.

    Returns the number of foresto_lab's tables in the schema: none of them, and the
    roles have nothing to use yet.

    Raises
    ------
    InputError
        There is no such schema.
    DatabasePermissionError
        This user may not create roles, or does not own the tables.
    """
    with database.writing_alone() as session:
        _require_schema(session, roles.schema)
        driver = session.connection().connection.driver_connection
        assert driver is not None
        driver.execute(roles.script())
        found = session.execute(
            select(func.count())
            .select_from(text("pg_tables"))
            .where(text("schemaname = :schema AND tablename = ANY(:relations)"))
            .params(schema=roles.schema, relations=list(RELATIONS))
        )
        return int(found.scalar_one())


def _require_schema(session: Session, schema: str) -> None:
    names = session.scalars(text("SELECT nspname FROM pg_namespace ORDER BY nspname"))
    known = tuple(name for name in names if not name.startswith("pg_"))
    if schema not in known:
        raise UnknownNameError(kind="schema", given=schema, allowed=known)


def _identifier(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_]*", name) else f'"{name}"'


def _literals(names: tuple[str, ...]) -> str:
    listed = ", ".join(map(_literal, names))
    indent = " " * 20
    return "\n" + textwrap.fill(
        listed, 88, initial_indent=indent, subsequent_indent=indent
    )


def _literal(name: str) -> str:
    return f"'{name}'"
