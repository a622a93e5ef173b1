"""Getting a store ready: tables, definitions, and the months to come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresto_lab.storage.schema import SCHEMA_VERSION, ensure_schema, found_version
from foresto_lab.storage.workspace import create_workspace, open_database

if TYPE_CHECKING:
    from pydantic import SecretStr

    from foresto_lab.storage.postgresql.database import PostgresDatabase
    from foresto_lab.storage.postgresql.months import TableMonths


@dataclass(frozen=True, slots=True)
class Preparation:
    """What getting a store ready did.

    Attributes
    ----------
    schema_before : str or None
        The version of the tables that were there; None where there were none.
    months : tuple of TableMonths
        The months of each partitioned table; empty for the embedded store.
    """

    store: str
    location: str
    schema_before: str | None
    schema: str
    months: tuple[TableMonths, ...]

    @property
    def created(self) -> bool:
        """Whether the tables are new."""
        return self.schema_before is None

    def to_dict(self) -> dict[str, Any]:
        """Return what was done as plain JSON-ready values."""
        return {
            "store": self.store,
            "location": self.location,
            "created": self.created,
            "schema": self.schema,
            "months_made": {months.table: months.made for months in self.months},
        }


def prepare_store(
    home: Path, database_url: SecretStr | str | None, *, today: date
) -> Preparation:
    """Create a store's tables, definitions and months, as far as they are missing.

    Any number of processes may do so at once. Raises what ``open_storage`` raises.
    """
    database = open_database(home, database_url)
    if database.dialect == "postgresql":
        from foresto_lab.storage.postgresql.database import PostgresDatabase

        assert isinstance(database, PostgresDatabase)
        return _prepare_team_store(database, today)
    present = Path(database.location).is_file()
    before = found_version(database) if present else None
    create_workspace(home, database_url).close()
    return Preparation("embedded", str(home), before, SCHEMA_VERSION, ())


def _prepare_team_store(database: PostgresDatabase, today: date) -> Preparation:
    from foresto_lab.storage.postgresql.months import make_months, spans_of_new_store
    from foresto_lab.storage.seeds import seed_definitions

    before = found_version(database)
    ensure_schema(database)
    with database.writing_alone() as session:
        seed_definitions(session)
    months = make_months(database, spans_of_new_store(today), today=today)
    return Preparation("postgresql", database.location, before, SCHEMA_VERSION, months)
