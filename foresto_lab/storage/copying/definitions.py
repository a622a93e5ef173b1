"""Copying definitions: scenarios, rules, instruments, versions, and the load history.

They are compared by what they say. When they were written down differs between two
stores that were seeded alike, and is no reason to refuse one; nor are the numbers of
their rows, which every store gives itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, create_engine, delete, insert, select, update
from sqlalchemy.orm import Session

from foresto_lab.errors import CopyError
from foresto_lab.storage.models import (
    Base,
    InstrumentMap,
    InstrumentMaster,
    ModelVersionRegistry,
    PortfolioAllocation,
    PortfolioModel,
    ScenarioDefinition,
    SourceLoadHistory,
    StoredIndicator,
    StoredPortfolio,
    StoredRule,
    StoredStrategy,
)
from foresto_lab.storage.seeds import seed_definitions

if TYPE_CHECKING:
    from foresto_lab.storage.database import Database

Key = tuple[Any, ...]
Row = dict[str, Any]

WEIGHTS = "weights"
WHEN = frozenset({"created_at", "updated_at", "registered_at", "deactivated_at"})
"""Columns that do not count when two rows are compared."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A table of definitions, what one is called, and how its rows are known."""

    model: type[Base]
    word: str
    key: tuple[str, ...]

    @property
    def table(self) -> Table:
        table = self.model.__table__
        assert isinstance(table, Table)
        return table

    @property
    def number(self) -> str:
        """The column that numbers the rows, ascending as they were added."""
        return next(iter(self.table.primary_key.columns)).name

    @property
    def has_number(self) -> bool:
        return self.number not in self.key


KINDS = (
    _Kind(
        ModelVersionRegistry,
        "a version of",
        ("kind", "name_key", "version", "checksum"),
    ),
    _Kind(ScenarioDefinition, "scenario", ("name_key",)),
    _Kind(StoredRule, "rule", ("name_key",)),
    _Kind(InstrumentMaster, "instrument", ("symbol_key",)),
    _Kind(InstrumentMap, "an instrument for", ("asset_class",)),
    _Kind(StoredIndicator, "indicator", ("name_key", "version")),
    _Kind(StoredStrategy, "strategy", ("name_key", "version")),
    _Kind(StoredPortfolio, "portfolio", ("name_key", "version")),
    _Kind(
        SourceLoadHistory,
        "a load of",
        ("loaded_at", "source", "checksum", "table_name", "status"),
    ),
)

Definitions = Mapping[str, Mapping[Key, Row]]
"""By table, the rows by their keys, in the order in which they were added."""


def read_definitions(session: Session) -> Definitions:
    """Return all definitions of a store."""
    return {kind.table.name: dict(_rows(session, kind)) for kind in KINDS}


def _rows(session: Session, kind: _Kind) -> Iterator[tuple[Key, Row]]:
    weights = _weights(session) if kind.model is ScenarioDefinition else {}
    query = select(kind.table).order_by(kind.table.c[kind.number])
    for found in session.execute(query).mappings():
        row = dict(found)
        if kind.model is ScenarioDefinition:
            row[WEIGHTS] = weights.get(row[kind.number], [])
        if kind.has_number:
            del row[kind.number]
        yield tuple(row[name] for name in kind.key), row


def _weights(session: Session) -> dict[int, list[tuple[str, float]]]:
    """Return each scenario's weights in their order, by the scenario's number."""
    model, allocation = PortfolioModel, PortfolioAllocation
    query = (
        select(model.scenario_id, allocation.asset_class, allocation.weight)
        .join(allocation, allocation.portfolio_id == model.portfolio_id)
        .order_by(model.scenario_id, allocation.position)
    )
    weights: dict[int, list[tuple[str, float]]] = {}
    for scenario_id, label, weight in session.execute(query):
        weights.setdefault(scenario_id, []).append((label, weight))
    return weights


def _content(row: Row) -> Row:
    """Return what counts of a row."""
    return {name: value for name, value in row.items() if name not in WHEN}


# --- copying ------------------------------------------------------------------------


def own_definition(source: Definitions, target: Definitions) -> str | None:
    """Name a definition of the target that is neither the source's nor a new store's.

    None when there is no such definition.
    """
    seeds = _seeds()
    for kind in KINDS:
        name = kind.table.name
        for key, row in target[name].items():
            expected = (source[name].get(key), seeds[name].get(key))
            if not any(each and _content(each) == _content(row) for each in expected):
                names = ("name", "symbol", "source", *kind.key)
                return f"{kind.word} {next(row[n] for n in names if n in row)}"
    return None


def _seeds() -> Definitions:
    """Return the definitions that every new store begins with."""
    tables = [kind.table for kind in KINDS]
    tables += [model.__table__ for model in (PortfolioModel, PortfolioAllocation)]  # type: ignore[misc]
    engine = create_engine("sqlite://")
    with engine.begin() as connection, Session(connection) as session:
        Base.metadata.create_all(connection, tables=tables)
        seed_definitions(session)
        seeds = read_definitions(session)
    engine.dispose()
    return seeds


def copy_definitions(
    source: Definitions, target: Database, *, merge: bool, location: str
) -> None:
    """Give a store the source's definitions, all of them or none.

    Merged, the target keeps what the source does not have; else it has just the
    source's, in the same order.

    Raises
    ------
    CopyError
        They do not read back as they were.
    """
    with target.writing_alone() as session:
        there = read_definitions(session)
        for kind in KINDS:
            rows, known = source[kind.table.name], there[kind.table.name]
            if merge:
                _bring(session, kind, rows, known)
            elif list(rows.items()) != list(known.items()):
                session.execute(delete(kind.table))
                _bring(session, kind, rows, {})
    with target.reading() as session:
        found = read_definitions(session)
    for name, rows in source.items():
        shared = {key: row for key, row in found[name].items() if key in rows}
        if not _same(rows, shared, ordered=not merge):
            raise CopyError(
                target=location,
                reason=f"{name} does not read back as it was written.",
                fix="Run the copy again.",
            )


def _same(
    left: Mapping[Key, Row], right: Mapping[Key, Row], *, ordered: bool = True
) -> bool:
    if ordered and list(left) != list(right):
        return False
    return {k: _content(r) for k, r in left.items()} == {
        k: _content(r) for k, r in right.items()
    }


def _bring(
    session: Session, kind: _Kind, rows: Mapping[Key, Row], there: Mapping[Key, Row]
) -> None:
    new = []
    for key, row in rows.items():
        known = there.get(key)
        if known is not None and _content(known) == _content(row):
            continue
        values = {name: value for name, value in row.items() if name != WEIGHTS}
        if known is None:
            new.append(values)
        else:
            session.execute(_where(update(kind.table), kind, key).values(values))
    if new:
        session.execute(insert(kind.table), new)
    if kind.model is ScenarioDefinition:
        for key, row in rows.items():
            if key not in there or there[key][WEIGHTS] != row[WEIGHTS]:
                _bring_weights(session, row)


def _where(statement: Any, kind: _Kind, key: Key) -> Any:
    for name, value in zip(kind.key, key, strict=True):
        statement = statement.where(kind.table.c[name] == value)
    return statement


def _bring_weights(session: Session, row: Row) -> None:
    """Give a scenario its portfolio; the old weights go first, as the sum is held."""
    query = select(ScenarioDefinition.scenario_id).filter_by(name_key=row["name_key"])
    scenario_id = session.scalars(query).one()
    session.execute(
        delete(PortfolioModel).where(PortfolioModel.scenario_id == scenario_id)
    )
    portfolio = PortfolioModel(scenario_id=scenario_id)
    session.add(portfolio)
    session.flush()
    allocations = [
        {
            "portfolio_id": portfolio.portfolio_id,
            "asset_class": label,
            "position": position,
            "weight": weight,
        }
        for position, (label, weight) in enumerate(row[WEIGHTS])
    ]
    if allocations:
        session.execute(insert(PortfolioAllocation), allocations)
