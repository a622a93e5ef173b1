"""Scenarios, rules and instruments as rows, and rows as these, within a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from foresto_lab.canonical import sha256_of
from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.rebalancing import Drift, Hybrid, Periodic, RebalancingRule
from foresto_lab.scenarios import UNCLASSIFIED, Instrument, Scenario
from foresto_lab.storage.models import (
    InstrumentMap,
    InstrumentMaster,
    ModelVersionRegistry,
    PortfolioAllocation,
    PortfolioModel,
    ScenarioDefinition,
    StoredRule,
)
from foresto_lab.types import AssetClass

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RULE_VERSION = "1.0.0"
"""Rules carry no version of their own; the registry tells them by checksum."""


def key_of(name: str) -> str:
    """Return what names are compared by: case does not matter, nor space around."""
    return name.strip().casefold()


def _require_name(kind: str, name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > 64:
        raise InputError(
            message=f"A {kind}'s name has 1 to 64 characters, {name!r} has "
            f"{len(stripped)}."
        )
    return stripped


def _register(
    session: Session, kind: str, name: str, version: str, content: Mapping[str, Any]
) -> str:
    """Keep a definition's content for good; return its checksum."""
    checksum = sha256_of(content)
    identity = {
        "kind": kind,
        "name_key": key_of(name),
        "version": version,
        "checksum": checksum,
    }
    known = session.scalars(select(ModelVersionRegistry).filter_by(**identity)).first()
    if known is None:
        registered = ModelVersionRegistry(
            **identity,
            name=name,
            content=dict(content),
            registered_at=datetime.now(UTC),
        )
        session.add(registered)
    return checksum


# --- scenarios --------------------------------------------------------------------


def scenario_of(row: ScenarioDefinition) -> Scenario:
    """Return the scenario that a row and its allocations hold."""
    return Scenario(
        name=row.name,
        name_ko=row.name_ko,
        name_en=row.name_en,
        weights={item.asset_class: item.weight for item in row.portfolio.allocations},
        description_ko=row.description_ko,
        description_en=row.description_en,
        version=row.version,
    )


def store_scenario(session: Session, scenario: Scenario) -> None:
    """Add a scenario, or replace the one of this name."""
    name = _require_name("scenario", scenario.name)
    checksum = _register(
        session, "scenario", name, scenario.version, scenario.to_dict()
    )
    now = datetime.now(UTC)
    row = find_scenario(session, name)
    if row is None:
        row = ScenarioDefinition(
            name_key=key_of(name), created_at=now, portfolio=PortfolioModel()
        )
        session.add(row)
    row.name = name
    row.name_ko, row.name_en = scenario.name_ko, scenario.name_en
    row.description_ko = scenario.description_ko
    row.description_en = scenario.description_en
    row.version, row.checksum, row.updated_at = scenario.version, checksum, now
    row.portfolio.allocations.clear()
    session.flush()  # the old weights go first: the sum is held row by row
    row.portfolio.allocations = [
        PortfolioAllocation(asset_class=label, position=position, weight=weight)
        for position, (label, weight) in enumerate(scenario.weights.items())
    ]
    session.flush()


def find_scenario(session: Session, name: str) -> ScenarioDefinition | None:
    """Return the row of a scenario's name, if there is one."""
    query = select(ScenarioDefinition).filter_by(name_key=key_of(name))
    return session.scalars(query).one_or_none()


# --- rules ------------------------------------------------------------------------


def store_rule(session: Session, name: str, rule: RebalancingRule) -> None:
    """Add a rule, or replace the one of this name."""
    name = _require_name("rule", name)
    definition = rule.to_dict()
    checksum = _register(session, "rule", name, RULE_VERSION, definition)
    now = datetime.now(UTC)
    row = find_rule(session, name)
    if row is None:
        row = StoredRule(name_key=key_of(name), created_at=now)
        session.add(row)
    row.name, row.definition, row.checksum = name, definition, checksum
    row.updated_at = now
    for column, value in _rule_columns(rule).items():
        setattr(row, column, value)
    session.flush()


def find_rule(session: Session, name: str) -> StoredRule | None:
    """Return the row of a rule's name, if there is one."""
    query = select(StoredRule).filter_by(name_key=key_of(name))
    return session.scalars(query).one_or_none()


def _rule_columns(rule: RebalancingRule) -> dict[str, Any]:
    """Return what queries ask of a rule, by column."""
    parts = (rule.periodic, rule.drift) if isinstance(rule, Hybrid) else (rule,)
    columns: dict[str, Any] = dict.fromkeys(("frequency", "base_day", "threshold"))
    for part in parts:
        if isinstance(part, Periodic):
            columns["frequency"] = str(part.frequency)
            columns["base_day"] = str(part.base_day)
        elif isinstance(part, Drift):
            columns["threshold"] = part.threshold
    return {**columns, "trigger_type": str(rule.type), "cost_rate": rule.cost_rate}


# --- instruments ------------------------------------------------------------------


def instrument_of(row: InstrumentMaster) -> Instrument:
    """Return the instrument that a row holds."""
    return Instrument(
        symbol=row.symbol,
        name_ko=row.name_ko,
        name_en=row.name_en,
        asset_class=row.asset_class,
        currency=row.currency,
        calendar=row.calendar,
        simulated=row.simulated,
        market=row.market,
    )


def store_instruments(session: Session, instruments: Sequence[Instrument]) -> None:
    """Add instruments, or replace those of the same symbols; one query finds them."""
    now = datetime.now(UTC)
    stored = {row.symbol_key: row for row in session.scalars(select(InstrumentMaster))}
    for instrument in instruments:
        key = key_of(instrument.symbol)
        row = stored.get(key)
        if row is None:
            row = stored[key] = InstrumentMaster(symbol_key=key, created_at=now)
            session.add(row)
        row.symbol = _require_name("symbol", instrument.symbol)
        row.name_ko, row.name_en = instrument.name_ko, instrument.name_en
        row.asset_class = str(instrument.asset_class)
        row.currency, row.calendar = instrument.currency, instrument.calendar
        row.simulated, row.updated_at = instrument.simulated, now
        row.market = _market(instrument)
    session.flush()


def _market(instrument: Instrument) -> str | None:
    """Return the market in capitals, of 1 to 16 characters."""
    if instrument.market is None:
        return None
    market = instrument.market.strip().upper()
    if not 1 <= len(market) <= 16:
        raise InputError(
            message=f"The market of {instrument.symbol} is {instrument.market!r}; it "
            "has 1 to 16 characters, such as KOSPI or KRX_ETF. Leave it out if it is "
            "not known."
        )
    return market


def find_instrument(session: Session, symbol: str) -> InstrumentMaster | None:
    """Return the row of a symbol, if there is one."""
    query = select(InstrumentMaster).filter_by(symbol_key=key_of(symbol))
    return session.scalars(query).one_or_none()


def store_mapping(session: Session, asset_class: str, symbol: str) -> None:
    """Let a symbol stand for an asset class.

    Any symbol can: prices may be there for one that nobody described. A described one
    is taken in its own spelling, and put into the class if it was in none.
    """
    classes = tuple(str(name) for name in AssetClass)
    if key_of(asset_class) not in classes:
        raise UnknownNameError(kind="asset class", given=asset_class, allowed=classes)
    known = find_instrument(session, symbol)
    row = session.get(InstrumentMap, key_of(asset_class))
    if row is None:
        row = InstrumentMap(asset_class=key_of(asset_class))
        session.add(row)
    if known and known.asset_class == UNCLASSIFIED:
        known.asset_class = key_of(asset_class)
    row.symbol = known.symbol if known else _require_name("symbol", symbol)
    row.updated_at = datetime.now(UTC)
    session.flush()
