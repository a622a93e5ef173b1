"""The prices behind each scenario, read from the store once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresto_lab.runs.plan import plan_simulation

if TYPE_CHECKING:
    from foresto_lab.lab import Lab
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.runs.plan import SimulationPlan


@dataclass(frozen=True, slots=True)
class Holdings:
    """A scenario with the prices of its instruments, one column per asset class."""

    weights: Mapping[str, float]
    prices: pd.DataFrame
    calendar: str
    simulated: bool


class PriceShelf:
    """Answers a scenario with its holdings, and reads each set of prices only once.

    A scenario is resolved as :meth:`Lab.simulate` resolves it. The prices are read
    again when the workspace's data, or the symbols behind the scenario, have changed.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._matrices: dict[tuple[str, ...], pd.DataFrame] = {}
        self._data_version: str | None = None

    def holdings(
        self,
        scenario: str,
        rule: RebalancingRule | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> Holdings:
        """Return the scenario's weights and the prices there are for them in a span.

        Raises
        ------
        UnknownNameError
            There is no such scenario, or no prices of one of its instruments.
        DateRangeError
            The start lies after the end.
        RebalancingDisabledError
            A rule is given while rebalancing is off.
        """
        plan = self._plan(scenario, start=start, end=end, rebalancing=rule)
        symbols = plan.request.instruments
        matrix = self._matrix(tuple(symbols.values()))
        rows = matrix.loc[slice(_timestamp(start), _timestamp(end))]
        prices = rows[list(symbols.values())].set_axis(list(symbols), axis="columns")
        return Holdings(
            plan.request.weights, prices, plan.request.calendar, plan.simulated
        )

    def span(self, scenario: str) -> tuple[date, date]:
        """Return the first and the last day on which an instrument has a price."""
        symbols = self._plan(scenario).request.instruments
        days = self._matrix(tuple(symbols.values())).index
        return days[0].date(), days[-1].date()

    def _plan(self, scenario: str, **options: Any) -> SimulationPlan:
        return plan_simulation(
            scenario,
            catalog=self._lab.storage.catalog,
            use_rebalancing=self._lab.settings.use_rebalancing,
            use_scenario_db=self._lab.settings.use_scenario_db,
            **options,
        )

    def _matrix(self, symbols: tuple[str, ...]) -> pd.DataFrame:
        version = self._lab.storage.series.data_version()
        if version != self._data_version:
            self._matrices.clear()
            self._data_version = version
        if symbols not in self._matrices:
            self._matrices[symbols] = self._lab.prices(list(dict.fromkeys(symbols)))
        return self._matrices[symbols]


def _timestamp(day: date | None) -> pd.Timestamp | None:
    return None if day is None else pd.Timestamp(day)
