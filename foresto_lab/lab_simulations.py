"""What a Lab does with portfolios: plan, preflight and simulate them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import UnknownNameError
from foresto_lab.lab_backtests import BacktestVerbs
from foresto_lab.lab_portfolios import PortfolioVerbs
from foresto_lab.runs.plan import (
    SimulationPlan,
    plan_simulation,
    resolve_scenario,
)
from foresto_lab.telemetry.runs import RunTelemetry

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.preflight import PreflightReport
    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.rebalancing.cashflows import CashFlow, FlowPlan
    from foresto_lab.rebalancing.costs import CostModel, CostPart
    from foresto_lab.runs.comparison import Reproduction
    from foresto_lab.runs.record import RunArtifacts, RunRecord
    from foresto_lab.scenarios import Scenario, SimulationResult
    from foresto_lab.scenarios.portfolio import Portfolio


class SimulationVerbs(BacktestVerbs, PortfolioVerbs):
    """The part of a Lab about portfolios; see ``Lab``."""

    def scenarios(self) -> pd.DataFrame:
        """Return the scenarios: names in both languages, a column per asset class."""
        import pandas as pd

        rows = [
            {
                "name": scenario.name,
                "name_ko": scenario.name_ko,
                "name_en": scenario.name_en,
                "version": scenario.version,
                **scenario.weights,
            }
            for scenario in self._scenario_list()
        ]
        return pd.DataFrame(rows).set_index("name")

    def _scenario_list(self) -> Sequence[Scenario]:
        if self.settings.use_scenario_db:
            return self.storage.catalog.scenarios()
        from foresto_lab.scenarios import BUILT_IN_SCENARIOS

        return tuple(BUILT_IN_SCENARIOS)

    def scenario(self, name: str) -> Scenario:
        """Return one scenario; an unknown name is answered with the near ones."""
        scenario = resolve_scenario(
            name,
            self.storage.catalog,
            use_scenario_db=self.settings.use_scenario_db,
        )
        if scenario is None:
            raise UnknownNameError(
                kind="scenario", given=name, allowed=tuple(self._scenario_names())
            )
        return scenario

    def save_scenario(self, scenario: Scenario) -> None:
        """Add or replace a scenario."""
        self.storage.catalog.save_scenario(scenario)

    def rules(self) -> pd.DataFrame:
        """Return the stored rebalancing rules by name."""
        import pandas as pd

        rows = [
            {"name": name, "rule": rule.label, "cost_rate": rule.cost_rate}
            for name, rule in self.storage.catalog.rules().items()
        ]
        return pd.DataFrame(rows).set_index("name")

    def rule(self, name: str) -> RebalancingRule:
        """Return one stored rule; an unknown name is answered with the near ones."""
        return self.storage.catalog.rule(name)

    def save_rule(self, name: str, rule: RebalancingRule) -> None:
        """Add or replace a named rule."""
        self.storage.catalog.save_rule(name, rule)

    def _plan(self, portfolio: Any, **options: Any) -> SimulationPlan:
        return plan_simulation(
            self.resolve_portfolio(portfolio),
            catalog=self.storage.catalog,
            use_rebalancing=self.settings.use_rebalancing,
            use_scenario_db=self.settings.use_scenario_db,
            **options,
        )

    def preflight(self, portfolio: Any, **options: Any) -> PreflightReport:
        """Return what stands against a simulation or a backtest, without running it.

        Takes what :meth:`simulate` takes, or what :meth:`backtest` does. A strategy of
        any shape gives a report; without ``symbols`` its definition alone is checked.
        """
        from foresto_lab.runs.backtest_preflight import names_strategy, preflight_asked
        from foresto_lab.runs.inputs import load_inputs
        from foresto_lab.runs.simulation import preflight_simulation

        if names_strategy(
            portfolio,
            options,
            scenarios=lambda: [*self.scenarios().index, *self.portfolios().index],
            strategies=lambda: list(self.strategies().index),
        ):
            return preflight_asked(
                portfolio, resolve=self._resolve, data=self._backtest_data, **options
            )

        plan = self._plan(portfolio, **options)
        series = self.storage.series
        inputs = load_inputs(plan.request, series, series.data_version())
        return preflight_simulation(plan, series, inputs.prices, inputs.missing_rates)

    def simulate(
        self,
        portfolio: str | Scenario | Portfolio | Mapping[str, Any],
        *,
        start: str | date | None = None,
        end: str | date | None = None,
        initial_amount: float = 1_000_000,
        rebalancing: RebalancingRule | Mapping[str, Any] | str | None = None,
        instruments: Mapping[str, str] | None = None,
        calendar: str | None = None,
        execution: str = "close",
        costs: CostModel | CostPart | float | str | Sequence[Any] | None = None,
        cashflows: FlowPlan | CashFlow | str | Sequence[Any] | None = None,
        whole_shares: bool = False,
        base_currency: str | None = None,
        exchange_rates: Mapping[str, str] | None = None,
        hedged: Sequence[str] | str = (),
        force: bool = False,
        save: bool = True,
    ) -> SimulationResult:
        """Simulate a portfolio on the workspace's prices, and register the run.

        A completed, unexpired run of the same request on the same data is returned as
        it is. Rules are evaluated at each session's close and trade at that close.

        Parameters
        ----------
        portfolio : str, Scenario, Portfolio or mapping
            The name of a scenario or of a custom portfolio, also ``NAME@VERSION``; one
            of these itself; or weights by asset class or symbol. Computed weights use
            the prices before ``start``.
        start, end : date, optional
            The span, inclusive; left out, all the prices there are.
        initial_amount : float
            Invested at the first session's close, in base currency.
        rebalancing : rule or str, optional
            A rule, or a stored rule's name; left out, buy and hold.
        instruments : mapping, optional
            The symbol for an asset class, in place of the workspace's map.
        calendar : str, optional
            The exchange whose sessions the rule follows; the instruments' by default.
        execution : {"close", "next_close"}
            Trade at the close that decided, or at the next one.
        costs : rate, part, CostModel, str or list, optional
            In place of the rule's own cost rate; a str names a preset, such as
            ``KOREA_RETAIL``. Taxes go by the instruments' markets.
        cashflows : flow, FlowPlan, str or list, optional
            Contributions and withdrawals; a str such as ``+500000/MONTHLY``.
        whole_shares : bool
            Hold whole shares only, bought at the close that was paid; what is left
            stays uninvested.
        base_currency : str, optional
            ISO 4217; left out, the currency the instruments share, or won.
        exchange_rates : mapping of currency to symbol, optional
            The stored series of base currency for one unit; ``{"USD": "USDKRW"}`` is
            what is looked for when left out.
        hedged : sequence of str, optional
            The assets whose currency is hedged.
        force : bool
            Compute and register even if there is a kept run.
        save : bool
            False: neither reuse nor register anything.

        Raises
        ------
        PreflightError
            The run cannot succeed; every reason is listed, nothing was registered.
        """
        from foresto_lab.runs.provenance import collect_provenance
        from foresto_lab.runs.registration import RunOptions
        from foresto_lab.runs.simulation import run_simulation

        plan = self._plan(
            portfolio,
            start=start,
            end=end,
            initial_amount=initial_amount,
            rebalancing=rebalancing,
            instruments=instruments,
            calendar=calendar,
            execution=execution,
            costs=costs,
            cashflows=cashflows,
            whole_shares=whole_shares,
            base_currency=base_currency,
            exchange_rates=exchange_rates,
            hedged=hedged,
        )
        return run_simulation(
            plan,
            series=self.storage.series,
            runs=self.storage.runs,
            provenance=collect_provenance(),
            options=RunOptions(
                now=lambda: datetime.now(UTC),
                ttl_days=self.settings.run_ttl_days,
                path_ttl_days=self.settings.path_ttl_days,
                use_store=save and self.settings.use_sim_store,
                force=force,
                observer=RunTelemetry(),
            ),
        )

    def _restore_simulation(
        self, record: RunRecord, artifacts: RunArtifacts
    ) -> SimulationResult:
        from foresto_lab.runs.simulation import restore_result

        return restore_result(record, artifacts)

    def _reproduce_simulation(self, record: RunRecord) -> Reproduction:
        from foresto_lab.runs.simulation import reproduce_simulation

        return reproduce_simulation(
            record, series=self.storage.series, runs=self.storage.runs
        )
