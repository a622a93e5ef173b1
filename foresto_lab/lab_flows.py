"""What a Lab does with retirement: how long money lasts, what can be withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from foresto_lab.errors import InputError, UnknownNameError
from foresto_lab.runs.plan import SimulationPlan, plan_simulation

if TYPE_CHECKING:
    import pandas as pd

    from foresto_lab.rebalancing import RebalancingRule
    from foresto_lab.rebalancing.cashflows.growth import Growth
    from foresto_lab.scenarios import Scenario
    from foresto_lab.scenarios.retirement import RetirementOutlook, RetirementStudy
    from foresto_lab.settings import Settings
    from foresto_lab.storage import Storage


class RetirementVerbs:
    """The part of a Lab about retirement; see ``Lab``."""

    storage: Storage
    settings: Settings

    def retirement(
        self,
        portfolio: str | Scenario | Mapping[str, float],
        withdrawal_rate: float = 0.04,
        years: int = 30,
        *,
        inflation: Growth | pd.Series[Any] | str | None = None,
        rebalancing: RebalancingRule | str | None = "withdrawals",
        frequency: str = "ANNUAL",
        withdraw_at: str = "BEGIN",
        annual_fee: float = 0.0,
        **options: Any,
    ) -> RetirementStudy:
        """Tell how a retirement would have gone from every start in stored prices.

        Nothing is registered.

        Parameters
        ----------
        portfolio : str, Scenario or mapping
            As for :meth:`simulate`.
        withdrawal_rate, years, frequency, withdraw_at, annual_fee
            As for :func:`foresto_lab.retirement`.
        inflation : float, Series or str, optional
            A rate a year, consumer prices by date, or the symbol that they are stored
            under.
        rebalancing : rule, name of a stored rule, "withdrawals" or None
        **options
            ``start``, ``end``, ``initial_amount``, ``instruments``, ``calendar`` and
            more, as for :meth:`simulate`.

        Raises
        ------
        InputError
            No window is that long, or what :meth:`simulate` refuses.
        """
        from foresto_lab.scenarios.retirement import retirement

        free = rebalancing == "withdrawals"
        plan = self._plan_retirement(
            portfolio, None if free else rebalancing, **options
        )
        study = retirement(
            self._prices_of(plan),
            plan.request.fixed_weights,
            withdrawal_rate,
            years,
            inflation=self._inflation(inflation),
            rebalancing="withdrawals" if free else plan.rule,
            frequency=frequency,
            withdraw_at=withdraw_at,
            annual_fee=annual_fee,
            initial_amount=plan.request.initial_amount,
            calendar=plan.request.calendar,
        )
        return replace(study, name=plan.name, simulated=plan.simulated)

    def retirement_outlook(
        self,
        portfolio: str | Scenario | Mapping[str, float],
        withdrawal_rate: float = 0.04,
        years: int = 30,
        *,
        inflation: float = 0.0,
        rebalancing: RebalancingRule | str | None = None,
        frequency: str = "MONTHLY",
        withdraw_at: str = "BEGIN",
        annual_fee: float = 0.0,
        paths: int = 10_000,
        method: Any = None,
        seed: int = 0,
        threads: int | None = None,
        **options: Any,
    ) -> RetirementOutlook:
        """Tell the chances of a withdrawal on futures drawn from stored prices.

        Parameters
        ----------
        paths, method, seed, threads
            As for :func:`foresto_lab.forward`.
        **options
            As for :meth:`retirement`.
        """
        from foresto_lab.scenarios.forward import forward
        from foresto_lab.scenarios.retirement import retirement_outlook

        plan = self._plan_retirement(portfolio, rebalancing, **options)
        futures = forward(
            self._prices_of(plan),
            plan.request.fixed_weights,
            plan.rule,
            years=years,
            paths=paths,
            method=method,
            seed=seed,
            threads=threads,
            calendar=plan.request.calendar,
        )
        return retirement_outlook(
            futures,
            withdrawal_rate,
            inflation=inflation,
            frequency=frequency,
            withdraw_at=withdraw_at,
            annual_fee=annual_fee,
            simulated=plan.simulated,
        )

    def _plan_retirement(
        self, portfolio: Any, rebalancing: Any, **options: Any
    ) -> SimulationPlan:
        return plan_simulation(
            portfolio,
            catalog=self.storage.catalog,
            use_rebalancing=self.settings.use_rebalancing,
            use_scenario_db=self.settings.use_scenario_db,
            rebalancing=rebalancing,
            **options,
        )

    def _prices_of(self, plan: SimulationPlan) -> pd.DataFrame:
        """Return the plan's prices, a column per holding, in its base currency."""
        from foresto_lab.runs.inputs import load_inputs

        series = self.storage.series
        inputs = load_inputs(plan.request, series, series.data_version())
        if inputs.missing_rates:
            named = ", ".join(inputs.missing_rates.values())
            raise InputError(
                message=f"The exchange rates {named} are not loaded. Load them, or "
                "name others with exchange_rates."
            )
        symbols = plan.request.instruments
        for label in symbols:
            if label not in inputs.quoted.columns:
                raise UnknownNameError(
                    kind=f"priced symbol of {label}",
                    given=symbols[label],
                    allowed=tuple(series.coverage()["symbol"]),
                )
        return inputs.prices

    def _inflation(self, given: Any) -> Any:
        """Return inflation, a symbol's stored series in place of its name."""
        if not isinstance(given, str):
            return given
        matrix = self.storage.series.price_matrix(
            [given],
            start=None,
            end=None,
            data_version=self.storage.series.data_version(),
        )
        return matrix[given].dropna()
