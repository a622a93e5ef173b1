"""What taking the tables back to an older version would lose, counted beforehand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from foresto_lab.errors import InputError
from foresto_lab.storage.schema import BASE, SCHEMA_VERSIONS, schema_version

if TYPE_CHECKING:
    from foresto_lab.storage.database import Database

COUNTED_UP_TO = 1_000_000
"""Above this estimate rows are not counted one by one."""

TABLES_OF_VERSION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "0001": (
            "instrument_map",
            "instrument_master",
            "model_version_registry",
            "portfolio_allocation",
            "portfolio_model",
            "rebalancing_event",
            "rebalancing_rule",
            "scenario_definition",
            "simulation_path",
            "simulation_run",
            "simulation_summary",
            "source_load_history",
        ),
        "0002": (
            "backtest_equity",
            "backtest_runs",
            "backtest_trades",
            "candles_history",
            "candles_loaded",
            "candles_superseded",
            "daily_price",
            "daily_price_superseded",
            "daily_return",
            "indicators",
            "optimization_results",
            "run_artifact",
            "series_coverage",
            "series_version",
            "simulation_path",
            "strategies",
        ),
        "0003": ("custom_portfolios",),
        "0004": ("trial_ledger",),
    }
)
"""Which tables lose their rows when a version is taken back; a test migrates to see."""

_NEWER_KINDS = "kind IN ('forward', 'study')"
ROWS_OF_VERSION: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "0003": MappingProxyType(
            {
                "simulation_run": _NEWER_KINDS,
                "rebalancing_event": "trigger_type = 'SCHEDULE' OR nav_before <= 0 "
                "OR nav_after <= 0 OR run_id IN (SELECT run_id FROM simulation_run "
                f"WHERE {_NEWER_KINDS})",
            }
        )
    }
)
"""Which rows of older tables go with a version, as the condition that they meet."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The rows of one table that would be gone."""

    table: str
    rows: int
    exact: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the loss as plain JSON-ready values."""
        return {"table": self.table, "rows": self.rows, "exact": self.exact}


@dataclass(frozen=True, slots=True)
class DowngradePlan:
    """A downgrade that can be done: from where to where, and what it costs."""

    found: str
    target: str
    losses: tuple[Loss, ...]
    """Tables with rows, the most first; empty ones are left out."""


def plan_downgrade(database: Database, target: str | None = None) -> DowngradePlan:
    """Return what a downgrade would lose; nothing is changed.

    Parameters
    ----------
    target : str, optional
        The version to go back to, or ``base`` for no tables; left out, the one before.

    Raises
    ------
    InputError
        There are no tables, or the target is no older version.
    """
    with database.reading() as session:
        connection = session.connection()
        found = schema_version(connection)
        known = (BASE, *SCHEMA_VERSIONS)
        older = known[: known.index(found)] if found in known else ()
        if found is None or not older or (target or older[-1]) not in older:
            listed = ", ".join(older) or "none"
            raise InputError(
                message=f"{database.location} has schema {found or 'none'}; it cannot "
                f"be taken back to {target or 'an older one'}. Older ones: {listed}."
            )
        target = target or older[-1]
        taken = known[known.index(target) + 1 : known.index(found) + 1]
        tables = {table for version in taken for table in TABLES_OF_VERSION[version]}
        losses = _count(connection, sorted(tables))
        losses += _count_rows(connection, taken, tables)
    losses.sort(key=lambda loss: -loss.rows)
    return DowngradePlan(found, target, tuple(losses))


def _count(connection: Connection, tables: list[str]) -> list[Loss]:
    present = set(inspect(connection).get_table_names())
    estimates = _estimates(connection)
    losses = []
    for table in tables:
        if table not in present:
            continue
        estimate = estimates.get(table, 0)
        if estimate > COUNTED_UP_TO:
            losses.append(Loss(table, estimate, exact=False))
            continue
        rows = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        if rows:
            losses.append(Loss(table, int(rows), exact=True))
    return losses


def _count_rows(
    connection: Connection, taken: Sequence[str], gone: Collection[str]
) -> list[Loss]:
    """Count the rows that go from tables which stay."""
    found = []
    for version in taken:
        for table, condition in ROWS_OF_VERSION.get(version, {}).items():
            if table not in gone:
                query = text(f"SELECT count(*) FROM {table} WHERE {condition}")
                found.append(Loss(table, int(connection.scalar(query) or 0), True))
    return [loss for loss in found if loss.rows]


def _estimates(connection: Connection) -> dict[str, int]:
    if connection.dialect.name != "postgresql":
        return {}
    from foresto_lab.storage.postgresql.sizes import table_sizes

    return {size.name: size.rows for size in table_sizes(connection)}
