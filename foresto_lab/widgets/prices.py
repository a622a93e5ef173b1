"""The prices behind each scenario, read from the store once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from foresto_lab.errors import RebalancingDisabledError
from foresto_lab.runs.inputs import load_inputs
from foresto_lab.runs.plan import plan_simulation

if TYPE_CHECKING:
    from collections.abc import Hashable

    from foresto_lab.lab import Lab
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.runs.inputs import SimulationInputs
    from foresto_lab.runs.plan import SimulationPlan


@dataclass(frozen=True, slots=True)
class Holdings:
    """A scenario with what is read for it: prices, and facts of markets if need be."""

    weights: Mapping[str, float]
    inputs: SimulationInputs
    currency: str

    @property
    def calendar(self) -> str:
        """The exchange whose sessions a rule follows."""
        return self.inputs.request.calendar


class PriceShelf:
    """Answers a scenario with its holdings, and reads each set of prices only once.

    A scenario is resolved as :meth:`Lab.simulate` resolves it, once between two calls
    of :meth:`refresh`. The prices are read again when the workspace's data, or the
    symbols behind the scenario, have changed.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._plans: dict[tuple[str, str], SimulationPlan] = {}
        self._inputs: dict[Hashable, SimulationInputs] = {}
        self._data_version: str | None = None

    def refresh(self) -> None:
        """Look at the workspace's definitions and data version anew from now on."""
        self._plans.clear()
        version = self._lab.storage.series.data_version()
        if version != self._data_version:
            self._inputs.clear()
            self._data_version = version

    def holdings(
        self, scenario: str, rule: RebalancingRule | None = None, costs: str = ""
    ) -> Holdings:
        """Return the scenario's weights and all the prices there are for them.

        ``costs`` names a preset; empty, the rule's own rate is all there is.

        Raises
        ------
        UnknownNameError
            There is no such scenario, or no prices of one of its instruments.
        RebalancingDisabledError
            A rule is given while rebalancing is off.
        """
        if rule is not None and not self._lab.settings.use_rebalancing:
            raise RebalancingDisabledError(rule=rule.label)
        plan = self._plan(scenario, costs)
        return Holdings(
            plan.request.weights, self._read(scenario, costs), plan.currency
        )

    def span(self, scenario: str) -> tuple[date, date]:
        """Return the first and the last day on which an instrument has a price."""
        days = self._read(scenario, "").quoted.index
        return days[0].date(), days[-1].date()

    def _plan(self, scenario: str, costs: str) -> SimulationPlan:
        key = (scenario, costs)
        if key not in self._plans:
            self._plans[key] = plan_simulation(
                scenario,
                catalog=self._lab.storage.catalog,
                costs=costs or None,
                use_scenario_db=self._lab.settings.use_scenario_db,
            )
        return self._plans[key]

    def _read(self, scenario: str, costs: str) -> SimulationInputs:
        plan = self._plan(scenario, costs)
        key = (tuple(plan.request.instruments.items()), costs)
        if key not in self._inputs:
            series = self._lab.storage.series
            inputs = load_inputs(plan.request, series, series.data_version())
            inputs.require_rates()
            inputs.quoted.attrs["simulated"] = plan.simulated
            self._inputs[key] = inputs
        return self._inputs[key]
