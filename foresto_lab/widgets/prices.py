"""The prices behind each scenario, read from the store once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from foresto_lab.errors import RebalancingDisabledError
from foresto_lab.runs.plan import plan_simulation

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.lab import Lab
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.runs.plan import SimulationPlan


@dataclass(frozen=True, slots=True)
class Holdings:
    """A scenario with the prices of its instruments, one column per asset class."""

    weights: Mapping[str, float]
    prices: pd.DataFrame
    calendar: str


class PriceShelf:
    """Answers a scenario with its holdings, and reads each set of prices only once.

    A scenario is resolved as :meth:`Lab.simulate` resolves it, once between two calls
    of :meth:`refresh`. The prices are read again when the workspace's data, or the
    symbols behind the scenario, have changed.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._plans: dict[str, SimulationPlan] = {}
        self._matrices: dict[tuple[str, ...], pd.DataFrame] = {}
        self._data_version: str | None = None

    def refresh(self) -> None:
        """Look at the workspace's definitions and data version anew from now on."""
        self._plans.clear()
        version = self._lab.storage.series.data_version()
        if version != self._data_version:
            self._matrices.clear()
            self._data_version = version

    def holdings(self, scenario: str, rule: RebalancingRule | None = None) -> Holdings:
        """Return the scenario's weights and all the prices there are for them.

        Raises
        ------
        UnknownNameError
            There is no such scenario, or no prices of one of its instruments.
        RebalancingDisabledError
            A rule is given while rebalancing is off.
        """
        if rule is not None and not self._lab.settings.use_rebalancing:
            raise RebalancingDisabledError(rule=rule.label)
        plan = self._plan(scenario)
        symbols = plan.request.instruments
        prices = self._matrix(scenario)[list(symbols.values())]
        prices = prices.set_axis(list(symbols), axis="columns")
        prices.attrs["simulated"] = plan.simulated
        return Holdings(plan.request.weights, prices, plan.request.calendar)

    def span(self, scenario: str) -> tuple[date, date]:
        """Return the first and the last day on which an instrument has a price."""
        days = self._matrix(scenario).index
        return days[0].date(), days[-1].date()

    def _plan(self, scenario: str) -> SimulationPlan:
        if scenario not in self._plans:
            self._plans[scenario] = plan_simulation(
                scenario,
                catalog=self._lab.storage.catalog,
                use_scenario_db=self._lab.settings.use_scenario_db,
            )
        return self._plans[scenario]

    def _matrix(self, scenario: str) -> pd.DataFrame:
        symbols = tuple(
            dict.fromkeys(self._plan(scenario).request.instruments.values())
        )
        if symbols not in self._matrices:
            self._matrices[symbols] = self._lab.prices(list(symbols))
        return self._matrices[symbols]
