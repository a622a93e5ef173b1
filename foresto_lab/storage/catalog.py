"""The catalog of definitions by name, in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from foresto_lab.errors import UnknownNameError
from foresto_lab.rebalancing import RebalancingRule, parse_rule
from foresto_lab.scenarios import Instrument, Scenario
from foresto_lab.storage import definitions
from foresto_lab.storage.models import (
    InstrumentMap,
    InstrumentMaster,
    ScenarioDefinition,
    SourceLoadHistory,
    StoredRule,
)
from foresto_lab.storage.values import from_json_value, to_json_value
from foresto_lab.types import AssetClass

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.findings import Finding
    from foresto_lab.market.protocols import LoadOutcome
    from foresto_lab.storage.database import Database

LOAD_COLUMNS = tuple(
    column.name
    for column in SourceLoadHistory.__table__.columns
    if column.name != "load_id"
)


class DatabaseCatalog:
    """The ``Catalog`` of a workspace; the protocol states its contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- scenarios --------------------------------------------------------------------

    def scenarios(self) -> Sequence[Scenario]:
        """Return the scenarios in the order they were created."""
        query = select(ScenarioDefinition).order_by(ScenarioDefinition.scenario_id)
        with self._database.reading() as session:
            return tuple(map(definitions.scenario_of, session.scalars(query)))

    def scenario(self, name: str) -> Scenario:
        """Return one scenario."""
        query = select(ScenarioDefinition).where(
            ScenarioDefinition.name_key == definitions.key_of(name)
        )
        with self._database.reading() as session:
            row = session.scalars(query).one_or_none()
            if row is not None:
                return definitions.scenario_of(row)
            names = session.scalars(select(ScenarioDefinition.name)).all()
        raise UnknownNameError(kind="scenario", given=name, allowed=tuple(names))

    def save_scenario(self, scenario: Scenario) -> None:
        """Add or replace a scenario; the database refuses weights over 1."""
        with self._database.writing_alone() as session:
            definitions.store_scenario(session, scenario)

    # --- rules ------------------------------------------------------------------------

    def rules(self) -> Mapping[str, RebalancingRule]:
        """Return the stored rules by name, in the order they were created."""
        query = select(StoredRule).order_by(StoredRule.rule_id)
        with self._database.reading() as session:
            rows = session.scalars(query).all()
        return MappingProxyType({row.name: parse_rule(row.definition) for row in rows})

    def rule(self, name: str) -> RebalancingRule:
        """Return one rule."""
        query = select(StoredRule.definition).where(
            StoredRule.name_key == definitions.key_of(name)
        )
        with self._database.reading() as session:
            definition = session.scalars(query).one_or_none()
            if definition is not None:
                return parse_rule(definition)
            names = session.scalars(select(StoredRule.name)).all()
        raise UnknownNameError(
            kind="rebalancing rule", given=name, allowed=tuple(names)
        )

    def save_rule(self, name: str, rule: RebalancingRule) -> None:
        """Add or replace a named rule."""
        with self._database.writing_alone() as session:
            definitions.store_rule(session, name, rule)

    # --- instruments ------------------------------------------------------------------

    def instruments(self) -> Sequence[Instrument]:
        """Return every known instrument, in the order they were added."""
        query = select(InstrumentMaster).order_by(InstrumentMaster.instrument_id)
        with self._database.reading() as session:
            return tuple(map(definitions.instrument_of, session.scalars(query)))

    def save_instruments(self, instruments: Sequence[Instrument]) -> None:
        """Add or replace instruments, all of them or none."""
        with self._database.writing_alone() as session:
            definitions.store_instruments(session, instruments)

    def instrument_map(self) -> Mapping[str, str]:
        """Return the symbol that stands for each asset class."""
        query = select(InstrumentMap.asset_class, InstrumentMap.symbol)
        with self._database.reading() as session:
            stored = {row.asset_class: row.symbol for row in session.execute(query)}
        in_order = {str(name): stored.get(str(name)) for name in AssetClass}
        return MappingProxyType({k: v for k, v in in_order.items() if v is not None})

    def map_instrument(self, asset_class: str, symbol: str) -> None:
        """Let a symbol stand for an asset class from now on."""
        with self._database.writing_alone() as session:
            definitions.store_mapping(session, asset_class, symbol)

    # --- loads ------------------------------------------------------------------------

    def record_load(
        self,
        *,
        source: str,
        checksum: str,
        table: str,
        outcome: LoadOutcome | None,
        findings: Sequence[Finding],
        loaded_at: datetime,
        options: Mapping[str, Any],
    ) -> None:
        """Write a row of source_load_history; ``outcome`` None for a refused load."""
        row = SourceLoadHistory(
            loaded_at=loaded_at,
            source=source,
            checksum=checksum,
            table_name=table,
            status="refused" if outcome is None else "loaded",
            rows_received=outcome and outcome.rows_received,
            rows_inserted=outcome and outcome.rows_inserted,
            rows_updated=outcome and outcome.rows_updated,
            rows_unchanged=outcome and outcome.rows_unchanged,
            data_version=outcome and outcome.data_version,
            findings=[to_json_value(finding.to_dict()) for finding in findings],
            options=to_json_value(options),
        )
        with self._database.writing() as session:
            session.add(row)

    def last_loads(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Return the options of each source's last load into a table, newest first."""
        last = (
            select(func.max(SourceLoadHistory.load_id))
            .where(SourceLoadHistory.table_name == table)
            .where(SourceLoadHistory.status == "loaded")
            .group_by(SourceLoadHistory.source)
        )
        query = (
            select(SourceLoadHistory.options)
            .where(SourceLoadHistory.load_id.in_(last))
            .order_by(SourceLoadHistory.load_id.desc())
        )
        with self._database.reading() as session:
            return tuple(from_json_value(given) for given in session.scalars(query))

    def load_history(self) -> pd.DataFrame:
        """Return the loads, newest first.

        Counts and ``data_version`` are missing for a refused load; ``findings`` holds
        a list of mappings, ``options`` a mapping.
        """
        import pandas as pd

        columns = [getattr(SourceLoadHistory, name) for name in LOAD_COLUMNS]
        query = select(*columns).order_by(
            SourceLoadHistory.loaded_at.desc(), SourceLoadHistory.load_id.desc()
        )
        with self._database.reading() as session:
            rows = [tuple(row) for row in session.execute(query)]
        frame = pd.DataFrame(rows, columns=list(LOAD_COLUMNS))
        for name in ("findings", "options"):
            frame[name] = frame[name].map(from_json_value)
        counts = {name: "Int64" for name in LOAD_COLUMNS if name.startswith("rows_")}
        return frame.astype({**counts, "loaded_at": "datetime64[us, UTC]"})
